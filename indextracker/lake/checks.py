"""Runs the catalogue's checks and audits over slices of the lake.

It finds and counts the rows that break a rule. The rules are declared with the tables.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from indextracker.lake.store import Lake
from indextracker_catalogue import AUDITS, TABLES, Severity, Table
from indextracker_catalogue.taiwan import SESSIONS

EXAMPLES = 3


@dataclass(frozen=True)
class Rule:
    """Something that has to hold, as a query that returns the rows that break it."""

    name: str
    meaning: str
    severity: Severity
    bad_rows: str
    reads: tuple[Table, ...]
    sees_previous: bool = False


@dataclass(frozen=True)
class Finding:
    """How many rows break a rule in a slice, the first few of them in words, and their sessions."""

    rule: Rule
    bad_rows: int
    examples: tuple[str, ...]
    sessions: tuple[date, ...] = ()


def rules(table: Table) -> list[Rule]:
    """All that has to hold of a table: its checks, its key, and the audits shown with it."""
    found = [
        Rule(
            check.name,
            check.meaning,
            check.severity,
            f"select * from {table.name} where {check.bad_rows}",
            (table,),
        )
        for check in table.all_checks
    ]
    key = ", ".join((*table.key, *table.key_nullable))
    found.append(
        Rule(
            "key_unique",
            f"No two rows share their key ({key}).",
            "error",
            f"select {key}, count(*) as times from {table.name} group by all having count(*) > 1",
            (table,),
        )
    )
    for audit in AUDITS:
        if audit.on == table.path:
            reads = (table, *(TABLES[path] for path in audit.reads))
            found.append(
                Rule(
                    audit.name,
                    audit.meaning,
                    audit.severity,
                    audit.bad_rows,
                    reads,
                    audit.sees_previous,
                )
            )
    return found


def examine(lake: Lake, table: Table, sessions: Sequence[date] | None) -> list[Finding]:
    """Finds the rows of a slice that break a table's rules.

    Args:
        lake: Where the table lies.
        table: What to examine.
        sessions: The slice; null for a table without sessions.
    """
    found = []
    for sees_previous in (False, True):
        checked = [rule for rule in rules(table) if rule.sees_previous == sees_previous]
        if not checked:
            continue
        tables = dict.fromkeys(read for rule in checked for read in rule.reads)
        seen = _with_previous(lake, sessions) if sees_previous and sessions else sessions
        with lake.sql(tables, seen) as connection:
            for rule in checked:
                query = rule.bad_rows
                if sessions and seen != sessions:
                    query = f"select * from ({query}) where {_listed('session_date', sessions)}"
                found.append(_found(rule, connection.execute(query)))
    return found


def _found(rule: Rule, cursor: duckdb.DuckDBPyConnection) -> Finding:
    """The breakers are few; a query for them costs no more than one that counts them."""
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    examples = tuple(
        ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
        for row in rows[:EXAMPLES]
    )
    days: set[date] = set()
    if "session_date" in names:
        days = {row[names.index("session_date")] for row in rows}
    return Finding(rule, len(rows), examples, tuple(sorted(days)))


def _with_previous(lake: Lake, sessions: Sequence[date]) -> list[date]:
    """The sessions and the one before each of them."""
    with lake.sql([SESSIONS]) as connection:
        before = connection.execute(
            f"select distinct previous_session_date from {SESSIONS.name}"
            f" where previous_session_date is not null and {_listed('session_date', sessions)}"
        ).fetchall()
    return sorted({*sessions, *(day for (day,) in before)})


def _listed(column: str, sessions: Sequence[date]) -> str:
    days = ", ".join(f"date '{session}'" for session in sessions)
    return f"{column} in ({days})"
