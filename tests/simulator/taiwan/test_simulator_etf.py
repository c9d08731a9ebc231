"""The ETF's trades as the vendor keeps them: what changed over the years, and quiet days."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.etf import EtfTape, trades
from indextracker_simulator.taiwan.finmind import no_trades_json
from indextracker_simulator.taiwan.indices import TAIEX
from indextracker_simulator.taiwan.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOSE = (13 * 3_600 + 1_800) * 1_000


def _year(year: int) -> Iterable[EtfTape]:
    return (
        trades(DEFAULT_SEED, session)
        for session in trading_calendar().sessions
        if session.year == year
    )


def _of_day(tape: EtfTape) -> np.ndarray:
    return tape.millisecond % 86_400_000


def test_a_few_to_some_dozens_of_trades_a_day() -> None:
    numbers = [len(tape) for tape in _year(2024)]
    assert 3 < sum(number == 0 for number in numbers) < 25
    assert 15 < np.mean(numbers) < 40
    assert max(numbers) < 60


def test_whole_seconds_and_buyers_in_2019() -> None:
    for tape in _year(2019):
        assert not (tape.millisecond % 1_000).any()
        assert set(tape.tick_type.tolist()) <= {1}
        assert tape.to_the_second


def test_pairs_in_2020() -> None:
    pairs = 0
    for tape in _year(2020):
        columns = (tape.millisecond, tape.price, tape.lots, tape.tick_type)
        rows = Counter(zip(*(column.tolist() for column in columns), strict=True))
        for (at, *_), number in rows.items():
            assert number == 1 or at % 1_000 == 0
            pairs += number > 1
        assert set((tape.millisecond % 1_000).tolist()) != {0} or len(tape) < 10
    assert pairs > 500


def test_later_years_know_milliseconds_and_sides() -> None:
    kinds: Counter[int] = Counter()
    after_hours = at_close = 0
    for tape in _year(2023):
        at = _of_day(tape)
        assert (np.diff(at) >= 0).all()
        kinds.update(tape.tick_type.tolist())
        late = at[at > CLOSE]
        assert set(late.tolist()) <= {CLOSE + 3_600_000}
        after_hours += len(late)
        at_close += CLOSE in at
        assert (tape.tick_type[at >= CLOSE] == 0).all()
        assert not len(late) or tape.price[-1] == tape.price[at <= CLOSE][-1] or CLOSE not in at
    assert kinds.keys() == {0, 1, 2}
    assert 30 < after_hours < 120
    assert at_close > 100


@pytest.mark.parametrize("day", [date(2018, 12, 28), date(2019, 2, 20)])
def test_the_vendor_does_not_have_some_days(day: date) -> None:
    assert not len(trades(DEFAULT_SEED, day))
    assert Session(DEFAULT_SEED, day, "demo").document("etf") == no_trades_json()
    assert json.loads(no_trades_json()) == {"msg": "success", "status": 200, "data": []}


def test_the_price_follows_the_index() -> None:
    for day in (date(2023, 3, 1), date(2024, 8, 5)):
        session = Session(DEFAULT_SEED, day, "demo")
        levels = session.index.levels[:, session.index.names.index(TAIEX)] / 188
        assert (session.etf.price > 0.999 * levels[1:].min() - 5).all()
        assert (session.etf.price < 1.001 * levels[1:].max() + 5).all()
        assert not (session.etf.price[session.etf.price >= 5_000] % 5).any()


def test_times_of_2019_have_no_fraction() -> None:
    answer = json.loads(Session(DEFAULT_SEED, date(2019, 7, 1), "demo", False).document("etf"))
    assert answer["data"]
    assert {len(trade["Time"]) for trade in answer["data"]} == {8}
