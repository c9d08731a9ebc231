"""News: which tellings are of one story, how good it is for a company, and what its share did then.

stories.py joins tellings, sentiment.py counts them by session, event_study.py holds them against
returns, and jobs.py has the jobs. Nothing here depends on how a document looks.
"""

from indextracker_spark.news.jobs import JOBS

__all__ = ["JOBS"]
