"""NSE on the small market's three days, small enough to check by hand: tables of schema `raw`.

ALFA splits on the second day, which gives it a new ISIN and a block deal, and moves to BE on the
third. BETA gives a bonus and does not trade on the second day; what a rights issue of OMEGA leaves
of its price is not known. GAMMA is a bond, FUND a fund that is in no daily report.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

FIRST, SECOND, THIRD = (date(2022, 3, day) for day in (2, 3, 4))
ALFA, BETA, GAMMA, OMEGA, FUND = (
    *("INE000A01", "INE001B01", "INE002C07018"),
    *("INE003D01", "INF004E01012"),
)

# Session, symbol, series, ISIN, previous close, close, shares, delivered, factor, actions, return.
TRADED = (
    (FIRST, "ALFA", "EQ", "INE000A01010", 505.0, 510.0, 1_000, 400, 1.0, None, None),
    (SECOND, "ALFA", "EQ", "INE000A01028", 510.0, 102.5, 5_000, 2_500, 0.2, "split", 0.0049),
    (SECOND, "ALFA", "BL", "INE000A01028", 500.0, 102.0, 90_000, None, 0.2, "split", None),
    (THIRD, "ALFA", "BE", "INE000A01028", 102.5, 103.0, 700, None, 1.0, None, 0.0048),
    (FIRST, "BETA", "EQ", "INE001B01019", 39.5, 40.0, 300, 150, 1.0, None, None),
    (THIRD, "BETA", "EQ", "INE001B01019", 40.0, 21.0, 600, 600, 0.5, "bonus", None),
    (FIRST, "GAMMA", "N1", GAMMA, 999.0, 1_000.0, 10, None, 1.0, None, None),
    (SECOND, "GAMMA", "N1", GAMMA, 1_000.0, 1_001.0, 10, None, 1.0, None, 0.001),
    (THIRD, "GAMMA", "N1", GAMMA, 1_001.0, 1_000.5, 10, None, 1.0, None, -0.0005),
    (FIRST, "OMEGA", "EQ", "INE003D01015", 8.0, 8.5, 50, 25, 1.0, None, None),
    (THIRD, "OMEGA", "EQ", "INE003D01015", 8.5, 7.0, 80, 20, None, "rights", None),
    (SECOND, "FUND", "EQ", FUND, 60.0, 61.0, 20, 20, 1.0, None, None),
)

# Instrument, symbol, series, ISIN, own series, first and last session.
SPELLS = (
    (ALFA, "ALFA", "EQ", "INE000A01010", True, FIRST, FIRST),
    (ALFA, "ALFA", "EQ", "INE000A01028", True, SECOND, SECOND),
    (ALFA, "ALFA", "BL", "INE000A01028", False, SECOND, SECOND),
    (ALFA, "ALFA", "BE", "INE000A01028", True, THIRD, THIRD),
    (BETA, "BETA", "EQ", "INE001B01019", True, FIRST, THIRD),
    (GAMMA, "GAMMA", "N1", GAMMA, True, FIRST, THIRD),
    (OMEGA, "OMEGA", "EQ", "INE003D01015", True, FIRST, THIRD),
    (FUND, "FUND", "EQ", FUND, True, SECOND, SECOND),
)

# Instrument, first and last session, factor.
FACTORS = (
    *((ALFA, FIRST, FIRST, 0.2), (ALFA, SECOND, THIRD, 1.0)),
    *((BETA, FIRST, FIRST, 0.5), (BETA, THIRD, THIRD, 1.0)),
    (GAMMA, FIRST, THIRD, 1.0),
    *((OMEGA, FIRST, FIRST, None), (OMEGA, THIRD, THIRD, 1.0)),
    (FUND, SECOND, SECOND, 1.0),
)


def rows() -> dict[str, list[Row]]:
    """The rows of each table of schema `raw`."""
    spells = (
        *("instrument_id", "symbol", "series", "isin", "is_own_series"),
        *("valid_from", "valid_to"),
    )
    times = ("instrument_id", "valid_from", "valid_to", "factor")
    daily, adjusted, returned, caps = [], [], [], []
    for session, symbol, series, isin, before, close, shares, delivered, factor, why, ret in TRADED:
        security = {"session_date": session, "symbol": symbol, "series": series}
        prices = {"open": close - 0.25, "high": close + 0.5, "low": close - 1.0, "close": close}
        of_day = security | prices | {"previous_close": before, "shares": shares}
        figures = {
            "isin": isin,
            "last": close,
            "vwap": close - 0.125,
            "turnover_inr": Decimal(f"{shares * (close - 0.125):.2f}"),
            "trades": 7,
            "deliverable_shares": delivered,
            "source_formats": "legacy+full",
        }
        daily.append(of_day | figures)
        adjusted.append(of_day | {"instrument_id": isin[:9], "factor": factor, "actions": why})
        if series != "BL":
            ranges = {"high_52_weeks": close + 0.5, "low_52_weeks": close - 1.0}
            known = {"close": close, "return_1": ret, "sessions_52_weeks": 1}
            returned.append(security | {"instrument_id": isin[:9]} | known | ranges)
        if series == "EQ" and symbol != "FUND":
            worth = {"face_value_inr": 10.0, "issued_shares": 1_000_000}
            cap = {"market_cap_inr": Decimal(f"{1_000_000 * close:.2f}")}
            caps.append(security | worth | cap)
    return {
        "equities_daily": daily,
        "equities_adjusted": adjusted,
        "equity_returns": returned,
        "market_caps": caps,
        "instruments": [dict(zip(spells, spell, strict=True)) for spell in SPELLS],
        "equity_factors": [dict(zip(times, factor, strict=True)) for factor in FACTORS],
    }
