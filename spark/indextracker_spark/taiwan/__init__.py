"""TAIEX and its derivatives: how facts become contracts, bars and sessions.

clock.py has the hours, contracts.py terms and dates, markets.py the bars, expiries.py the dates of
expiries, reconciliation.py the comparison with the exchange's own figures, and jobs.py the jobs of
them all. Nothing here depends on where tables are stored, nor on how a document looks.
"""

from indextracker_spark.taiwan.jobs import JOBS

__all__ = ["JOBS"]
