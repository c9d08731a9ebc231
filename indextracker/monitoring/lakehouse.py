"""What the lake, its logs, the streams and the disks say, as figures.

All of it is what `indextracker status`, `stream status` and `doctor` say, by the same functions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.acquiring.windows import days_left, watched
from indextracker.building.freshness import lags
from indextracker.feeds import Feed, feeds_of
from indextracker.monitoring.deadlines import deadline
from indextracker.monitoring.figures import (
    ACCEPTED,
    BEHIND,
    DAYS_LEFT,
    DEADLINE,
    DISK_FREE,
    DISK_NEEDED,
    DOCUMENTS,
    LANDED_BYTES,
    REJECTED,
    STREAM_LAG,
    STREAM_UP,
    TABLE_BYTES,
    TABLE_FILES,
    Readings,
)
from indextracker.monitoring.states import States, awaits, last_keys
from indextracker.platform import Platform
from indextracker.streams.arrivals import EVENTS
from indextracker.streams.opening import find_stream
from indextracker.streams.standing import standing
from indextracker.system.rooms import rooms
from indextracker_catalogue import SUBJECTS, Key, Subject, timelines_of
from indextracker_catalogue.shared.deliveries import COMPLETE, DELIVERIES

KEYS_COUNTED = 30
# Whether it comes or not is known: nobody waits for it.
_NOT_AWAITED = {*COMPLETE, "gone"}

Labels = tuple[str, ...]


def documents(platform: Platform) -> Readings:
    """Documents by state, those that are awaited, and how far the tables are."""
    counted: Counter[Labels] = Counter()
    deadlines: dict[Labels, float] = {}
    left: dict[Labels, float] = {}
    accepted: dict[Labels, float] = {}
    rejected: dict[Labels, float] = {}
    behind: dict[Labels, float] = {}
    for subject in SUBJECTS.values():
        lines = [line for line in timelines_of(subject) if line.column and not line.at_once]
        keys = {line: last_keys(platform, line, KEYS_COUNTED) for line in lines}
        states = States(platform, subject, keys)
        rejected[subject.name,] = states.rejects
        for one in states.series:
            for name in one.feeds:
                counted.update((subject.name, name, states.of(name, k).state) for k in one.keys)
        for feed in feeds_of(subject).values():
            of = (subject.name, feed.publisher, feed.name)
            accepted[of] = states.accepted_at(feed.name)
            for key in _awaited(platform, feed, states):
                by = deadline(subject, feed, key)
                deadlines[*of, key] = by.timestamp()
                kept = days_left(feed, key, states.kept_by(feed.timeline), platform.clock())
                if kept and by <= platform.clock():
                    left[*of, key] = kept
        behind |= _behind(platform, subject)
    return {
        DOCUMENTS: counted,
        DEADLINE: deadlines,
        DAYS_LEFT: left,
        ACCEPTED: accepted,
        REJECTED: rejected,
        BEHIND: behind,
    }


def streams(platform: Platform) -> Readings:
    """Which streams answer, and how far their tables are behind."""
    up: dict[Labels, float] = {}
    lag: dict[Labels, float] = {}
    now = platform.clock()
    for name, events in EVENTS.items():
        found = standing(platform.lake, events.table, find_stream(platform.settings, name))
        if not found.rows and found.waits_since is None:
            continue  # it was never used
        up[name,] = not found.problem
        if (behind := found.lag(now)) is not None:
            lag[name,] = behind.total_seconds()
    return {STREAM_UP: up, STREAM_LAG: lag}


def disks(platform: Platform) -> Readings:
    """What is free on the disks that a run writes to, and what it needs there."""
    found = rooms(platform.settings)
    return {
        DISK_FREE: {(str(room.folder),): room.free for room in found},
        DISK_NEEDED: {(str(room.folder),): room.needed for room in found},
    }


def sizes(platform: Platform) -> Readings:
    """How large the tables and the documents are."""
    lake = platform.lake
    count: dict[Labels, float] = {}
    total: dict[Labels, float] = {}
    for table in lake.tables():
        files = pa.table(lake.open(table).get_add_actions())
        count[table.path,] = files.num_rows
        total[table.path,] = pc.sum(files["size_bytes"]).as_py() or 0
    return {
        TABLE_FILES: count,
        TABLE_BYTES: total,
        LANDED_BYTES: {(): _landed(platform)},
    }


def _awaited(platform: Platform, feed: Feed, states: States) -> Iterator[Key]:
    """The keys of a feed whose documents are to come, or should have."""
    if not awaits(platform.settings) or feed.timeline.at_once or platform.source.barred(feed):
        return
    start = feed.timeline.key_of(platform.settings.lake.start)
    for key in watched(feed, states.kept_by(feed.timeline), platform.clock()):
        was_ever = key >= max(start, feed.readable_from) and feed.is_published(key)
        if was_ever and states.of(feed.name, key).state not in _NOT_AWAITED:
            yield key


def _behind(platform: Platform, subject: Subject) -> dict[Labels, float]:
    start, now = platform.settings.lake.start, platform.clock()
    found = lags(platform.lake, subject, platform.calendar_of, start, now)
    return {(subject.name, table.path): lag.behind for table, lag in found.items()}


def _landed(platform: Platform) -> float:
    if not platform.lake.exists(DELIVERIES):
        return 0
    with platform.lake.sql([DELIVERIES]) as connection:
        [found] = connection.execute(
            "select coalesce(sum(bytes), 0)::double from"
            " (select distinct sha256, bytes from deliveries where sha256 is not null)"
        ).fetchall()
    return float(found[0])
