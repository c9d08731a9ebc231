"""One parse of a document for both its verdict and its rows.

A document is judged first and decoded right after, by the same thread; taking half a million lines
apart costs a quarter of a second each time. What documents look like belongs to their publishers'
modules.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from indextracker.feeds.model import bronze_rows
from indextracker.feeds.readable import refuse_unreadable

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import pyarrow as pa

    from indextracker_catalogue import Table


@dataclass(frozen=True)
class Reader:
    """How the documents of one feed are read.

    Attributes:
        table: The bronze table.
        names: The names of a session's document, for the reasons of refusals.
        read: Takes a session's complete document apart into `line`, the cells and `text`; raises
            Refusal for anything else.
    """

    table: Table
    names: Callable[[date], tuple[str, ...]]
    read: Callable[[bytes, date], pa.Table]

    def verify(self, body: bytes, session: date) -> None:
        """Accept the bytes as the session's complete document; see `Feed.verify`.

        Lines that silver cannot read are counted here and not in `decode`: what was accepted once
        is decoded again whatever the bound is by then.
        """
        _accepted.body = _accepted.lines = None
        lines = self.read(body, session)
        stem = self.names(session)[0].rpartition(".")[0]
        refuse_unreadable(self.table, lines, session, stem)
        _accepted.body, _accepted.asked, _accepted.lines = body, (self, session), lines

    def decode(self, body: bytes, session: date, document: str) -> pa.Table:
        """Turn the bytes into rows of bronze; see `Feed.decode`."""
        lines = _accepted.lines
        if lines is None or _accepted.body is not body or _accepted.asked != (self, session):
            lines = self.read(body, session)
        _accepted.body = _accepted.lines = None
        return bronze_rows(self.table, lines, session, document)


class _Accepted(threading.local):
    """The document that a thread accepted last, until the thread decodes one."""

    body: bytes | None = None
    asked: tuple[Reader, date] | None = None
    lines: pa.Table | None = None


_accepted = _Accepted()
