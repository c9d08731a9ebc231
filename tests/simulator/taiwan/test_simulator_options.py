"""Options: the formula, the listed strikes, the printed sides, and the traps of the real files."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date
from itertools import groupby, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import YEAR, curve_of
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.options import OptionTape, series_of, tape
from indextracker_simulator.taiwan.pricing import INTEREST, premium, volatility
from indextracker_simulator.taiwan.products import OPTIONS
from indextracker_simulator.taiwan.walk import DAY, close_of, local_second

TFO, TXO = OPTIONS
SESSION = date(2024, 12, 18)  # a third Wednesday
ORDINARY = date(2024, 12, 12)


def _black(forward: float, strike: float, years: float, deviation: float, call: bool) -> float:
    upper = (math.log(forward / strike) + deviation**2 / 2) / deviation
    lower = upper - deviation

    def normal(value: float) -> float:
        return math.erfc(-value / math.sqrt(2)) / 2

    sign = 1 if call else -1
    paid = sign * (forward * normal(sign * upper) - strike * normal(sign * lower))
    return math.exp(-INTEREST * years) * paid


forwards = st.floats(9_000, 30_000)
years_left = st.floats(0.001, 1.2)


@given(forwards, st.floats(0.7, 1.4), years_left, st.booleans())
def test_premiums_are_blacks(forward: float, money: float, years: float, call: bool) -> None:
    strike = round(forward * money)
    arrays = np.array([forward]), np.array([strike]), np.array([years])
    deviation = float(volatility(*arrays)[0]) * math.sqrt(years)
    expected = _black(forward, strike, years, deviation, call)
    assert premium(*arrays, np.array([call]))[0] == pytest.approx(expected, abs=2e-3)


@given(forwards, st.floats(0.7, 1.4), years_left)
def test_calls_and_puts_agree(forward: float, money: float, years: float) -> None:
    strike = round(forward * money)
    both = [np.array([value] * 2) for value in (forward, strike, years)]
    call, put = premium(*both, np.array([True, False]))
    assert call - put == pytest.approx(math.exp(-INTEREST * years) * (forward - strike), abs=5e-3)


def test_at_its_end_an_option_is_worth_what_it_pays() -> None:
    strikes = np.array([22_900, 23_000, 23_100])
    forward, years = np.full(3, 23_000.0), np.zeros(3)
    assert premium(forward, strikes, years, np.full(3, True)) == pytest.approx([100, 0, 0], abs=1)
    assert premium(forward, strikes, years, np.full(3, False)) == pytest.approx([0, 0, 100], abs=1)


def test_the_smile() -> None:
    """Puts below the forward cost more volatility than calls as far above it; near ones most."""
    strikes = np.array([20_700, 23_000, 25_300])
    near, far = (volatility(np.full(3, 23_000.0), strikes, np.full(3, y)) for y in (0.02, 0.7))
    for low, middle, high in (near, far):
        assert low > middle
        assert low > high
    assert near[0] - near[1] > far[0] - far[1]


def _strikes(session: date, expiry: str) -> list[int]:
    series = series_of(TXO, DEFAULT_SEED, session)
    (place,) = (p for p, contract in enumerate(series.contracts) if contract.expiry == expiry)
    own = series.place == place
    calls = series.strike[own & series.call].tolist()
    assert calls == series.strike[own & ~series.call].tolist()
    return calls


@pytest.mark.parametrize(
    ("expiry", "steps", "number"),
    [
        ("202412", {50, 100}, range(80, 130)),
        ("202412W4", {50, 100}, range(55, 75)),
        ("202501", {100}, range(80, 110)),
        ("202502", {100, 200}, range(90, 130)),
        ("202503", {200}, range(55, 80)),
        ("202506", {200}, range(55, 80)),
    ],
)
def test_strikes_are_finer_near_the_money_and_the_end(
    expiry: str, steps: set[int], number: range
) -> None:
    strikes = _strikes(ORDINARY, expiry)
    assert len(strikes) in number
    assert {after - before for before, after in pairwise(strikes)} == steps
    close = close_of(TXO.underlying, DEFAULT_SEED, trading_calendar().previous(ORDINARY))
    places = range(len(strikes) - 1)
    nearest = min(places, key=lambda place: abs(strikes[place] - close))
    assert strikes[nearest + 1] - strikes[nearest] == min(steps)
    assert strikes[1] - strikes[0] == strikes[-1] - strikes[-2] == max(steps)


@pytest.fixture(scope="module")
def printed(exchange: Exchange) -> OptionTape:
    return exchange.session(SESSION).options


def test_prices_stand_on_their_ticks(printed: OptionTape) -> None:
    prices = printed.price[printed.product == "TXO"]
    bounds = ((0, 1_000, 10), (1_000, 5_000, 50), (5_000, 50_000, 100), (50_000, 100_000, 500))
    for low, high, tick in bounds:
        inside = prices[(prices >= low) & (prices < high)]
        assert len(inside)
        assert not (inside % tick).any()
    assert not (prices[prices >= 100_000] % 1_000).any()
    assert prices.min() >= 10


def test_prices_follow_the_forward(exchange: Exchange) -> None:
    """Calls less puts of one strike and moment give the forward away, to the ticks."""
    curve = curve_of(TXO.underlying, DEFAULT_SEED, ORDINARY, exchange.lead_seconds)
    contract = series_of(TXO, DEFAULT_SEED, ORDINARY).contracts[0]
    printed = exchange.session(ORDINARY).options
    near = printed.where((printed.expiry == contract.expiry) & ~printed.night)
    found = defaultdict(dict)
    columns = (near.strike, near.second, near.call, near.price)
    for strike, second, call, price in zip(*(c.tolist() for c in columns), strict=True):
        found[strike, second // 30][call] = price / 100
    differences = []
    for (strike, half_minute), prices in found.items():
        if len(prices) == 2:
            second = 30 * half_minute + 15
            forward = curve.forward(contract, np.array([second]))[0]
            owed = math.exp(-INTEREST * (contract.ends - second) / YEAR) * (forward - strike)
            differences.append(prices[True] - prices[False] - owed)
    assert len(differences) > 30
    assert abs(np.median(differences)) < 1.5


def test_both_sides_are_split_independently(printed: OptionTape) -> None:
    columns = (printed.product, printed.expiry, printed.strike, printed.call)
    series = zip(*(c.tolist() for c in (*columns, printed.second, printed.price)), strict=True)
    rows = zip(series, printed.sides.tolist(), strict=True)
    groups = [[sides for _, sides in group] for _, group in groupby(rows, key=lambda row: row[0])]
    assert not any(sum(group) % 2 for group in groups)
    assert any(sorted(group) == [1, 1, 1, 3] for group in groups)
    assert sum(len(group) % 2 for group in groups) > 100
    assert [2, 2] in groups


def test_rows_stand_by_series_and_second(printed: OptionTape) -> None:
    columns = (printed.product, printed.strike, printed.expiry, ~printed.call, printed.second)
    keys = list(zip(*(column.tolist() for column in columns), strict=True))
    assert keys == sorted(keys)


def _clock(printed: OptionTape, hour: int, minute: int) -> np.ndarray:
    return printed.second % DAY == 3_600 * hour + 60 * minute


def test_options_print_at_every_close(exchange: Exchange, printed: OptionTape) -> None:
    ending = printed.expiry == "202412"
    assert (_clock(printed, 13, 30) & ending).any()
    assert (_clock(printed, 13, 30) & ~ending).any()
    assert (_clock(printed, 13, 45) & ~ending).any()
    assert (_clock(printed, 5, 0) & printed.night).any()
    close = local_second(SESSION, 13 * 3_600 + 30 * 60)
    assert printed.second[ending].max() == close
    for product in ("TXO", "TFO"):
        own = exchange.session(ORDINARY).options
        assert (_clock(own, 13, 45) & (own.product == product)).any()
    assert not printed.night[printed.product == "TFO"].any()


def test_opening_auctions_are_marked_for_some(printed: OptionTape) -> None:
    opened = (_clock(printed, 8, 45) | _clock(printed, 15, 0)) & (printed.product == "TXO")
    assert printed.auction[opened].any()
    assert not printed.auction[opened].all()
    assert not printed.auction[~_clock(printed, 8, 45) & ~_clock(printed, 15, 0)].any()


def test_expiries_and_rows_of_a_session(printed: OptionTape) -> None:
    rows = Counter(printed.product.tolist())
    assert 18_000 < rows.total() < 22_000
    assert 20 < rows["TFO"] < 400
    expiries = Counter(printed.expiry[printed.product == "TXO"].tolist())
    assert expiries.most_common(1)[0][0] == "202412"
    assert {"202412W4", "202501W1", "202501", "202502"} < expiries.keys()
    assert 350_000 < len(tape(DEFAULT_SEED, SESSION, "real", 10)) < 450_000
    later = tape(DEFAULT_SEED, date(2025, 6, 25), "demo", 10)
    assert {"202506F4", "202507F1"} < set(later.expiry.tolist())
