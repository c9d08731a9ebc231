"""NSE: how the rows of its end of day become instruments.

identities.py tells which spells are of one instrument, instruments.py makes the table of them, and
jobs.py has the jobs. Nothing here depends on where tables are stored, nor on how a document looks.
"""

from indextracker_spark.india.jobs import JOBS

__all__ = ["JOBS"]
