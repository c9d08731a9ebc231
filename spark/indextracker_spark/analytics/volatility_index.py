"""The volatility index: every five minutes, from the last prices of the near and the next term.

The formula is that of indextracker_numerics. Which prices count for it is decided here; the numbers
of the rules are beside the table.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import VOLATILITY_INDEX
from indextracker_catalogue.analytics.volatility_index import (
    EVERY_MINUTES,
    FUTURES_PRODUCT,
    HORIZON_DAYS,
    LEAST_DAYS,
    LEAST_STRIKES,
    MOST_AGE_MINUTES,
    OPTIONS_PRODUCT,
    TERMS,
)
from indextracker_catalogue.job import Input
from indextracker_catalogue.taiwan.terms import UTC_OFFSET_SECONDS
from indextracker_numerics.variance_index import constant_maturity, term_variance
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob
from indextracker_spark.shared.bars import seconds_of

Floats = npt.NDArray[np.float64]
Instants = npt.NDArray[np.int64]

_SECOND = 1_000_000  # microseconds, as Arrow has instants
_MINUTE = 60 * _SECOND
_DAY = 24 * 60 * _MINUTE
_YEAR = 365 * _DAY
# The front month, and those after it: by the calendar, and not by what was traded.
_MONTHS = ("M", "M+1", "M+2")
_FUTURE = "F"
_SCHEMA = ", ".join(f"{column.name} {column.spark_type}" for column in VOLATILITY_INDEX.columns)
_KINDS = {
    "string": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "int": pa.int32(),
    "double": pa.float64(),
}
_ARROW = pa.schema([(column.name, _KINDS[column.type]) for column in VOLATILITY_INDEX.columns])


def volatility_index(
    options: DataFrame, futures: DataFrame, contracts: DataFrame, products: DataFrame
) -> DataFrame:
    """The index and its intermediate figures, at moments of the day part.

    Args:
        options: gold/option_bars.
        futures: gold/futures_bars.
        contracts: silver/contracts.
        products: silver/products.
    """
    of_minutes = (F.col("scale_minutes") == 1) & (F.col("session_part") == "day")
    prices = options.where(of_minutes & (F.col("product") == OPTIONS_PRODUCT)).select(
        *("session_date", "expiry", "option_type"),
        F.col("strike").cast("double").alias("strike"),
        *("bar_start", "close"),
    )
    forwards = futures.where(of_minutes & (F.col("product") == FUTURES_PRODUCT)).select(
        *("session_date", "expiry"),
        F.lit(_FUTURE).alias("option_type"),
        F.lit(0.0).alias("strike"),
        *("bar_start", "close"),
    )
    months = contracts.where(
        (F.col("product") == OPTIONS_PRODUCT) & F.col("expire_code").isin(*_MONTHS)
    ).select("session_date", "expiry", "expire_code", "last_trading_date")
    hours = products.where(F.col("product") == OPTIONS_PRODUCT).select(
        *(
            seconds_of(F.col(name)).alias(name)
            for name in ("day_open", "day_close", "last_day_close")
        ),
        *("valid_from", "valid_to"),
    )
    held = (F.col("session_date") >= F.col("valid_from")) & (
        F.col("valid_to").isNull() | (F.col("session_date") <= F.col("valid_to"))
    )
    rows = (
        # Legs of spreads alone give a minute no price.
        prices.unionByName(forwards.where("close is not null"))
        .join(months, ["session_date", "expiry"])
        .join(hours, held)
        .drop("valid_from", "valid_to")
    )
    order = ("expiry", "option_type", "strike", "bar_start")
    return by_group(rows, ["session_date"], order, _of_session, _SCHEMA)


def _of_session(prices: pa.Table) -> pa.Table:
    session = prices["session_date"][0].as_py()
    hours = prices.slice(0, 1).to_pylist()[0]
    midnight = _midnight(session)
    opens, closes = (midnight + hours[name] * _SECOND for name in ("day_open", "day_close"))
    step = EVERY_MINUTES * _MINUTE
    moments = np.arange(opens + step, closes + 1, step)
    terms = [
        _of_term(prices, code, hours["last_day_close"], moments) for code in _codes(session, prices)
    ]
    rows = [
        {"session_date": session, "product": OPTIONS_PRODUCT, "observed_at": int(at)}
        | _index(dict(zip(TERMS, (of_term[place] for of_term in terms), strict=True)))
        for place, at in enumerate(moments)
    ]
    return pa.Table.from_pylist(rows, _ARROW)


def _midnight(day: date) -> int:
    return (day - date(1970, 1, 1)).days * _DAY - UTC_OFFSET_SECONDS * _SECOND


def _codes(session: date, prices: pa.Table) -> tuple[str, ...]:
    """The codes of the near and the next term."""
    front = prices.filter(pc.equal(prices["expire_code"], _MONTHS[0]))["last_trading_date"]
    near = 1 if len(front) and (front[0].as_py() - session).days < LEAST_DAYS else 0
    return _MONTHS[near : near + len(TERMS)]


def _of_term(
    prices: pa.Table, code: str, closes_at: int, moments: Instants
) -> list[dict[str, Any]]:
    """What is known of a term at each moment, under the names of the columns of a term."""
    own = prices.filter(pc.equal(prices["expire_code"], code))
    kinds = own["option_type"].to_numpy(zero_copy_only=False)
    if not (kinds != _FUTURE).any():
        return [{} for _ in moments]
    last_day, expiry = own["last_trading_date"][0].as_py(), own["expiry"][0].as_py()
    ends = _midnight(last_day) + closes_at * _SECOND
    strikes = own["strike"].to_numpy()
    at = own["bar_start"].cast(pa.int64()).to_numpy()
    close = own["close"].to_numpy()
    strike = np.unique(strikes[kinds != _FUTURE])

    def last(kind: str, wanted: Floats) -> tuple[Floats, Floats]:
        """Last prices, and their ages in minutes, by moment and strike; nan where none counts."""
        price, age = np.full((2, moments.size, wanted.size), np.nan)
        of_kind = kinds == kind
        for place, one in enumerate(wanted):
            of_one = of_kind & (strikes == one)
            price[:, place], age[:, place] = _last(at[of_one], close[of_one], moments)
        return price, age

    (call, call_age), (put, put_age) = last("C", strike), last("P", strike)
    forward = last(_FUTURE, np.zeros(1))[0][:, 0]
    found = []
    for place, moment in enumerate(moments):
        row: dict[str, Any] = {"expiry": expiry, "years": (ends - int(moment)) / _YEAR}
        found.append(row)
        if not np.isfinite(forward[place]):
            continue
        row["forward"] = float(forward[place])
        made = term_variance(strike, call[place], put[place], row["forward"], row["years"])
        row |= {"puts": made.puts, "calls": made.calls}
        if not np.isfinite(made.k0):
            continue
        ages = np.concatenate(
            [put_age[place][strike <= made.k0], call_age[place][strike >= made.k0]]
        )
        row |= {"k0": made.k0, "age_minutes": float(np.mean(ages[np.isfinite(ages)]))}
        if min(made.puts, made.calls) >= LEAST_STRIKES:
            row["variance"] = made.variance
    return found


def _last(at: Instants, close: Floats, moments: Instants) -> tuple[Floats, Floats]:
    """The last price of one contract at each moment, and its age in minutes; nan if it is old.

    Prices are those of minutes, in order. A minute counts once it is over, and is as old as its
    beginning.
    """
    place = np.searchsorted(at, moments - _MINUTE, side="right") - 1
    age = np.where(place >= 0, (moments - at[place]) / _MINUTE, np.inf) if at.size else np.inf
    counts = age <= MOST_AGE_MINUTES
    price = close[place] if at.size else np.nan
    return np.where(counts, price, np.nan), np.where(counts, age, np.nan)


def _index(terms: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The index at a moment, or why there is none, with the figures of its terms."""
    row: dict[str, Any] = {
        f"{term}_{name}": value for term, of in terms.items() for name, value in of.items()
    }
    reason = next((said for term, of in terms.items() if (said := _reason(term, of))), None)
    if reason is None:
        near, further = (terms[term] for term in TERMS)
        variance = constant_maturity(
            near["years"], near["variance"], further["years"], further["variance"], HORIZON_DAYS
        )
        if variance > 0:
            return row | {"volatility_index": 100.0 * float(np.sqrt(variance)), "reason": None}
        reason = f"the variance over {HORIZON_DAYS} days is not above zero"
    return row | {"volatility_index": None, "reason": reason}


def _reason(term: str, of: dict[str, Any]) -> str | None:
    if "expiry" not in of:
        return f"no option of the {term} term was traded by day"
    if "forward" not in of:
        return f"no future of the {term} term in {MOST_AGE_MINUTES} minutes"
    if "variance" not in of:
        return (
            f"fewer than {LEAST_STRIKES} strikes on a side of the {term} term "
            f"in {MOST_AGE_MINUTES} minutes"
        )
    return None


JOBS = (
    SparkJob(
        VOLATILITY_INDEX,
        (
            t.OPTION_BARS,
            t.FUTURES_BARS,
            # Bars of options are there once their own contracts are; those of futures do not count.
            Input(t.CONTRACTS, optional=True),
            t.PRODUCTS,
        ),
        volatility_index,
    ),
)
