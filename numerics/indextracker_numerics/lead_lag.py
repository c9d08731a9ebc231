"""Which of two prices moves first, and which of them finds the common price.

Prices are logarithms. Lags are positive where the first price is ahead: its move now goes with a
move of the second so many seconds later. Which prices are compared does not belong here.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from indextracker_numerics.regression import centred, dot, least_squares, product
from indextracker_numerics.sampling import Floats, Integers

BLOCK_SECONDS = 300
"""Length of the blocks that are drawn for an interval: five times the longest lag."""

_DRAWS = 1000
_TAILS = (0.025, 0.975)


class Series(NamedTuple):
    """The path of a price.

    Attributes:
        seconds: Instants, ascending, each once, shape (n,).
        logs: The price from each of them on, shape (n,).
    """

    seconds: Integers
    logs: Floats


class LeadLag(NamedTuple):
    """Correlations by lag, and the lag of the largest; intervals are of 95 per cent.

    Attributes:
        correlations: Shape (lags,).
        lows: Lower ends of their intervals.
        highs: Upper ends.
        lead: Lag of the correlation largest in size; positive where the first price is ahead.
        lead_low: Lower end of its interval.
        lead_high: Upper end.
    """

    correlations: Floats
    lows: Floats
    highs: Floats
    lead: int
    lead_low: float
    lead_high: float


class Shares(NamedTuple):
    """The part of the first price in finding the common one; the second has the rest.

    Attributes:
        information_low: Lower bound of Hasbrouck's information share.
        information_high: Upper bound.
        component: Gonzalo and Granger's component share: outside of 0 to 1 where not both prices
            are drawn towards each other.
    """

    information_low: float
    information_high: float
    component: float


class Cointegration(NamedTuple):
    """Engle and Granger's test.

    Attributes:
        statistic: Very negative where the prices stay together.
        p_value: By MacKinnon's approximation of 1994.
    """

    statistic: float
    p_value: float


def products_by_lag(first: Series, second: Series, lags: Integers) -> Floats:
    """Each return of the second price times what the first moved over the same time, by lag.

    Summed over the returns they are the covariance of Hayashi and Yoshida: On covariance
    estimation of non-synchronously observed diffusion processes. Bernoulli 11 (2005): products of
    all pairs of returns whose intervals overlap, those of the first moved by the lag.

    Args:
        first: n prices.
        second: m prices, m above 1.
        lags: In seconds, shape (lags,).

    Returns:
        Shape (m - 1, lags).
    """
    # Returns of the first that overlap an interval (a, b] add up to one move: from its last price
    # at or before a to its first at or after b. Both are looked up by second.
    farthest = int(np.abs(lags).max())
    begin, end = int(second.seconds[0]) - farthest, int(second.seconds[-1]) + farthest
    clock = np.arange(begin, end + 1)
    last = len(first.logs) - 1
    until = np.maximum(np.searchsorted(first.seconds, clock, side="right") - 1, 0)
    since = np.minimum(np.searchsorted(first.seconds, clock, side="left"), last)
    places = second.seconds - begin
    ends, starts = places[1:, None] - lags, places[:-1, None] - lags
    moves = first.logs[since][ends] - first.logs[until][starts]
    return np.asarray(np.diff(second.logs)[:, None] * moves)


def lead_lag(first: Series, second: Series, lags: Integers, random: np.random.Generator) -> LeadLag:
    """Correlations by lag and the lead, with a bootstrap over blocks of five minutes.

    The lead is that of Hoffmann, Rosenbaum and Yoshida: Estimation of the lead-lag parameter from
    non-synchronous data. Bernoulli 19 (2013). Covariances are divided by the realised variances of
    all returns, so noise in the prices makes correlations smaller, and leaves the lead alone.

    Args:
        first: Prices over the time of the second, and the longest lag beyond it at both ends.
        second: Prices, at least two that differ.
        lags: In seconds, ascending, shape (lags,).
        random: Draws the blocks.
    """
    blocks = (second.seconds[:-1] - second.seconds[0]) // BLOCK_SECONDS
    number = int(blocks[-1]) + 1
    products = np.zeros((number, len(lags)))
    np.add.at(products, blocks, products_by_lag(first, second, lags))
    within = (first.seconds[:-1] >= second.seconds[0]) & (first.seconds[1:] <= second.seconds[-1])
    of_first = (first.seconds[:-1][within] - second.seconds[0]) // BLOCK_SECONDS
    squares = np.zeros((number, 2))
    squares[:, 0] = np.bincount(of_first, np.diff(first.logs)[within] ** 2, number)[:number]
    squares[:, 1] = np.bincount(blocks, np.diff(second.logs) ** 2, number)

    chosen = random.multinomial(number, np.full(number, 1 / number), _DRAWS)
    drawn = chosen.astype(np.float64)
    drawn[0] = 1  # the session itself
    scale = np.sqrt(np.prod(product(drawn, squares), axis=1))
    sums = product(drawn, products)
    found = np.divide(sums, scale[:, None], out=np.zeros_like(sums), where=scale[:, None] > 0)
    leads = lags[np.abs(sums).argmax(axis=1)]
    low, high = np.quantile(found[1:], _TAILS, axis=0)
    lead_low, lead_high = np.quantile(leads[1:], _TAILS)
    return LeadLag(found[0], low, high, int(leads[0]), float(lead_low), float(lead_high))


def lead_lag_ratio(correlations: Floats, lags: Integers) -> float:
    """Squared correlations where the first price is ahead, over those where the second is.

    Huth and Abergel: High frequency lead/lag relationships. Journal of Empirical Finance 26 (2014).

    Args:
        correlations: Shape (lags,).
        lags: In seconds, as many above zero as below, shape (lags,).
    """
    squares = correlations**2
    return float(squares[lags > 0].sum() / squares[lags < 0].sum())


def shares(first: Floats, second: Floats, memory: int) -> Shares | None:
    """Shares in price discovery, from a model of errors corrected between two prices.

    Hasbrouck: One security, many markets. Journal of Finance 50 (1995); Gonzalo and Granger:
    Estimation of common long-memory components in cointegrated systems. Journal of Business and
    Economic Statistics 13 (1995); both from the same model as in Baillie, Booth, Tse and Zabotina:
    Price discovery and common factor models. Journal of Financial Markets 5 (2002). The prices are
    taken to differ by a constant in the long run: the cointegrating vector is (1, -1).

    Args:
        first: Prices on a regular grid, shape (n,).
        second: Likewise.
        memory: How many steps back changes explain changes.

    Returns:
        None where the grid is too short, or neither price is drawn to the other.
    """
    changes = np.diff(np.column_stack([first, second]), axis=0)
    rows = len(changes) - memory
    columns = 2 + 2 * memory
    if rows <= 2 * columns:
        return None
    apart = (first - second)[memory:-1]
    before = [changes[memory - lag : len(changes) - lag] for lag in range(1, memory + 1)]
    fit = least_squares(centred(np.column_stack([apart, *before])), centred(changes[memory:]))
    if fit is None:
        return None
    covariance = product(fit.residuals.T, fit.residuals) / (rows - columns)
    # Weights of the innovations in the common price: at right angles to the corrections.
    correction = fit.coefficients[0]
    weights = np.array([correction[1], -correction[0]])
    total = float(np.sum(covariance * np.outer(weights, weights)))
    if not total > 0 or weights.sum() == 0:
        return None
    deviations = np.sqrt(np.diag(covariance))
    correlation = float(covariance[0, 1] / deviations.prod())
    own = float(weights[0] * deviations[0])
    common = own + float(weights[1] * deviations[1]) * correlation
    bounds = sorted((common**2 / total, own**2 * (1 - correlation**2) / total))
    return Shares(bounds[0], bounds[1], float(weights[0] / weights.sum()))


def engle_granger(first: Floats, second: Floats, memory: int) -> Cointegration | None:
    """Whether two prices stay together, by the residuals of their regression.

    Engle and Granger: Co-integration and error correction. Econometrica 55 (1987): the
    augmented Dickey-Fuller regression of the residuals, without a constant; the p-value is that of
    MacKinnon's approximation in statsmodels.

    Args:
        first: Prices on a regular grid, shape (n,).
        second: Likewise.
        memory: How many steps back changes of the residuals explain them.

    Returns:
        None where a price does not move, or the prices are equal up to scale.
    """
    if len(first) <= 4 * memory or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    # It takes a second to import, and every command that knows the jobs imports this module.
    from statsmodels.tsa.adfvalues import mackinnonp  # noqa: PLC0415

    regressed = least_squares(centred(second[:, None]), centred(first[:, None]))
    if regressed is None:
        return None
    left = regressed.residuals
    changes = np.diff(left, axis=0)
    before = [changes[memory - lag : len(changes) - lag] for lag in range(1, memory + 1)]
    fit = least_squares(np.column_stack([left[memory:-1], *before]), changes[memory:])
    if fit is None:
        return None
    errors = fit.residuals[:, 0]
    variance = dot(errors, errors) / (len(errors) - len(fit.coefficients))
    if not variance > 0:
        return None
    statistic = float(fit.coefficients[0, 0] / math.sqrt(variance * fit.inverse[0, 0]))
    return Cointegration(statistic, float(mackinnonp(statistic, regression="c", N=2)))


def half_life(apart: Floats, step_seconds: float) -> float | None:
    """In how many seconds half of a deviation from the mean is gone, by a regression on the last.

    Args:
        apart: The difference of two prices on a regular grid, shape (n,), n above 2.
        step_seconds: Distance of the grid.

    Returns:
        None where deviations do not decay: a coefficient of one or more, or none above zero.
    """
    before, after = apart[:-1] - apart[:-1].mean(), apart[1:] - apart[1:].mean()
    squares = dot(before, before)
    stays = dot(before, after) / squares if squares > 0 else 0.0
    return step_seconds * math.log(0.5) / math.log(stays) if 0 < stays < 1 else None
