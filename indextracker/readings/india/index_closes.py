"""The reading of NSE's daily levels of indices."""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa

from indextracker.readings.india.dated import dated
from indextracker.readings.india.values import (
    number,
    price,
    rupees,
)
from indextracker.readings.model import Records
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

CRORE: Final = 10_000_000

INDEX_CLOSES = dated(t.NSE_INDEX_CLOSES, forms.INDEX_LINE, "index_date")


def levels(lines: pa.Table, _: date) -> pa.Table:
    """The levels of each index.

    Args:
        lines: The lines that are read.
        _: The session.

    Returns:
        The columns of silver/index_closes but the session.
    """
    figures = ("points_change", "percent_change", "price_to_earnings", "price_to_book")
    return pa.table(
        {
            "index_name": lines.column("index_name").cast(pa.string()),
            **{name: price(lines.column(name)) for name in ("open", "high", "low", "close")},
            **{name: number(lines.column(name), pa.float64()) for name in figures},
            "dividend_yield_percent": number(lines.column("dividend_yield"), pa.float64()),
            "shares": number(lines.column("shares"), pa.int64()),
            "turnover_inr": rupees(lines.column("turnover_crore"), CRORE),
        }
    )


LEVELS = Records(silver.INDEX_CLOSES, (INDEX_CLOSES,), levels)
