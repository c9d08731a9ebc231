"""The true end of day of each security, as the documents of a session tell it together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india import bhavcopies
from indextracker_simulator.india.truth.tables import Row, exact_rupees, rupees, table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange
    from indextracker_simulator.india.session import Row as Traded

_KEY = ("session_date", "symbol", "series")
_DAILY = (
    *(*_KEY, "isin", "previous_close", "open", "high", "low", "close", "last", "vwap", "shares"),
    *("turnover_inr", "trades", "deliverable_shares", "source_formats"),
)
_DISAGREEMENTS = (*(*_KEY, "figure", "source_format", "value", "kept_format", "kept_value"),)
_PAISE_A_THOUSAND_RUPEES = 100_000


def tables(exchange: Exchange, session: date) -> dict[str, pa.Table]:
    """Return equities_daily and equity_disagreements of a session."""
    traded = exchange.rows(session)
    return {
        "equities_daily": table(_DAILY, _KEY, _daily_rows(session, traded)),
        "equity_disagreements": table(
            _DISAGREEMENTS,
            (*_KEY, "figure", "source_format"),
            _disagreements(session, traded),
        ),
    }


def formats(session: date, row: Traded) -> list[str]:
    """Return the documents that have a row, that which is believed first."""
    udiff, full = bhavcopies.has_udiff(session), bhavcopies.has_full(session) and row.in_full
    legacy = bhavcopies.has_legacy(session) and not row.beside
    held = {"udiff": udiff, "legacy": legacy, "full": full}
    return [name for name, has_row in held.items() if has_row]


def _daily_rows(session: date, traded: list[Traded]) -> Iterator[Row]:
    for row in traded:
        found = formats(session, row)
        if not found:
            continue
        in_full = "full" in found
        garbled = bhavcopies.is_garbled(session, row)
        # A garbled row has no mean price; where it stands alone, its wrong shares are all there is.
        alone = found == ["full"]
        untold = found == ["legacy"] and bhavcopies.has_no_isin(session)
        lakhs = _PAISE_A_THOUSAND_RUPEES * round(row.turnover / _PAISE_A_THOUSAND_RUPEES)
        yield {
            "session_date": session,
            "symbol": row.symbol,
            "series": row.series,
            "isin": None if untold or alone else row.isin,
            "previous_close": rupees(row.previous),
            "open": rupees(row.open),
            "high": rupees(row.high),
            "low": rupees(row.low),
            "close": rupees(row.close),
            "last": rupees(row.last),
            "vwap": rupees(row.average) if in_full and not garbled else None,
            "shares": row.shares + (alone and garbled) * bhavcopies.GARBLED_SHARES,
            "turnover_inr": exact_rupees(lakhs if alone else row.turnover),
            "trades": None if untold else row.trades,
            "deliverable_shares": row.delivered if in_full else None,
            "source_formats": "+".join(found),
        }


def _disagreements(session: date, traded: list[Traded]) -> Iterator[Row]:
    for row in traded:
        found = formats(session, row)
        if bhavcopies.is_garbled(session, row) and len(found) > 1:
            yield {
                "session_date": session,
                "symbol": row.symbol,
                "series": row.series,
                "figure": "shares",
                "source_format": "full",
                "value": float(row.shares + bhavcopies.GARBLED_SHARES),
                "kept_format": found[0],
                "kept_value": float(row.shares),
            }
