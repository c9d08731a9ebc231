"""Continuous futures: which contract is in which position by each rule, and the rolls between them.

The rows of a session follow from the sessions before it, of which at most LOOK_BACK_SESSIONS are
seen, and from nothing after it begins, which it does on the evening before. Prices are those of the
contracts: what joins them does not belong into the series (docs/decisions/0082).
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import futures as a
from indextracker_catalogue.job import Input
from indextracker_catalogue.shared.bars import PRICE
from indextracker_catalogue.shared.rolling import CALENDAR, OPEN_INTEREST, POSITIONS, VOLUME
from indextracker_spark.job import SparkJob
from indextracker_spark.taiwan.clock import EXCHANGE

# Between two third Wednesdays are 25 sessions at most, and 26 with a make-up Saturday as before
# 2019. The first session of a contract at the front is compared with the last of the one before.
LOOK_BACK_SESSIONS = 26

# The volume of a session is known when it closes at 13:45, before the night part of the next one
# opens at 15:00. The exchange's report of it comes after that opening: the one before counts.
_NEWEST_KNOWN = {VOLUME: "previous", OPEN_INTEREST: "before_previous"}

_TERMS = (t.PRODUCTS, t.EXPIRIES, t.EXPIRE_CODES, t.SESSIONS)
_OF_CONTRACT = ["session_date", "product", "expiry"]
_OF_POSITION = ["product", "roll_rule", "position"]


def by_calendar(
    bars: DataFrame,
    products: DataFrame,
    expiries: DataFrame,
    codes: DataFrame,
    sessions: DataFrame,
) -> DataFrame:
    """Which contract is in which position: the nearest month is kept to its last trading day.

    Args:
        bars: gold/futures_bars.
        products: silver/products.
        expiries: silver/expiries.
        codes: silver/expire_codes.
        sessions: silver/sessions.

    Returns:
        A row per session of the bars and the one before each, product on an index and position:
        session_date, product, roll_rule, position, expiry, missing_sessions.
    """
    listed = _listed(_sessions(bars, sessions), products, expiries, codes)
    return _placed(listed, CALENDAR, F.lit(0), F.lit(0))


def by_volume(
    bars: DataFrame,
    volumes: DataFrame,
    products: DataFrame,
    expiries: DataFrame,
    codes: DataFrame,
    sessions: DataFrame,
) -> DataFrame:
    """The same as `by_calendar`, where the next month takes over once it had more volume.

    Args:
        bars: gold/futures_bars.
        volumes: gold/futures_sessions.
        products: silver/products.
        expiries: silver/expiries.
        codes: silver/expire_codes.
        sessions: silver/sessions.
    """
    amounts = volumes.where("session_part = 'whole'").select(
        *_OF_CONTRACT, (F.col("contracts") + F.col("spread_contracts")).alias("amount")
    )
    listed = _listed(_sessions(bars, sessions), products, expiries, codes)
    return _by_amount(listed, amounts, VOLUME, sessions)


def by_open_interest(
    bars: DataFrame,
    report: DataFrame,
    products: DataFrame,
    expiries: DataFrame,
    codes: DataFrame,
    sessions: DataFrame,
) -> DataFrame:
    """The same as `by_calendar`, where the next month takes over once more of it was open.

    Args:
        bars: gold/futures_bars.
        report: silver/daily_report of futures.
        products: silver/products.
        expiries: silver/expiries.
        codes: silver/expire_codes.
        sessions: silver/sessions.
    """
    amounts = report.where("open_interest is not null").select(
        *_OF_CONTRACT, F.col("open_interest").alias("amount")
    )
    listed = _listed(_sessions(bars, sessions), products, expiries, codes)
    return _by_amount(listed, amounts, OPEN_INTEREST, sessions)


def continuous(positions: DataFrame, bars: DataFrame) -> DataFrame:
    """The bars of the contracts that are in the positions.

    Args:
        positions: What one of the rules gives.
        bars: gold/futures_bars.

    Returns:
        The columns of gold/continuous_futures.
    """
    # The dates are those of the bars: Sail 0.7.2 writes none that comes of a union as never null.
    return bars.join(positions, _OF_CONTRACT).select(*a.CONTINUOUS_FUTURES.column_names)


def rolls(positions: DataFrame, bars: DataFrame, sessions: DataFrame) -> DataFrame:
    """The sessions in which another contract takes a position, and how far the two are apart.

    On its last day a contract converges to the mean of the index over half an hour, so that its
    last minute alone says little: the median over all minutes of the session before is taken.

    Args:
        positions: What one of the rules gives.
        bars: gold/futures_bars, of the session before each one too.
        sessions: silver/sessions.

    Returns:
        The columns of gold/futures_rolls.
    """
    before = positions.select(
        F.col("session_date").alias("measured_on"), *_OF_POSITION, F.col("expiry").alias("old")
    )
    turned = (
        previous(sessions)
        .join(positions, "session_date")
        .withColumnRenamed("previous", "measured_on")
        .join(before, ["measured_on", *_OF_POSITION])
        .where("expiry <> old")
        .select("session_date", "measured_on", *_OF_POSITION, "old", F.col("expiry").alias("new"))
    )
    minutes = bars.where("scale_minutes = 1 and close is not null").select(
        F.col("session_date").alias("measured_on"), "product", "expiry", "bar_start", "close"
    )
    sides = [
        minutes.withColumnsRenamed({"expiry": side, "close": f"{side}_close"})
        for side in ("old", "new")
    ]
    apart = (
        turned.select("measured_on", "product", "old", "new")
        .distinct()
        .join(sides[0], ["measured_on", "product", "old"])
        .join(sides[1], ["measured_on", "product", "new", "bar_start"])
        .groupBy("measured_on", "product", "old", "new")
        .agg(
            # Of decimals the difference is exact, so that its median is no neighbour of a tick.
            median(F.col("new_close").cast(PRICE) - F.col("old_close").cast(PRICE)).alias("gap"),
            median(F.col("new_close") / F.col("old_close")).alias("ratio"),
            F.count("*").alias("common_minutes"),
        )
    )
    traded = minutes.select("measured_on", "product").distinct().withColumn("traded", F.lit(True))
    reason = F.when(F.col("traded").isNull(), a.NOT_TRADED).otherwise(a.NOT_TRADED_TOGETHER)
    return (
        turned.join(apart, ["measured_on", "product", "old", "new"], "left")
        .join(traded, ["measured_on", "product"], "left")
        .select(
            "session_date",
            *_OF_POSITION,
            F.col("old").alias("from_expiry"),
            F.col("new").alias("to_expiry"),
            "measured_on",
            "gap",
            "ratio",
            F.coalesce("common_minutes", F.lit(0)).alias("common_minutes"),
            F.when(F.col("gap").isNull(), reason).alias("gap_reason"),
        )
    )


def median(values: Column) -> Column:
    """The median of a group, the mean of the middle two of an even number.

    From the values in order and not by `percentile`, whose interpolation differs among engines in
    the last digit.
    """
    ordered = F.sort_array(F.collect_list(values.cast("double")))
    count = F.size(ordered)
    lower = F.element_at(ordered, F.floor((count + 1) / 2).cast("int"))
    upper = F.element_at(ordered, F.floor((count + 2) / 2).cast("int"))
    return (lower + upper) / 2


def futures_on_indices(rows: DataFrame, products: DataFrame) -> DataFrame:
    """The rows that are of futures on an index, with the product's terms in their session.

    Rows of a session as such, without a product, are there once for each of these products.
    """
    terms = products.where((F.col("kind") == "index") & (F.col("instrument") == t.FUTURES)).select(
        *("product", "underlying", "day_close", "last_day_close", "expiry_rule"),
        F.col("valid_from").alias("since"),
        F.col("valid_to").alias("until"),
    )
    joined = rows.join(terms, "product") if "product" in rows.columns else rows.crossJoin(terms)
    session = F.col("session_date")
    held = (session >= F.col("since")) & (F.col("until").isNull() | (session <= F.col("until")))
    return joined.where(held).drop("since", "until")


def previous(sessions: DataFrame) -> DataFrame:
    """Each session of the exchange, and the one before it as `previous`."""
    return sessions.where(F.col("exchange") == EXCHANGE).select(
        "session_date", F.col("previous_session_date").alias("previous")
    )


def _sessions(bars: DataFrame, sessions: DataFrame) -> DataFrame:
    """The sessions of bars and the one before each, with the two sessions before them."""
    before = previous(sessions)
    own = bars.select("session_date").distinct().join(before, "session_date")
    wanted = own.select("session_date").unionByName(
        own.select(F.col("previous").alias("session_date"))
    )
    earlier = before.select(
        F.col("session_date").alias("previous"), F.col("previous").alias("before_previous")
    )
    return wanted.distinct().join(before, "session_date").join(earlier, "previous")


def _listed(
    days: DataFrame, products: DataFrame, expiries: DataFrame, codes: DataFrame
) -> DataFrame:
    """The monthly contracts of futures on indices that are listed in some sessions.

    By the rules of the calendar alone: of thin contracts not every session has a trade.

    Returns:
        The columns of the sessions with product, expiry, `place` (1 for the nearest month), and
        `front_since`, the first session of that one as the nearest.
    """
    session = F.col("session_date")
    listed_in = (
        # A month is coded once here: the nearest is W too in the week in which it ends.
        codes.where("expire_code like 'M%' or expire_code like 'Q%'")
        .join(expiries, ["expiry_rule", "expiry"])
        .select(
            "expiry_rule",
            "expiry",
            "last_trading_date",
            F.col("valid_from").alias("coded_from"),
            F.col("valid_to").alias("coded_to"),
            F.when(F.col("expire_code") == "M", F.col("valid_from")).alias("front_since"),
        )
    )
    of_product = Window.partitionBy("session_date", "product")
    return (
        futures_on_indices(days, products)
        .join(listed_in, "expiry_rule")
        .where(session.between(F.col("coded_from"), F.col("coded_to")))
        .select(
            *days.columns,
            "product",
            "expiry",
            F.row_number().over(of_product.orderBy("last_trading_date", "expiry")).alias("place"),
            F.max("front_since").over(of_product).alias("front_since"),
        )
    )


def _by_amount(listed: DataFrame, amounts: DataFrame, rule: str, sessions: DataFrame) -> DataFrame:
    """Positions where the month after the nearest takes over once it had more of something.

    Compared are the sessions in which the nearest month has been that, so that nothing is ever
    given back, and a far month that led for a day while nearer ones were there does not count.
    """
    of_front = ["session_date", "product"]
    newest = F.col(_NEWEST_KNOWN[rule])
    fronts = listed.where("place = 1").select(*of_front, "front_since", newest.alias("newest"))
    months = [
        listed.where(F.col("place") == place).select(*of_front, F.col("expiry").alias(name))
        for place, name in ((1, "nearest"), (2, "next"))
    ]
    counted = previous(sessions).select(F.col("session_date").alias("counted"))
    compared = (
        fronts.join(months[0], of_front)
        .join(months[1], of_front)
        .join(counted, F.col("counted").between(F.col("front_since"), F.col("newest")))
    )
    of_month = [
        amounts.withColumnsRenamed({"session_date": "counted", "expiry": name, "amount": of})
        for name, of in (("nearest", "of_nearest"), ("next", "of_next"))
    ]
    known = amounts.select(F.col("session_date").alias("counted")).distinct()
    compared = (
        compared.join(of_month[0], ["counted", "product", "nearest"], "left")
        .join(of_month[1], ["counted", "product", "next"], "left")
        .join(known.withColumn("known", F.lit(1)), "counted", "left")
        .groupBy(*of_front)
        .agg(
            F.max(
                F.when(
                    F.coalesce("of_next", F.lit(0)) > F.coalesce("of_nearest", F.lit(0)), 1
                ).otherwise(0)
            ).alias("gave_way"),
            F.count_if(F.col("known").isNull()).alias("missing"),
        )
    )
    told = listed.join(compared, of_front, "left")
    zero = F.lit(0)
    return _placed(told, rule, F.coalesce("gave_way", zero), F.coalesce("missing", zero))


def _placed(listed: DataFrame, rule: str, passed: Column, missing: Column) -> DataFrame:
    """Positions of contracts, of which so many of the nearest have given way."""
    position = (F.col("place") - passed).cast("int")
    return listed.select(
        "session_date",
        "product",
        F.lit(rule).alias("roll_rule"),
        position.alias("position"),
        "expiry",
        missing.cast("int").alias("missing_sessions"),
    ).where(F.col("position").between(1, POSITIONS))


def _jobs(
    rule: str,
    positions: Callable[..., DataFrame],
    *figures: Input,
    of: dict[str, str] | None = None,
) -> tuple[SparkJob, SparkJob]:
    """The jobs of one rule: the series, and its rolls."""
    slices = {"roll_rule": rule, **(of or {})}

    def series(bars: DataFrame, *others: DataFrame) -> DataFrame:
        return continuous(positions(bars, *others), bars)

    def joints(bars: DataFrame, *others: DataFrame) -> DataFrame:
        return rolls(positions(bars, *others), bars, others[-1])

    return (
        SparkJob(a.CONTINUOUS_FUTURES, (t.FUTURES_BARS, *figures, *_TERMS), series, slices),
        SparkJob(a.FUTURES_ROLLS, (Input(t.FUTURES_BARS, 1), *figures, *_TERMS), joints, slices),
    )


JOBS = (
    *_jobs(CALENDAR, by_calendar),
    *_jobs(VOLUME, by_volume, Input(t.FUTURES_SESSIONS, LOOK_BACK_SESSIONS)),
    *_jobs(
        OPEN_INTEREST,
        by_open_interest,
        # A session does not wait for its own report, which says what later ones are to hold.
        Input(t.DAILY_REPORT, LOOK_BACK_SESSIONS, optional=True),
        of={"instrument": t.FUTURES},
    ),
)
