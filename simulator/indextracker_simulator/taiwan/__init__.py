"""The simulated exchange of Taiwan: its market, its documents, and the true data behind them."""
