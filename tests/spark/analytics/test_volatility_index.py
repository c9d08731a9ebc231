"""The volatility index recovers the variance of the simulator's smile, and says what is missing."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import VOLATILITY_INDEX
from indextracker_simulator.taiwan import pricing
from indextracker_simulator.taiwan.contracts import YEAR, Curve, curve_of
from indextracker_simulator.taiwan.options import Series, series_of
from indextracker_simulator.taiwan.products import OPTIONS
from indextracker_simulator.taiwan.walk import local_second
from indextracker_spark.analytics.volatility_index import volatility_index
from indextracker_spark.job import conform

SEED, SESSION = 7, date(2022, 3, 3)
[TXO] = (product for product in OPTIONS if product.name == "TXO")
# 10:00 in Taipei, and what is looked at: prices a second before it, and before 13:45.
START = datetime(2022, 3, 3, 2, tzinfo=UTC)
SECONDS = [local_second(SESSION, clock - 1) for clock in (10 * 3600, 13 * 3600 + 45 * 60)]
MINUTE = timedelta(minutes=1)
TERMS = {"near": ("202203", "M", date(2022, 3, 16)), "next": ("202204", "M+1", date(2022, 4, 20))}


@pytest.fixture(scope="module")
def series() -> Series:
    return series_of(TXO, SEED, SESSION)


@pytest.fixture(scope="module")
def curve() -> Curve:
    return curve_of(TXO.underlying, SEED, SESSION, 0)


def _contracts() -> list[dict]:
    return [
        {
            "session_date": SESSION,
            "product": "TXO",
            "expiry": expiry,
            "expire_code": code,
            "last_trading_date": last_day,
            "product_assumed": False,
            "instrument": t.OPTIONS,
        }
        for expiry, code, last_day in TERMS.values()
    ]


def _bar(product: str, expiry: str, start: datetime, close: float, **more: object) -> dict:
    of_minute = {"session_part": "day", "scale_minutes": 1, "bar_start": start, "close": close}
    return {"session_date": SESSION, "product": product, "expiry": expiry, **of_minute, **more}


def _series_bar(expiry: str, strike: int, letter: str, start: datetime, close: float) -> dict:
    return _bar("TXO", expiry, start, close, strike=Decimal(strike), option_type=letter)


def _made(
    frames: Frames, options: list[dict], futures: list[dict], contracts: list[dict]
) -> list[dict]:
    made: DataFrame = volatility_index(
        frames.of(t.OPTION_BARS, options),
        frames.of(t.FUTURES_BARS, futures),
        frames.of(t.CONTRACTS, contracts),
        frames.reference(t.PRODUCTS),
    )
    rows = [row.asDict() for row in conform(made, VOLATILITY_INDEX).collect()]
    return sorted(rows, key=lambda row: row["observed_at"])


def _prices(
    series: Series, curve: Curve, second: int, at: datetime
) -> tuple[list[dict], list[dict]]:
    """Bars of all series of both terms, and of their futures, in the last minute before a moment.

    Prices are the simulator's, to the tick, and up to a tick beside it, as its tape has them.
    """
    hundredths, tick = TXO.ticked(100 * series.premium(curve, second))
    beside = np.random.default_rng(1).integers(-1, 2, len(series))
    price = np.maximum(hundredths + tick * beside, tick) / 100
    expiries = np.array([one.expiry for one in series.contracts])[series.place]
    columns = (expiries, series.strike, series.call, price)
    options = [
        _series_bar(expiry, strike, "C" if call else "P", at - MINUTE, close)
        for expiry, strike, call, close in zip(*(one.tolist() for one in columns), strict=True)
        if expiry in {term[0] for term in TERMS.values()}
    ]
    forwards = dict(zip(expiries.tolist(), series.forward(curve, second).tolist(), strict=True))
    futures = [
        _bar("TX", expiry, at - MINUTE, float(round(level))) for expiry, level in forwards.items()
    ]
    return options, futures


def _density(forward: float, years: float, strike: np.ndarray) -> np.ndarray:
    """What a strike adds to the variance of the simulator's smile, a point.

    Its premiums are discounted by an interest that the index leaves out.
    """
    away = pricing.premium(
        np.full_like(strike, forward), strike, np.full_like(strike, years), strike > forward
    )
    return np.asarray(2 / years * away / strike**2)


@pytest.mark.parametrize("moment", range(2))
def test_it_recovers_the_variance_of_the_simulated_smile(
    frames: Frames, series: Series, curve: Curve, moment: int
) -> None:
    """Of the strikes that are listed: the smile's wings rise without end, as no market's do.

    The rule gives the strikes at both ends a whole step instead of half of one. The trapezoidal
    rule between them misses at most h^2/12 of the change of the slope, which the smile itself
    tells. Prices are up to a tick off, each by chance, and rounded to a tick; the future is rounded
    to a point, by which (F/K0 - 1)^2/T moves.
    """
    second = SECONDS[moment]
    at = START + timedelta(seconds=second + 1 - local_second(SESSION, 10 * 3600))
    rows = _made(frames, *_prices(series, curve, second, at), _contracts())
    [row] = [row for row in rows if row["observed_at"] == at.replace(tzinfo=None)]
    expected, error = {}, {}
    for place, contract in enumerate(series.contracts):
        for term in (name for name, of in TERMS.items() if of[0] == contract.expiry):
            own = series.place == place
            forward = float(series.forward(curve, second)[own][0])
            years = (contract.ends - second) / YEAR
            listed = np.unique(series.strike[own]).astype(float)
            points = np.arange(listed[0], listed[-1] + 1)
            density, steps = _density(forward, years, points), np.diff(listed)
            ends = _density(forward, years, listed[[0, -1]]) @ steps[[0, -1]] / 2
            # Without the kink at the forward, at which the rule is split.
            bend = np.sort(np.abs(np.diff(density, 2)))[:-2].sum()
            fair = 100 * series.premium(curve, second)
            ticks = TXO.ticked(fair)[1][own] / 100
            tick = np.array([ticks[series.strike[own] == strike].min() for strike in listed])
            by_tick = 2 / years * np.gradient(listed) / listed**2 * tick
            expected[term] = np.trapezoid(density, points) + ends
            error[term] = (
                steps.max() ** 2 / 12 * bend
                + 4 * math.sqrt((by_tick**2).sum() * (2 / 3 + 1 / 12))
                + 0.5 * 2 * steps.min() / forward**2 / years
            )
            assert row[f"{term}_variance"] == pytest.approx(expected[term], abs=error[term])
            assert error[term] < 0.03 * expected[term]
            assert row[f"{term}_forward"] == pytest.approx(forward, abs=0.5)
            assert row[f"{term}_years"] == pytest.approx((contract.ends - second - 1) / YEAR)
            assert row[f"{term}_age_minutes"] == 1
    aim = 30 / 365
    near, further = (row[f"{term}_years"] for term in TERMS)
    weight = (further - aim) / (further - near)

    def at_horizon(of: dict[str, float]) -> float:
        return (near * of["near"] * weight + further * of["next"] * (1 - weight)) / aim

    index = 100 * math.sqrt(at_horizon(expected))
    # The root halves a relative error.
    assert row["volatility_index"] == pytest.approx(
        index, rel=at_horizon(error) / at_horizon(expected) / 2
    )
    assert row["reason"] is None


def _dense(start: datetime, expiry: str, level: float, count: int = 6) -> tuple[list, list]:
    """So many strikes on both sides of a forward, each with a call and a put, and the future."""
    strikes = [int(level) + 100 * n for n in range(-count, count + 1)]
    options = [
        _series_bar(expiry, strike, letter, start, max(300 - abs(strike - level) / 3, 1.0))
        for strike in strikes
        for letter in "CP"
    ]
    return options, [_bar("TX", expiry, start, level)]


def test_a_price_counts_for_half_an_hour(frames: Frames) -> None:
    """A minute counts from its end on, and is as old as its beginning."""
    options, futures = _dense(START, "202203", 18000.0)
    further, its_futures = _dense(START, "202204", 18050.0)
    rows = _made(frames, options + further, futures + its_futures, _contracts())
    known = [row["observed_at"] for row in rows if row["volatility_index"] is not None]
    moments = [START.replace(tzinfo=None) + timedelta(minutes=5 * n) for n in range(1, 7)]
    assert known == moments
    assert len(rows) == 60  # from 08:50 to 13:45
    assert [row["near_age_minutes"] for row in rows if row["observed_at"] in moments] == [
        5,
        10,
        15,
        20,
        25,
        30,
    ]
    early = next(row for row in rows if row["observed_at"] == START.replace(tzinfo=None))
    assert early["reason"] == "no future of the near term in 30 minutes"


def test_what_is_missing_is_said(frames: Frames) -> None:
    near, its_future = _dense(START, "202203", 18000.0)
    further, another = _dense(START, "202204", 18050.0, 3)

    def reason(options: list[dict], futures: list[dict]) -> dict:
        rows = _made(frames, options, futures, _contracts())
        return next(
            row for row in rows if row["observed_at"] == (START + 5 * MINUTE).replace(tzinfo=None)
        )

    no_option = reason(near, its_future)
    assert no_option["reason"] == "no option of the next term was traded by day"
    no_future = reason(near + further, its_future)
    assert no_future["reason"] == "no future of the next term in 30 minutes"
    few = reason(near + further, its_future + another)
    assert few["reason"] == "fewer than 5 strikes on a side of the next term in 30 minutes"
    assert (few["next_puts"], few["next_calls"], few["next_variance"]) == (3, 3, None)
    assert few["near_variance"] > 0


def test_within_a_week_of_its_end_the_front_month_gives_way(frames: Frames) -> None:
    contracts = [
        row | {"last_trading_date": SESSION + timedelta(days=days)}
        for row, days in zip(_contracts(), (6, 34), strict=True)
    ]
    third = contracts[1] | {
        "expiry": "202205",
        "expire_code": "M+2",
        "last_trading_date": SESSION + timedelta(days=69),
    }
    bars = [_dense(START, expiry, 18000.0) for expiry in ("202203", "202204", "202205")]
    options, futures = ([bar for of in bars for bar in of[n]] for n in range(2))
    rows = _made(frames, options, futures, [*contracts, third])
    assert {(row["near_expiry"], row["next_expiry"]) for row in rows} == {("202204", "202205")}
    contracts[0]["last_trading_date"] = SESSION + timedelta(days=7)
    rows = _made(frames, options, futures, [*contracts, third])
    assert {(row["near_expiry"], row["next_expiry"]) for row in rows} == {("202203", "202204")}


def test_rows_do_not_depend_on_the_order_of_bars(frames: Frames) -> None:
    options, futures = _dense(START, "202203", 18000.0)
    further, its_futures = _dense(START, "202204", 18050.0)
    later = [bar | {"bar_start": START + MINUTE, "close": bar["close"] + 1} for bar in options]
    bars = options + further + later
    rows = _made(frames, bars, futures + its_futures, _contracts())
    assert _made(frames, bars[::-1], its_futures + futures, _contracts()) == rows
