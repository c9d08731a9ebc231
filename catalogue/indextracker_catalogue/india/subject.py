"""India's National Stock Exchange as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.india.columns import XNSE
from indextracker_catalogue.model import Schedule, Subject

SUBJECT = Subject(
    name="india",
    title="India's National Stock Exchange, end of day",
    timeline=XNSE,
    zone="Asia/Kolkata",
    # Documents are out by half past six; what came late is there at nine.
    schedules=(
        Schedule("nse_documents_of_today", XNSE, "30 18 * * *"),
        Schedule("nse_late_documents", XNSE, "0 21 * * *"),
    ),
    freshness="30 21 * * *",
)
