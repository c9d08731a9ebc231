"""How all of it is now, in words: for the page Health and for `indextracker status --watch`.

Made of what a monitor read and of the alerts that are open; nothing is read here but those.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from indextracker.metrics import HOST
from indextracker.monitoring.asking import answered, text
from indextracker.monitoring.figures import (
    ACCEPTED,
    BEHIND,
    DAEMON_HEARTBEAT,
    DAYS_LEFT,
    DEADLINE,
    DISK_FREE,
    DISK_NEEDED,
    DOCUMENTS,
    OLDEST_RUN,
    PART_UP,
    RUNS,
    STREAM_LAG,
    STREAM_UP,
    Figure,
    Readings,
    parsed,
)
from indextracker.monitoring.rules import LATE_SECONDS

_PATIENCE_SECONDS = 3.0
_GIGABYTE = 1e9

Labels = tuple[str, ...]
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True)
class Part:
    """A table of what is so now.

    Attributes:
        title: What it shows.
        columns: Names of its columns.
        rows: Its rows, as text.
        otherwise: What is said where it has no row.
    """

    title: str
    columns: tuple[str, ...]
    rows: Rows
    otherwise: str


def told(port: int) -> Readings:
    """What the monitor of this machine tells.

    Raises:
        UnansweredError: It does not run.
    """
    return parsed(text(f"http://{HOST}:{port}/metrics", timeout=_PATIENCE_SECONDS))


def open_alerts(alertmanager: str) -> list[dict[str, Any]]:
    """The alerts that fire and that nothing silences, as Alertmanager has them.

    Raises:
        UnansweredError: It does not answer.
    """
    asked = "api/v2/alerts?active=true&silenced=false&inhibited=false"
    found: list[dict[str, Any]] = answered(f"{alertmanager}/{asked}", timeout=_PATIENCE_SECONDS)
    return found


def alerts(found: Iterable[Mapping[str, Any]]) -> Part:
    """Open alerts, the severe first."""
    rows = sorted(
        (
            one["labels"].get("severity", ""),
            one["labels"]["alertname"],
            one["annotations"].get("summary", ""),
            _written(datetime.fromisoformat(one["startsAt"])),
            one["annotations"].get("todo", ""),
        )
        for one in found
    )
    return Part(
        "Open alerts",
        ("severity", "alert", "what", "since", "what to do"),
        rows,
        "No alert is open.",
    )


def parts(readings: Readings, now: datetime) -> list[Part]:
    """All that a monitor read, in tables, the longest last.

    Args:
        readings: What it read.
        now: The present, as an aware instant.
    """

    def of(figure: Figure) -> Mapping[Labels, float]:
        return readings.get(figure, {})

    def ago(instant: float) -> str:
        return _duration(now.timestamp() - instant) if instant else "never"

    unread = [(part,) for (part,), is_up in of(PART_UP).items() if not is_up]
    daemons = [(name, ago(at)) for (name,), at in sorted(of(DAEMON_HEARTBEAT).items())]
    runs = [
        (*labels, f"{of(RUNS)[labels]:.0f}", ago(since))
        for labels, since in sorted(of(OLDEST_RUN).items(), key=lambda one: one[1])
    ]
    streams = [
        (name, "yes" if up else "no", _lag(of(STREAM_LAG).get((name,))))
        for (name,), up in of(STREAM_UP).items()
    ]
    disks = [
        (folder, _gigabytes(free), _gigabytes(of(DISK_NEEDED).get((folder,), 0)))
        for (folder,), free in of(DISK_FREE).items()
    ]
    behind = [(*labels, f"{n:.0f}") for labels, n in of(BEHIND).items() if n]
    return [
        Part("What cannot be read", ("part",), unread, "Everything could be read."),
        Part("Daemons", ("daemon", "lived"), daemons, "Nothing is known of Dagster's daemons."),
        Part("Runs", ("job", "status", "runs", "for"), runs, "No run is under way."),
        Part("Streams", ("stream", "answers", "lag"), streams, "No stream is used."),
        Part("Disks", ("folder", "free", "needed"), disks, "Nothing is known of disks."),
        Part(
            "Missing, and deleted soon",
            ("feed", "session", "trading days left"),
            _expiring(of(DAYS_LEFT)),
            "Nothing that is missing will be deleted.",
        ),
        _states(of(DOCUMENTS)),
        Part(
            "Feeds",
            ("subject", "feed", "last accepted", "late", "next by"),
            _feeds(of(ACCEPTED), of(DEADLINE), now),
            "Nothing is known of documents.",
        ),
        Part(
            "Tables that are behind",
            ("subject", "table", "sessions or hours"),
            behind,
            "No table is behind what is due.",
        ),
    ]


def _feeds(
    accepted: Mapping[Labels, float], deadlines: Mapping[Labels, float], now: datetime
) -> Rows:
    late: Counter[str] = Counter()
    following: dict[str, float] = {}
    for (_, _, feed, _), by in deadlines.items():
        if by + LATE_SECONDS <= now.timestamp():
            late[feed] += 1
        else:
            following[feed] = min(following.get(feed, by), by)
    return [
        (
            subject,
            feed,
            _duration(now.timestamp() - at) + " ago" if at else "never",
            str(late[feed]),
            _written(datetime.fromtimestamp(following[feed], UTC)) if feed in following else "",
        )
        for (subject, _, feed), at in accepted.items()
    ]


def _expiring(left: Mapping[Labels, float]) -> Rows:
    return [
        (feed, key, f"{days:.0f}")
        for (_, _, feed, key), days in sorted(left.items(), key=lambda one: one[1])
    ]


def _states(documents: Mapping[Labels, float]) -> Part:
    """How many documents of each subject are in which state."""
    states = list(dict.fromkeys(state for _, _, state in documents))
    counted: dict[str, Counter[str]] = {}
    for (subject, _, state), number in documents.items():
        counted.setdefault(subject, Counter())[state] += int(number)
    rows = [(subject, *(f"{of[state]:,}" for state in states)) for subject, of in counted.items()]
    names = tuple(state.replace("_", " ") for state in states)
    return Part(
        "Documents of the last 30 sessions, days or hours",
        ("subject", *names),
        rows,
        "Nothing is known of documents.",
    )


def _duration(seconds: float) -> str:
    """A duration for people, in the two largest units."""
    whole = timedelta(seconds=max(round(seconds), 0))
    hours, rest = divmod(whole.seconds, 3600)
    minutes, left = divmod(rest, 60)
    if whole.days:
        return f"{whole.days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def _lag(seconds: float | None) -> str:
    return "" if seconds is None else _duration(seconds)


def _gigabytes(number: float) -> str:
    return f"{number / _GIGABYTE:,.1f} GB"


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
