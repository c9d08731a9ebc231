"""Runs the catalogue's checks and audits over slices of the lake.

It finds and counts the rows that break a rule, and the documents that a rule casts doubts on. The
rules are declared with the tables.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import duckdb

from indextracker.lake.store import Lake
from indextracker_catalogue import AUDITS, TABLES, Audit, Key, Severity, Table
from indextracker_catalogue.timeline import seen

EXAMPLES = 3
# A rule such as that keys are unique holds all rows in memory: these of NSE's are 300,000.
KEYS_AT_ONCE = 100


@dataclass(frozen=True)
class Rule:
    """Something that has to hold, as a query that returns the rows that break it.

    Attributes:
        breaks: Where a row breaks it by its own values alone: SQL that holds for such a row.
    """

    name: str
    meaning: str
    severity: Severity
    bad_rows: str
    reads: tuple[Table, ...]
    look_back: int = 0
    breaks: str = ""


@dataclass(frozen=True)
class Finding:
    """How many rows break a rule in a slice, the first few of them in words, and their keys."""

    rule: Rule
    bad_rows: int
    examples: tuple[str, ...]
    keys: tuple[Key, ...] = ()


def rules(table: Table) -> list[Rule]:
    """All that has to hold of a table: its checks, its key, and the audits shown with it."""
    found = [
        Rule(
            check.name,
            check.meaning,
            check.severity,
            f"select * from {table.name} where {check.bad_rows}",
            (table,),
            breaks=check.bad_rows,
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
    found += [_of_audit(audit) for audit in AUDITS if audit.on == table.path]
    return found


def _of_audit(audit: Audit) -> Rule:
    reads = tuple(TABLES[path] for path in (audit.on, *audit.reads))
    return Rule(audit.name, audit.meaning, audit.severity, audit.bad_rows, reads, audit.look_back)


def doubted(lake: Lake, table: Table, keys: Sequence[Key]) -> set[Key]:
    """The keys whose documents in a table of bronze cannot be whole, as an audit has it.

    Args:
        lake: Where the tables lie; what was not built yet raises no doubts.
        table: The bronze table.
        keys: Keys with documents.
    """
    found: set[Key] = set()
    for audit in AUDITS:
        rule = _of_audit(audit)
        if audit.doubts != table.path or not keys or not all(map(lake.exists, rule.reads)):
            continue
        on, *_ = rule.reads
        with lake.sql(rule.reads, {on.timeline: keys}) as connection:
            found.update(_found(rule, on, connection.execute(rule.bad_rows)).keys)
    return found


def examine(
    lake: Lake, table: Table, keys: Sequence[Key] | None, earlier: Collection[Key] = ()
) -> list[Finding]:
    """Finds the rows of a slice that break a table's rules.

    Args:
        lake: Where the table lies.
        table: What to examine.
        keys: The slice; None for a table in one piece. Tables of another time line that a rule
            reads are seen whole.
        earlier: At least the keys of the look-back of each of them, where a rule looks back.
    """
    if keys is None or len(keys) <= KEYS_AT_ONCE:
        return _examined(lake, table, keys, earlier)
    known = {*keys, *earlier}
    parts = [
        _examined(lake, table, keys[first : first + KEYS_AT_ONCE], known)
        for first in range(0, len(keys), KEYS_AT_ONCE)
    ]
    return [_together(found) for found in zip(*parts, strict=True)]


def _together(found: Sequence[Finding]) -> Finding:
    """What was found of a rule in several slices."""
    return Finding(
        found[0].rule,
        sum(one.bad_rows for one in found),
        tuple(example for one in found for example in one.examples)[:EXAMPLES],
        tuple(sorted({key for one in found for key in one.keys})),
    )


def _examined(
    lake: Lake, table: Table, keys: Sequence[Key] | None, earlier: Collection[Key]
) -> list[Finding]:
    found = []
    checked = rules(table)
    for look_back in sorted({rule.look_back for rule in checked}):
        some = [rule for rule in checked if rule.look_back == look_back]
        tables = dict.fromkeys(read for rule in some for read in rule.reads)
        looked_at = None if keys is None else seen(keys, {*keys, *earlier}, look_back)
        limits = {} if looked_at is None else {table.timeline: looked_at}
        with lake.sql(tables, limits) as connection:
            kept = _kept(connection, table, some)
            for rule in some:
                if rule in kept:
                    found.append(Finding(rule, 0, ()))
                    continue
                query = rule.bad_rows
                if keys and look_back:
                    audited = table.timeline.predicate(keys, table.key_column)
                    query = f"select * from ({query}) where {audited}"
                found.append(_found(rule, table, connection.execute(query)))
    return found


def look_back(table: Table) -> int:
    """The longest look-back of a table's rules."""
    return max(rule.look_back for rule in rules(table))


def _kept(connection: duckdb.DuckDBPyConnection, table: Table, some: Sequence[Rule]) -> list[Rule]:
    """The rules on single rows that no row breaks, by one query for all of them.

    A query each takes three times as long (a session of options, November 2026): it reads the same
    rows anew.
    """
    of_rows = [rule for rule in some if rule.breaks]
    if not of_rows:
        return []
    broken = ", ".join(f"coalesce(bool_or({rule.breaks}), false)" for rule in of_rows)
    [found] = connection.execute(f"select {broken} from {table.name}").fetchall()
    return [rule for rule, is_broken in zip(of_rows, found, strict=True) if not is_broken]


def _found(rule: Rule, table: Table, cursor: duckdb.DuckDBPyConnection) -> Finding:
    """The breakers are few; a query for them costs no more than one that counts them."""
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    examples = tuple(
        ", ".join(f"{name} {value}" for name, value in zip(names, row, strict=True))
        for row in rows[:EXAMPLES]
    )
    keys: set[Key] = set()
    if table.key_column in names:
        column = names.index(table.key_column)
        keys = {table.timeline.key_of(row[column]) for row in rows}
    return Finding(rule, len(rows), examples, tuple(sorted(keys)))
