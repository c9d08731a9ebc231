"""Silver tables of TAIEX and its derivatives: typed facts, made from the lines of documents."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.shared.rejects import rejects_table
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.columns import (
    EXPIRY,
    FAR,
    INDEX,
    INSTRUMENT,
    LINE,
    NEAR,
    OPTION_TYPE,
    OPTION_TYPES,
    PART,
    PARTS,
    PRODUCT,
    SESSION,
    STRIKE,
    SYMBOL,
    TRADED_AT,
    XTAI,
)

INDEX_LEVELS = Table(
    layer="silver",
    name="index_levels",
    meaning="One row per index and published level of a session.",
    key=("session_date", "index_id", "observed_at"),
    timeline=XTAI,
    columns=(
        SESSION,
        INDEX,
        Column("observed_at", "timestamp", "Instant of the level."),
        Column("level", "double", "Level of the index.", "points"),
        Column(
            "is_previous_close", "boolean", "The row of 09:00:00: the previous session's close."
        ),
        LINE,
    ),
    checks=(
        Check("level_positive", "not level > 0", "An index is above zero."),
        Check(
            "name_mapped",
            "regexp_like(index_id, '[^A-Z0-9_]')",
            "Every index name of the report is mapped to an id.",
            "warn",
        ),
    ),
)

FUTURES_TRADES = Table(
    layer="silver",
    name="futures_trades",
    meaning="One row per outright line of the futures tick file.",
    key=("session_date", "line"),
    timeline=XTAI,
    columns=(
        SESSION,
        LINE,
        PART,
        TRADED_AT,
        PRODUCT,
        EXPIRY,
        Column("price", "double", "Price of the trade.", "quote"),
        Column("contracts", "int", "Contracts traded: half of the printed volume.", "contracts"),
        Column("opening_auction", "boolean", "Marked as traded in the opening auction."),
    ),
    checks=(
        PARTS,
        Check(
            "expiry_form",
            f"not regexp_like(expiry, '^{forms.EXPIRY}$')",
            "Expiry codes are well formed.",
        ),
        Check("price_positive", "not price > 0", "An outright price is above zero."),
        Check("contracts_positive", "not contracts > 0", "A trade is of one contract or more."),
    ),
)

FUTURES_SPREADS = Table(
    layer="silver",
    name="futures_spreads",
    meaning="One row per calendar-spread line of the futures tick file.",
    key=("session_date", "line"),
    timeline=XTAI,
    columns=(
        SESSION,
        LINE,
        PART,
        TRADED_AT,
        PRODUCT,
        NEAR,
        FAR,
        Column("price", "double", "Price of the far leg less that of the near leg.", "quote"),
        Column("near_price", "double", "Price of the near leg.", "quote"),
        Column("far_price", "double", "Price of the far leg.", "quote"),
        Column(
            "contracts",
            "int",
            "Spreads traded, and contracts in each leg: a quarter of the printed volume.",
            "contracts",
        ),
    ),
    checks=(
        PARTS,
        Check(
            "legs_give_price",
            f"abs(far_price - near_price - price) > {forms.LEGS_TOLERANCE:f}",
            "The price is the far leg's less the near leg's.",
        ),
        Check("contracts_positive", "not contracts > 0", "A trade is of one spread or more."),
    ),
)

OPTION_TRADES = Table(
    layer="silver",
    name="option_trades",
    meaning=(
        "One row per line of the options tick file: one side of a trade. Buyers and sellers have "
        "rows of their own, split independently; a group of (traded_at, series, price) is even."
    ),
    key=("session_date", "line"),
    timeline=XTAI,
    columns=(
        SESSION,
        LINE,
        PART,
        TRADED_AT,
        PRODUCT,
        EXPIRY,
        STRIKE,
        OPTION_TYPE,
        Column("price", "double", "Price of the trade.", "quote"),
        Column("sides", "int", "Sides traded; two make a contract.", "sides"),
        Column("opening_auction", "boolean", "Marked as traded in the opening auction."),
    ),
    checks=(
        PARTS,
        OPTION_TYPES,
        Check(
            "expiry_form",
            f"not regexp_like(expiry, '^{forms.EXPIRY}$')",
            "Expiry codes are well formed.",
        ),
        Check("price_positive", "not price > 0", "A premium is above zero."),
        Check("strike_positive", "not strike > 0", "A strike is above zero."),
        Check("sides_positive", "not sides > 0", "A row is of one side or more."),
    ),
)

ETF_TRADES = Table(
    layer="silver",
    name="etf_trades",
    meaning="One row per trade of an ETF.",
    key=("session_date", "symbol", "line"),
    timeline=XTAI,
    columns=(
        SESSION,
        SYMBOL,
        LINE,
        Column("traded_at", "timestamp", "Instant of the trade, to the millisecond."),
        Column("price", "double", "Price of the trade.", "TWD"),
        Column("shares", "bigint", "Shares traded: lots of 1,000.", "shares"),
        Column(
            "side", "string", "Side that initiated the trade: 'buy', 'sell'; null where unknown."
        ),
    ),
    checks=(
        Check("price_positive", "not price > 0", "A price is above zero."),
        Check("shares_positive", "not shares > 0", "A trade is of one share or more."),
        Check("side_known", "side not in ('buy', 'sell')", "A side is buy or sell."),
    ),
)

DAILY_REPORT = Table(
    layer="silver",
    name="daily_report",
    meaning=(
        "One row per contract and part of a session in the exchange's daily report: its own "
        "figures. The expiry of a calendar spread is written near/far."
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
        Column("open", "double", "First price; null without a trade.", "quote"),
        Column("high", "double", "Highest price.", "quote"),
        Column("low", "double", "Lowest price.", "quote"),
        Column("close", "double", "Last price.", "quote"),
        Column("contracts", "bigint", "Contracts traded, negotiated blocks too.", "contracts"),
        Column(
            "settlement_price", "double", "Settlement price; in rows of the day alone.", "quote"
        ),
        Column("open_interest", "bigint", "Open contracts; in rows of the day alone.", "contracts"),
        INSTRUMENT,
    ),
    checks=(
        PARTS,
        OPTION_TYPES,
        Check(
            "low_to_high",
            "low > least(open, close) or high < greatest(open, close)",
            "Open and close lie between low and high in the exchange's own figures.",
            "warn",
        ),
        Check("contracts_not_negative", "contracts < 0", "Volume is not negative."),
    ),
)

CONTRACTS = Table(
    layer="silver",
    name="contracts",
    meaning=(
        "One row per contract in a session's documents (outright or leg) and expire code that it "
        "has in that session; one row with a null code where it has none."
    ),
    key=("session_date", "product", "expiry"),
    timeline=XTAI,
    key_nullable=("expire_code",),
    partitioned="year",
    slice_by=("instrument",),
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        Column("expire_code", "string", "M, M+1, M+2, Q+1 to Q+3, W, W+1, F, F+1, or null."),
        Column(
            "last_trading_date", "date", "As known at the session; null where no rule is known."
        ),
        Column(
            "final_settlement_date", "date", "As known at the session; null where no rule is known."
        ),
        Column(
            "product_assumed", "boolean", "It is not in silver/products: common terms are assumed."
        ),
        INSTRUMENT,
    ),
    checks=(
        Check("product_known", "product_assumed", "Every product has published terms.", "warn"),
        Check(
            "expiry_dated",
            "last_trading_date is null",
            "The expiry of every contract has a date.",
            "warn",
        ),
    ),
)

# A line of the index report holds a level of each index.
REJECTS = rejects_table("rejects", XTAI, SESSION, key_nullable=("text",))
