"""TAIEX and its derivatives: how bronze lines become typed facts, and facts become bars.

Rules of time, sessions and volume stand in the functions below, dated expiries in expiries.py,
bars of any instrument in bars.py. Nothing here knows where tables lie.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from indextracker_spark import bars, expiries
from indextracker_spark.job import Job
from indextracker_spark.tables import Table
from indextracker_spark.tables import taiwan as t

EXCHANGE = "XTAI"
UTC_OFFSET_SECONDS = 8 * 3600  # Taipei, without daylight saving since 1979
NIGHT_ENDS = "08:00:00"  # TJF opens by day at 08:00; no night part reaches beyond 05:00
NIGHT_CLOSE = "05:00:00"
ASSUMED_DAY_CLOSE = "13:45:00"
ASSUMED_LAST_DAY_CLOSE = "13:30:00"
ASSUMED_EXPIRY_RULE = "third_wednesday"
INDEX_CLOSE = "13:30:00"
PREVIOUS_CLOSE_ROW = "09:00:00"  # the report opens with the close of the session before

_DATE = "[0-9]{8}"
_TIME = "([01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
# More than four decimals would not add up exactly.
_PRICE = r"([0-9]+(\.[0-9]{1,4})?|\.[0-9]{1,4})"
_SIGNED = f"-?{_PRICE}"  # a spread may cost less than nothing
_VOLUME = "[0-9]{1,8}"
_LEVEL = r"[0-9]{1,3}(,?[0-9]{3})*(\.[0-9]{1,4})?"
_OUTRIGHT = f"{t.EXPIRY_FORM},{_PRICE},{_VOLUME},.*"
_SPREAD = f"{t.EXPIRY_FORM}/{t.EXPIRY_FORM},{_SIGNED},{_VOLUME},{_PRICE},{_PRICE}"


# readings: a bronze table typed, each line with whether it reads well and, if not, why


def read_futures(bronze: DataFrame) -> DataFrame:
    """The futures tick file, typed.

    Returns:
        A row per line: the cells as published, `reads_well`, `reject_reason` (null where it does),
        session_part, traded_at, is_spread, near_expiry and far_expiry (of a spread), prices as
        numbers, and contracts: half of the printed volume of an outright (both sides are printed),
        a quarter of a spread's (both legs too).
    """
    spread = F.col("expiry").contains("/")
    legs = F.split("expiry", "/")
    day = _date(F.col("trade_date"))
    clock = F.concat_ws(":", *(F.substring("trade_time", start, 2) for start in (1, 3, 5)))
    seconds = bars.seconds_of(clock)
    volume = F.col("volume").try_cast("bigint")
    sides = F.when(spread, F.lit(4)).otherwise(F.lit(2))
    at_night = (day < F.col("session_date")) | (seconds < _seconds(NIGHT_ENDS))
    # One expression over the whole line costs a fifth of one per cell: 2.7 million lines in 0.6 s.
    line = F.concat_ws(
        ",",
        "trade_date",
        "trade_time",
        "product",
        "expiry",
        "price",
        "volume",
        "near_price",
        "far_price",
    )
    well = (
        line.rlike(f"^{_DATE},{_TIME},[^,]+,({_OUTRIGHT}|{_SPREAD})$")
        & (day <= F.col("session_date"))
        & (volume > 0)
        & (volume % sides == 0)
    )
    return _explained(
        bronze,
        well,
        (F.col("text").isNotNull(), F.lit("the line does not split into its cells")),
        (~_is("trade_date", _DATE) | day.isNull(), _quoting("unreadable date", "trade_date")),
        (day > F.col("session_date"), _quoting("date after the session", "trade_date")),
        (~_is("trade_time", _TIME), _quoting("unreadable time", "trade_time")),
        (F.col("product") == "", F.lit("no product")),
        (
            ~_is("expiry", f"{t.EXPIRY_FORM}(/{t.EXPIRY_FORM})?"),
            _quoting("unreadable expiry", "expiry"),
        ),
        (
            ~_is("price", _SIGNED) | (~spread & ~_is("price", _PRICE)),
            _quoting("unreadable price", "price"),
        ),
        (~_is("volume", _VOLUME) | (volume <= 0), _quoting("unreadable volume", "volume")),
        (volume % sides != 0, _quoting("volume no multiple of its sides", "volume")),
        (spread, F.lit("a spread without the prices of its legs")),
    ).select(
        "*",
        F.when(at_night, "night").otherwise("day").alias("session_part"),
        _instant(day, seconds).alias("traded_at"),
        spread.alias("is_spread"),
        F.element_at(legs, 1).alias("near_expiry"),
        F.element_at(legs, -1).alias("far_expiry"),
        F.col("price").try_cast("double").alias("price_number"),
        F.col("near_price").try_cast("double").alias("near_number"),
        F.col("far_price").try_cast("double").alias("far_number"),
        (volume / sides).try_cast("int").alias("contracts"),
    )


def read_volume_totals(bronze: DataFrame) -> DataFrame:
    """The control totals, with `reads_well` and `reject_reason`."""
    return _explained(
        bronze,
        _is("spread_volume", _VOLUME) & _is("total_volume", _VOLUME),
        (F.col("text").isNotNull(), F.lit("the line does not split into its cells")),
        (~_is("spread_volume", _VOLUME), _quoting("unreadable volume", "spread_volume")),
        (~_is("total_volume", _VOLUME), _quoting("unreadable volume", "total_volume")),
    )


def read_index(bronze: DataFrame) -> DataFrame:
    """The index report, typed: `reads_well`, `reject_reason`, observed_at, level as a number."""
    return _explained(
        bronze,
        _is("time", _CLOCK) & _is("level", _LEVEL),
        (F.col("text").isNotNull(), F.lit("the line does not split into its cells")),
        (~_is("time", _CLOCK), _quoting("unreadable time", "time")),
        (~_is("level", _LEVEL), _quoting("unreadable level", "level")),
    ).select(
        "*",
        _instant(F.col("session_date"), bars.seconds_of(F.col("time"))).alias("observed_at"),
        F.regexp_replace("level", ",", "").try_cast("double").alias("level_number"),
    )


def _explained(bronze: DataFrame, well: Column, *rules: tuple[Column, Column]) -> DataFrame:
    """Adds whether a line reads well and, if not, the sentence of the first rule that it breaks."""
    reads_well = F.coalesce(well, F.lit(False))
    reason = F.lit("unreadable")
    for broken, sentence in reversed(rules):
        reason = F.when(broken, sentence).otherwise(reason)
    return bronze.select(
        "*",
        reads_well.alias("reads_well"),
        F.when(~reads_well, reason).alias("reject_reason"),
    )


def _is(cell: str, form: str) -> Column:
    return F.coalesce(F.col(cell).rlike(f"^{form}$"), F.lit(False))


# facts


def index_levels(bronze: DataFrame, indices: DataFrame) -> DataFrame:
    """Levels of all indices of the report; a name without an id is its own."""
    rows = read_index(bronze).where("reads_well")
    return rows.join(indices.select("index_name", "index_id"), "index_name", "left").select(
        "session_date",
        F.coalesce("index_id", "index_name").alias("index_id"),
        "observed_at",
        F.col("level_number").alias("level"),
        (F.col("time") == PREVIOUS_CLOSE_ROW).alias("is_previous_close"),
        "line",
    )


def futures_trades(bronze: DataFrame) -> DataFrame:
    """Outright trades."""
    return (
        read_futures(bronze)
        .where("reads_well and not is_spread")
        .select(
            "session_date",
            "line",
            "session_part",
            "traded_at",
            "product",
            "expiry",
            F.col("price_number").alias("price"),
            "contracts",
            (F.col("opening_auction") == "*").alias("opening_auction"),
        )
    )


def futures_spreads(bronze: DataFrame) -> DataFrame:
    """Calendar-spread trades."""
    return (
        read_futures(bronze)
        .where("reads_well and is_spread")
        .select(
            "session_date",
            "line",
            "session_part",
            "traded_at",
            "product",
            "near_expiry",
            "far_expiry",
            F.col("price_number").alias("price"),
            F.col("near_number").alias("near_price"),
            F.col("far_number").alias("far_price"),
            "contracts",
        )
    )


def rejects(read: Callable[[DataFrame], DataFrame], bronze_table: Table) -> Job:
    """The job that keeps what a reading of a feed's documents could not read."""
    feed = bronze_table.name
    own = {"session_date", "line", "text", "document"}
    cells = [name for name in bronze_table.column_names if name not in own]

    def transform(bronze: DataFrame) -> DataFrame:
        return (
            read(bronze)
            .where("not reads_well")
            .select(
                "session_date",
                F.lit(feed).alias("feed"),
                "line",
                "document",
                F.coalesce("text", F.concat_ws(",", *cells)).alias("text"),
                F.col("reject_reason").alias("reason"),
            )
        )

    return Job(t.REJECTS, (bronze_table,), transform, {"feed": feed})


def contracts(
    trades: DataFrame,
    spreads: DataFrame,
    products: DataFrame,
    dated: DataFrame,
    codes: DataFrame,
    closures: DataFrame,
) -> DataFrame:
    """The contracts of a session's document, their codes and their dates as known then."""
    listed = (
        trades.select("session_date", "product", "expiry")
        .unionByName(
            spreads.select("session_date", "product", F.col("near_expiry").alias("expiry"))
        )
        .unionByName(spreads.select("session_date", "product", F.col("far_expiry").alias("expiry")))
        .distinct()
    )
    with_dates = _with_terms(listed, products).join(dated, ["expiry_rule", "expiry"], "left")
    known = _as_known(with_dates, closures)
    validity = codes.select(
        F.col("expiry_rule").alias("rule"),
        F.col("expiry").alias("coded"),
        "expire_code",
        F.col("valid_from").alias("since"),
        F.col("valid_to").alias("until"),
    )
    borne = (
        (F.col("expiry_rule") == F.col("rule"))
        & (F.col("expiry") == F.col("coded"))
        & F.col("session_date").between(F.col("since"), F.col("until"))
    )
    return known.join(validity, borne, "left").select(
        "session_date",
        "product",
        "expiry",
        "expire_code",
        "last_trading_date",
        "final_settlement_date",
        "product_assumed",
    )


def _as_known(dated: DataFrame, closures: DataFrame) -> DataFrame:
    """Undoes what a closure moved, for sessions at which nobody knew of it yet.

    A typhoon day is announced on the evening before: until then its expiry was due on it.
    """
    late = closures.where(F.col("exchange") == EXCHANGE).select("closed_date", "announced_on")
    first = F.least("nominal_date", "last_trading_date")
    last = F.greatest("nominal_date", "last_trading_date")
    moved = (
        (F.col("announced_on") >= F.col("session_date"))
        & (F.col("closed_date") >= first)
        & (F.col("closed_date") <= last)
    )
    expected = (
        dated.select("session_date", "expiry_rule", "expiry", "nominal_date", "last_trading_date")
        .distinct()
        .join(late, moved)
        .groupBy("session_date", "expiry_rule", "expiry")
        .agg(
            F.min_by(
                "closed_date", F.abs(F.datediff(F.col("closed_date"), F.col("nominal_date")))
            ).alias("expected")
        )
    )
    same_day = F.col("final_settlement_date") == F.col("last_trading_date")
    return (
        dated.join(expected, ["session_date", "expiry_rule", "expiry"], "left")
        .withColumn(
            "final_settlement_date",
            F.when(same_day, F.coalesce("expected", "final_settlement_date")).otherwise(
                F.col("final_settlement_date")
            ),
        )
        .withColumn("last_trading_date", F.coalesce("expected", "last_trading_date"))
    )


def _with_terms(rows: DataFrame, products: DataFrame) -> DataFrame:
    """Adds the product's terms at the session, or the common ones where it is unknown."""
    terms = products.select(
        F.col("product").alias("known"),
        "day_close",
        "last_day_close",
        "expiry_rule",
        F.col("valid_from").alias("since"),
        F.col("valid_to").alias("until"),
    )
    held = (
        (F.col("product") == F.col("known"))
        & (F.col("session_date") >= F.col("since"))
        & (F.col("until").isNull() | (F.col("session_date") <= F.col("until")))
    )
    return rows.join(terms, held, "left").select(
        *rows.columns,
        F.coalesce("day_close", F.lit(ASSUMED_DAY_CLOSE)).alias("day_close"),
        F.coalesce("last_day_close", F.lit(ASSUMED_LAST_DAY_CLOSE)).alias("last_day_close"),
        F.coalesce("expiry_rule", F.lit(ASSUMED_EXPIRY_RULE)).alias("expiry_rule"),
        F.col("known").isNull().alias("product_assumed"),
    )


# bars


def index_bars(levels: DataFrame) -> DataFrame:
    """Bars of the indices; the row of the previous close is in none."""
    at = F.col("observed_at")
    close = _seconds(INDEX_CLOSE)
    prints = levels.where("not is_previous_close").select(
        "session_date",
        "index_id",
        "line",
        F.col("level").alias("price"),
        bars.folded(at, close, UTC_OFFSET_SECONDS).alias("bar_at"),
    )
    return _all_scales(prints, ["session_date", "index_id"], "ticks", [], t.INDEX_BARS)


def futures_bars(
    trades: DataFrame, spreads: DataFrame, contracts: DataFrame, products: DataFrame
) -> DataFrame:
    """Bars of the contracts: prices from outright trades, legs of spreads counted beside them."""
    closes = _closes(contracts, products)
    keys = ["session_date", "product", "expiry", "session_part"]
    outright = bars.minutes(
        _placed(trades, closes, "expiry"), keys, UTC_OFFSET_SECONDS, count="trades"
    )
    legs = [
        spreads.select(
            "session_date",
            "product",
            F.col(leg).alias("expiry"),
            "session_part",
            "traded_at",
            "contracts",
        )
        for leg in ("near_expiry", "far_expiry")
    ]
    minute = bars.bar_start(F.col("bar_at"), F.lit(1), UTC_OFFSET_SECONDS)
    leg_minutes = (
        _placed(legs[0].unionByName(legs[1]), closes, "expiry")
        .groupBy(*keys, minute.alias("bar_start"))
        .agg(F.sum(F.col("contracts").cast("bigint")).alias("spread_contracts"))
    )
    counts = ["contracts", "spread_contracts", "trades"]
    joined = outright.join(leg_minutes, [*keys, "bar_start"], "full").fillna(0, counts)
    return _coarser(joined, keys, counts, t.FUTURES_BARS)


def spread_bars(spreads: DataFrame, contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Bars of calendar spreads; a spread closes with its near leg."""
    keys = ["session_date", "product", "near_expiry", "far_expiry", "session_part"]
    prints = _placed(spreads, _closes(contracts, products), "near_expiry")
    return _all_scales(prints, keys, "trades", ["contracts"], t.SPREAD_BARS)


def _closes(contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Each contract's closes in its session: day and night, in seconds since local midnight."""
    last_day = F.col("session_date") == F.col("last_trading_date")
    rows = contracts.select("session_date", "product", "expiry", "last_trading_date").distinct()
    day_close = F.when(last_day, F.col("last_day_close")).otherwise(F.col("day_close"))
    return _with_terms(rows, products).select(
        "session_date",
        "product",
        F.col("expiry").alias("closing_expiry"),
        bars.seconds_of(day_close).alias("day_close_seconds"),
    )


def _placed(prints: DataFrame, closes: DataFrame, expiry: str) -> DataFrame:
    """Adds `bar_at`: a print exactly at its contract's close belongs to the last bar."""
    same = closes.withColumnRenamed("closing_expiry", expiry)
    close = F.when(F.col("session_part") == "night", _seconds(NIGHT_CLOSE)).otherwise(
        F.col("day_close_seconds")
    )
    return prints.join(same, ["session_date", "product", expiry], "left").withColumn(
        "bar_at", bars.folded(F.col("traded_at"), close, UTC_OFFSET_SECONDS)
    )


def _all_scales(
    prints: DataFrame, keys: list[str], count: str, volumes: list[str], table: Table
) -> DataFrame:
    one_minute = bars.minutes(prints, keys, UTC_OFFSET_SECONDS, count=count)
    return _coarser(one_minute, keys, [*volumes, count], table)


def _coarser(one_minute: DataFrame, keys: list[str], totals: list[str], table: Table) -> DataFrame:
    placed = bars.at_all_scales(one_minute, UTC_OFFSET_SECONDS)
    rolled = bars.rolled_up(placed, [*keys, "scale_minutes", "bar_start"], "minute_start", totals)
    return bars.with_figures(rolled, totals[-1]).select(*table.column_names)


def sessions_of(bars_table: Table, sessions_table: Table, count: str) -> Job:
    """The job that adds one-minute bars up to the parts of a session and the whole of it."""
    has_parts = "session_part" in bars_table.column_names
    volumes = ("contracts", "spread_contracts")
    totals = [*(name for name in volumes if name in bars_table.column_names), count]
    keys = [name for name in sessions_table.key if name != "session_part"]

    def transform(all_bars: DataFrame) -> DataFrame:
        rows = all_bars.where("scale_minutes = 1")
        own = F.col("session_part") if has_parts else F.lit("day")
        parts = F.explode(F.array(own, F.lit("whole")))
        rolled = bars.rolled_up(
            rows.withColumn("session_part", parts), [*keys, "session_part"], "bar_start", totals
        )
        return bars.with_figures(rolled, count).select(*sessions_table.column_names)

    return Job(sessions_table, (bars_table,), transform)


# small pieces


def _date(text: Column) -> Column:
    iso = F.concat_ws(
        "-", F.substring(text, 1, 4), F.substring(text, 5, 2), F.substring(text, 7, 2)
    )
    return iso.try_cast("date")


def _instant(day: Column, seconds: Column) -> Column:
    return F.timestamp_seconds(F.unix_date(day) * 86_400 + seconds - UTC_OFFSET_SECONDS)


def _seconds(clock: str) -> Column:
    hours, minutes, seconds = (int(part) for part in clock.split(":"))
    return F.lit(hours * 3600 + minutes * 60 + seconds).cast("bigint")


def _quoting(what: str, cell: str) -> Column:
    return F.concat(F.lit(f"{what}: "), F.coalesce(cell, F.lit("nothing")))


# the jobs

JOBS = (
    Job(
        t.EXPIRIES,
        (t.SESSIONS,),
        lambda sessions: expiries.expiries(sessions.where(F.col("exchange") == EXCHANGE)),
    ),
    Job(
        t.EXPIRE_CODES,
        (t.EXPIRIES, t.SESSIONS),
        lambda dated, sessions: expiries.expire_codes(
            dated, sessions.where(F.col("exchange") == EXCHANGE)
        ),
    ),
    Job(t.INDEX_LEVELS, (t.TWSE_INDEX, t.INDICES), index_levels),
    Job(t.FUTURES_TRADES, (t.TAIFEX_FUTURES,), futures_trades),
    Job(t.FUTURES_SPREADS, (t.TAIFEX_FUTURES,), futures_spreads),
    rejects(read_futures, t.TAIFEX_FUTURES),
    rejects(read_volume_totals, t.TAIFEX_VOLUME_TOTALS),
    rejects(read_index, t.TWSE_INDEX),
    Job(
        t.CONTRACTS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, t.PRODUCTS, t.EXPIRIES, t.EXPIRE_CODES, t.CLOSURES),
        contracts,
    ),
    Job(t.INDEX_BARS, (t.INDEX_LEVELS,), index_bars),
    sessions_of(t.INDEX_BARS, t.INDEX_SESSIONS, "ticks"),
    Job(
        t.FUTURES_BARS,
        (t.FUTURES_TRADES, t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS),
        futures_bars,
    ),
    sessions_of(t.FUTURES_BARS, t.FUTURES_SESSIONS, "trades"),
    Job(t.SPREAD_BARS, (t.FUTURES_SPREADS, t.CONTRACTS, t.PRODUCTS), spread_bars),
    sessions_of(t.SPREAD_BARS, t.SPREAD_SESSIONS, "trades"),
)
