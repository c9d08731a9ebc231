"""Figures of accounts: by hand, by the examples of their papers, and by simulation."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest

from indextracker.strategies import figures
from indextracker.strategies.figures import Series

DAYS = np.arange("2020-01-01", "2030-01-01", dtype="datetime64[D]").astype("datetime64[us]")


def series(equity: list[float], **more: list[float]) -> Series:
    worth = np.array(equity, float)
    nothing = np.zeros(len(worth))
    columns = dict.fromkeys(Series.__dataclass_fields__, nothing)
    columns |= {"bar_at": DAYS[: len(worth)], "equity": worth, "cash": worth}
    columns["paid_in"] = np.append(100.0, nothing[1:])
    return Series(**columns | {name: np.array(values, float) for name, values in more.items()})


def drawn(mean: float, deviation: float, length: int, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, deviation, length)


def test_the_return_of_a_bar_is_of_what_was_there_and_paid_in() -> None:
    one = series([100, 110, 310, 155], paid_in=[100, 0, 200, 0])
    assert one.returns == pytest.approx([0, 0.1, 0, -0.5])
    # Nothing can grow before anything is paid in.
    none = series([0, 0, 110], paid_in=[0, 0, 100])
    assert np.isnan(none.returns[:2]).all()
    assert none.returns[2] == pytest.approx(0.1)


def test_figures_by_hand() -> None:
    one = series(
        [110, 99, 108.9], traded=[100, 0, 50], long_value=[55, 99, 0], short_value=[55, 0, 0]
    )
    found = one.figures()
    mean, deviation = 0.1 / 3, sqrt(((0.1 - 0.1 / 3) ** 2 * 2 + (-0.1 - 0.1 / 3) ** 2) / 2)
    years = 2 / 365.25
    assert found["volatility"] == pytest.approx(deviation * sqrt(252))
    assert found["sharpe"] == pytest.approx(mean / deviation * sqrt(252))
    assert found["sortino"] == pytest.approx(mean / sqrt(0.01 / 3) * sqrt(252))
    assert found["cagr"] == pytest.approx(1.089 ** (1 / years) - 1)
    assert found["max_drawdown"] == pytest.approx(-0.1)
    assert found["max_drawdown_days"] == 2
    assert found["turnover"] == pytest.approx(150 / years / (317.9 / 3))
    assert found["exposure"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("equity", "depth", "days"),
    [
        ([100, 110, 120], 0, 0),
        ([90, 95, 100, 101], -0.1, 2),
        ([100, 120, 60, 90, 120, 100, 90, 80, 70], -0.5, 4),
        ([100, 100, 90, 90], -0.1, 2),
    ],
)
def test_falls_begin_at_their_peak_and_end_where_it_is_reached(
    equity: list[float], depth: float, days: float
) -> None:
    one = series(equity)
    assert figures.drawdown(one.returns, one.bar_at) == pytest.approx((depth, days))


@pytest.mark.parametrize(
    ("step", "bars", "yearly"),
    [("D", 2000, 252), ("W", 300, 52), ("M", 100, 12), ("6h", 400, 4 * 252), ("Y", 20, 1)],
)
def test_bars_a_year_follow_from_their_spacing(step: str, bars: int, yearly: float) -> None:
    if step == "6h":
        at = np.arange(bars) * np.timedelta64(6, "h") + np.datetime64("2020-01-01", "us")
    else:
        at = (np.datetime64("1990", step) + np.arange(bars)).astype("datetime64[us]")
    if step == "D":
        at = at[np.is_busday(at.astype("datetime64[D]"))]
    assert figures.bars_a_year(at) == pytest.approx(yearly, rel=0.002)


def test_what_is_not_defined_is_none() -> None:
    flat = series([100, 100, 100]).figures()
    assert (flat["sharpe"], flat["sortino"], flat["cagr"]) == (None, None, 0)
    empty = Series(**{name: np.zeros(0) for name in Series.__dataclass_fields__})
    assert set(empty.figures().values()) == {None}
    assert empty.sharpe_interval() == (None, None)
    assert series([100.0]).deflated([1.0, 2.0]) is None
    assert figures.hit_rate(np.array([np.nan, 0.0])) is None
    assert set(series([100, 110]).beside(np.full(2, np.nan)).values()) == {None}


def test_an_account_that_lost_everything_grew_by_minus_one() -> None:
    lost = series([100, -20, -20]).figures()
    assert lost["cagr"] == -1
    assert lost["max_drawdown"] == pytest.approx(-1.2)


def test_hits_are_of_closed_trades() -> None:
    assert figures.hit_rate(np.array([1.0, -2.0, 3.0, np.nan, 0.0])) == pytest.approx(2 / 3)


def test_a_benchmark_is_found_again_in_what_follows_it() -> None:
    market = drawn(0.0004, 0.01, 5000)
    ours = 0.0001 + 1.5 * market
    found = figures.beside(ours, market, 252)
    assert found["beta"] == pytest.approx(1.5)
    assert found["alpha"] == pytest.approx(0.0252)
    apart = ours - market
    assert found["tracking_error"] == pytest.approx(apart.std(ddof=1) * sqrt(252))
    assert found["information_ratio"] == pytest.approx(apart.mean() / apart.std(ddof=1) * sqrt(252))
    same = figures.beside(market, market, 252)
    assert (same["alpha"], same["information_ratio"]) == (pytest.approx(0), None)


def test_the_deflated_ratio_is_that_of_its_paper() -> None:
    """Bailey and Lopez de Prado (2014), "A numerical example": 0.9004 of 100 tries."""
    found = figures.deflated_sharpe(
        2.5 / sqrt(250), variance=0.5 / 250, tries=100, length=1250, skewness=-3, kurtosis=10
    )
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_the_best_of_many_tries_without_skill_is_seldom_taken_for_skill() -> None:
    tries = drawn(0, 0.01, 200 * 1000).reshape(200, 1000)
    sharpes = [figures.sharpe(row, 252) for row in tries]
    best = tries[int(np.argmax(sharpes))]
    one = series(list(100 * np.cumprod(1 + best)))
    assert one.deflated([max(sharpes)]) > 0.95
    assert one.deflated(sharpes) < 0.9


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    """Of 200 histories 190 ± 3 standard deviations (of sqrt(200 x 0.95 x 0.05) = 3.1)."""
    truth, held = 0.05 * sqrt(252), 0
    for seed in range(200):
        returns = drawn(0.0005, 0.01, 500, seed)
        low, high = figures.interval(
            returns, lambda rows: figures._sharpes(rows, 252), resamples=300
        )
        held += low <= truth <= high
    assert 178 <= held <= 199


def test_an_interval_of_what_follows_itself_is_wider() -> None:
    """An average of ten keeps a mean's spread, while each return alone seems to have less."""
    noise = drawn(0, 0.01, 2009)
    smooth = np.convolve(noise, np.ones(10) / sqrt(10), "valid")

    def means(rows: np.ndarray) -> np.ndarray:
        return rows.mean(axis=1)

    low, high = figures.interval(smooth, means)
    alone = 2 * 1.96 * smooth.std() / sqrt(len(smooth))
    assert high - low > 1.8 * alone
    assert figures.interval(smooth, means) == (low, high)


def test_blocks_are_as_long_as_asked() -> None:
    places = figures.resampled(1000, 200, 10, np.random.default_rng(1))
    assert places.min() >= 0
    assert places.max() < 1000
    follows = (places[:, 1:] - places[:, :-1]) % 1000 == 1
    assert follows.mean() == pytest.approx(0.9, abs=0.005)
