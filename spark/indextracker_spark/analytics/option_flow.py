"""The flow of options: what was traded and what is held, by strike and by expiry.

Sums are of whole numbers and decimals, so that they are exact and engines agree. Strikes are whole
ten-thousandths in what is multiplied: of a product with a million open contracts at strikes of a
hundred thousand points, sums stay a hundred times below 2^63.
"""

from __future__ import annotations

from decimal import Decimal

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import OPTION_FLOW, OPTION_FLOW_EXPIRIES
from indextracker_catalogue.job import Input
from indextracker_catalogue.shared.bars import WEIGHTED
from indextracker_spark.job import SparkJob
from indextracker_spark.taiwan.clock import EXCHANGE

_WHOLE = "whole"
_SIDES = {"call": "C", "put": "P"}
_STRIKE = ["session_date", "product", "expiry", "strike"]
_EXPIRY = ["session_date", "product", "expiry"]
_UNITS, _UNIT = 10_000, Decimal("0.0001")
_TRADED = [f"{side}_{of}" for of in ("contracts", "turnover") for side in _SIDES]
_HELD = [f"{side}_open_interest" for side in _SIDES]
_CHANGES = [f"{name}_change" for name in _HELD]


def option_flow(
    sessions: DataFrame, report: DataFrame, products: DataFrame, calendar: DataFrame
) -> DataFrame:
    """Contracts, premium and open interest by strike.

    Args:
        sessions: gold/option_sessions.
        report: silver/daily_report, that of the session before too. Without it what is held is
            null.
        products: silver/products.
        calendar: silver/sessions.
    """
    traded = sessions.groupBy(*_STRIKE, "session_part").agg(
        *_by_side(F.col("contracts"), "contracts"),
        *_by_side(F.col("price_contracts_sum"), "points"),
    )
    held = _held(report, calendar).withColumn("session_part", F.lit(_WHOLE))
    rows = traded.join(held, [*_STRIKE, "session_part"], "full")
    contracts = {
        name: F.coalesce(name, F.lit(0).cast("bigint"))
        for name in ("call_contracts", "put_contracts")
    }
    # Of 28 digits and 9: the product has the 38 that there are.
    nothing = F.lit(0).cast(WEIGHTED)
    turnover = {
        f"{side}_turnover": (
            F.coalesce(F.col(f"{side}_points").cast(WEIGHTED), nothing) * F.col("multiplier")
        ).cast(WEIGHTED)
        for side in _SIDES
    }
    return (
        _with_multiplier(rows, products)
        .withColumns(contracts | turnover)
        .select(*OPTION_FLOW.column_names)
    )


def option_flow_expiries(flow: DataFrame, products: DataFrame) -> DataFrame:
    """What follows of each expiry: sums, ratios of puts to calls, mean strike, maximum pain.

    Args:
        flow: gold/option_flow.
        products: silver/products.
    """
    strike_units = F.col("strike_units") * (F.col("call_contracts") + F.col("put_contracts"))
    sums = (
        _with_units(flow)
        .withColumn("weighted_units", strike_units)
        .groupBy(*_EXPIRY, "session_part")
        .agg(*(F.sum(name).alias(name) for name in (*_TRADED, *_HELD, *_CHANGES, "weighted_units")))
    )
    contracts = F.col("call_contracts") + F.col("put_contracts")
    ratios = {
        f"put_call_{of}": F.when(
            F.col(f"call_{of}") > 0,
            F.col(f"put_{of}").cast("double") / F.col(f"call_{of}").cast("double"),
        )
        for of in ("contracts", "turnover", "open_interest")
    }
    # Exact up to 2^53 ten-thousandths, and rounded once.
    mean = F.when(contracts > 0, F.col("weighted_units") / (contracts * F.lit(_UNITS)))
    pain = _with_multiplier(_max_pain(flow), products).select(
        *_EXPIRY,
        F.lit(_WHOLE).alias("session_part"),
        "max_pain_strike",
        (F.col("payout_points") * F.col("multiplier")).cast(WEIGHTED).alias("max_pain_payout"),
    )
    return (
        sums.withColumns(
            {name: F.col(name).cast(WEIGHTED) for name in _TRADED if "turnover" in name}
        )
        .withColumns({**ratios, "volume_weighted_strike": mean})
        .join(pain, [*_EXPIRY, "session_part"], "left")
        .select(*OPTION_FLOW_EXPIRIES.column_names)
    )


def _held(report: DataFrame, calendar: DataFrame) -> DataFrame:
    """Open interest by strike, and its change from the session before."""
    held = (
        report.where((F.col("instrument") == t.OPTIONS) & (F.col("session_part") == "day"))
        .groupBy(*_STRIKE)
        .agg(*_by_side(F.col("open_interest"), "open_interest"))
    )
    following = calendar.where(F.col("exchange") == EXCHANGE).select(
        F.col("session_date").alias("following_date"),
        F.col("previous_session_date").alias("session_date"),
    )
    earlier = held.join(following, "session_date").select(
        F.col("following_date").alias("session_date"),
        *_STRIKE[1:],
        *(F.col(name).alias(f"{name}_before") for name in _HELD),
    )
    known = earlier.select("session_date", "product").distinct().withColumn("known", F.lit(True))
    # What was not in a report that is known was not listed, and nobody held it.
    changes = {
        f"{name}_change": F.when(
            F.col("known"), F.col(name) - F.coalesce(f"{name}_before", F.lit(0).cast("bigint"))
        )
        for name in _HELD
    }
    return (
        held.join(earlier, _STRIKE, "left")
        .join(known, ["session_date", "product"], "left")
        .select(*_STRIKE, *_HELD, *(changes[name].alias(name) for name in _CHANGES))
    )


def _by_side(value: Column, name: str) -> list[Column]:
    """A sum of calls and one of puts; null where there is nothing to add."""
    return [
        F.sum(F.when(F.col("option_type") == letter, value)).alias(f"{side}_{name}")
        for side, letter in _SIDES.items()
    ]


def _max_pain(flow: DataFrame) -> DataFrame:
    """The strike of an expiry at which the holders of open contracts would be paid least.

    What is paid is convex and linear between strikes, so that it is least at one of them. A call
    pays above its strike and a put below: with sums over the strikes on either side it takes one
    pass.
    """
    strike, call, put = (F.col(name) for name in ("strike_units", *_HELD))
    order = Window.partitionBy(*_EXPIRY).orderBy("strike")
    below = order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    above = order.rowsBetween(Window.currentRow, Window.unboundedFollowing)
    paid = (
        strike * F.sum(call).over(below)
        - F.sum(strike * call).over(below)
        + F.sum(strike * put).over(above)
        - strike * F.sum(put).over(above)
    )
    held = _with_units(flow.where(F.col("session_part") == _WHOLE)).fillna(0, _HELD)
    return (
        held.where(call + put > 0)
        .withColumn("paid", paid)
        .groupBy(*_EXPIRY)
        .agg(F.min(F.struct("paid", "strike")).alias("least"))
        .select(
            *_EXPIRY,
            F.col("least.strike").alias("max_pain_strike"),
            (F.col("least.paid").cast("decimal(19,0)") * F.lit(_UNIT)).alias("payout_points"),
        )
    )


def _with_units(rows: DataFrame) -> DataFrame:
    """Adds strikes in ten-thousandths."""
    return rows.withColumn("strike_units", (F.col("strike") * F.lit(_UNITS)).cast("bigint"))


def _with_multiplier(rows: DataFrame, products: DataFrame) -> DataFrame:
    """Adds what a point of the product is worth at the session; null where it is not known."""
    terms = products.where(F.col("instrument") == t.OPTIONS).select(
        F.col("product").alias("known_product"),
        F.col("multiplier").cast("decimal(9,2)").alias("multiplier"),
        "valid_from",
        "valid_to",
    )
    held = (
        (F.col("product") == F.col("known_product"))
        & (F.col("session_date") >= F.col("valid_from"))
        & (F.col("valid_to").isNull() | (F.col("session_date") <= F.col("valid_to")))
    )
    return rows.join(terms, held, "left")


JOBS = (
    SparkJob(
        OPTION_FLOW,
        (
            t.OPTION_SESSIONS,
            # Without the exchange's report there is flow all the same.
            Input(t.DAILY_REPORT, look_back=1, optional=True),
            t.PRODUCTS,
            t.SESSIONS,
        ),
        option_flow,
    ),
    SparkJob(OPTION_FLOW_EXPIRIES, (OPTION_FLOW, t.PRODUCTS), option_flow_expiries),
)
