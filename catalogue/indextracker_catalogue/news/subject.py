"""News as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Schedule, Subject
from indextracker_catalogue.news.columns import INDIA
from indextracker_catalogue.timeline import Hours

SUBJECT = Subject(
    name="news",
    title="News articles with their sentiment, and announcements of NSE",
    timeline=Hours(),
    zone="Asia/Kolkata",
    # Hours of UTC begin there at half past; each is due half an hour after its end. Once an hour is
    # 24 requests a day, of 25.
    schedules=(
        Schedule("news_of_the_hour", Hours(), "5 * * * *"),
        # The feed of a day begins anew at midnight. What was not whole an hour before is requested
        # again.
        Schedule("announcements_of_the_day", INDIA, "45 22,23 * * *"),
    ),
    freshness="30 21 * * *",
)
