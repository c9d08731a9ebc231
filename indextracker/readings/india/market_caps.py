"""The reading of what companies have issued, and what it is worth, from NSE's daily report.

The sums below the list are read and give no row: they are of no security.
"""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings.india.dated import dated
from indextracker.readings.india.values import number, rupees
from indextracker.readings.model import Records
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

MARKET_CAPS = dated(t.NSE_MARKET_CAPS, forms.CAP_LINE, "trade_date")


def capitals(lines: pa.Table, _: date) -> pa.Table:
    """What is issued of each security.

    Args:
        lines: The lines that are read.
        _: The session.

    Returns:
        The columns of silver/market_caps but the session.
    """
    series = lines.column("series").cast(pa.string())
    of_securities = lines.filter(pc.not_equal(series, ""))
    return pa.table(
        {
            "symbol": of_securities.column("symbol").cast(pa.string()),
            "series": of_securities.column("series").cast(pa.string()),
            "face_value_inr": number(of_securities.column("face_value"), pa.float64()),
            "issued_shares": number(of_securities.column("issue_size"), pa.int64()),
            "market_cap_inr": rupees(of_securities.column("market_cap")),
        }
    )


CAPITALS = Records(silver.MARKET_CAPS, (MARKET_CAPS,), capitals)
