"""Futures trades that break no rule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa

from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import TABLES


def trades(sessions: Iterable[date], contracts: int) -> pa.Table:
    """Two trades of each session; the contracts of a session sum up to a number."""
    rows = [
        {
            "session_date": session,
            "line": line,
            "session_part": "day",
            "product": "TX",
            "expiry": "202412",
            "price": 23_000.0,
            "contracts": number,
        }
        for session in sessions
        for line, number in ((2, 1), (3, contracts - 1))
    ]
    return pa.Table.from_pylist(rows, arrow_schema(TABLES["silver/futures_trades"]))
