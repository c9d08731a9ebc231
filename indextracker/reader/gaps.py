"""What is missing of what was asked for, and why: from the logs of deliveries and of builds."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from indextracker.reader.frames import MissingSessionsWarning, table_of_gaps
from indextracker.reader.spans import Span
from indextracker.reader.tables import Tables, keys_in
from indextracker_catalogue import Key, Table, subject_of

EMPTY, NOT_BUILT, NOT_JOINED = "empty", "not_built", "not_joined"
# Told by `missing` and without a warning: nothing is missing there.
_QUIET = ("closed", EMPTY)
_NAMED = 5
# A feed in the log of builds: feed=sha256, and feed-5=... of what is looked back to.
_FEED = re.compile(r"(?:^|,)(\w+)(?:-\d+)?=")
_FOLDER = str(Path(__file__).parent)


def gaps(
    tables: Tables, table: Table, span: Span, found: set[Key], now: datetime, what: str
) -> pa.Table | None:
    """The keys of a span without rows, each with its state and reason; warns of what is missing.

    Args:
        tables: The lake's tables.
        table: The table that was read.
        span: What was asked for.
        found: The keys that have rows.
        now: The present.
        what: What was asked for, for the reason of a key that is there and has nothing of it.

    Returns:
        Rows of `Frame.missing`; None where nothing is missing.
    """
    keys = [key for key in span.expected if key not in found]
    if not keys:
        return None
    rows = list(_states(tables, table, keys, now, what))
    quiet = (*_QUIET, "not_yet") if span.until_now else _QUIET
    loud: dict[Key, str] = {}
    for row in rows:
        if row["state"] not in quiet:
            loud.setdefault(str(row["key"]), f"{row['state']}, {row['reason']}")
    if loud:
        named = ", ".join(list(loud)[:_NAMED]) + (", ..." if len(loud) > _NAMED else "")
        warn(
            f"{table.path} has no rows of {len(loud)} of {len(span.expected)} "
            f"{table.timeline.unit} asked for: {named} (the first: {next(iter(loud.values()))})"
        )
    return table_of_gaps(rows)


def _states(
    tables: Tables, table: Table, keys: Sequence[Key], now: datetime, what: str
) -> Iterator[dict[str, str | None]]:
    # A quarter of a second, for who has gaps alone.
    from indextracker.acquiring.deliveries import current, unasked  # noqa: PLC0415
    from indextracker.building.staleness import built  # noqa: PLC0415
    from indextracker.feeds import FEEDS  # noqa: PLC0415

    lake, then = tables.lake, tables.as_of
    builds = built(lake, [table.path])[table.path]
    there = {key for key, number in lake.row_counts(table, keys).items() if number}
    there |= {key for key, documents in builds.items() if documents}
    later = set[Key]()
    if then is not None:
        by_then = set[Key]()
        if tables.was(table):
            by_then = keys_in(tables.read(table, keys, None, [table.key_column]), table)
        later, there = there - by_then, by_then
    feeds = _feeds(table, builds.values())
    answers = current(lake, feeds, keys)
    for key in keys:
        wanted = _not_in(table, feeds, builds.get(key, "")) if key in there else feeds
        if key in there and not wanted:
            yield _row(key, None, EMPTY, f"it is there, and holds nothing of {what}")
            continue
        if key in later:
            said = f"it was not in {table.path} yet at {then:%Y-%m-%d %H:%M:%S} UTC"
            yield _row(key, None, NOT_BUILT, said)
            continue
        found = [answers.get((feed, key)) or unasked(feed, key, now) for feed in wanted]
        closed = [one for one in found if one.state == "closed"]
        short = closed[:1] or [one for one in found if not one.accepted]
        for one in short:
            state, reason = one.state, one.reason
            if (one.feed, key) not in answers and now < FEEDS[one.feed].due(key):
                state, reason = "not_yet", "its document is not due yet"
            yield _row(key, one.feed, state, reason)
        if not short:
            yield _row(key, None, NOT_BUILT, _how_to_build(table, key))


def _feeds(table: Table, builds: Iterable[str]) -> list[str]:
    """The feeds that a table is made from: those that builds of it name, else its subject's."""
    from indextracker.feeds import FEEDS  # noqa: PLC0415

    own = [name for name, feed in FEEDS.items() if feed.table is table]
    if own:
        return own
    named = {name for documents in builds for name in _FEED.findall(documents)}
    subject = subject_of(table)
    of_subject = [
        name
        for name, feed in FEEDS.items()
        if feed.timeline == table.timeline and subject_of(feed.table) is subject
    ]
    return [name for name in of_subject if name in named] or of_subject


def _not_in(table: Table, feeds: Iterable[str], built_of: str) -> list[str]:
    """The feeds that a key of a table was built without: those of other slices, where it has some.

    Contracts of futures, for example, are there without the document of options.
    """
    if not (table.slice_by and built_of):
        return []
    named = _FEED.findall(built_of)
    return [feed for feed in feeds if feed not in named]


def _how_to_build(table: Table, key: Key) -> str:
    subject = subject_of(table)
    day = table.timeline.day_of(key)
    of = (
        f"indextracker backfill {subject.name} --from {day} --to {day}" if subject else "a backfill"
    )
    return f"its documents are there, and {table.path} is not made of them yet: {of} makes it"


def warn(sentence: str) -> None:
    """Warns who called the reader of what is missing."""
    warnings.warn(
        f"{sentence}; `missing` has the reasons",
        MissingSessionsWarning,
        stacklevel=_up_to_who_asked(),
    )


def _up_to_who_asked() -> int:
    """How many calls up the reader was called, so that the warning names that line."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_FOLDER):
        level, frame = level + 1, frame.f_back
    return level


def _row(key: Key, feed: str | None, state: str, reason: str | None) -> dict[str, str | None]:
    return {"key": key, "feed": feed, "state": state, "reason": reason}
