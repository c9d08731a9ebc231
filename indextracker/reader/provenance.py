"""What a lakehouse knows of its own rows: states of documents, what was made of which, and checks.

The rest of `Lakehouse` is in `lakehouse`. Nothing is asked of a publisher here, and nothing logged.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import pyarrow as pa

from indextracker import calendars
from indextracker.reader.closures import Closures
from indextracker.reader.frames import Frame
from indextracker.reader.names import known
from indextracker.reader.spans import Day, NoSessionError, span
from indextracker.reader.tables import Tables
from indextracker_catalogue import SUBJECTS, TABLES, Key, Subject, Table, Timeline, tables_of

_INSTANT = pa.timestamp("us", tz="UTC")
_STATES = pa.schema(
    {
        "timeline": pa.string(),
        "key": pa.string(),
        "feed": pa.string(),
        "state": pa.string(),
        "reason": pa.string(),
        "days_left": pa.int32(),
        "fetched_at": _INSTANT,
        "sha256": pa.string(),
    }
)
_ANSWERS = pa.schema(
    {
        "feed": pa.string(),
        "key": pa.string(),
        "state": pa.string(),
        "reason": pa.string(),
        "name": pa.string(),
        "sha256": pa.string(),
        "bytes": pa.int64(),
        "url": pa.string(),
        "published_at": _INSTANT,
        "fetched_at": _INSTANT,
        "landing": pa.string(),
    }
)
_DOCUMENTS = pa.schema([pa.field("made_of", pa.string()), *_ANSWERS])
_FINDINGS = pa.schema(
    {
        "table": pa.string(),
        "rule": pa.string(),
        "severity": pa.string(),
        "meaning": pa.string(),
        "bad_rows": pa.int64(),
        "examples": pa.list_(pa.string()),
    }
)


class Provenance:
    """The part of `Lakehouse` that is of where its rows come from, and of what is wrong in them."""

    _tables: Tables
    _closures: Closures
    _clock: Callable[[], datetime]

    def states(
        self,
        subject: str,
        *,
        first: Day | None = None,
        last: Day | None = None,
        sessions: int | None = None,
    ) -> Frame:
        """The states of a subject's documents, those of today whatever `as_of` is.

        Args:
            subject: Name of the subject, such as `taiwan`.
            first: First day.
            last: Last day; by default today.
            sessions: Instead of `first`, so many keys of each time line up to `last`: sessions,
                days or hours. Years are those that these touch.

        Returns:
            A frame with a row per key and feed, by time line, key and the order of the tables:
            `timeline` (its title, such as `XTAI`), `key` (as `2024-12-16`), `feed`, `state` (as of
            documents, or `unasked`), `reason` (null where there is none), `days_left` (for how
            many more sessions the publisher keeps the document by its own rule: 1 on the last day,
            0 once it is deleted, null where it is kept for long), and of the answer that counts
            `fetched_at` and `sha256`.

        Raises:
            UnknownNameError: There is no such subject.
            NoSessionError: The span holds no key.
            ValueError: A day cannot be read, or is outside of the calendar.
        """
        from indextracker.acquiring.deliveries import current  # noqa: PLC0415 - loads the feeds
        from indextracker.acquiring.states import state_of  # noqa: PLC0415
        from indextracker.acquiring.windows import days_left  # noqa: PLC0415
        from indextracker.feeds import feeds_of  # noqa: PLC0415

        feeds = feeds_of(_subject(subject))
        now = self._clock()
        keys = _keys([feed.timeline for feed in feeds.values()], now, first, last, sessions)
        calendar_of = functools.cache(self._closures.calendar)
        answers = current(self._tables.lake, feeds, {key for of in keys.values() for key in of})
        rows = []
        for line, of_line in keys.items():
            own = [(name, feed) for name, feed in feeds.items() if feed.timeline == line]
            for key in of_line:
                for name, feed in own:
                    answer = answers.get((name, key))
                    found = state_of(name, key, answer, now)
                    kept = None
                    if feed.window_sessions is not None:
                        kept = days_left(feed, key, calendar_of(line), now)
                    rows.append(
                        {
                            "timeline": line.title,
                            "key": key,
                            "feed": name,
                            "state": found.state,
                            "reason": found.reason or None,
                            "days_left": kept,
                            "fetched_at": answer.fetched_at if answer else None,
                            "sha256": answer.sha256 if answer else None,
                        }
                    )
        return Frame(pa.Table.from_pylist(rows, _STATES))

    def answers(self, feed: str, key: str) -> Frame:
        """All that a publisher ever answered for a key of a feed, the newest first.

        Args:
            feed: Name of the feed, such as `taifex_futures`.
            key: A session, hour, day or year, as `states` writes it.

        Returns:
            A frame with `feed`, `key`, `state`, `reason`, the publisher's `name` of the document,
            `sha256`, `bytes`, `url` (without secrets, which are never logged), `published_at`,
            `fetched_at`, and `landing`, where in the lake its bytes are kept; without a row where
            it was never asked for.

        Raises:
            UnknownNameError: There is no such feed.
            ValueError: It is no key of the feed.
        """
        from indextracker.feeds import FEEDS  # noqa: PLC0415

        name = known(feed, tuple(FEEDS), "feed")
        FEEDS[name].timeline.value_of(key)
        return Frame(pa.Table.from_pylist(self._logged({name: {key}}), _ANSWERS))

    def documents(self, path: str, key: str = "") -> Frame:
        """What the rows of a key of a table were made of, back to the publishers' documents.

        Args:
            path: Layer and name of the table, such as `gold/futures_bars`.
            key: A key of its time line, as `2024-12-16`; of a table in one piece the empty text.

        Returns:
            A frame with a row per document: the columns of `answers`, and `made_of`, the feed that
            the log of builds names. Of what a table looks back to there is a row that says how far,
            `nse_udiff_bhavcopy-20` for example, and of what no feed fills one that names it; those
            have the digest that was logged and no document. Without a row where it was not built.

        Raises:
            UnknownNameError: There is no such table.
            ValueError: It is no key of the table.
        """
        from indextracker.building.staleness import built  # noqa: PLC0415 - loads the feeds
        from indextracker.feeds import FEEDS  # noqa: PLC0415

        table = TABLES[known(path.replace(".", "/"), tuple(TABLES), "table")]
        table.timeline.value_of(key)
        own = [name for name, feed in FEEDS.items() if feed.table is table]
        if own:
            digests = self._tables.lake.documents(table, [key])[key]
            parts = [(name, digest) for name in own for digest in sorted(digests)]
        else:
            of_key = built(self._tables.lake, [table.path], [key])[table.path].get(key, "")
            parts = [_parted(part) for part in filter(None, of_key.split(","))]
        answers = self._logged({name: {key} for name, _ in parts if name in FEEDS})
        told = {(row["feed"], row["sha256"]): row for row in reversed(answers)}
        rows = [
            {"made_of": name, **told.get((name, digest), {"sha256": digest})}
            for name, digest in parts
        ]
        return Frame(pa.Table.from_pylist(rows, _DOCUMENTS))

    def findings(self, subject: str, key: str) -> Frame:
        """What the checks find in the rows of a key of a subject, now.

        Args:
            subject: Name of the subject.
            key: A key of one of its time lines, as `2024-12-16`.

        Returns:
            A frame with a row per rule of each table that has rows of the key: `table`, `rule`,
            `severity` (`error` or `warn`), `meaning`, `bad_rows` (0 where it holds) and `examples`,
            a list of the first rows that break it, in words.

        Raises:
            UnknownNameError: There is no such subject.
            ValueError: It is no key of any of its tables.
        """
        from indextracker.building.earlier import before  # noqa: PLC0415 - loads the feeds
        from indextracker.lake import checks  # noqa: PLC0415

        of = _subject(subject)
        lake = self._tables.lake
        tables = [table for table in tables_of(of) if _has_key(table, key)]
        if not tables:
            raise ValueError(f"{key!r} is no session, day or hour of {subject}")
        calendar_of = functools.cache(self._closures.calendar)
        rows = []
        for table in tables:
            if not self._tables.exists(table) or not lake.row_counts(table, [key])[key]:
                continue
            back = checks.look_back(table)
            earlier = before(calendar_of(table.timeline), key, back) if back else []
            rows += [
                {
                    "table": table.path,
                    "rule": found.rule.name,
                    "severity": found.rule.severity,
                    "meaning": found.rule.meaning,
                    "bad_rows": found.bad_rows,
                    "examples": list(found.examples),
                }
                for found in checks.examine(lake, table, [key], earlier)
            ]
        return Frame(pa.Table.from_pylist(rows, _FINDINGS))

    def _logged(self, asked: dict[str, set[Key]]) -> list[dict[str, Any]]:
        """The log's rows of some feeds and keys, the newest first, each with its place."""
        from indextracker.acquiring.deliveries import logged  # noqa: PLC0415 - loads the feeds

        lake = self._tables.lake
        found = sorted(logged(lake, asked), key=lambda one: one.fetched_at, reverse=True)
        return [
            {
                **{name: getattr(one, name) for name in _ANSWERS.names if name != "landing"},
                "landing": lake.landed_at(one.sha256) if one.sha256 else None,
            }
            for one in found
        ]


def _subject(name: str) -> Subject:
    return SUBJECTS[known(name, tuple(SUBJECTS), "subject")]


def _keys(
    lines: Iterable[Timeline],
    now: datetime,
    first: Day | None,
    last: Day | None,
    sessions: int | None,
) -> dict[Timeline, list[Key]]:
    """The keys of each time line in a span; of years those that the others touch."""
    every = list(dict.fromkeys(lines))
    found: dict[Timeline, list[Key]] = {}
    nothing: NoSessionError | None = None
    for line in (line for line in every if not line.at_once):
        try:
            found[line] = span(calendars.calendar(line), now, first, last, sessions).expected
        except NoSessionError as error:
            nothing, found[line] = error, []
    days = [line.day_of(key) for line, keys in found.items() for key in keys]
    if nothing is not None and not days:
        raise nothing
    for line in (line for line in every if line.at_once and days):
        found[line] = calendars.calendar(line).within(min(days), max(days))
    return found


def _has_key(table: Table, key: Key) -> bool:
    try:
        table.timeline.value_of(key)
    except ValueError:
        return False
    return not table.is_whole


def _parted(part: str) -> tuple[str, str]:
    name, _, digest = part.partition("=")
    return name, digest
