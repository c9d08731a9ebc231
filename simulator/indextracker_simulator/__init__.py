"""A simulated exchange: the publishers' documents over local HTTP, and the true data behind them.

It shares no code with the programs that read those documents.
"""
