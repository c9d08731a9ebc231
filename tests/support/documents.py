"""Bytes as documents of feeds, whatever their digest is."""

from datetime import date

import pyarrow as pa

from indextracker.feeds import Feed
from indextracker.feeds.reading import read, read_new
from indextracker.system.documents import Document

DIGEST = "d" * 64


def accepted(feed: Feed, body: bytes, session: date) -> pa.Table:
    """The rows of a document that was not accepted before; raises Refusal."""
    return read_new(feed, _document(feed, body, session), session)


def decoded(feed: Feed, body: bytes, session: date) -> pa.Table:
    """The rows of a document that was accepted before."""
    return read(feed, _document(feed, body, session), session)


def _document(feed: Feed, body: bytes, session: date) -> Document:
    return Document(feed.names(session)[0], len(body), DIGEST, body)
