"""Bytes as documents of feeds, whatever their digest is."""

from datetime import date

import pyarrow as pa

from indextracker.feeds import Feed
from indextracker.feeds.reading import read, read_new
from indextracker.lake.arrow import arrow_type
from indextracker.system.documents import Document

DIGEST = "d" * 64


def accepted(feed: Feed, body: bytes, session: date) -> pa.Table:
    """The rows of a document that was not accepted before, as declared; raises Refusal."""
    return _as_declared(feed, read_new(feed, _document(feed, body, session), session))


def decoded(feed: Feed, body: bytes, session: date) -> pa.Table:
    """The rows of a document that was accepted before, as declared."""
    return _as_declared(feed, read(feed, _document(feed, body, session), session))


def _as_declared(feed: Feed, rows: pa.Table) -> pa.Table:
    """The rows with their strings one by one, where reading has encoded them."""
    return rows.cast(
        pa.schema([(column.name, arrow_type(column)) for column in feed.table.columns])
    )


def _document(feed: Feed, body: bytes, session: date) -> Document:
    return Document(feed.names(session)[0], len(body), DIGEST, body)
