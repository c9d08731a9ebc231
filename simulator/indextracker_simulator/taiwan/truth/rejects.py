"""The true table of lines that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.truth import etf, futures, options
from indextracker_simulator.taiwan.truth.tables import Row, table
from indextracker_simulator.taiwan.unreadable import slip_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

    from indextracker_simulator.taiwan.session import Document, Session

FEEDS: dict[Document, tuple[str, int]] = {
    "futures": ("taifex_futures", futures.FIRST_LINE),
    "combination": ("taifex_combination_trades", 2),
    "options": ("taifex_options", options.FIRST_LINE),
    "daily_futures": ("taifex_daily_futures", 2),
    "daily_options": ("taifex_daily_options", 2),
    "etf": ("finmind_trades", etf.FIRST_LINE),
}
"""Feed of each document that has unreadable lines, and the line of its first row."""

_REJECTS = ("session_date", "feed", "line", "text", "reason")


def rejects_table(session: Session) -> pa.Table:
    """Return rejects: the text as published, and in `reason` what is wrong with it."""
    return table(session.session_date, _REJECTS, _rows(session))


def _rows(session: Session) -> Iterable[Row]:
    for document, (feed, first_line) in FEEDS.items():
        slips = session.slips(document)
        for line, slip in zip(slip_lines(slips, first_line), slips, strict=True):
            yield {"feed": feed, "line": line, "text": slip.text, "reason": slip.reason}
