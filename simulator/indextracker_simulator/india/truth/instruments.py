"""The true instruments: who is who through renamings and changes of series and ISIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india.truth.tables import Row, table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange

_SPELLS = (
    *("number", "first_session", "last_session", "symbol", "series", "isin", "name", "industry"),
)


def instrument_spells(exchange: Exchange, sessions: Iterable[date]) -> pa.Table:
    """Return for how long each instrument was traded under one symbol, series and ISIN.

    Args:
        exchange: The exchange.
        sessions: Sessions whose documents are read; the only ones that a spell can begin or end in.

    Returns:
        number of the instrument, first and last of the sessions in which it was traded so, symbol,
        series, isin, name in full as of the last, industry or null. Series beside that of a share
        are no spell.
    """
    spells: list[Row] = []
    latest: dict[int, Row] = {}
    for session in sorted(sessions):
        for row in exchange.rows(session):
            if row.beside:
                continue
            called = {"symbol": row.symbol, "series": row.series, "isin": row.isin}
            spell = latest.get(row.number)
            if spell is None or any(spell[name] != value for name, value in called.items()):
                spell = {"number": row.number, "first_session": session, **called}
                latest[row.number] = spell
                spells.append(spell)
            one = exchange.instruments[row.number]
            spell["last_session"] = session
            spell["name"] = one.identities.at(session).name
            spell["industry"] = one.industry or None
    return table(_SPELLS, _SPELLS[:2], spells)
