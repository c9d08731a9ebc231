"""NSE: how the rows of its end of day become instruments, and prices that compare over time.

identities.py tells which spells are of one instrument, instruments.py makes the table of them,
adjustments.py has what corporate actions do to prices, factors.py what they come to over time,
returns.py returns, ranges and breadth, suspects.py prices and actions that do not fit each other,
and jobs.py has the jobs. Nothing here depends on where tables are stored, nor on how a document
looks.
"""

from indextracker_spark.india.jobs import JOBS

__all__ = ["JOBS"]
