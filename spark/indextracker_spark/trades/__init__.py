"""Trade events: each operation once, and how many there were."""

from indextracker_spark.trades.jobs import JOBS

__all__ = ["JOBS"]
