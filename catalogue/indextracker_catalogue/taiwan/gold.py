"""Gold tables: bars, figures per session, and the reconciliation with the exchange's figures."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.bars import (
    PRICE,
    SCALES_MINUTES,
    SQUARE,
    WEIGHTED,
    WEIGHTED_SQUARE,
)
from indextracker_catalogue.taiwan.columns import (
    BAR_START,
    EXPIRY,
    FAR,
    INDEX,
    INSTRUMENT,
    NEAR,
    OPTION_TYPE,
    OPTION_TYPES,
    PART,
    PART_OR_WHOLE,
    PARTS,
    PARTS_OR_WHOLE,
    PRODUCT,
    SCALE,
    SESSION,
    STRIKE,
    SYMBOL,
    XTAI,
)

PRICES = (
    Column("open", "double", "First price.", "quote"),
    Column("high", "double", "Highest price.", "quote"),
    Column("low", "double", "Lowest price.", "quote"),
    Column("close", "double", "Last price.", "quote"),
    Column("mean", "double", "Mean over printed rows, unweighted.", "quote"),
    Column(
        "std",
        "double",
        "Sample standard deviation over printed rows; null below two rows.",
        "quote",
    ),
)
VWAP = Column("vwap", "double", "Mean weighted by contracts.", "quote")
SUMS = (
    Column("price_sum", PRICE, "Exact sum of the prices."),
    Column("price_square_sum", SQUARE, "Exact sum of the squared prices."),
)
WEIGHTED_SUM = Column("price_contracts_sum", WEIGHTED, "Exact sum of price times contracts.")
CONTRACT_COUNT = Column("contracts", "bigint", "Contracts traded outright.", "contracts")
LEG_COUNT = Column(
    "spread_contracts", "bigint", "Contracts traded as legs of spreads.", "contracts"
)
TRADES = Column("trades", "bigint", "Printed rows.")

ORDERED = Check(
    "low_to_high",
    "low > least(open, close) or high < greatest(open, close) or low > mean + 1e-9 * abs(mean)"
    " or high < mean - 1e-9 * abs(mean)",
    "Open, close and mean lie between low and high.",
)
VWAP_ORDERED = Check(
    "vwap_between",
    "low > vwap + 1e-9 * abs(vwap) or high < vwap - 1e-9 * abs(vwap)",
    "The vwap lies between low and high.",
)
SCALES = Check(
    "scale_known", f"scale_minutes not in {SCALES_MINUTES}", "Bars are of the five scales."
)


def _bars_and_sessions(
    subject: str,
    instrument: tuple[Column, ...],
    values: tuple[Column, ...],
    sums: tuple[Column, ...],
    checks: tuple[Check, ...],
    *,
    has_night: bool,
    spread_by: str = "",
) -> tuple[Table, Table]:
    """The bars of a subject, and the same figures per part of the session.

    Both carry the exact sums, so that any coarser figure follows from them without rounding.
    """
    part = (PART,) if has_night else ()
    names = tuple(column.name for column in (*instrument, *part))
    bars = Table(
        layer="gold",
        name=f"{subject}_bars",
        meaning=f"One row per {', '.join(names)}, scale and interval with a print in it.",
        key=("session_date", *names, "scale_minutes", "bar_start"),
        timeline=XTAI,
        in_warehouse=True,
        spread_by=spread_by,
        columns=(SESSION, *instrument, *part, SCALE, BAR_START, *values, *sums),
        checks=(ORDERED, SCALES, *((PARTS,) if has_night else ()), *checks),
    )
    keys = tuple(column.name for column in instrument)
    sessions = Table(
        layer="gold",
        name=f"{subject}_sessions",
        meaning=f"One row per {', '.join(keys)} and part of the session; 'whole' is all of it.",
        key=("session_date", *keys, "session_part"),
        timeline=XTAI,
        partitioned="year",
        in_warehouse=True,
        spread_by=spread_by,
        columns=(SESSION, *instrument, PART_OR_WHOLE, *values, *sums),
        checks=(ORDERED, PARTS_OR_WHOLE, *checks),
    )
    return bars, sessions


INDEX_BARS, INDEX_SESSIONS = _bars_and_sessions(
    "index",
    (INDEX,),
    (*PRICES, Column("ticks", "bigint", "Published levels.")),
    SUMS,
    (),
    has_night=False,
)

FUTURES_BARS, FUTURES_SESSIONS = _bars_and_sessions(
    "futures",
    (PRODUCT, EXPIRY),
    (*PRICES, VWAP, CONTRACT_COUNT, LEG_COUNT, TRADES),
    (*SUMS, WEIGHTED_SUM),
    (
        VWAP_ORDERED,
        Check(
            "priced_where_traded",
            "(trades > 0) <> (open is not null)",
            "A bar has prices exactly where it has outright trades: legs of spreads give none.",
        ),
        Check(
            "something_traded",
            "contracts + spread_contracts <= 0",
            "A bar without a trade is absent.",
        ),
    ),
    has_night=True,
)

SPREAD_BARS, SPREAD_SESSIONS = _bars_and_sessions(
    "spread",
    (PRODUCT, NEAR, FAR),
    (*PRICES, VWAP, CONTRACT_COUNT, TRADES),
    (*SUMS, WEIGHTED_SUM),
    (VWAP_ORDERED,),
    has_night=True,
)

ETF_BARS, ETF_SESSIONS = _bars_and_sessions(
    "etf",
    (SYMBOL,),
    (
        *PRICES,
        Column("vwap", "double", "Mean weighted by shares.", "TWD"),
        Column("shares", "bigint", "Shares traded.", "shares"),
        Column("prints", "bigint", "Printed rows."),
    ),
    (*SUMS, Column("price_shares_sum", WEIGHTED, "Exact sum of price times shares.")),
    (VWAP_ORDERED,),
    has_night=False,
)

OPTION_BARS, OPTION_SESSIONS = _bars_and_sessions(
    "option",
    (PRODUCT, EXPIRY, STRIKE, OPTION_TYPE),
    (
        *PRICES[:4],
        Column("mean", "double", "Mean weighted by contracts.", "quote"),
        Column(
            "std",
            "double",
            "Sample standard deviation weighted by contracts; null below two contracts.",
            "quote",
        ),
        CONTRACT_COUNT,
        Column("prints", "bigint", "Printed rows, one side each."),
    ),
    (
        Column("price_contracts_sum", WEIGHTED, "Exact sum of price times contracts."),
        Column(
            "price_square_contracts_sum",
            WEIGHTED_SQUARE,
            "Exact sum of squared price times contracts.",
        ),
    ),
    (OPTION_TYPES,),
    has_night=True,
    spread_by="strike",  # most options are of one product
)

_OFFICIAL = tuple(
    Column(f"{side}_{name}", "double", f"{word} {meaning}", "quote")
    for name, meaning in (
        ("open", "first price."),
        ("high", "highest price."),
        ("low", "lowest price."),
        ("close", "last price."),
    )
    for side, word in (("official", "The exchange's"), ("computed", "Our"))
)

RECONCILIATION = Table(
    layer="gold",
    name="reconciliation",
    meaning=(
        "One row per contract and part of a session that is in the daily report or in the trades: "
        "the exchange's figures, ours, and the class of their difference."
    ),
    key=("session_date", "session_part", "product", "expiry"),
    timeline=XTAI,
    key_nullable=("strike", "option_type"),
    slice_by=("instrument",),
    in_warehouse=True,
    columns=(
        SESSION,
        PART,
        PRODUCT,
        EXPIRY,
        STRIKE,
        OPTION_TYPE,
        *_OFFICIAL,
        Column(
            "official_contracts",
            "bigint",
            "The exchange's volume; null where the contract is not in its report.",
            "contracts",
        ),
        Column("computed_contracts", "bigint", "Our volume.", "contracts"),
        Column("contracts_difference", "bigint", "Official volume less computed.", "contracts"),
        Column(
            "class",
            "string",
            "'equal'; 'block trades' where only the official volume is higher, since the tick "
            "files leave out negotiated blocks; else 'unexplained'.",
        ),
        INSTRUMENT,
    ),
    checks=(
        PARTS,
        Check(
            "class_known",
            "class not in ('equal', 'block trades', 'unexplained')",
            "The class is one of the three.",
        ),
        Check(
            "explained",
            "class = 'unexplained'",
            "Every difference from the exchange's own figures is explained.",
            "warn",
        ),
    ),
)
