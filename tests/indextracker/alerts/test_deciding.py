"""Deciding: the same alerts as by looking at all events before each, however they are handed in."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from indextracker.alerts.deciding import (
    COLUMNS,
    PAUSE_US,
    Alert,
    Decider,
    Event,
    events_of,
    instant,
)
from indextracker.alerts.rules import Moves, Rule, Stale, Volume
from indextracker_spark.events.markets import EVENTS

START = datetime(2024, 12, 16, 1, tzinfo=UTC)
START_US = round(START.timestamp() * 1_000_000)
SECOND_US, MINUTE_US, DAY_US = 1_000_000, 60_000_000, 86_400_000_000
ANY = ("*",)


def moves(against: str, **more: object) -> Moves:
    return Moves.model_validate({"name": "moves", "symbols": ANY, "against": against} | more)


ROLLING = moves("rolling", percent=1, rolling_minutes=2, cooldown_minutes=1)
BUSY = Volume(name="busy", symbols=ANY, times=3, mean_minutes=3, cooldown_minutes=1)


def event(
    second: float,
    price: float = 100.0,
    symbol: str = "A",
    arrived: float | None = None,
    line: int | None = None,
    **more: object,
) -> Event:
    at_us = START_US + round(second * SECOND_US)
    arrived_us = at_us if arrived is None else START_US + round(arrived * SECOND_US)
    place = f"{symbol}/{second}/{line}/{arrived}"
    none = Event(symbol, at_us, line, price, None, None, None, None, arrived_us, place)
    return none._replace(**more)


def decided(rules: Sequence[Rule], *events: Event) -> list[Alert]:
    return Decider(rules).decide(events)


def seconds(alerts: Sequence[Alert]) -> list[float]:
    return [(alert.window_end - START).total_seconds() for alert in alerts]


def test_a_move_within_minutes_is_from_the_lowest_or_the_highest_price() -> None:
    prices = [(0, 100), (30, 99.5), (60, 99.7), (90, 100.5), (300, 100.4), (330, 99.39)]
    [rose, fell] = decided([ROLLING], *(event(at, price) for at, price in prices))
    assert rose.window_begin == START + timedelta(seconds=30)
    assert (rose.price, rose.reference_price) == (100.5, 99.5)
    assert rose.message == "A rose by 1.01 % within 2 minutes, from 99.5 to 100.5"
    assert fell.change_percent is not None
    assert fell.change_percent < -1
    assert seconds([rose, fell]) == [90, 330]


def test_exactly_as_many_per_cent_are_enough() -> None:
    rule = moves("open", percent=1)
    for first, last in ((1.1, 1.111), (0.7, 0.707), (94.1, 95.041), (23000, 23230)):
        assert len(decided([rule], event(0, first), event(1, last))) == 1
        assert decided([rule], event(0, first), event(1, last * 0.99999)) == []


def test_a_direction_is_kept_to() -> None:
    for direction, ends in (("up", [1]), ("down", [2]), ("both", [1])):
        rule = moves("open", percent=1, direction=direction)
        assert seconds(decided([rule], event(0), event(1, 102.0), event(2, 98.0))) == ends


def test_the_previous_close_is_what_the_event_tells() -> None:
    decider = Decider([moves("previous_close", percent=2)])
    assert decider.decide([event(0, 100.0)]) == []
    assert decider.without_close == {"moves"}
    assert decider.decide([event(1, 101.9, previous_close=100.0)]) == []
    [alert] = decider.decide([event(2, 97.5, previous_close=100.0)])
    assert alert.message == "A fell by 2.50 % from the previous close 100 to 97.5"


def test_the_open_is_told_or_the_first_price_of_the_day_or_after_a_pause() -> None:
    rule = moves("open", percent=1, cooldown_minutes=1)
    to_midnight = (DAY_US - START_US % DAY_US) / SECOND_US
    hour = PAUSE_US / SECOND_US
    assert decided([rule], event(0, 100.0), event(hour + 1, 102.0)) == []
    assert len(decided([rule], event(0, 100.0), event(hour - 1, 102.0))) == 1
    assert decided([rule], event(to_midnight - 1, 100.0), event(to_midnight, 102.0)) == []
    told = event(0, 100.0, open_price=98.0)
    assert [alert.reference_price for alert in decided([rule], told)] == [98.0]


def test_units_of_a_minute_are_compared_with_the_minutes_before() -> None:
    sizes = [(0, 10), (60, 20), (120, 30), (180, 59), (181, 1), (182, 100)]
    events = [event(at, size=size, line=at) for at, size in sizes]
    [alert] = decided([BUSY], *events)
    assert (alert.volume, seconds([alert])) == (60, [181])
    assert alert.window_begin == START + timedelta(seconds=180)
    assert alert.message == (
        "A: 60 units in the minute of 01:03 UTC, 3.0 times the mean of the 3 minutes before"
    )
    # Without the first of them the three minutes before are not known.
    assert decided([BUSY], *events[1:]) == []


def test_units_of_quotes_are_what_the_days_volume_grew_by() -> None:
    volumes = [(0, 1000), (30, 1010), (60, 1030), (120, 1060), (180, 1120), (181, 5)]
    [alert] = decided([BUSY], *(event(at, day_volume=volume) for at, volume in volumes))
    assert (alert.volume, seconds([alert])) == (60, [180])


def test_what_comes_again_or_late_decides_nothing() -> None:
    rule = moves("open", percent=1, cooldown_minutes=1)
    low, high = event(0, 100.0, line=1), event(90, 102.0, line=2)
    late = event(60, 50.0, line=9)
    assert len(decided([rule], low, high, low, high, late, high)) == 1


def test_a_rule_rests_after_an_alert() -> None:
    rule = moves("open", percent=1, cooldown_minutes=2)
    events = [event(0), *(event(at, 102.0) for at in range(1, 300))]
    assert seconds(decided([rule], *events)) == [1, 121, 241]
    both = [event(0), event(0, symbol="B"), event(1, 102.0), event(2, 102.0, symbol="B")]
    assert [alert.symbol for alert in decided([rule], *both)] == ["A", "B"]


def test_silence_is_told_once_when_it_is_known_or_when_it_ends() -> None:
    rule = Stale(name="feed", symbols=("A", "B*"), silent_seconds=10)
    decider = Decider([rule])
    assert decider.pass_time(START + timedelta(days=1)) == []
    events = [event(0), event(0, symbol="B1"), event(8, symbol="B2"), event(9)]
    assert decider.decide(events) == []
    assert decider.pass_time(START + timedelta(seconds=18)) == []
    [of_b] = decider.pass_time(START + timedelta(seconds=19))
    assert (of_b.symbol, seconds([of_b])) == ("B*", [18])
    assert decider.pass_time(START + timedelta(seconds=19)) == []
    [of_a] = decider.decide([event(40)])
    assert of_a.message == (
        "no event of A for 10 s, the last one arrived at 2024-12-16 01:00:09 UTC"
    )
    assert decider.decide([event(41, symbol="B1")]) == []


def test_rows_are_read_in_the_order_of_the_stream() -> None:
    def line(second: int, price: float) -> bytes:
        told = {
            "symbol": "A",
            "price": price,
            "time": f"{instant(START_US + second * SECOND_US):%Y-%m-%dT%H:%M:%SZ}",
            "source": "yahoo",
            "change": "2.5",
            "day_volume": 7,
            "open_price": "none",
        }
        return json.dumps(told).encode()

    records = [("1", 99, line(0, 1.5) + b"\n{\n" + line(1, 2.5)), ("1", 100, line(2, 3.5))]
    rows = [row for shard, n, data in records for row in EVENTS.rows(shard, n, START, data)]
    names = EVENTS.table.column_names
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in reversed(rows)])
    found = list(events_of(table.select(COLUMNS), lambda _: True))
    assert [one.price for one in found] == [1.5, 2.5, 3.5]
    assert found[0] == Event("A", START_US, None, 1.5, None, 7, -1.0, None, START_US, "1/99/0")
    assert list(events_of(table.select(COLUMNS), lambda symbol: symbol == "B")) == []


# Steps of a walk: seconds on, price, units; some of them late.
STEPS = st.lists(
    st.tuples(
        st.integers(-90, 120), st.sampled_from([97.0, 98.5, 99.0, 100.0, 101.0]), st.integers(0, 50)
    ),
    max_size=60,
)


def rolling_by_hand(before: Sequence[Event], now: Event) -> bool:
    window = [one.price for one in before if one.at_us >= now.at_us - 2 * MINUTE_US]
    return any(abs(now.price / price - 1) * 100 >= 1 - 1e-9 for price in window)


def busy_by_hand(before: Sequence[Event], now: Event) -> bool:
    minute = now.at_us // MINUTE_US
    units = dict.fromkeys(range(minute - 3, minute + 1), 0)
    for one in (*before, now):
        if (of := one.at_us // MINUTE_US) in units:
            units[of] += one.size or 0
    mean = sum(units[minute - n] for n in (1, 2, 3)) / 3
    is_known = min(one.at_us for one in (*before, now)) // MINUTE_US <= minute - 3
    return is_known and mean > 0 and units[minute] >= 3 * mean


@settings(deadline=None, max_examples=300)
@given(STEPS, st.integers(1, 60))
def test_alerts_are_those_found_by_hand(steps: list[tuple[int, float, int]], each: int) -> None:
    second = 0
    events = []
    for number, (on, price, units) in enumerate(steps):
        second += on
        events.append(event(second, price, arrived=number, line=number, size=units))
    expected = []
    rests: dict[str, int] = {}
    taken: list[Event] = []
    for one in events:
        if taken and (one.at_us, one.line) <= (taken[-1].at_us, taken[-1].line):
            continue
        for name, meets in (("moves", rolling_by_hand), ("busy", busy_by_hand)):
            if meets(taken, one) and one.at_us >= rests.get(name, 0):
                expected.append((name, one.at_us))
                rests[name] = one.at_us + MINUTE_US
        taken.append(one)
    decider = Decider([ROLLING, BUSY])
    found = [
        alert
        for first in range(0, len(events), each)
        for alert in decider.decide(events[first : first + each])
    ]
    assert [(a.rule, round(a.window_end.timestamp() * SECOND_US)) for a in found] == expected
    assert len({alert.alert_id for alert in found}) == len(found)
