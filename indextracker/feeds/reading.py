"""Reads a document once, and gives the rows of bronze.

What documents look like belongs to their publishers' modules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from indextracker.feeds.readable import refuse_unreadable

if TYPE_CHECKING:
    from datetime import date

    from indextracker.feeds.model import Feed
    from indextracker.system.documents import Document
    from indextracker_catalogue import Table


def read(feed: Feed, document: Document, session: date) -> pa.Table:
    """Read a document that was accepted, now or once.

    Args:
        feed: Its feed.
        document: The document.
        session: Its session.

    Returns:
        The columns of the feed's bronze table, in their order.

    Raises:
        Refusal: It is not the session's complete document.
    """
    return bronze_rows(feed.table, feed.read(document, session), session, document.sha256)


def read_new(feed: Feed, document: Document, session: date) -> pa.Table:
    """Read a document that is not accepted yet.

    Lines that silver cannot read are counted here alone: what was accepted once is read again
    whatever the bound is by then.

    Raises:
        Refusal: It is not the session's complete document, or too many of its lines are beyond
            reading.
    """
    lines = feed.read(document, session)
    if feed.reads_well is not None:
        stem = feed.names(session)[0].rpartition(".")[0]
        refuse_unreadable(lines, feed.reads_well(lines, session), stem)
    return bronze_rows(feed.table, lines, session, document.sha256)


def bronze_rows(table: Table, lines: pa.Table, session: date, document: str) -> pa.Table:
    """Add to the lines of a document what is the same in each: its session and its digest.

    Args:
        table: The bronze table.
        lines: `line`, the cells and `text`.
        session: Session of the document.
        document: Digest of the document.

    Returns:
        The columns of `table`, in their order.
    """
    columns = dict(zip(lines.column_names, lines.columns, strict=True))
    of_key = pa.date32() if table.timeline.type == "date" else pa.timestamp("us", "UTC")
    columns[table.key_column] = pa.repeat(pa.scalar(session, of_key), lines.num_rows)
    columns["document"] = pa.DictionaryArray.from_arrays(
        pa.repeat(pa.scalar(0, pa.int32()), lines.num_rows), [document]
    )
    return pa.table({name: columns[name] for name in table.column_names})
