"""What the prices of options imply: volatilities and greeks by series, every five minutes.

An option's last price is held against the forward of the minute in which it was made, not against
that of the row's instant: in five minutes TAIEX moves by some 0.13 %, which moves an option at the
money of three days by some two points of volatility. The formulas are in indextracker_numerics.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import analytics as a
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan.terms import PREMIUM_TICKS
from indextracker_numerics import black76, parity
from indextracker_spark.analytics.arrow import INSTANT, of_table, schema_of, starts
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob
from indextracker_spark.taiwan.contracts import settlements

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Texts = npt.NDArray[Any]

YEAR_SECONDS = 365 * 86_400
_MICROSECONDS = 1_000_000
_MINUTE_SECONDS = 60
_EVERY_SECONDS = a.OPTIONS_EVERY_MINUTES * 60
_DAYS_A_YEAR = 365
_POINTS = 100  # of volatility in 1

# Of a price that never was; with it every age is beyond every limit.
_NEVER = -(2**62)


class _Series(NamedTuple):
    """The trades of an expiry's series; arrays of trades by series and time.

    Attributes:
        strike: Of each series, ascending, the call before the put.
        call: Whether it is a call.
        of: The series of each trade.
        seconds: When it was, counted from 1970 in UTC.
        price: For how much.
    """

    strike: Floats
    call: npt.NDArray[np.bool_]
    of: Integers
    seconds: Integers
    price: Floats

    def last(self, moments: Integers) -> tuple[Integers, Integers]:
        """The last trade of each series at each moment, and how old it is.

        Returns:
            Places of trades, and ages in seconds, both of shape (series, moments); of a series
            that was not traded yet the place means nothing, and the age is beyond every limit.
        """
        # Seconds of a session take 18 bits: series and time are one ascending number.
        start = min(self.seconds.min(), moments.min())
        span = max(self.seconds.max(), moments.max()) - start + 1
        number = np.arange(len(self.strike))
        sought = number[:, None] * span + (moments - start)
        place = np.searchsorted(self.of * span + self.seconds - start, sought, side="right") - 1
        there = (place >= 0) & (self.of[place] == number[:, None])
        return place, np.where(there, moments - self.seconds[place], -_NEVER)


class _Track(NamedTuple):
    """The forward of an expiry, minute by minute.

    Attributes:
        seconds: Full minutes, counted from 1970.
        forward: The last known one there; nan where it is too old.
        error: Of it, as of `parity.Forwards`.
        pairs: Likewise.
        age: How old it is, in seconds.
    """

    seconds: Integers
    forward: Floats
    error: Floats
    pairs: Integers
    age: Integers

    def at(self, moments: Integers) -> _Track:
        """The track at some of its minutes."""
        place = (moments - self.seconds[0]) // _MINUTE_SECONDS
        return _Track(*(values[place] for values in self))


def implied_volatility(trades: DataFrame, contracts: DataFrame, products: DataFrame) -> DataFrame:
    """Rows of gold/implied_volatility."""
    settled = settlements(contracts, products)
    prints = trades.join(settled, ["session_date", "product", "expiry"], "left").select(
        "session_date",
        "product",
        "expiry",
        F.col("strike").cast("double").alias("strike"),
        "option_type",
        "session_part",
        "traded_at",
        "line",
        "price",
        "settles_at",
    )
    return by_group(
        prints,
        ("session_date", "product", "expiry"),
        ("strike", "option_type", "traded_at", "line"),
        of_expiry,
        schema_of(a.IMPLIED_VOLATILITY),
    )


def of_expiry(trades: pa.Table) -> pa.Table:
    """The rows of one expiry in one session.

    Args:
        trades: Its prints with `settles_at`, by strike, type, instant and line.
    """
    product, settles = trades["product"][0].as_py(), _seconds(trades["settles_at"])[0]
    firsts = starts(trades, ("strike", "option_type"))
    series = _Series(
        strike=trades["strike"].to_numpy()[firsts],
        call=trades["option_type"].to_numpy()[firsts] == "C",
        of=np.repeat(np.arange(len(firsts)), np.diff(np.append(firsts, trades.num_rows))),
        seconds=_seconds(trades["traded_at"]),
        price=trades["price"].to_numpy(),
    )
    track = _track(series, settles)
    moments = _moments(trades["session_part"], series.seconds)
    place, age = series.last(moments)
    of_series, of_moment = np.nonzero(age <= a.PRICES_WITHIN_SECONDS)
    place, age = place[of_series, of_moment], age[of_series, of_moment]
    seconds, price = series.seconds[place], series.price[place]
    known = track.at(_upwards(seconds, _MINUTE_SECONDS))
    strike, call = series.strike[of_series], series.call[of_series]
    years = _years(settles, seconds)
    of_these: dict[str, Any] = {"call": call, "rate": a.RATE}
    volatility = black76.implied_volatility(price, known.forward, strike, years, **of_these)
    with np.errstate(invalid="ignore", divide="ignore"):
        greeks = black76.greeks(known.forward, strike, years, volatility, **of_these)
    tick = ticks(product, price)
    reason = _reasons(price, known.forward, strike, years, volatility, call)
    rows = _Rows(of_series, of_moment, price, tick, years, volatility, greeks.delta, known)
    broken = _violations(rows, series, track, moments, settles)
    taken = trades.take(pa.array(place))
    columns: dict[str, Any] = {
        name: taken[name]
        for name in (
            *("session_date", "product", "expiry", "strike", "option_type"),
            *("session_part", "traded_at"),
        )
    }
    columns |= {
        "observed_at": instants(moments[of_moment]),
        "age_seconds": age,
        "price": price,
        "tick": tick,
        "forward": known.forward,
        "forward_error": known.error,
        "forward_pairs": known.pairs,
        "forward_age_seconds": pa.array(known.age, mask=np.isnan(known.forward)),
        "years": years,
        "moneyness": np.log(strike / known.forward),
        "volatility": volatility,
        "delta": greeks.delta,
        "gamma": greeks.gamma,
        "vega": greeks.vega / _POINTS,
        "theta": greeks.theta / _DAYS_A_YEAR,
        "reason": pa.array(reason, mask=reason == ""),
        "violations": pa.array(broken, mask=broken == ""),
    }
    return of_table(a.IMPLIED_VOLATILITY, columns)


def ticks(product: str, price: Floats) -> Floats:
    """The smallest step of each price; nan where nobody tells it of the product."""
    if product not in PREMIUM_TICKS:
        return np.full(len(price), np.nan)
    bounds, steps = np.array(PREMIUM_TICKS[product]).T
    return np.asarray(steps[np.searchsorted(bounds, price, side="right") - 1])


def instants(seconds: Integers) -> pa.Array:
    """Instants as Arrow has them, of seconds counted from 1970."""
    return pa.array(seconds * _MICROSECONDS).cast(INSTANT)


def _seconds(column: pa.ChunkedArray) -> Integers:
    """Seconds counted from 1970; of none the largest negative number."""
    micros = column.cast(INSTANT).cast(pa.int64()).fill_null(_NEVER)
    return np.asarray(micros.to_numpy() // _MICROSECONDS)


def _upwards(seconds: Integers, step: int) -> Integers:
    """The first full step at an instant or after it."""
    return -(-seconds // step) * step


def _years(settles: int, seconds: Integers) -> Floats:
    """Years to the settlement; nan where nobody dates it."""
    if settles < 0:
        return np.full(len(seconds), np.nan)
    return np.asarray((settles - seconds) / YEAR_SECONDS)


def _moments(part: pa.ChunkedArray, seconds: Integers) -> Integers:
    """The instants of rows: from the first trade of each part to its last one."""
    found = []
    for name in pc.unique(part):
        own = seconds[pc.equal(part, name).to_numpy()]
        first, last = _upwards(np.array([own.min(), own.max()]), _EVERY_SECONDS).tolist()
        found.append(np.arange(first, last + 1, _EVERY_SECONDS))
    return np.unique(np.concatenate(found))


def _track(series: _Series, settles: int) -> _Track:
    """The forward at every minute from the first trade to the last row."""
    [first] = _upwards(series.seconds.min(keepdims=True), _MINUTE_SECONDS).tolist()
    [last] = _upwards(series.seconds.max(keepdims=True), _EVERY_SECONDS).tolist()
    minutes = np.arange(first, last + 1, _MINUTE_SECONDS)
    strike, of_strike = np.unique(series.strike, return_inverse=True)
    place, age = series.last(minutes)
    legs = np.full((2, len(minutes), len(strike)), np.nan)
    ages = np.full(legs.shape, -_NEVER)
    for leg, own in enumerate((series.call, ~series.call)):
        legs[leg][:, of_strike[own]] = series.price[place[own]].T
        ages[leg][:, of_strike[own]] = age[own].T
    older = ages.max(axis=0)
    freshest = older.min(axis=1, keepdims=True)
    within = np.where(freshest <= a.LEGS_WITHIN_SECONDS, a.LEGS_WITHIN_SECONDS, freshest)
    within = np.minimum(within, a.FORWARDS_WITHIN_SECONDS)
    call, put = np.where(older <= within, legs, np.nan)
    growth = np.exp(a.RATE * _years(settles, minutes))
    told = parity.forwards(strike, call, put, growth)
    steps = np.arange(len(minutes))
    newest = np.maximum.accumulate(np.where(np.isnan(told.forward), -1, steps))
    age = (steps - newest) * _MINUTE_SECONDS
    known = (newest >= 0) & (age <= a.FORWARDS_WITHIN_SECONDS)
    return _Track(
        seconds=minutes,
        forward=np.where(known, told.forward[newest], np.nan),
        error=np.where(known, told.error[newest], np.nan),
        pairs=np.where(known, told.pairs[newest], 0),
        age=age,
    )


def _reasons(
    price: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    volatility: Floats,
    call: npt.NDArray[np.bool_],
) -> Texts:
    """Why there is no volatility; empty where there is one."""
    least, _ = black76.bounds(forward, strike, years, call=call, rate=a.RATE)
    reasons = {
        "": ~np.isnan(volatility),
        "undated": np.isnan(years),
        "expired": years <= 0,
        "no forward": np.isnan(forward),
        "below intrinsic": price <= least,
    }
    return np.select(list(reasons.values()), list(reasons), "above bound")


class _Rows(NamedTuple):
    """What is compared of the rows of an expiry."""

    of_series: Integers
    of_moment: Integers
    price: Floats
    tick: Floats
    years: Floats
    volatility: Floats
    delta: Floats
    known: _Track


def _violations(
    rows: _Rows, series: _Series, track: _Track, moments: Integers, settles: int
) -> Texts:
    """Which relations between prices each row breaks, joined; empty where none.

    Prices are brought to one instant first, each by its own volatility: prices of different moments
    break these relations as the forward moves. A price may be wrong by a tick and, as far as it
    moves with it, by the errors of the forwards.
    """
    strike, call = series.strike[rows.of_series], series.call[rows.of_series]
    now = track.at(moments[rows.of_moment])
    years = _years(settles, moments[rows.of_moment])
    tick = np.nan_to_num(rows.tick)
    least, most = black76.bounds(rows.known.forward, strike, rows.years, call=call, rate=a.RATE)
    outside = (least - rows.price > tick + rows.known.error) | (rows.price - most > tick)
    with np.errstate(invalid="ignore", divide="ignore"):
        value = black76.premium(now.forward, strike, years, rows.volatility, call=call, rate=a.RATE)
    slack = tick + np.abs(rows.delta) * (rows.known.error + now.error)
    discount = np.exp(-a.RATE * years)

    legs = np.full((2, 2, len(moments), len(series.strike)), np.nan)
    _, of_strike = np.unique(strike, return_inverse=True)
    for leg, own in enumerate((call, ~call)):
        legs[leg, :, rows.of_moment[own], of_strike[own]] = np.array([value[own], slack[own]]).T
    both, room = (legs[:, kind, rows.of_moment, of_strike] for kind in (0, 1))
    apart = both[0] - both[1] - discount * (now.forward - strike)
    off = np.abs(apart) > room[0] + room[1]

    found = {"bound": outside, "parity": off}
    found |= {name: np.zeros(len(strike), bool) for name in ("monotone", "convex")}
    order = np.lexsort((strike, rows.of_moment, call))
    order = order[~np.isnan(value[order])]
    chain = rows.of_moment[order] * 2 + call[order]
    falling = np.where(call[order], 1, -1) * value[order]
    compared = chain, strike[order]
    found["monotone"][order] = parity.not_monotone(
        *compared, falling, slack[order], discount[order]
    )
    found["convex"][order] = parity.not_convex(*compared, value[order], slack[order])
    names = np.array("", dtype=object)
    for name, broken in found.items():
        separator = np.where(broken & (names != ""), ", ", "")
        names = names + separator + np.where(broken, name, "")
    return np.asarray(names, dtype=str)


JOBS = (
    SparkJob(
        a.IMPLIED_VOLATILITY,
        (t.OPTION_TRADES, t.CONTRACTS, t.PRODUCTS),
        implied_volatility,
        {"instrument": t.OPTIONS},
    ),
)
