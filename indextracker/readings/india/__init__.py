"""Readings of the documents of India's NSE: a module per kind of document."""
