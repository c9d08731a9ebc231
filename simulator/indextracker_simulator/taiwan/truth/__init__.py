"""The tables that a reader of the documents must get, made from the model's own events.

They have the names, columns and key order of the lakehouse's tables, so that the two can be
compared. No document is read here, and no code of the lakehouse is used: intervals, closes,
rounding, codes and expiries are computed independently, one straightforward step after the other.
Indices have their publisher's names, in a column `index_name`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.taiwan.truth import etf, futures, indices, options, rejects, report
from indextracker_simulator.taiwan.truth.contracts import contract_rows
from indextracker_simulator.taiwan.truth.tables import CONTRACTS, table

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.taiwan.exchange import Exchange
    from indextracker_simulator.taiwan.session import Session
    from indextracker_simulator.taiwan.truth.indices import IndexForm


def truth(
    exchange: Exchange, session_date: date, index_form: IndexForm = "json"
) -> dict[str, pa.Table]:
    """Return the tables that the documents of one session must lead to.

    Args:
        exchange: The exchange that publishes them.
        session_date: A session of it, published by now or not.
        index_form: The form of the index report that is read: `line` counts its lines.

    Returns:
        Tables by name, each sorted by its key: index_levels, futures_trades, futures_spreads,
        option_trades, etf_trades, daily_report, contracts, rejects, reconciliation, and bars and
        sessions of index, futures, spread, option and etf. Prices are in points or dollars,
        instants in UTC.
    """
    with exchange.calendar.in_force():
        return session_tables(exchange.session(session_date), index_form)


def session_tables(session: Session, index_form: IndexForm = "json") -> dict[str, pa.Table]:
    """Return the tables of a session at hand; see `truth`."""
    day = session.session_date
    trades = futures.events(session)
    sides = options.events(session)
    contracts = futures.contracts(trades) | options.contracts(sides)
    return {
        **indices.tables(session, index_form),
        **futures.tables(day, trades),
        **options.tables(day, sides),
        **etf.tables(session),
        "contracts": table(day, CONTRACTS, contract_rows(day, contracts)),
        "rejects": rejects.rejects_table(session),
        "daily_report": report.daily_table(session),
        "reconciliation": report.reconciliation_table(session, trades, sides),
    }
