"""TAIEX and its derivatives as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Schedule, Subject
from indextracker_catalogue.taiwan.columns import XTAI

SUBJECT = Subject(
    name="taiwan",
    title="TAIEX and its derivatives",
    timeline=XTAI,
    zone="Asia/Taipei",
    # When the last document of a session is out: reports and ticks by five, the ETF's by six.
    schedules=(Schedule("documents_of_today", XTAI, "30 18 * * *"),),
    freshness="30 19 * * *",
    first=True,
)
