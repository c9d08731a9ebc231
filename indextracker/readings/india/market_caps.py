"""The reading of what companies have issued, and what it is worth, from NSE's daily report.

The sums below the list are read and give no row: they are of no security.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings.india.values import number, of_another, of_session, rupees, unreadable
from indextracker.readings.model import Reading, Records, once, repeated, unlike
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

_FORM: Final = forms.CAP_LINE

MARKET_CAPS = Reading(
    t.NSE_MARKET_CAPS,
    _FORM,
    lambda lines, session: [of_session(lines.column("trade_date"), session)],
    (
        of_another("trade_date"),
        *(
            unlike(cell, kind, unreadable(cell))
            for cell, kind in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
    ),
    once(_FORM),
    repeated(_FORM),
)


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
