"""The assets, a module per stage of the data flow."""
