"""Functions that jobs of several subjects use."""
