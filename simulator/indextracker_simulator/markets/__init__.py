"""A simulated vendor of quotes: its websocket of prices and, at the same port, its charts."""
