"""Acquiring documents: request, judge, store, decode and log them."""
