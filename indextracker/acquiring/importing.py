"""Keeps documents that people hand over: the bytes first, then their lines in bronze, then the log.

A kill in between leaves what the next import of the same document finds and completes. What is made
of the lines follows from the table: the keys with new lines are stale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from indextracker.acquiring.deliveries import Delivery, record
from indextracker.feeds.imports import kind_of, lines_of
from indextracker.feeds.model import Refusal
from indextracker.lake import Lake
from indextracker.system.documents import Document
from indextracker.system.failpoints import failpoint
from indextracker.system.locks import Locks
from indextracker_catalogue import Key, Table
from indextracker_catalogue.shared.deliveries import DELIVERIES

# In the log, what nothing is known of has no table.
UNKNOWN = "import"


@dataclass(frozen=True)
class Imported:
    """What came of a document.

    Attributes:
        name: Its name.
        table: The bronze table of its lines; None where it is refused.
        keys: The keys of its lines, in order.
        lines: How many lines it has.
        is_new: Whether its lines were not there before.
        refusal: Why it is refused; None where it is not.
    """

    name: str
    table: Table | None = None
    keys: tuple[Key, ...] = ()
    lines: int = 0
    is_new: bool = False
    refusal: Refusal | None = None


def import_document(lake: Lake, document: Document, first: Key, now: datetime) -> Imported:
    """Brings a document into landing and bronze; a second time nothing changes.

    Args:
        lake: Where its bytes and lines go.
        document: The document.
        first: The first key that has a partition: earlier ones cannot be built.
        now: The present, as an aware instant.

    Returns:
        What came of it. What cannot be decided is refused, with a reason, and kept all the same.
    """
    lake.ensure([DELIVERIES])
    lake.landing.put(document)
    failpoint("import-landed")
    try:
        table, rows, keys = _read(document, first)
    except Refusal as refusal:
        _log(lake, _delivery(document, UNKNOWN, f"{now:%Y-%m-%d}", now, refusal))
        return Imported(document.name, refusal=refusal)
    lake.ensure([table])
    with Locks.beside(lake.root).table(table.path):
        there = lake.documents(table, keys)
        is_new = not all(document.sha256 in there[key] for key in keys)
        if is_new:
            lake.replace(table, rows, keys, document=document.sha256)
        failpoint("import-written")
        _log(lake, _delivery(document, table.name, keys[0], now))
    return Imported(document.name, table, keys, rows.num_rows, is_new)


def _read(document: Document, first: Key) -> tuple[Table, pa.Table, tuple[Key, ...]]:
    """The table of a document, its rows there, and their keys in order.

    Raises:
        Refusal: Something of it cannot be decided, or built.
    """
    kind = kind_of(document)
    rows = lines_of(kind, document)
    table = kind.table
    values = rows[table.key_column].unique().to_pylist()
    keys = tuple(sorted(table.timeline.key_of(value) for value in values))
    if keys[0] < first:
        raise Refusal(
            "refused",
            f"{document.name} has lines of {keys[0]}, and partitions begin on {first}: set "
            f"INDEXTRACKER_START={keys[0]} to reach them",
        )
    return table, rows, keys


def _delivery(
    document: Document, feed: str, key: Key, now: datetime, refusal: Refusal | None = None
) -> Delivery:
    return Delivery(
        feed=feed,
        key=key,
        state=refusal.state if refusal else "accepted",
        fetched_at=now,
        reason=refusal.reason if refusal else None,
        url=f"import:{document.name}",
        name=document.name,
        sha256=document.sha256,
        bytes=document.size,
    )


def _log(lake: Lake, delivery: Delivery) -> None:
    """Logs what came of a document, once."""
    with lake.sql([DELIVERIES]) as connection:
        [(known,)] = connection.execute(
            "select count(*) from deliveries where feed = $feed and sha256 = $sha256 "
            "and state = $state and reason is not distinct from $reason",
            {
                "feed": delivery.feed,
                "sha256": delivery.sha256,
                "state": delivery.state,
                "reason": delivery.reason,
            },
        ).fetchall()
    if not known:
        record(lake, [delivery])
