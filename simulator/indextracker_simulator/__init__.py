"""A simulated exchange: the publishers' documents over local HTTP, and the truth behind them.

It shares no code with what reads those documents; see exchange.py, server.py and truth.py.
"""
