"""Realised volatility of a session, and what is expected of the sessions to come."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import PART, PARTS, SESSION, XTAI

INDEX_ASSET, FUTURE_ASSET = "TAIEX", "TX"
"""What is measured: the index, and its future, of which the front contract is taken."""

FORECAST_SESSIONS = 250
"""How many sessions before the one at whose end a forecast is made are read for it: a year."""

_YEARLY = "% a year"
_ASSET = Column(
    "asset", "string", "What is measured: TAIEX, the index, or TX, its future's front contract."
)
_ASSETS = Check(
    "asset_known", "asset not in ('TAIEX', 'TX')", "The index or its future is measured."
)


def _volatility(name: str, meaning: str) -> Column:
    return Column(f"{name}_volatility", "double", meaning, _YEARLY)


REALISED_VOLATILITY = Table(
    layer="gold",
    name="realised_volatility",
    meaning=(
        "One row per asset and part of a session with prices: how much the price moved from the "
        "first of them to the last, by several measures, the night before the part apart. A yearly "
        "volatility is 100 times the root of 252 times the variance of that span."
    ),
    key=("session_date", "asset", "session_part"),
    timeline=XTAI,
    partitioned="year",
    slice_by=("asset",),
    in_warehouse=True,
    columns=(
        SESSION,
        _ASSET,
        PART,
        Column("expiry", "string", "Expiry code of the front contract; null of the index."),
        Column("prints", "bigint", "Levels or outright trades."),
        Column("span_minutes", "bigint", "Whole minutes from the first to the last.", "min"),
        Column(
            "open",
            "double",
            "First price; of the index at 09:01, when its shares have opened.",
            "quote",
        ),
        Column("high", "double", "Highest price.", "quote"),
        Column("low", "double", "Lowest price.", "quote"),
        Column("close", "double", "Last price.", "quote"),
        Column(
            "previous_close",
            "double",
            "Last price of the day before, of the same contract; null where that is not known.",
            "quote",
        ),
        Column(
            "overnight_return",
            "double",
            "Logarithm of the first price over the last of the day before; null likewise.",
        ),
        _volatility("realised", "Of returns of 5 minutes."),
        _volatility("subsampled", "The mean variance of the five grids of 5 minutes."),
        _volatility("bipower", "Without jumps: bipower variation of returns of 5 minutes."),
        _volatility(
            "kernel",
            "Realised kernel of all prices, robust to noise; null of fewer than 30 prices or less "
            "than 20 minutes.",
        ),
        Column("kernel_bandwidth", "int", "Autocovariances that the kernel weights."),
        _volatility("parkinson", "Of the range."),
        _volatility("garman_klass", "Of the range and the change."),
        _volatility(
            "daily",
            "Of the whole day: subsampled variance and the squared overnight return; null where "
            "that is not known.",
        ),
        Column(
            "jump_statistic",
            "double",
            "Of returns of a minute while trading is continuous, standard normal without a jump; "
            "null where the price hardly moved.",
        ),
        Column("jump_p_value", "double", "Chance of such a statistic without a jump."),
        Column(
            "jump_share",
            "double",
            "Part of the variance of returns of a minute that is no bipower variation; at least 0.",
        ),
    ),
    checks=(
        PARTS,
        _ASSETS,
        Check(
            "low_to_high",
            "low > least(open, close) or high < greatest(open, close)",
            "Open and close lie between low and high.",
        ),
        Check(
            "measured_where_prices",
            "realised_volatility is null or realised_volatility < 0",
            "Where there are prices there is a realised volatility, not below zero.",
        ),
        Check("p_value_between", "jump_p_value < 0 or jump_p_value > 1", "A chance is 0 to 1."),
    ),
)

VOLATILITY_FORECASTS = Table(
    layer="gold",
    name="volatility_forecasts",
    meaning=(
        "One row per asset and session: what is known at its end about the volatility of days to "
        "come, each from that session and those before alone."
    ),
    key=("session_date", "asset"),
    timeline=XTAI,
    partitioned="year",
    slice_by=("asset",),
    in_warehouse=True,
    columns=(
        SESSION,
        _ASSET,
        _volatility(
            "yang_zhang",
            "Of whole days, from the prices of the last 22 sessions; null where one is missing.",
        ),
        _volatility(
            "next_session",
            "Expected of the next whole day by HAR; null below 60 sessions to estimate from, or "
            "where one of the last 22 is missing.",
        ),
        Column("next_session_sample", "bigint", "Sessions that it is estimated from.", "sessions"),
        Column("next_session_missing", "string", "Why it is not there; null where it is."),
        _volatility(
            "next_month", "Expected of the 22 whole days that follow, on average; null likewise."
        ),
        Column("next_month_sample", "bigint", "Sessions that it is estimated from.", "sessions"),
        Column("next_month_missing", "string", "Why it is not there; null where it is."),
        _volatility(
            "implied",
            "Of the next 30 days by the prices of options: the last one of the session in "
            "gold/volatility_index; null where there is none.",
        ),
        Column(
            "variance_risk_premium",
            "double",
            "Implied variance less that expected of the next 22 days; null where either is not "
            "known.",
            "squared % a year",
        ),
    ),
    checks=(
        _ASSETS,
        Check(
            "not_negative",
            "yang_zhang_volatility < 0 or next_session_volatility < 0 or next_month_volatility < 0"
            " or implied_volatility < 0",
            "A volatility is not below zero.",
        ),
        Check(
            "a_forecast_or_why_not",
            "(next_session_volatility is null) = (next_session_missing is null)"
            " or (next_month_volatility is null) = (next_month_missing is null)",
            "A forecast is there, or is said why not.",
        ),
    ),
)
