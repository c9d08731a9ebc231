"""The true lines of the documents of prices that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india import bhavcopies
from indextracker_simulator.india.truth.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange

_REJECTS = ("session_date", "feed", "line", "text", "reason")
_FEEDS: dict[bhavcopies.Kind, str] = {
    "udiff": "nse_udiff_bhavcopy",
    "legacy": "nse_legacy_bhavcopy",
    "full": "nse_full_bhavcopy",
}
_FIRST_LINE = 2  # the header is line 1


def rejects_table(exchange: Exchange, session: date) -> pa.Table:
    """Return the lines that cannot be read of all documents that a session has."""
    return table(_REJECTS, _REJECTS[:3], _rows(exchange, session))


def _rows(exchange: Exchange, session: date) -> Iterator[Row]:
    published: dict[bhavcopies.Kind, bool] = {
        "udiff": bhavcopies.has_udiff(session),
        "legacy": bhavcopies.has_legacy(session),
        "full": bhavcopies.has_full(session),
    }
    seed = exchange.seed if exchange.unreadable else None
    for kind, feed in _FEEDS.items():
        if not published[kind]:
            continue
        slips = bhavcopies.unreadable(kind, session, exchange.rows(session), seed)
        for already, slip in enumerate(slips):
            yield {
                "session_date": session,
                "feed": feed,
                "line": _FIRST_LINE + slip.before + already,
                "text": slip.text,
                "reason": slip.reason,
            }
