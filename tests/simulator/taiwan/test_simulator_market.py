"""Every trap of the real files must occur in an ordinary week of the simulated ones."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import contracts_of, curve_of
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.expiries import last_trading_date, listed
from indextracker_simulator.taiwan.futures import trading
from indextracker_simulator.taiwan.indices import INDICES, TAIEX, TAIEX_PROCESS, UNMAPPED
from indextracker_simulator.taiwan.products import PRODUCTS
from indextracker_simulator.taiwan.session import Session
from indextracker_simulator.taiwan.walk import (
    CASH_CLOSE,
    CASH_OPEN,
    DAY,
    cash_path,
    close_of,
    local_date,
    local_second,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Row(NamedTuple):
    session: date
    product: str
    near: str
    far: str
    day: date
    time: int  # HHMMSS
    night: bool
    price: int
    contracts: int
    auction: bool

    @property
    def ends_today(self) -> bool:
        ending = self.product != "TJF" and last_trading_date(self.near, self.session)
        return ending == self.session


def _rows(session: Session) -> Iterator[Row]:
    tape = session.tape
    columns = (tape.product, tape.near, tape.far, tape.second, tape.night)
    figures = (tape.price, tape.contracts, tape.auction)
    for product, near, far, second, night, *rest in zip(
        *(column.tolist() for column in (*columns, *figures)), strict=True
    ):
        hour, minute = divmod(second % DAY // 60, 60)
        time = hour * 10_000 + minute * 100 + second % 60
        day = local_date(second)
        yield Row(session.session_date, product, near, far, day, time, night, *rest)


@pytest.fixture(scope="module")
def days(week: list[Session]) -> list[list[Row]]:
    return [list(_rows(session)) for session in week]


@pytest.fixture(scope="module")
def rows(days: list[list[Row]]) -> list[Row]:
    return [row for day in days for row in day]


def _prints(
    product: str, time: int, *, night: bool = False, far: bool = False, ends: bool = False
) -> Callable[[Row], bool]:
    def fits(row: Row) -> bool:
        here = (row.product, row.time, row.night) == (product, time, night)
        return here and bool(row.far) == far and row.ends_today == ends

    return fits


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(_prints("TX", 134500), id="TX at its close"),
        pytest.param(_prints("TX", 133000, ends=True), id="TX at its close on its last day"),
        pytest.param(_prints("TX", 133000), id="TX at 13:30 on an ordinary day"),
        pytest.param(_prints("MTX", 133000, ends=True), id="MTX at its close on its last day"),
        pytest.param(_prints("CDF", 133000, ends=True), id="CDF at its close on its last day"),
        pytest.param(_prints("OJF", 133000, ends=True), id="OJF at its close on its last day"),
        pytest.param(_prints("QQF", 133000, ends=True), id="QQF at its close on its last day"),
        pytest.param(_prints("QQF", 134500), id="QQF at its close"),
        pytest.param(_prints("OJF", 134500), id="OJF within its hours"),
        pytest.param(_prints("TJF", 134500), id="TJF within its hours"),
        pytest.param(_prints("OJF", 161500), id="OJF at its close"),
        pytest.param(_prints("TJF", 161500), id="TJF at its close"),
        pytest.param(_prints("TJF", 80000), id="TJF at its opening"),
        pytest.param(_prints("OJF", 150000), id="OJF by day when others open their night"),
        pytest.param(_prints("TX", 50000, night=True), id="TX at the night's close"),
        pytest.param(_prints("CDF", 172500, night=True), id="CDF at its night's opening"),
        pytest.param(_prints("CDF", 50000, night=True), id="CDF at the night's close"),
        pytest.param(_prints("TX", 134500, far=True), id="spread at the close"),
        pytest.param(_prints("TX", 133000, far=True, ends=True), id="spread at near's close"),
        pytest.param(_prints("TX", 50000, night=True, far=True), id="spread at night's close"),
        pytest.param(lambda row: row.far and row.price < 0, id="spread below zero"),
        pytest.param(lambda row: not row.far and row.price < 100, id="outright below one"),
        pytest.param(lambda row: "W" in row.far and "W" not in row.near, id="month before week"),
        pytest.param(lambda row: "W" in row.near and row.far, id="spread near a weekly"),
        pytest.param(
            lambda row: row.product == "CDF" and row.price % 100, id="CDF between dollars"
        ),
        pytest.param(lambda row: row.night and row.day == row.session, id="night after midnight"),
        pytest.param(
            lambda row: row.session == date(2024, 12, 16) and row.day == date(2024, 12, 13),
            id="Friday evening in Monday's file",
        ),
        pytest.param(
            lambda row: row.session == date(2024, 12, 16) and row.day == date(2024, 12, 14),
            id="Saturday in Monday's file",
        ),
    ],
)
def test_it_happens(rows: list[Row], happens: Callable[[Row], bool]) -> None:
    assert any(happens(row) for row in rows)


def test_no_contract_trades_after_its_close_on_its_last_day(rows: list[Row]) -> None:
    ending = [row for row in rows if row.ends_today and not row.night]
    assert max(row.time for row in ending) == 133000
    assert {row.product for row in ending} == {"TX", "MTX", "TMF", "CDF", "OJF", "QQF"}


def test_a_weekly_ends_in_an_ordinary_week(exchange: Exchange) -> None:
    ending = [row for row in _rows(exchange.session(date(2024, 12, 11))) if row.ends_today]
    assert {(row.product, row.near) for row in ending} == {("MTX", "202412W2")}
    assert {bool(row.far) for row in ending if row.time == 133000} == {True, False}


def test_rows_equal_in_every_cell(days: list[list[Row]]) -> None:
    for day in days:
        assert max(Counter(day).values()) > 1


def test_seconds_with_several_prices(days: list[list[Row]]) -> None:
    for day in days:
        prices = defaultdict(list)
        for row in day:
            prices[row.product, row.near, row.far, row.day, row.time].append(row.price)
        assert any(found[0] != found[-1] for found in prices.values())


def test_contracts_that_print_once_or_as_legs_alone(days: list[list[Row]]) -> None:
    for day in days:
        outright = Counter((r.product, r.near) for r in day if not r.far)
        legs = {(r.product, leg) for r in day if r.far for leg in (r.near, r.far)}
        assert 1 in outright.values()
        assert {product for product, _ in legs - set(outright)} == {"CDF"}


def test_minutes_with_legs_alone(days: list[list[Row]]) -> None:
    for day in days:
        outright, legs = set(), set()
        for row in day:
            minute = (row.product, row.day, row.time // 100)
            if row.far:
                legs |= {(row.near, *minute), (row.far, *minute)}
            else:
                outright.add((row.near, *minute))
        assert legs - outright


def test_opening_auctions_are_marked_for_some(days: list[list[Row]]) -> None:
    for day in days:
        first: dict[tuple[str, str, bool], Row] = {}
        marked = set()
        for row in day:
            if not row.far:
                first.setdefault((row.product, row.near, row.night), row)
            if row.auction:
                marked.add(row)
        assert marked
        assert marked < set(first.values())


def test_a_spread_stands_before_the_first_outright_row(days: list[list[Row]]) -> None:
    for day in days:
        first = [row for row in day if row.product == "TX"]
        assert first[0].far
        assert next(row for row in first if not row.far).auction


def test_rows_stand_by_product_near_expiry_and_second(days: list[list[Row]]) -> None:
    for day in days:
        keys = [(row.product, row.near, row.day, row.time) for row in day]
        assert keys == sorted(keys)
        assert [key[2:] for key in keys] != sorted(key[2:] for key in keys)


def test_the_basis_decays_to_the_final_settlement(week: list[Session]) -> None:
    session = next(s for s in week if s.session_date == date(2024, 12, 18))
    levels = session.index.levels[:, session.index.names.index(TAIEX)]
    settlement = levels[-360:].mean()  # the last half hour
    assert abs(settlement - levels[-1]) > 200
    last = [r for r in _rows(session) if r.product == "TX" and r.ends_today and not r.far][-1]
    assert abs(last.price - settlement) <= 160
    assert last.price % 100 == 0
    curve = curve_of(TAIEX_PROCESS, session.seed, session.session_date, session.lead_seconds)
    close = np.array([local_second(session.session_date, CASH_CLOSE)])
    ending, *others = contracts_of(PRODUCTS[-1], session.session_date)
    assert 100 * curve.forward(ending, close)[0] == pytest.approx(settlement, abs=1)
    basis = [abs(curve.forward(contract, close)[0] - levels[-1] / 100) for contract in others]
    assert basis == sorted(basis)
    assert basis[-1] > 100


@pytest.mark.parametrize("lead", [0, 10, 35])
def test_futures_lead_the_index(lead: int) -> None:
    """The returns between prints go with the index's returns that many seconds later, and best."""
    session = Session(DEFAULT_SEED, date(2024, 12, 12), "demo", lead_seconds=lead)
    opening = local_second(session.session_date, CASH_OPEN)
    levels = session.index.levels[1:, session.index.names.index(TAIEX)]
    at = opening + 5 * np.arange(1, 3241)
    front = session.tape.where(session.tape.product == "MTX")
    front = front.where((front.near == "202412") & (front.far == "") & ~front.night)
    inside = (front.second >= at[0]) & (front.second < at[-1] - 500)
    seconds, prices = front.second[inside], front.price[inside]
    lags = range(-60, 65, 5)
    correlation = [
        np.corrcoef(np.diff(prices), np.diff(np.interp(seconds + lag, at, levels)))[0, 1]
        for lag in lags
    ]
    assert lags[int(np.argmax(correlation))] == lead
    assert max(correlation) > 0.5


def _taiex(days: int) -> list[np.ndarray]:
    """The index of some sessions, each with the close before it in front."""
    sessions = [day for day in trading_calendar().sessions if day >= date(2024, 1, 2)][:days]
    return [
        np.append(
            close_of(TAIEX_PROCESS, DEFAULT_SEED, trading_calendar().previous(session)),
            cash_path(TAIEX_PROCESS, DEFAULT_SEED, session),
        )
        for session in sessions
    ]


def test_the_index_opens_with_a_gap_is_lively_early_and_jumps() -> None:
    returns = np.array([np.diff(np.log(levels)) for levels in _taiex(60)])
    gaps, steps = returns[:, 0], returns[:, 1:]
    assert 0.002 < gaps.std() < 0.008
    typical = np.median(np.abs(steps[:, 1_000:2_500]))
    assert np.median(np.abs(steps[:, :120])) > 2 * typical
    assert np.median(np.abs(steps[:, 2_900:3_170])) > 1.1 * typical
    # Ten times what is usual, away from the lively opening: no chance of that without jumps.
    jumps = (np.abs(steps[:, 500:3_100]) > 10 * typical).sum(axis=1)
    assert 10 < (jumps > 0).sum() < 45


def test_indices_jump_together() -> None:
    sessions = [day for day in trading_calendar().sessions if day >= date(2024, 1, 2)][:60]
    for session in sessions:
        levels = Session(DEFAULT_SEED, session, "demo").index.levels[500:3_100, :4]
        steps = np.abs(np.diff(np.log(levels), axis=0))
        usual = steps / np.median(steps, axis=0)
        jump = int(np.argmax(usual[:, 0]))
        if usual[jump, 0] > 15:
            assert np.median(usual[jump]) > 5
            return
    pytest.fail("no session with a large jump")


@pytest.mark.parametrize(
    ("day", "new"), [(date(2024, 12, 19), "202512"), (date(2024, 12, 26), "202501W2")]
)
def test_new_contracts_have_no_night(exchange: Exchange, day: date, new: str) -> None:
    assert new in listed(PRODUCTS[1], day)
    assert new not in listed(PRODUCTS[1], trading_calendar().previous(day))
    rows = [row for row in _rows(exchange.session(day)) if row.product == "MTX"]
    assert new in {leg for row in rows for leg in (row.near, row.far)}
    assert new not in {leg for row in rows if row.night for leg in (row.near, row.far)}


def test_volume_of_a_session(week: list[Session]) -> None:
    assert all(28_000 < len(session.tape) < 36_000 for session in week)
    real = trading(DEFAULT_SEED, date(2024, 12, 13), "real", 10).tape
    assert 450_000 < len(real) < 600_000


def test_index_levels(week: list[Session]) -> None:
    for session in week:
        levels = session.index.levels
        assert levels.shape == (3241, 39)
        assert (levels > 0).all()
        taiex = levels[1:, session.index.names.index(TAIEX)]
        assert (np.diff(taiex) == 0).any()
        assert len(np.unique(taiex)) > 1000
        assert UNMAPPED in session.index.names


@pytest.mark.parametrize("session", [date(2015, 1, 6), date(2023, 7, 4), date(2025, 2, 3)])
def test_closes_chain(session: date) -> None:
    eve = trading_calendar().previous(session)
    before, after = Exchange().session(eve).index, Exchange().session(session).index
    for name in set(before.names) & set(after.names):
        closed = before.levels[-1, before.names.index(name)]
        assert after.levels[0, after.names.index(name)] == closed


def test_columns_of_the_report_change_with_the_years() -> None:
    reported = {
        day: {index.name for index in INDICES if index.reported_on(day)}
        for day in (date(2023, 1, 30), date(2023, 7, 21), date(2024, 7, 1))
    }
    assert [len(names) for names in reported.values()] == [34, 38, 39]


def test_a_session_depends_on_seed_and_date_alone(week: list[Session]) -> None:
    alone = Exchange().session(week[3].session_date)
    other = Exchange(seed=2).session(week[3].session_date)
    for field in fields(alone.tape):
        ours, again = getattr(week[3].tape, field.name), getattr(alone.tape, field.name)
        assert np.array_equal(ours, again)
    assert np.array_equal(alone.index.levels, week[3].index.levels)
    assert alone.slips("futures") == week[3].slips("futures")
    assert alone.document("options") == week[3].document("options")
    assert alone.document("daily_options") == week[3].document("daily_options")
    assert not np.array_equal(other.index.levels, alone.index.levels)


@pytest.mark.parametrize("day", [date(2014, 12, 31), date(2024, 10, 31), date(2024, 12, 14)])
def test_no_session(day: date) -> None:
    with pytest.raises(ValueError, match="no session"):
        Exchange().session(day)


def test_any_session_can_be_made() -> None:
    day = date(2015, 1, 5)
    while day < date(2028, 1, 1):
        if trading_calendar().is_session(day):
            assert len(Exchange().session(day).tape) > 20_000
        day += timedelta(days=301)
