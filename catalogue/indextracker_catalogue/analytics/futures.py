"""Gold tables of futures beside each other and beside what they follow.

Continuous futures with the rolls that join them, the basis of futures over their index, and the
deviation of ETFs from theirs. How the figures are made is told in docs/analytics.
"""

from __future__ import annotations

from typing import Final

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.rolling import POSITIONS, ROLL_RULES
from indextracker_catalogue.taiwan.columns import (
    BAR_START,
    EXPIRY,
    INDEX,
    PART,
    PARTS,
    PRODUCT,
    SCALE,
    SESSION,
    SYMBOL,
    XTAI,
)
from indextracker_catalogue.taiwan.gold import (
    CONTRACT_COUNT,
    LEG_COUNT,
    ORDERED,
    PRICES,
    SCALES,
    TRADES,
    VWAP,
    VWAP_ORDERED,
)

INDEX_OLD_AFTER_SECONDS: Final = 15.0  # three times the 5 s in which the exchange publishes it
CARRY_FROM_DAYS: Final = 1.0  # a tick in the last day would be a carry of many per cent a year
RATE_PER_YEAR: Final = 0.015
DAYS_A_YEAR: Final = 365.0
REFERENCE_SESSIONS: Final = 5  # how far back an ETF that was not traded is looked for

NOT_TRADED = "not traded"
NOT_TRADED_TOGETHER = "not traded together"

ROLL_RULE = Column(
    "roll_rule",
    "string",
    "By what a contract gives way to the next: 'calendar', 'volume' or 'open_interest'.",
)
POSITION = Column("position", "int", "1 for the front contract, 2 and 3 for those after it.")
ROLLED = Check("rule_known", f"roll_rule not in {ROLL_RULES}", "A rule is one of the three.")
PLACED = Check(
    "position_known",
    f"position not between 1 and {POSITIONS}",
    "A position is the first to the third.",
)

CONTINUOUS_FUTURES = Table(
    layer="gold",
    name="continuous_futures",
    meaning=(
        "One row per product on an index, roll rule, position, scale and bar: the bar of the "
        "contract that is in the position in this session, at its own prices. What earlier prices "
        "are to be adjusted by is in gold/futures_rolls."
    ),
    key=(
        "session_date",
        "product",
        "roll_rule",
        "position",
        "session_part",
        "scale_minutes",
        "bar_start",
    ),
    timeline=XTAI,
    slice_by=("roll_rule",),
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        ROLL_RULE,
        POSITION,
        PART,
        SCALE,
        BAR_START,
        EXPIRY,
        *PRICES,
        VWAP,
        CONTRACT_COUNT,
        LEG_COUNT,
        TRADES,
        Column(
            "missing_sessions",
            "int",
            "Sessions since the nearest contract came to the front whose volume or open interest "
            "would count, and is not in the lake: with any, the roll may be late. 0 by calendar.",
        ),
    ),
    checks=(PARTS, ROLLED, PLACED, SCALES, ORDERED, VWAP_ORDERED),
)

FUTURES_ROLLS = Table(
    layer="gold",
    name="futures_rolls",
    meaning=(
        "One row per product on an index, roll rule, position and session in which another "
        "contract takes the position, and how far the two are apart."
    ),
    key=("session_date", "product", "roll_rule", "position"),
    timeline=XTAI,
    partitioned="year",
    slice_by=("roll_rule",),
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        ROLL_RULE,
        POSITION,
        Column("from_expiry", "string", "Expiry code of the contract that gives way."),
        Column("to_expiry", "string", "Expiry code of the one that takes its place."),
        Column(
            "measured_on",
            "date",
            "The session before, the last one of the contract that gives way: both prices are its.",
        ),
        Column(
            "gap",
            "double",
            "Price of the new contract less that of the old one: the median over the minutes in "
            "which both were traded. Null where there is none.",
            "points",
        ),
        Column("ratio", "double", "Likewise the new price over the old one."),
        Column("common_minutes", "bigint", "Minutes in which both were traded.", "min"),
        Column(
            "gap_reason",
            "string",
            f"Why there is no gap: '{NOT_TRADED}' where the lake has no trade of the product in "
            f"the session before, '{NOT_TRADED_TOGETHER}' where no minute has both contracts.",
        ),
    ),
    checks=(
        ROLLED,
        PLACED,
        Check(
            "gives_way_to_a_later",
            "from_expiry >= to_expiry",
            "A contract gives way to a later one.",
        ),
        Check(
            "gap_or_reason",
            "(gap is null) = (gap_reason is null) or (gap is null) <> (common_minutes = 0)"
            " or (gap is null) <> (ratio is null)",
            "There is a gap, or the reason why there is none.",
        ),
        Check("ratio_positive", "ratio <= 0", "Prices are above zero."),
    ),
)

_PRICED_AT = Column("priced_at", "timestamp", "Instant of the last trade of the minute.")
_LEVEL = (
    Column(
        "index_level",
        "double",
        "Last level of the index at that instant or before; null where the lake has none of this "
        "session and the one before.",
        "points",
    ),
    Column("index_observed_at", "timestamp", "Instant of the level."),
    Column("index_age_seconds", "double", "How old the level is at the trade.", "s"),
)
_MINUTE = Column("bar_start", "timestamp", "The minute, by its start.")
_NOT_AHEAD = Check(
    "index_not_ahead",
    "index_observed_at > priced_at or index_age_seconds < 0",
    "A level is known at the trade.",
)
_OLD = f"index_level is null or index_age_seconds > {INDEX_OLD_AFTER_SECONDS}"

BASIS = Table(
    layer="gold",
    name="basis",
    meaning=(
        "One row per contract of futures on an index and minute in which it was traded outright: "
        "its last price against the index at the same instant."
    ),
    key=("session_date", "product", "expiry", "bar_start"),
    timeline=XTAI,
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        _MINUTE,
        PART,
        INDEX,
        _PRICED_AT,
        Column("future_price", "double", "Price of that trade.", "points"),
        *_LEVEL,
        Column(
            "days_to_settlement",
            "double",
            "Calendar days, with their fraction, from the trade to the contract's last close; null "
            "where no rule dates the expiry.",
            "days",
        ),
        Column(
            "basis",
            "double",
            "The future less the index; null, as all that follows, where the level is older than "
            f"{INDEX_OLD_AFTER_SECONDS:.0f} s.",
            "points",
        ),
        Column("basis_percent", "double", "The basis over the index.", "%"),
        Column(
            "annualised_carry",
            "double",
            f"Simple carry a year of {DAYS_A_YEAR:.0f} days, 0.01 being one per cent; null within "
            f"{CARRY_FROM_DAYS:.0f} day of the settlement too.",
        ),
        Column(
            "fair_value",
            "double",
            f"The index with simple interest of {RATE_PER_YEAR:.1%} a year until the settlement. "
            "Expected dividends are left out.",
            "points",
        ),
        Column(
            "mispricing", "double", "The future less its fair value, dividends left out.", "points"
        ),
    ),
    checks=(
        PARTS,
        Check(
            "prices_positive", "not future_price > 0 or index_level <= 0", "Prices are positive."
        ),
        _NOT_AHEAD,
        Check(
            "basis_where_fresh",
            f"(basis is null) <> ({_OLD})",
            "There is a basis exactly where the level of the index is fresh.",
        ),
        Check(
            "carry_within_reason",
            "abs(annualised_carry) > 1",
            "A carry above 100 per cent a year comes of a wrong price, level or date.",
            "warn",
        ),
    ),
)

ETF_DEVIATION = Table(
    layer="gold",
    name="etf_deviation",
    meaning=(
        "One row per ETF and minute in which it was traded: its last price over the index at the "
        "same instant, against what that was in the session before."
    ),
    key=("session_date", "symbol", "bar_start"),
    timeline=XTAI,
    partitioned="year",
    in_warehouse=True,
    columns=(
        SESSION,
        SYMBOL,
        _MINUTE,
        INDEX,
        _PRICED_AT,
        Column("price", "double", "Price of that trade.", "TWD"),
        *_LEVEL,
        Column(
            "ratio",
            "double",
            "Price over index; null where the level is older than "
            f"{INDEX_OLD_AFTER_SECONDS:.0f} s.",
        ),
        Column(
            "reference_date",
            "date",
            f"The last of the {REFERENCE_SESSIONS} sessions before with a ratio; null where none "
            "of them has one.",
        ),
        Column("reference_ratio", "double", "The median of its ratios."),
        Column("reference_minutes", "bigint", "How many ratios that session has.", "min"),
        Column(
            "deviation_percent",
            "double",
            "By how much the ratio is above the reference; null without either.",
            "%",
        ),
    ),
    checks=(
        Check("prices_positive", "not price > 0 or index_level <= 0", "Prices are positive."),
        _NOT_AHEAD,
        Check(
            "ratio_where_fresh",
            f"(ratio is null) <> ({_OLD})",
            "There is a ratio exactly where the level of the index is fresh.",
        ),
        Check(
            "reference_is_before",
            "reference_date >= session_date",
            "The reference is of an earlier session.",
        ),
        Check(
            "deviation_within_reason",
            "abs(deviation_percent) > 10",
            "More than the daily limit of prices comes of a dividend, a split or a wrong price.",
            "warn",
        ),
    ),
)
