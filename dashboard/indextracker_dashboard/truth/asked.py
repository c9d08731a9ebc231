"""What the page of truth asks of the lakehouse: functions of the reader and of plain values."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from indextracker import Frame, Lakehouse
from indextracker_catalogue import TABLES, Subject, subject_of
from indextracker_catalogue.shared.deliveries import COMPLETE
from indextracker_dashboard.comparisons import Comparison

COUNTED = "rows"


def states(lakehouse: Lakehouse, subject: str, until: date | None, count: int) -> Frame:
    """The states of the last keys of a subject's time lines."""
    return lakehouse.states(subject, last=until, sessions=count)


def expiring(found: Frame) -> pa.Table:
    """The rows of `states` that are missing and will be deleted, those with least time first."""
    rows = found.arrow()
    missing = pc.invert(pc.is_in(rows["state"], value_set=pa.array(COMPLETE)))
    soon = pc.and_kleene(missing, pc.greater(rows["days_left"], 0))
    return rows.filter(soon).sort_by([("days_left", "ascending"), ("key", "ascending")])


def newest_key(found: Frame, subject: Subject) -> str | None:
    """The newest key with a document, of the subject's own time line where there is one."""
    rows = found.arrow()
    there = rows.filter(pc.equal(rows["state"], "accepted"))
    own = there.filter(pc.equal(there["timeline"], subject.timeline.title))
    keys = (own if own.num_rows else there)["key"].to_pylist()
    return max(keys, default=None)


def answers(lakehouse: Lakehouse, feed: str, key: str) -> Frame:
    """All answers for a key of a feed."""
    return lakehouse.answers(feed, key)


def findings(lakehouse: Lakehouse, subject: str, key: str) -> Frame:
    """What the checks find in a key, what is broken first; examples are lines of one text."""
    rows = lakehouse.findings(subject, key).arrow()
    shown = pc.binary_join(rows["examples"], "\n")
    rows = rows.set_column(rows.column_names.index("examples"), "examples", shown)
    broken = pc.greater(rows["bad_rows"], 0)
    rank = pc.if_else(broken, pc.if_else(pc.equal(rows["severity"], "error"), 0, 1), 2)
    rows = rows.append_column("rank", rank)
    return Frame(rows.sort_by([("rank", "ascending"), ("table", "ascending")]).drop(["rank"]))


def summary(lakehouse: Lakehouse, comparison: Comparison, key: str) -> Frame:
    """How many rows came out how, and their sums, by group and outcome.

    Raises:
        LookupError: The lake does not have the table.
    """
    by = [comparison.group, comparison.outcome]
    wanted = dict.fromkeys((*by, *comparison.sums))
    found = lakehouse.table(comparison.table.path, sessions=[key], columns=wanted)
    sums = [(name, "sum") for name in comparison.sums]
    counted = found.arrow().group_by(by).aggregate([(comparison.outcome, "count"), *sums])
    names = {f"{comparison.outcome}_count": COUNTED} | {f"{n}_sum": n for n in comparison.sums}
    renamed = counted.rename_columns([names.get(name, name) for name in counted.column_names])
    return Frame(renamed.sort_by([(name, "ascending") for name in by]), found.missing.arrow())


def rows(lakehouse: Lakehouse, comparison: Comparison, key: str, group: str, outcome: str) -> Frame:
    """Single rows of a comparison.

    Args:
        lakehouse: The reader.
        comparison: Which one.
        key: The session.
        group: A group; the empty text for all.
        outcome: An outcome; the empty text for all.
    """
    chosen = {comparison.group: group, comparison.outcome: outcome}
    where = {name: value for name, value in chosen.items() if value}
    found = lakehouse.table(
        comparison.table.path, sessions=[key], columns=comparison.columns, where=where
    )
    order = [name for name in comparison.table.key if name in comparison.columns]
    order += [name for name in comparison.table.key_nullable if name in comparison.columns]
    sorted_ = found.arrow().sort_by([(name, "ascending") for name in order])
    return Frame(sorted_, found.missing.arrow())


def documents(lakehouse: Lakehouse, path: str, key: str) -> Frame:
    """The documents that the rows of a key of a table were made of."""
    return lakehouse.documents(path, key)


def tables_to_choose(subject: Subject) -> list[str]:
    """The paths of a subject's tables, the finest results first."""
    own = [path for path, table in TABLES.items() if subject_of(table) is subject]
    return [
        path for layer in ("gold", "silver", "bronze") for path in own if path.startswith(layer)
    ]
