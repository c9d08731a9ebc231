"""TAIEX and its derivatives: how bronze lines become typed facts, and facts become bars.

clock.py has the hours, lines.py how a line is judged, ticks.py and reports.py the readings of the
documents, facts.py the rows of silver, contracts.py terms and dates, markets.py the bars,
expiries.py the dates of expiries, reconciliation.py the comparison with the exchange's own figures,
and jobs.py the jobs of them all. Nothing here depends on where tables are stored.
"""

from indextracker_spark.taiwan.jobs import JOBS

__all__ = ["JOBS"]
