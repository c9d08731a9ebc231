"""Premiums of European options on a forward, how they move, and the volatilities they imply.

The formula is that of F. Black, "The pricing of commodity contracts", Journal of Financial
Economics 3 (1976), 167-179. Arrays are of one shape, or are broadcast to one. Reading tables does
not belong here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]
Truths = NDArray[np.bool_]

_ROOT_2_PI = math.sqrt(2.0 * math.pi)
# Bisection alone halves the bracket to the last bit in so many steps; Halley's takes some four.
_STEPS = 100
_LAST_STEP, _LAST_BIT = 1e-6, 1e-15
_LARGEST_DEVIATION = 40.0


class Greeks(NamedTuple):
    """How premiums move.

    Attributes:
        delta: By the forward.
        gamma: Delta by the forward.
        vega: By the volatility, for 1 of it and not for a hundredth.
        theta: By the clock, a year of it, while the forward stays: mostly below zero.
    """

    delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


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
    paid = f * ndtr(away * upper) - k * ndtr(away * (upper - deviation))
    return np.asarray(np.exp(-r * t) * away * paid)


def greeks(
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    volatility: ArrayLike,
    *,
    call: ArrayLike,
    rate: ArrayLike = 0.0,
) -> Greeks:
    """The derivatives of premiums, of arguments as of `premium` and in their shape."""
    f, k, t, v, r, is_call = np.broadcast_arrays(forward, strike, years, volatility, rate, call)
    root = np.sqrt(t)
    deviation = v * root
    away = np.where(is_call, 1.0, -1.0)
    upper = np.log(f / k) / deviation + deviation / 2
    discount = np.exp(-r * t)
    in_money, paid_in_money = ndtr(away * upper), ndtr(away * (upper - deviation))
    density = discount * np.exp(-(upper**2) / 2) / _ROOT_2_PI
    worth = discount * away * (f * in_money - k * paid_in_money)
    return Greeks(
        delta=discount * away * in_money,
        gamma=density / (f * deviation),
        vega=f * density * root,
        theta=r * worth - f * density * v / (2 * root),
    )


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
    same strike, whose logarithm rises and is concave in the volatility: Halley's method on it, kept
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
    # Where the premium turns from convex to concave in it.
    found = np.maximum(np.sqrt(-2.0 * distance), 0.1)
    # Most are found in four steps; a few, whose price has few bits above its bound, in many more.
    left = np.arange(len(found))
    now, away, aim = found.copy(), distance, np.log(value)
    low, high = np.zeros_like(value), np.full_like(value, _LARGEST_DEVIATION)
    for _ in range(_STEPS):
        worth = _out_of_the_money(away, now)
        # The logarithm of what it is worth less the aim, over its derivative.
        slope = np.exp(-((away / now) ** 2 + now**2 / 4) / 2) / _ROOT_2_PI
        missed = np.log(worth) - aim
        step = missed * worth / slope
        # Halley's: the second derivative over the first one comes at no cost.
        bend = (away / now) ** 2 / now - now / 4 - slope / worth
        following = now - step / np.maximum(1 - step * bend / 2, 0.5)
        low, high = np.where(missed < 0, now, low), np.where(missed < 0, high, now)
        inside = (following > low) & (following < high)
        following = np.where(inside, following, (low + high) / 2)
        found[left] = following
        # What is missed after a step is of the order of the step's third power.
        nearest = np.where(inside, _LAST_STEP, _LAST_BIT) * now
        open_ = ~(np.abs(following - now) <= nearest)
        if not open_.any():
            break
        left, now = left[open_], following[open_]
        away, aim, low, high = away[open_], aim[open_], low[open_], high[open_]
    return np.where(found < _LARGEST_DEVIATION / 2, found, np.nan)


def _out_of_the_money(distance: Floats, deviation: Floats) -> Floats:
    """The premium, not discounted, in units of the geometric mean of forward and strike."""
    upper = distance / deviation + deviation / 2
    lower = upper - deviation
    return np.asarray(np.exp(distance / 2) * ndtr(upper) - np.exp(-distance / 2) * ndtr(lower))
