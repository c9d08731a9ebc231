"""Lead and lag: which of the index and its futures moves first, and finds the common price."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.taiwan.columns import SESSION, XTAI

LONGEST_LAG_SECONDS = 60
"""Correlations are of each lag from so many seconds before to so many after."""

_PAIR = (
    Column("asset", "string", "The first of a pair: TX, MTX or TMF, the front contract."),
    Column("other", "string", "The second: TAIEX, the index, or another future's front contract."),
)
_LAG = "Seconds by which the first is ahead of the second; below 0 where it is behind."

LEAD_LAG = Table(
    layer="gold",
    name="lead_lag",
    meaning=(
        "One row per session and pair of the index and the front contracts of its futures, both "
        "with prices from 09:01 to 13:25: which moves first, and which finds the common price. "
        "Intervals are of 95 %."
    ),
    key=("session_date", "asset", "other"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        *_PAIR,
        Column("expiry", "string", "Expiry code of the first."),
        Column("other_expiry", "string", "Expiry code of the second; null of the index."),
        Column("prices", "bigint", "Seconds with a price of the first."),
        Column("other_prices", "bigint", "Seconds with a price of the second."),
        Column(
            "lead_seconds",
            "int",
            f"Lag of the correlation largest in size. {_LAG} Null, as all that follows, where "
            "either has fewer than 100 prices.",
            "s",
        ),
        Column("lead_low_seconds", "double", "Lower end of its interval.", "s"),
        Column("lead_high_seconds", "double", "Upper end of its interval.", "s"),
        Column(
            "leader",
            "string",
            "Which of the two is ahead; null where the interval of the lead holds zero.",
        ),
        Column("correlation", "double", "Correlation at the lead, by Hayashi and Yoshida."),
        Column(
            "lead_lag_ratio",
            "double",
            "Squared correlations at lags above 0 over those below: above 1 the first leads.",
        ),
        Column(
            "information_share_low",
            "double",
            "Lower bound of the first's information share; null where neither price is drawn to "
            "the other.",
        ),
        Column("information_share_high", "double", "Upper bound of it."),
        Column(
            "component_share",
            "double",
            "The first's component share; outside of 0 to 1 where not both are drawn together.",
        ),
        Column(
            "cointegration_statistic",
            "double",
            "Of Engle and Granger's test; null where a price does not move.",
        ),
        Column("cointegration_p_value", "double", "Chance of it where the prices part for good."),
        Column(
            "basis_half_life_seconds",
            "double",
            "Time in which half of a deviation of the basis is gone; null where it does not decay.",
            "s",
        ),
    ),
    checks=(
        Check(
            "lead_in_range",
            f"abs(lead_seconds) > {LONGEST_LAG_SECONDS}",
            "A lead is one of the lags.",
        ),
        Check(
            "interval_in_order",
            "lead_low_seconds > lead_high_seconds",
            "An interval does not end before it begins.",
        ),
        Check(
            "information_shares_between",
            "information_share_low < -1e-9 or information_share_high > 1 + 1e-9"
            " or information_share_low > information_share_high",
            "Bounds of an information share are in order, and from 0 to 1.",
        ),
    ),
)

LEAD_LAG_CORRELATIONS = Table(
    layer="gold",
    name="lead_lag_correlations",
    meaning=(
        "One row per row of gold/lead_lag with a lead, and lag from -60 to 60 s: the correlation "
        "of Hayashi and Yoshida, and its interval of 95 %."
    ),
    key=("session_date", "asset", "other", "lag_seconds"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        *_PAIR,
        Column("lag_seconds", "int", _LAG, "s"),
        Column(
            "correlation",
            "double",
            "Covariance at the lag over the root of both realised variances; noise makes it "
            "smaller, and it may be beyond 1 where prices creep.",
        ),
        Column("correlation_low", "double", "Lower end of its interval."),
        Column("correlation_high", "double", "Upper end of its interval."),
    ),
    checks=(
        Check("lag_in_range", f"abs(lag_seconds) > {LONGEST_LAG_SECONDS}", "Lags are of a minute."),
        Check(
            "interval_in_order",
            "correlation_low > correlation_high",
            "An interval does not end before it begins.",
        ),
    ),
)
