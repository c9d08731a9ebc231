"""The assets, a module per stage of the way of the data."""
