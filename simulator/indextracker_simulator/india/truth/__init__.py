"""The tables that a reader of the documents must get, made from what happened in the market.

They have the names, columns and key order of the lakehouse's tables, so that the two can be
compared. No document is read here, and no code of the lakehouse is used. Prices are in rupees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from indextracker_simulator.india.truth import equities, indices, rejects
from indextracker_simulator.india.truth.actions import actions, adjusted, listed
from indextracker_simulator.india.truth.instruments import instrument_spells

if TYPE_CHECKING:
    from datetime import date

    import pyarrow as pa

    from indextracker_simulator.india.exchange import Exchange

__all__ = ["actions", "adjusted", "instrument_spells", "truth"]


def truth(exchange: Exchange, session: date) -> dict[str, pa.Table]:
    """Return the tables that the documents of one session must lead to.

    Args:
        exchange: The exchange that publishes them.
        session: A session of it, published by now or not.

    Returns:
        Tables by name, each sorted by its key: equities_daily; equity_disagreements, of what
        documents of a session say differently; index_closes; corporate_actions, as the daily
        report tells them; rejects, with the text as published, and in `reason` what is wrong with
        it. What takes several sessions is in `actions`, `adjusted` and
        `instrument_spells`.
    """
    return {
        **equities.tables(exchange, session),
        "index_closes": indices.index_closes(exchange, session),
        "corporate_actions": listed(exchange, session),
        "rejects": rejects.rejects_table(exchange, session),
    }
