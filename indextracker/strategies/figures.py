"""Figures of what an account was worth: growth, risk, falls, and what of it may be chance.

Conventions, the same for all: the return of a bar is `equity / (equity before + paid in) - 1`,
money paid in being there from the start of its bar; the rate without risk is 0; standard deviations
divide by n - 1. What is not defined, a ratio over no deviation for one, is None. The formulas are
told in docs/strategies.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import e, exp, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TRADING_DAYS = 252
YEAR_DAYS = 365.25
_DAY_MICROSECONDS = 86_400_000_000
# Between these days lie the bars of a day, a week and a month; how many are in a year.
_SPACINGS = ((0.9, 4.5, TRADING_DAYS), (4.5, 8, 52), (27, 32, 12))
_EULER = 0.5772156649015329
RESAMPLES = 1000
_SEED = 20_261_130
_INDICES_AT_ONCE = 2_000_000
# Below it a deviation is what rounding left of none.
_NO_DEVIATION = 1e-14
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Series:
    """An account, a value a bar, in the order of time.

    Attributes:
        bar_at: Instants, as datetime64.
        equity: What it is worth at the bar's end.
        cash: Money in it.
        long_value: What is held is worth.
        short_value: What is owed is worth; 0 or above.
        paid_in: Money paid in at this bar; what it starts with is at the first one.
        traded: Value of what was bought and sold.
        cost: Costs of that.
        slippage: What slippage cost.
        borrowing: What borrowing cost.
        dividends: Dividends received.
    """

    bar_at: Any
    equity: Floats
    cash: Floats
    long_value: Floats
    short_value: Floats
    paid_in: Floats
    traded: Floats
    cost: Floats
    slippage: Floats
    borrowing: Floats
    dividends: Floats

    @cached_property
    def returns(self) -> Floats:
        """The return of each bar, NaN where there was nothing that could grow."""
        before = np.append(0.0, self.equity[:-1]) + self.paid_in
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(before > 0, self.equity / before - 1, np.nan)

    @cached_property
    def bars_a_year(self) -> float:
        """How many bars a year has, as far as their spacing tells.

        252 of days, 52 of weeks, 12 of months; of bars within a day 252 times as many as a day has.
        """
        return bars_a_year(self.bar_at)

    @cached_property
    def years(self) -> float:
        """From the first bar to the last one, in years of 365.25 days."""
        at = _microseconds(self.bar_at)
        return float(at[-1] - at[0]) / _DAY_MICROSECONDS / YEAR_DAYS if len(at) else 0.0

    def figures(self) -> dict[str, float | None]:
        """All figures that need no other series, by their names in gold/strategy_figures."""
        returns, yearly = self.returns, self.bars_a_year
        depth, days = drawdown(returns, self.bar_at)
        return {
            "cagr": cagr(returns, self.years),
            "volatility": volatility(returns, yearly),
            "sharpe": sharpe(returns, yearly),
            "sortino": sortino(returns, yearly),
            "max_drawdown": depth,
            "max_drawdown_days": days,
            "turnover": self.turnover(),
            "exposure": self.exposure(),
        }

    def turnover(self) -> float | None:
        """Value traded in a year over mean equity."""
        mean = float(np.mean(self.equity)) if len(self.equity) else 0.0
        total = float(np.sum(self.traded))
        if mean <= 0 or self.years <= 0 or np.isnan(total):
            return None
        return total / self.years / mean

    def exposure(self) -> float | None:
        """Mean of what is held and owed over equity, of the bars at which it is worth something."""
        worth = self.equity > 0
        gross = (self.long_value + self.short_value)[worth]
        return _or_none(float(np.mean(gross / self.equity[worth]))) if worth.any() else None

    def cost_paid(self) -> float:
        """Costs and slippage."""
        return float(np.nansum(self.cost) + np.nansum(self.slippage))

    def sharpe_interval(self, level: float = 0.95) -> tuple[float | None, float | None]:
        """Between what the Sharpe ratio lies, by the stationary bootstrap."""
        return interval(self.returns, lambda rows: _sharpes(rows, self.bars_a_year), level)

    def beside(self, benchmark: Floats) -> dict[str, float | None]:
        """Figures against the returns of a benchmark at the same bars, NaN where it has none."""
        return beside(self.returns, benchmark, self.bars_a_year)

    def deflated(self, sharpes: Sequence[float]) -> float | None:
        """The deflated Sharpe ratio of this series, the best of tries with these ratios a year."""
        found = sharpe(self.returns, self.bars_a_year)
        known = _known(self.returns)
        if found is None or not len(sharpes):
            return None
        yearly = sqrt(self.bars_a_year)
        variance = float(np.var(np.array(sharpes) / yearly, ddof=1)) if len(sharpes) > 1 else 0.0
        moved = (known - known.mean()) / known.std()
        return deflated_sharpe(
            found / yearly,
            variance=variance,
            tries=len(sharpes),
            length=len(known),
            skewness=float(np.mean(moved**3)),
            kurtosis=float(np.mean(moved**4)),
        )


def bars_a_year(at: Any) -> float:
    """As many bars as a year has, by the spacing of these instants: 252 where nothing tells."""
    when = _microseconds(at)
    if len(when) < 2:
        return TRADING_DAYS
    days = float(np.median(np.diff(when))) / _DAY_MICROSECONDS
    for low, high, number in _SPACINGS:
        if low <= days < high:
            return number
    if days < 1:
        _, bars = np.unique(when // _DAY_MICROSECONDS, return_counts=True)
        return TRADING_DAYS * float(np.median(bars))
    return YEAR_DAYS / days


def cagr(returns: Floats, years: float) -> float | None:
    """Compound growth a year of 365.25 days; -1 once everything is lost."""
    known = _known(returns)
    if not len(known) or years <= 0:
        return None
    if (known <= -1).any():
        return -1.0
    return exp(float(np.log1p(known).sum()) / years) - 1


def volatility(returns: Floats, yearly: float) -> float | None:
    """Standard deviation of returns, a year."""
    known = _known(returns)
    return float(known.std(ddof=1)) * sqrt(yearly) if len(known) > 1 else None


def sharpe(returns: Floats, yearly: float) -> float | None:
    """Mean over standard deviation, a year. Sharpe, Journal of Portfolio Management 21 (1994)."""
    known = _known(returns)
    if len(known) < 2 or known.std(ddof=1) < _NO_DEVIATION:
        return None
    return float(known.mean() / known.std(ddof=1)) * sqrt(yearly)


def sortino(returns: Floats, yearly: float) -> float | None:
    """Mean over the root of the mean square of losses, a year.

    Sortino, Price: Performance measurement in a downside risk framework. Journal of Investing 3
    (1994). The target is 0, and all bars are in the mean square.
    """
    known = _known(returns)
    if not len(known):
        return None
    downside = sqrt(float(np.mean(np.minimum(known, 0) ** 2)))
    return float(known.mean()) / downside * sqrt(yearly) if downside >= _NO_DEVIATION else None


def drawdown(returns: Floats, at: Any) -> tuple[float | None, float | None]:
    """The deepest fall of what was invested from a peak, 0 or below, and the longest one in days.

    It lasts from the bar of the peak to the bar that reaches it again, or to the last one.
    """
    if not np.isfinite(returns).any():
        return None, None
    grown = np.cumprod(1 + np.nan_to_num(returns))
    index = np.append(1.0, grown)
    peaks = np.maximum.accumulate(index)
    depth = float(np.min(index / peaks - 1))
    when = _microseconds(at)
    when = np.append(when[:1], when)
    # A product of returns reaches its peak again but for what doubles lose.
    below = index < peaks * (1 - _ROUNDING)
    starts = np.flatnonzero(~below[:-1] & below[1:])
    ends = np.flatnonzero(below[:-1] & ~below[1:]) + 1
    ends = np.append(ends, len(index) - 1)[: len(starts)]
    days = float((when[ends] - when[starts]).max()) / _DAY_MICROSECONDS if len(starts) else 0.0
    return depth, days


def hit_rate(profits: Floats) -> float | None:
    """Share of the closed trades that won; those without win or loss are left out."""
    closed = profits[np.isfinite(profits) & (profits != 0)]
    return float(np.mean(closed > 0)) if len(closed) else None


def beside(returns: Floats, benchmark: Floats, yearly: float) -> dict[str, float | None]:
    """Alpha and beta (Jensen, Journal of Finance 23, 1968), and what the difference is worth.

    Beta is the slope of the returns on the benchmark's, alpha what the mean has beside it, a year;
    the tracking error is the deviation of the difference, and the information ratio its mean over
    that, both a year.
    """
    names = ("alpha", "beta", "tracking_error", "information_ratio")
    known = np.isfinite(returns) & np.isfinite(benchmark)
    ours, theirs = returns[known], benchmark[known]
    if len(ours) < 2:
        return dict.fromkeys(names)
    apart = ours - theirs
    error = float(apart.std(ddof=1))
    found: dict[str, float | None] = dict.fromkeys(names)
    found["tracking_error"] = error * sqrt(yearly)
    if error >= _NO_DEVIATION:
        found["information_ratio"] = float(apart.mean()) / error * sqrt(yearly)
    variance = float(theirs.var(ddof=1))
    if variance >= _NO_DEVIATION**2:
        # Not numpy's covariance, whose last digits are those of the BLAS that a machine has.
        together = np.sum((ours - ours.mean()) * (theirs - theirs.mean())) / (len(ours) - 1)
        beta = float(together) / variance
        found["beta"] = beta
        found["alpha"] = float(ours.mean() - beta * theirs.mean()) * yearly
    return found


def interval(
    returns: Floats,
    figure: Callable[[Floats], Floats],
    level: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = _SEED,
) -> tuple[float | None, float | None]:
    """Between what a figure of returns lies, by percentiles of the stationary bootstrap.

    Politis, Romano: The stationary bootstrap. Journal of the American Statistical Association 89
    (1994): blocks of geometric length, the mean of which is the cube root of the number of returns.
    The same returns give the same interval.

    Args:
        returns: In the order of time.
        figure: From a row of returns for each sample to the figure of each.
        level: Part of the samples that lie between.
        resamples: How many samples are drawn.
        seed: What they are drawn by.
    """
    known = _known(returns)
    length = len(known)
    if length < 2:
        return None, None
    chance = np.random.default_rng(seed)
    at_once = max(_INDICES_AT_ONCE // length, 1)
    found: list[Floats] = []
    for first in range(0, resamples, at_once):
        rows = min(at_once, resamples - first)
        found.append(figure(known[resampled(length, rows, length ** (1 / 3), chance)]))
    values = np.concatenate(found)
    values = values[np.isfinite(values)]
    if not len(values):
        return None, None
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def resampled(length: int, rows: int, block: float, chance: np.random.Generator) -> Any:
    """Places of a stationary bootstrap: each follows on the one before, or a block begins anew.

    Args:
        length: Number of values.
        rows: Number of samples.
        block: Mean length of a block.
        chance: What is drawn from.
    """
    begins = chance.random((rows, length)) < 1 / block
    begins[:, 0] = True
    steps = np.arange(length)
    since = np.maximum.accumulate(np.where(begins, steps, 0), axis=1)
    first = chance.integers(0, length, (rows, length))
    return (np.take_along_axis(first, since, axis=1) + steps - since) % length


def deflated_sharpe(
    ratio: float, *, variance: float, tries: int, length: int, skewness: float, kurtosis: float
) -> float | None:
    """How likely a Sharpe ratio is above what the best of so many tries without skill would have.

    Bailey, Lopez de Prado: The deflated Sharpe ratio. Journal of Portfolio Management 40 (2014).
    With one try it is their probabilistic Sharpe ratio above 0.

    Args:
        ratio: Sharpe ratio of a bar, not of a year.
        variance: Variance of the tries' ratios, of a bar as well.
        tries: How many there were, of which this is the best.
        length: Number of returns.
        skewness: Of the returns.
        kurtosis: Of the returns; 3 of normal ones.
    """
    if length < 2:
        return None
    normal, expected = NormalDist(), 0.0
    if tries > 1:
        best = (1 - _EULER) * normal.inv_cdf(1 - 1 / tries)
        expected = sqrt(variance) * (best + _EULER * normal.inv_cdf(1 - 1 / (tries * e)))
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    if spread <= 0:
        return None
    return normal.cdf((ratio - expected) * sqrt(length - 1) / sqrt(spread))


def _sharpes(rows: Floats, yearly: float) -> Floats:
    deviation = rows.std(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = rows.mean(axis=1) / deviation * sqrt(yearly)
    return np.where(deviation < _NO_DEVIATION, np.nan, ratios)


def _known(returns: Floats) -> Floats:
    return returns[np.isfinite(returns)]


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


def _microseconds(at: Any) -> Any:
    return np.asarray(at).astype("datetime64[us]").astype(np.int64)
