"""The market itself: its days, the lives of its instruments, what is traded."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, date, time
from statistics import fmean, median
from typing import TYPE_CHECKING

import numpy as np
import pytest

from indextracker_simulator.india.calendar import MUHURAT, trading_calendar
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.identities import isin
from indextracker_simulator.india.instruments import Spells, instrument
from indextracker_simulator.india.walk import Process, levels, sentiment
from indextracker_simulator.randomness import DEFAULT_SEED

if TYPE_CHECKING:
    from indextracker_simulator.india.session import Row

SESSIONS = trading_calendar().between(date(2011, 1, 1), date(2026, 8, 20))


@pytest.fixture(scope="module")
def traded(exchange: Exchange) -> dict[date, list[Row]]:
    """Every row of sixteen years."""
    return {session: exchange.rows(session) for session in SESSIONS}


# Days


def test_the_sessions_are_as_many_as_the_published_files() -> None:
    calendar = trading_calendar()
    assert len(calendar.between(date(2019, 9, 30), date(2026, 8, 20))) == 1_711


@pytest.mark.parametrize(
    ("day", "trades"),
    [
        ("2013-11-14", True),  # a holiday until it was moved
        ("2013-11-15", False),
        ("2020-02-01", True),  # a Saturday
        ("2021-11-04", True),
        ("2021-11-05", False),
        ("2023-06-28", True),
        ("2023-06-29", False),
        ("2024-01-20", True),  # a Saturday
        ("2024-01-22", False),
        ("2024-05-20", False),
        ("2025-10-22", False),
        ("2026-01-15", False),
        ("2026-02-01", True),  # a Sunday
        ("2026-02-07", False),  # a Saturday
        ("2031-01-27", True),
        ("2032-01-26", False),
    ],
)
def test_days_on_which_calendars_err(day: str, trades: bool) -> None:
    assert trading_calendar().is_session(date.fromisoformat(day)) == trades


def test_hours() -> None:
    calendar = trading_calendar()
    opens, closes = calendar.hours(date(2021, 11, 4))
    assert (opens.astimezone(UTC).time(), closes.astimezone(UTC).time()) == (
        time(12, 45),
        time(13, 45),
    )
    opens, closes = calendar.hours(date(2024, 1, 20))
    assert (opens.astimezone(UTC).time(), closes.astimezone(UTC).time()) == (time(3, 45), time(10))


def test_little_is_traded_in_the_hour_of_diwali(traded: dict[date, list[Row]]) -> None:
    def turnover(session: date) -> int:
        return sum(row.turnover for row in traded[session])

    evenings = [turnover(day) for day in MUHURAT if day in traded]
    assert len(evenings) == 15
    assert max(evenings) < median(map(turnover, traded)) / 2


# Lives


def test_the_world_is_the_same_for_equal_seeds_and_another_for_others() -> None:
    one, same, other = (Exchange(seed=seed).rows(date(2024, 1, 20)) for seed in (5, 5, 6))
    assert one == same
    assert [row.close for row in one] != [row.close for row in other]


def test_instruments_more_or_less_leave_the_others_alone() -> None:
    session = date(2025, 8, 29)
    few, many = (Exchange(size=size).rows(session) for size in (20, 90))
    assert few == [row for row in many if row.number < 20]
    symbols = [row.symbol for row in many if not row.beside]
    assert len(set(symbols)) == len(symbols)


@pytest.mark.parametrize("number", [4, 9, 14, 24, 29, 1008, 1009, 1014, 1024, 1029, 1999])
def test_every_kind_of_instrument_has_a_symbol_and_an_isin(number: int) -> None:
    one = instrument(number, DEFAULT_SEED, 0.0)
    assert all(0 < len(called.symbol) <= 10 for called in one.identities.values)
    assert {len(text) for text in one.isins.values} == {12}
    assert len(set(one.isins.values)) == len(one.isins.values)


def test_all_that_happens_to_instruments_happens_often(exchange: Exchange) -> None:
    instruments = exchange.instruments
    kinds = Counter(action.kind for one in instruments for action in one.actions)
    assert min(kinds.values()) > 10
    assert set(kinds) == {"split", "bonus", "rights", "dividend", "demerger", "buyback"}
    assert sum(len(one.identities.starts) - 1 for one in instruments) > 20
    assert sum(len(one.series.starts) - 1 for one in instruments) > 20
    assert sum(len(one.isins.starts) - 1 for one in instruments) > 10
    assert sum(one.last is not None for one in instruments) >= 5
    assert sum(one.listed_on in trading_calendar().position for one in instruments) >= 5


def test_symbols_are_never_shared(traded: dict[date, list[Row]]) -> None:
    owners: dict[str, set[int]] = {}
    for found in traded.values():
        keys = [(row.symbol, row.series) for row in found]
        assert len(set(keys)) == len(keys)
        for row in found:
            owners.setdefault(row.symbol, set()).add(row.number)
    assert {len(numbers) for numbers in owners.values()} == {1}
    assert any("&" in symbol for symbol in owners)
    assert any("-" in symbol for symbol in owners)
    assert max(map(len, owners)) == 10


def test_one_company_is_renamed_twice_within_a_week(exchange: Exchange) -> None:
    position = trading_calendar().position
    chains = [one.identities for one in exchange.instruments if one.number % 20 == 6]
    for chain in chains:
        _, first, second = chain.starts
        assert position[second] - position[first] == 5
        assert len({called.symbol for called in chain.values}) == 3


def test_a_split_brings_a_new_isin_at_once_or_a_session_late(exchange: Exchange) -> None:
    position = trading_calendar().position
    late = []
    for one in exchange.instruments:
        splits = [action for action in one.actions if action.kind == "split"]
        assert len(one.isins.starts) == len(splits) + 1
        for action, start in zip(splits, one.isins.starts[1:], strict=True):
            late.append(position[start] - position[action.ex_date])
            assert one.faces.at(action.ex_date) == action.new < action.held
    assert set(late) == {0, 1}


@pytest.mark.parametrize(
    ("published", "issuer", "number", "kind"),
    [("INE001A01036", "INE", 1, "01"), ("INE009A01021", "INE", 9, "01")],
)
def test_isins_end_in_their_check_digit(
    published: str, issuer: str, number: int, kind: str
) -> None:
    serial = int(published[9:11])
    assert isin(issuer, number, kind, serial) == published


# Prices


def test_a_row_is_possible(traded: dict[date, list[Row]]) -> None:
    for found in traded.values():
        for row in found:
            assert row.low <= row.open <= row.high
            assert row.low <= row.close <= row.high or row.series == "T0"
            assert row.last == 0 or row.low <= row.last <= row.high
            assert row.low * row.shares <= row.turnover <= row.high * row.shares
            assert row.low <= row.average <= row.high
            assert 0 < row.trades <= row.shares
            assert row.delivered is None or 0 <= row.delivered <= row.shares
            assert row.shares % row.lot == 0 or row.beside


def test_the_previous_close_is_the_last_one_printed_and_never_adjusted(
    traded: dict[date, list[Row]],
) -> None:
    """A block deal has the last one's; what is settled that day has the usual trades'."""
    last: dict[tuple[int, bool], int] = {}
    adjacent = 0
    for found in traded.values():
        for row in found:
            market = (row.number, row.series == "BL")
            if row.series == "T0":
                assert row.close == last[market]
            elif market in last:
                assert row.previous == last[market]
                adjacent += 1
            last[market] = row.close
    assert adjacent > 150_000


def test_trades_that_are_settled_that_day_may_close_elsewhere(
    traded: dict[date, list[Row]],
) -> None:
    rows_of = [row for found in traded.values() for row in found if row.series == "T0"]
    assert len(rows_of) > 300
    assert any(not row.low <= row.close <= row.high for row in rows_of)
    assert min(day for day, found in traded.items() if rows_of[0] in found) >= date(2024, 3, 28)


def test_a_price_follows_what_an_action_makes_of_it(
    exchange: Exchange, traded: dict[date, list[Row]]
) -> None:
    """Of the open after all splits and bonuses, in terms of the close before."""
    surprises = []
    for one in exchange.instruments:
        for action in one.actions:
            row = next((r for r in traded.get(action.ex_date, ()) if r.number == one.number), None)
            if row and action.kind in ("split", "bonus", "rights"):
                expected = row.previous * action.price_factor(row.previous)
                surprises.append(math.log(row.open / expected))
    assert len(surprises) > 50
    assert max(map(abs, surprises)) < 0.1
    assert abs(fmean(surprises)) < 0.005


def test_news_moves_the_next_session_by_its_effect() -> None:
    effect = 0.05
    found = []
    for number in range(40):
        process = Process(f"of news {number}", 100.0, 0.02, 0.5)
        moves = np.diff(np.log(levels(process, DEFAULT_SEED, effect)))
        news = sentiment(process, DEFAULT_SEED)[:-1]
        found.append(float(moves @ news / (news @ news)))
    # A move has a deviation of 0.02, some 950 sessions have news of a mean square of 1/3.
    error = 0.02 / math.sqrt(950 / 3 * len(found))
    assert abs(fmean(found) - effect) < 5 * error


def test_spells_hold_from_their_start() -> None:
    spells = Spells((date(2020, 1, 1), date(2020, 2, 1)), ("a", "b"))
    days = (date(2019, 1, 1), date(2020, 1, 31), date(2020, 2, 1), date(2021, 1, 1))
    assert [spells.at(day) for day in days] == ["a", "a", "b", "b"]


def test_there_is_no_session_on_a_holiday(exchange: Exchange) -> None:
    with pytest.raises(ValueError, match="2024-05-20 is no session"):
        exchange.rows(date(2024, 5, 20))
