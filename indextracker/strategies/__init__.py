"""Strategies over stored prices: where they come from, how they are run, and what they came to."""
