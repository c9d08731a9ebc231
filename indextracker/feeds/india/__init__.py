"""The feeds of India's NSE: a module per kind of document."""
