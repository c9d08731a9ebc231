"""Premiums of European options on a forward, and the volatilities that premiums imply.

The formula is that of F. Black, "The pricing of commodity contracts", Journal of Financial
Economics 3 (1976), 167-179. Arrays are of one shape, or are broadcast to one. Reading tables does
not belong here.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_ROOT_2, _ROOT_2_PI = math.sqrt(2.0), math.sqrt(2.0 * math.pi)
# Bisection alone halves the bracket to the last bit in so many steps; Newton takes some eight.
_STEPS = 100
_LARGEST_DEVIATION = 40.0
_erfc = np.frompyfunc(math.erfc, 1, 1)


def premium(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    *,
    call: ArrayLike,
    rate: ArrayLike = 0.0,
) -> Floats:
    """What options are worth.

    Args:
        forward: Price of the underlying for delivery at expiry, above zero.
        strike: Likewise above zero, in the same unit.
        years: Time to expiry, above zero.
        volatility: Yearly, as a fraction, above zero.
        call: True of a call, false of a put.
        rate: Interest a year, continuously compounded, as a fraction.

    Returns:
        Premiums in the unit of the forward, in the shape of the arguments.
    """
    f, k, t, v, r, is_call = np.broadcast_arrays(forward, strike, years, volatility, rate, call)
    deviation = v * np.sqrt(t)
    away = np.where(is_call, 1.0, -1.0)
    upper = np.log(f / k) / deviation + deviation / 2
    paid = f * _normal(away * upper) - k * _normal(away * (upper - deviation))
    return np.asarray(np.exp(-r * t) * away * paid)


def bounds(
    forward: ArrayLike, strike: ArrayLike, years: ArrayLike, *, call: ArrayLike, rate: ArrayLike
) -> tuple[Floats, Floats]:
    """Between what the premium of an option lies, both exclusive, or there is an arbitrage.

    Args:
        forward: As of `premium`, and so are the others.
        strike: See there.
        years: See there.
        call: See there.
        rate: See there.

    Returns:
        What it would pay if it were certain that the forward stays, discounted; and the discounted
        forward of a call, the discounted strike of a put.
    """
    f, k, t, r, is_call = np.broadcast_arrays(forward, strike, years, rate, call)
    discount = np.exp(-r * t)
    inner = np.maximum(np.where(is_call, f - k, k - f), 0.0)
    return discount * inner, discount * np.where(is_call, f, k)


def implied_volatility(
    price: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    *,
    call: ArrayLike,
    rate: ArrayLike = 0.0,
) -> Floats:
    """The volatilities by which options are worth what they cost.

    What an option costs above its lower bound is the premium of the option out of the money at the
    same strike, whose logarithm rises and is concave in the volatility: Newton's method on it, kept
    inside a bracket by bisection, finds the only root from any start.

    Args:
        price: What they cost, in the unit of the forward.
        forward: As of `premium`, and so are the others.
        strike: See there.
        years: See there.
        call: See there.
        rate: See there.

    Returns:
        Volatilities a year as fractions, in the shape of the arguments; nan where a price is not
        between its `bounds`, where no time is left, or where an argument is nan.
    """
    given = (price, forward, strike, years, rate, call)
    p, f, k, t, r, is_call = np.broadcast_arrays(*given)
    found = np.full(p.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        least, most = bounds(f, k, t, call=is_call, rate=r)
        sound = (t > 0) & (f > 0) & (k > 0) & (p > least) & (p < most)
        if not sound.any():
            return found
        f, k, t, r = f[sound], k[sound], t[sound], r[sound]
        # In units of the geometric mean of forward and strike; 0 is at the money.
        value = (p[sound] - least[sound]) * np.exp(r * t) / np.sqrt(f * k)
        distance = -np.abs(np.log(f / k))
        found[sound] = _deviation(value, distance) / np.sqrt(t)
    return found


def _deviation(value: Floats, distance: Floats) -> Floats:
    """The standard deviation of the forward's logarithm at expiry; nan where it is beyond sense."""
    aim = np.log(value)
    low, high = np.zeros_like(value), np.full_like(value, _LARGEST_DEVIATION)
    # Where the premium turns from convex to concave in it.
    now = np.maximum(np.sqrt(-2.0 * distance), 0.1)
    for _ in range(_STEPS):
        worth = _out_of_the_money(distance, now)
        short = worth < value
        low, high = np.where(short, now, low), np.where(short, high, now)
        slope = np.exp(-(distance**2 / now**2 + now**2 / 4) / 2) / _ROOT_2_PI
        following = now - (np.log(worth) - aim) * worth / slope
        inside = (following > low) & (following < high)
        following = np.where(inside, following, (low + high) / 2)
        if np.all(np.abs(following - now) <= 1e-15 * now):
            break
        now = following
    return np.where(now < _LARGEST_DEVIATION / 2, now, np.nan)


def _out_of_the_money(distance: Floats, deviation: Floats) -> Floats:
    """The premium, not discounted, in units of the geometric mean of forward and strike."""
    upper = distance / deviation + deviation / 2
    lower = upper - deviation
    return np.exp(distance / 2) * _normal(upper) - np.exp(-distance / 2) * _normal(lower)


def _normal(deviations: Floats) -> Floats:
    """The cumulative normal distribution, to the last bits also far below zero."""
    return np.asarray(_erfc(-deviations / _ROOT_2), dtype=np.float64) / 2
