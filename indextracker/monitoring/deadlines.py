"""By when a document should be in the lake: by what its feed and its subject's schedules declare.

A feed says when its document is due, a schedule when it is asked for next.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from indextracker.feeds import Feed
from indextracker_catalogue import Key, Schedule, Subject


def deadline(subject: Subject, feed: Feed, key: Key) -> datetime:
    """The first time at or after a document is due at which it is asked for by a schedule.

    Args:
        subject: Whose schedules.
        feed: The feed; where no schedule is of its time line, the document is due when it is due.
        key: The key of the document.
    """
    due = feed.due(key)
    ticks = (
        next(at for at in _ticks(schedule, subject, due) if at >= due)
        for schedule in subject.schedules
        if schedule.timeline == feed.timeline
    )
    return min(ticks, default=due)


def _ticks(schedule: Schedule, subject: Subject, since: datetime) -> Iterator[datetime]:
    """The times of a schedule of each day, from the day of an instant on, in order."""
    minutes, hours, *rest = schedule.cron.split()
    if rest != ["*", "*", "*"]:
        raise ValueError(f"{schedule.name}: {schedule.cron!r} is not of every day")
    zone = ZoneInfo(subject.zone)
    midnight = since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        for hour in _listed(hours, 24):
            for minute in _listed(minutes, 60):
                yield midnight.replace(hour=hour, minute=minute)
        midnight = (midnight + timedelta(days=1)).replace(tzinfo=zone)


def _listed(field: str, count: int) -> list[int]:
    return list(range(count)) if field == "*" else sorted(map(int, field.split(",")))
