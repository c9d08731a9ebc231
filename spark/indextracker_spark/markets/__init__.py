"""Quotes and replayed trades: each once, and bars of them."""

from indextracker_spark.markets.jobs import JOBS

__all__ = ["JOBS"]
