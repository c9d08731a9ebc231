"""The report of a backfill: what it found and built.

Running a backfill and printing its report do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.remarks import Remark
from indextracker.lake import Lake
from indextracker_catalogue import Key, Subject, Table, Timeline, rejects_tables
from indextracker_catalogue.shared.deliveries import COMPLETE

_TEXT_SHOWN = 60


@dataclass(frozen=True)
class Warned:
    """A rule that stops nothing and was broken.

    Attributes:
        table: Path of the table, `layer/name`; a mart's is `marts/name`.
        check: Name of the check or test.
        meaning: What should hold.
        bad_rows: How many rows break it.
        sessions: The keys with such rows, in order; empty where the rule is of no key.
    """

    table: str
    check: str
    meaning: str
    bad_rows: int
    sessions: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Rejected:
    """The lines of one document that could not be read.

    Attributes:
        session: Key of the document.
        feed: Its feed.
        lines: How many there are.
        first: The first one, as `line 5: why`.
    """

    session: Key
    feed: str
    lines: int
    first: str


@dataclass
class Report:
    """What a backfill found and made.

    Attributes:
        sessions: Per key asked for and feed, the answer that counts.
        tables: Rows of those keys, by table path.
        seconds: Time spent in steps, by layer.
        failures: What broke, a sentence each.
        warnings: Rules that stop nothing and were broken.
        rejects: Lines that could not be read, by document.
        remarks: What became of accepted documents, and which files of an archive differ from them.
    """

    sessions: dict[Key, dict[str, Delivery]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def incomplete(self) -> dict[Key, dict[str, Delivery]]:
        """Keys of which a document is missing, with what is known of it."""
        missing = {
            key: {f: a for f, a in answers.items() if a.state not in COMPLETE}
            for key, answers in self.sessions.items()
        }
        return {key: answers for key, answers in missing.items() if answers}

    @property
    def exit_code(self) -> int:
        """0 when each key is complete or known closed, 2 when some are not, 1 when it broke."""
        if self.failures:
            return 1
        return 2 if self.incomplete else 0


def rejected(
    lake: Lake,
    subject: Subject,
    keys: Mapping[Timeline, Sequence[Key]],
    feeds: Iterable[str],
) -> list[Rejected]:
    """The documents of a subject with lines that could not be read, the most recent key last."""
    names = list(feeds)
    return [
        found
        for table in rejects_tables(subject)
        if keys.get(table.timeline) and lake.exists(table)
        for found in _rejected(lake, table, keys, names)
    ]


def _rejected(
    lake: Lake, table: Table, keys: Mapping[Timeline, Sequence[Key]], feeds: list[str]
) -> list[Rejected]:
    with lake.sql([table], keys) as connection:
        rows = connection.execute(
            f"""
            select
                {table.key_column}, feed, count(distinct line), min(line),
                arg_min(reason, line), arg_min(text, line)
            from {table.name} where list_contains($feeds, feed) group by all order by all
            """,
            {"feeds": feeds},
        ).fetchall()
    return [
        Rejected(
            table.timeline.key_of(value), feed, lines, f"line {line}: {reason}: {_short(text)!r}"
        )
        for value, feed, lines, line, reason, text in rows
    ]


def counted(count: int, what: str) -> str:
    """A number of things in words, such as `1,204 rows`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _short(text: str | None) -> str:
    """A line without the blanks that fill its cells, and not all of a long one."""
    said = " ".join((text or "").split())
    return said if len(said) <= _TEXT_SHOWN else f"{said[:_TEXT_SHOWN]}..."
