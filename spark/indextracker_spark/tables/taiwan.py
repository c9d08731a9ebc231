"""The tables of TAIEX and its derivatives, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_spark.tables.model import Audit, Check, Column, Table

SESSION = Column("session_date", "date", "Trading day of the exchange, in its local time.")
LINE = Column("line", "bigint", "Line in the document, from 1; the sequence inside a contract.")
PRODUCT = Column("product", "string", "The exchange's product code, such as TX.")
EXPIRY = Column("expiry", "string", "Expiry code: YYYYMM, or YYYYMMWn and YYYYMMFn of weeklies.")
NEAR = Column("near_expiry", "string", "Expiry code of the near leg.")
FAR = Column("far_expiry", "string", "Expiry code of the far leg.")
PART = Column("session_part", "string", "'night' (the evening before) or 'day'.")
PART_OR_WHOLE = Column("session_part", "string", "'day', 'night' or 'whole'.")
TRADED_AT = Column("traded_at", "timestamp", "Instant of the trade, to the second.")
INDEX = Column("index_id", "string", "Index, such as TAIEX; an unmapped name is its own id.")
SCALE = Column("scale_minutes", "int", "Length of the bar: 1, 5, 15, 30 or 60.", "min")
BAR_START = Column("bar_start", "timestamp", "Start of the half-open interval of the bar.")

PARTS = Check(
    "session_part_known", "session_part not in ('night', 'day')", "A part is night or day."
)
PARTS_OR_WHOLE = Check(
    "session_part_known",
    "session_part not in ('night', 'day', 'whole')",
    "A part is night, day or whole.",
)
EXPIRY_FORM = "[0-9]{4}(0[1-9]|1[0-2])([WF][1-5])?"


# bronze: every cell as text, as published


def _text(name: str, meaning: str) -> Column:
    return Column(name, "string", f"{meaning}, as published.")


def _bronze(name: str, meaning: str, *cells: Column) -> Table:
    """A table of one row per line of a document, its cells as text, with lineage to the bytes."""
    named = any(cell.name == "index_name" for cell in cells)
    return Table(
        layer="bronze",
        name=name,
        meaning=meaning,
        key=("session_date", "line", "index_name") if named else ("session_date", "line"),
        columns=(
            SESSION,
            Column("line", "bigint", "Line in the document, from 1."),
            *cells,
            Column("text", "string", "The whole line where it would not split into cells."),
            Column("document", "string", "Digest (sha256) of the document in the landing zone."),
        ),
        checks=(
            Check("document_named", "document is null", "Every row names its document."),
            Check(
                "line_splits",
                "text is not null",
                "Every line splits into the cells of its header.",
                "warn",
            ),
        ),
    )


TAIFEX_FUTURES = _bronze(
    "taifex_futures",
    "One row per line of a session's futures tick file (Daily_YYYY_MM_DD.zip).",
    _text("trade_date", "Calendar date of the trade, YYYYMMDD"),
    _text("product", "Product code"),
    _text("expiry", "Expiry code, or near/far of a calendar spread"),
    _text("trade_time", "Time of the trade, HHMMSS"),
    _text("price", "Price; of a spread row far less near"),
    _text("volume", "Volume of both sides, of a spread row of both legs too"),
    _text("near_price", "Price of the near leg of a spread row, else -"),
    _text("far_price", "Price of the far leg of a spread row, else -"),
    _text("opening_auction", "* for the opening auction"),
)

TAIFEX_VOLUME_TOTALS = _bronze(
    "taifex_volume_totals",
    "One row per line of a session's control totals (Daily_YYYY_MM_DD_B.zip); the last is the "
    "grand total.",
    _text("trade_date", "Session, YYYYMMDD, or the word for the grand total"),
    _text("product", "Product code; empty in the grand total"),
    _text("spread_volume", "Volume of spread orders, both sides"),
    _text("total_volume", "Volume of the whole market, both sides"),
    _text("spread_percent", "Share of spread orders in per cent"),
)

TWSE_INDEX = _bronze(
    "twse_index",
    "One row per line and index of a session's index report (MI_5MINS_INDEX).",
    _text("index_name", "The publisher's name of the index, from the header"),
    _text("time", "Time of the level, HH:MM:SS"),
    _text("level", "Level, with thousands separators"),
)


# silver: reference data that the jobs read

SESSIONS = Table(
    layer="silver",
    name="sessions",
    meaning="One row per trading session of an exchange, past and foreseeable.",
    key=("exchange", "session_date"),
    storage="whole",
    in_warehouse=True,
    columns=(
        Column("exchange", "string", "Exchange by its ISO 10383 code, such as XTAI."),
        SESSION,
        Column("opened_at", "timestamp", "Opening of the cash market."),
        Column("closed_at", "timestamp", "Close of the cash market."),
        Column("previous_session_date", "date", "The session before; null in the first row."),
    ),
    checks=(
        Check("opens_before_close", "opened_at >= closed_at", "A session opens before it closes."),
        Check(
            "previous_is_before",
            "previous_session_date >= session_date",
            "The previous session is an earlier one.",
        ),
    ),
)

CLOSURES = Table(
    layer="silver",
    name="closures",
    meaning="One row per closure that the exchange's yearly schedule does not hold.",
    key=("exchange", "closed_date"),
    storage="whole",
    columns=(
        Column("exchange", "string", "Exchange by its ISO 10383 code."),
        Column("closed_date", "date", "Day without a session."),
        Column("announced_on", "date", "Day of the notice; known at every later session."),
        Column("reason", "string", "Why the exchange was closed."),
        Column("source", "string", "The notice."),
    ),
)

PRODUCTS = Table(
    layer="silver",
    name="products",
    meaning="One row per product of TAIFEX and period in which its terms held.",
    key=("product", "valid_from"),
    storage="whole",
    in_warehouse=True,
    columns=(
        PRODUCT,
        Column("name", "string", "Name of the product."),
        Column("underlying", "string", "Index id where the underlying is an index of ours."),
        Column("kind", "string", "index, stock, etf, fx, commodity or foreign_index."),
        Column("multiplier", "double", "Value of one point or unit.", "currency"),
        Column("currency", "string", "Currency of settlement, ISO 4217."),
        Column("tick_size", "double", "Smallest step of the price; null where it depends on it."),
        Column("day_open", "string", "Opening of the day part, HH:MM:SS local."),
        Column("day_close", "string", "Close of the day part, HH:MM:SS local."),
        Column(
            "last_day_close", "string", "Close on a contract's last trading day, HH:MM:SS local."
        ),
        Column("night_open", "string", "Opening of the night part, HH:MM:SS local; null without."),
        Column("night_close", "string", "Close of the night part, HH:MM:SS local; null without."),
        Column("expiry_rule", "string", "Rule that dates its expiries; 'unknown' gives no dates."),
        Column("valid_from", "date", "First session of these terms."),
        Column("valid_to", "date", "Last session of these terms; null while they hold."),
        Column("source", "string", "Where the terms are published."),
    ),
    checks=(
        Check("valid_period", "valid_to < valid_from", "Terms end after they begin."),
        Check("multiplier_positive", "multiplier <= 0", "A point is worth something."),
    ),
)

INDICES = Table(
    layer="silver",
    name="indices",
    meaning="One row per name under which a publisher prints an index.",
    key=("index_name",),
    storage="whole",
    in_warehouse=True,
    columns=(
        Column("index_name", "string", "The publisher's name, in its own language."),
        INDEX,
        Column("name", "string", "English name; TAIEX for the main index."),
        Column("market", "string", "Market that the index covers."),
        Column("source", "string", "Where the name is published."),
    ),
)

EXPIRIES = Table(
    layer="silver",
    name="expiries",
    meaning=(
        "One row per expiry rule and expiry code inside the calendar: the dates that the rule "
        "gives, traded or not."
    ),
    key=("expiry_rule", "expiry"),
    storage="whole",
    in_warehouse=True,
    columns=(
        Column("expiry_rule", "string", "Rule, as in silver/products."),
        EXPIRY,
        Column("nominal_date", "date", "Day that the rule names before closures move it."),
        Column("last_trading_date", "date", "Last session in which the contract trades."),
        Column("final_settlement_date", "date", "Session of the final settlement."),
    ),
    checks=(
        Check(
            "settles_after_trading",
            "final_settlement_date < last_trading_date",
            "A contract settles on or after its last trading day.",
        ),
    ),
)

EXPIRE_CODES = Table(
    layer="silver",
    name="expire_codes",
    meaning=(
        "One row per expiry and relative code that it bears, with the sessions in which it does: "
        "M, M+1, M+2, Q+1 to Q+3, W, W+1, F, F+1."
    ),
    key=("expiry_rule", "expiry", "expire_code"),
    storage="whole",
    in_warehouse=True,
    columns=(
        Column("expiry_rule", "string", "Rule, as in silver/products."),
        EXPIRY,
        Column("expire_code", "string", "Relative code."),
        Column("valid_from", "date", "First session of the code."),
        Column("valid_to", "date", "Last session of the code."),
    ),
    checks=(Check("valid_period", "valid_to < valid_from", "A code ends after it begins."),),
)


# silver: typed facts

INDEX_LEVELS = Table(
    layer="silver",
    name="index_levels",
    meaning="One row per index and published level of a session.",
    key=("session_date", "index_id", "observed_at"),
    columns=(
        SESSION,
        INDEX,
        Column("observed_at", "timestamp", "Instant of the level."),
        Column("level", "double", "Level of the index.", "points"),
        Column("is_previous_close", "boolean", "The row of 09:00:00: yesterday's close, no trade."),
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
            f"not regexp_like(expiry, '^{EXPIRY_FORM}$')",
            "Expiry codes are well formed.",
        ),
        Check("price_positive", "not price > 0", "An outright price is above zero."),
        Check("contracts_positive", "not contracts > 0", "A trade has contracts."),
    ),
)

FUTURES_SPREADS = Table(
    layer="silver",
    name="futures_spreads",
    meaning="One row per calendar-spread line of the futures tick file.",
    key=("session_date", "line"),
    columns=(
        SESSION,
        LINE,
        PART,
        TRADED_AT,
        PRODUCT,
        NEAR,
        FAR,
        Column("price", "double", "Price of the far leg less that of the near.", "quote"),
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
            "abs(far_price - near_price - price) > 0.00005",
            "The price is the far leg's less the near leg's.",
        ),
        Check("contracts_positive", "not contracts > 0", "A spread has contracts."),
    ),
)

CONTRACTS = Table(
    layer="silver",
    name="contracts",
    meaning=(
        "One row per contract in a session's documents (outright or leg) and expire code that it "
        "bears there; one row with a null code where it bears none."
    ),
    key=("session_date", "product", "expiry"),
    key_nullable=("expire_code",),
    storage="by_year",
    in_warehouse=True,
    columns=(
        SESSION,
        PRODUCT,
        EXPIRY,
        Column("expire_code", "string", "M, M+1, M+2, Q+1 to Q+3, W, W+1, F, F+1, or null."),
        Column(
            "last_trading_date", "date", "As known at the session; null where no rule is known."
        ),
        Column("final_settlement_date", "date", "As known at the session; null likewise."),
        Column("product_assumed", "boolean", "silver/products lacks it: common terms are assumed."),
    ),
    checks=(
        Check("product_known", "product_assumed", "Every product has published terms.", "warn"),
        Check(
            "expiry_dated",
            "last_trading_date is null",
            "The expiry of every contract has a date.",
            "warn",
        ),
        Check(
            "trades_before_expiry",
            "last_trading_date < session_date",
            "No contract trades after its last trading day; some foreign ones do by night.",
            "warn",
        ),
    ),
)

REJECTS = Table(
    layer="silver",
    name="rejects",
    meaning="One row per line of an accepted document that could not be read, with the reason.",
    key=("session_date", "feed", "line"),
    key_nullable=("text",),  # a line of the index report holds a level of each index
    storage="by_year",
    slice_by=("feed",),
    columns=(
        SESSION,
        Column("feed", "string", "Feed of the document."),
        Column("line", "bigint", "Line in the document, from 1."),
        Column("document", "string", "Digest (sha256) of the document in the landing zone."),
        Column("text", "string", "The line as published, cells trimmed."),
        Column("reason", "string", "What could not be read."),
    ),
    checks=(Check("no_rejects", "true", "Every line of the documents can be read.", "warn"),),
)


# gold: bars and their sessions

PRICES = (
    Column("open", "double", "First price.", "quote"),
    Column("high", "double", "Highest price.", "quote"),
    Column("low", "double", "Lowest price.", "quote"),
    Column("close", "double", "Last price.", "quote"),
    Column("mean", "double", "Mean over printed rows, unweighted.", "quote"),
    Column(
        "std", "double", "Sample standard deviation over printed rows; null below two.", "quote"
    ),
)
VWAP = Column("vwap", "double", "Mean weighted by contracts.", "quote")
SUMS = (
    Column("price_sum", "decimal(18,4)", "Exact sum of the prices."),
    Column("price_square_sum", "decimal(27,8)", "Exact sum of their squares."),
)
WEIGHTED_SUM = Column("price_contracts_sum", "decimal(28,4)", "Exact sum of price times contracts.")
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
    "scale_known", "scale_minutes not in (1, 5, 15, 30, 60)", "Bars are of the five scales."
)


def _bars_and_sessions(
    subject: str,
    instrument: tuple[Column, ...],
    values: tuple[Column, ...],
    sums: tuple[Column, ...],
    checks: tuple[Check, ...],
    *,
    has_night: bool,
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
        in_warehouse=True,
        columns=(SESSION, *instrument, *part, SCALE, BAR_START, *values, *sums),
        checks=(ORDERED, SCALES, *((PARTS,) if has_night else ()), *checks),
    )
    keys = tuple(column.name for column in instrument)
    sessions = Table(
        layer="gold",
        name=f"{subject}_sessions",
        meaning=f"One row per {', '.join(keys)} and part of the session; 'whole' is all of it.",
        key=("session_date", *keys, "session_part"),
        storage="by_year",
        in_warehouse=True,
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
            "Prices come from outright trades alone: legs give none.",
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


# audits: what holds between tables

VOLUME_EQUALS_TOTALS = Audit(
    name="volume_equals_control_totals",
    on="silver/futures_trades",
    reads=("silver/futures_spreads", "bronze/taifex_volume_totals"),
    meaning="Per product, outright and spread volume add up to the exchange's control total.",
    bad_rows="""
        with computed as (
            select session_date, product, sum(volume) as volume
            from (
                select session_date, product, 2 * cast(contracts as bigint) as volume
                from futures_trades
                union all
                select session_date, product, 4 * cast(contracts as bigint) as volume
                from futures_spreads
            ) as legs
            group by session_date, product
        ),
        official as (
            select session_date, product, try_cast(total_volume as bigint) as volume
            from taifex_volume_totals
            where text is null and product <> ''
        ),
        audited as (select distinct session_date from official)
        select
            coalesce(c.session_date, o.session_date) as session_date,
            coalesce(c.product, o.product) as product,
            coalesce(c.volume, 0) as computed,
            coalesce(o.volume, 0) as official
        from (
            select computed.* from computed
            join audited on computed.session_date = audited.session_date
        ) as c
        full outer join official as o
            on c.session_date = o.session_date and c.product = o.product
        where coalesce(c.volume, 0) <> coalesce(o.volume, 0)
    """,
)
