"""Quotes of Yahoo, or of its simulation, as events."""
