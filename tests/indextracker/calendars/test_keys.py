"""The keys of time lines of every kind, and exchanges found by the modules of their subjects."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from indextracker import calendars
from indextracker.calendars import Calendar, begins, calendar, trading_days, zone
from indextracker.calendars.exchanges import Exchange, find_exchanges
from indextracker.reference.closures import Closure, SpecialSession
from indextracker_catalogue.timeline import Days, Hours, Key, Sessions, Timeline, Whole, Years

TODAY = date(2024, 12, 16)
SESSIONS, DAYS, HOURS, YEARS = Sessions("XTAI"), Days("Asia/Taipei"), Hours(), Years()

EXCHANGE = """
from datetime import date, time
from zoneinfo import ZoneInfo
from indextracker.calendars.exchanges import Exchange

def sessions(start, horizon):
    return {{date(2024, 12, 14), date(2024, 12, 15)}}

TOYS = Exchange("XTOY", ZoneInfo("Asia/Kolkata"), time(9), time(10), date(2024, 1, 1), sessions)
"""


@pytest.mark.parametrize(
    ("timeline", "first", "last", "keys"),
    [
        (SESSIONS, "2024-12-13", "2024-12-16", ["2024-12-13", "2024-12-16"]),
        (DAYS, "2024-12-14", "2024-12-16", ["2024-12-14", "2024-12-15", "2024-12-16"]),
        (HOURS, "2024-12-31T23", "2025-01-01T00", ["2024-12-31T23", "2025-01-01T00"]),
        (YEARS, "2023", "2024", ["2023", "2024"]),
    ],
)
def test_keys_lie_between_two_both_inclusive(
    timeline: Timeline, first: Key, last: Key, keys: list[Key]
) -> None:
    assert calendar(timeline, TODAY).keys(first, last) == keys
    assert calendar(timeline, TODAY).keys(first, first) == keys[:1]


@pytest.mark.parametrize(
    ("timeline", "keys"),
    [
        (SESSIONS, ["2024-12-31", "2025-01-02"]),
        (DAYS, ["2024-12-31", "2025-01-01", "2025-01-02"]),
        (YEARS, ["2024", "2025"]),
        (Whole(), [""]),
    ],
)
def test_keys_of_a_range_of_days_are_those_that_it_touches(
    timeline: Timeline, keys: list[Key]
) -> None:
    known = calendar(timeline, TODAY)
    assert known.within(date(2024, 12, 31), date(2025, 1, 2)) == keys
    assert known.within(date(2024, 12, 31), date(2024, 12, 31)) == keys[:1]
    with pytest.raises(ValueError, match=r"^The first day, 2025-01-02, is after the last,"):
        known.within(date(2025, 1, 2), date(2025, 1, 1))


def test_hours_of_a_range_of_days_are_those_of_its_days_in_utc() -> None:
    hours = calendar(HOURS, TODAY).within(date(2024, 12, 31), date(2025, 1, 1))
    assert (hours[0], hours[-1], len(hours)) == ("2024-12-31T00", "2025-01-01T23", 48)


def test_a_range_of_days_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^2014-12-31 is outside the calendar of XTAI,"):
        calendar(SESSIONS, TODAY).within(date(2014, 12, 31), date(2015, 1, 5))


@pytest.mark.parametrize(
    ("timeline", "key", "distance", "found"),
    [
        (SESSIONS, "2024-11-01", -1, "2024-10-30"),  # over Typhoon Kong-rey
        (SESSIONS, "2024-12-13", 1, "2024-12-16"),  # over a weekend
        (SESSIONS, "2024-12-16", 0, "2024-12-16"),
        (DAYS, "2024-02-28", 2, "2024-03-01"),
        (HOURS, "2024-12-31T22", 3, "2025-01-01T01"),
        (YEARS, "2024", -4, "2020"),
    ],
)
def test_a_key_is_shifted_by_keys(timeline: Timeline, key: Key, distance: int, found: Key) -> None:
    known = calendar(timeline, TODAY)
    assert known.shift(key, distance) == found
    assert known.shift(found, -distance) == key
    if distance == 1:
        assert (known.next(key), known.previous(found)) == (found, key)


def test_a_day_without_a_session_is_no_key_and_has_neighbours() -> None:
    known = calendar(SESSIONS, TODAY)
    assert not known.is_key("2024-12-14")
    assert (known.previous("2024-12-14"), known.next("2024-12-14")) == ("2024-12-13", "2024-12-16")
    with pytest.raises(ValueError, match=r"^2024-12-14 is no key of sessions_XTAI\.$"):
        known.shift("2024-12-14", 1)


def test_a_calendar_reaches_from_its_start_to_the_end_of_the_year_after_next() -> None:
    spans = {
        SESSIONS: ("2015-01-01", "2026-12-31"),
        DAYS: ("2000-01-01", "2026-12-31"),
        HOURS: ("2000-01-01T00", "2026-12-31T23"),
        YEARS: ("2000", "2026"),
    }
    for timeline, span in spans.items():
        known = calendar(timeline, TODAY)
        assert (known.start, known.horizon) == span
    with pytest.raises(ValueError, match=r"^1999 is outside the calendar of years, which"):
        calendar(YEARS, TODAY).is_key("1999")
    with pytest.raises(ValueError, match=r"has no key at a distance of 3 from 2024\.$"):
        calendar(YEARS, TODAY).shift("2024", 3)
    with pytest.raises(ValueError, match=r"^The first, 2024, is after the last, 2023\.$"):
        calendar(YEARS, TODAY).keys("2024", "2023")


def test_an_instant_falls_into_the_day_of_the_zone() -> None:
    evening = datetime(2024, 12, 15, 16, 30, tzinfo=UTC)  # half past midnight in Taipei
    keys = {line: calendar(line, TODAY).key_at(evening) for line in (SESSIONS, DAYS, HOURS, YEARS)}
    assert list(keys.values()) == ["2024-12-16", "2024-12-16", "2024-12-15T16", "2024"]
    starts = {line: begins(line, key) for line, key in keys.items()}
    assert starts[SESSIONS] == starts[DAYS] == datetime(2024, 12, 15, 16, tzinfo=UTC)
    assert starts[HOURS] == datetime(2024, 12, 15, 16, tzinfo=UTC)
    assert starts[YEARS] == datetime(2024, 1, 1, tzinfo=UTC)
    assert {str(zone(line)) for line in keys} == {"Asia/Taipei", "UTC"}


def test_keys_that_were_found_to_be_none_are_left_out() -> None:
    known = calendar(SESSIONS, TODAY)
    left = known.without(["2024-12-13"])
    assert left.next("2024-12-12") == "2024-12-16"
    assert known.next("2024-12-12") == "2024-12-13"
    assert known.without([]) is known


def test_a_calendar_is_corrected_by_rows_of_its_own_exchange(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    friday, saturday, monday = (date(2024, 12, day) for day in (13, 14, 16))
    closures = [
        Closure(exchange, day, None, scheduled=True, reason="x", source="y")
        for exchange, day in (("XTOY", monday), ("XTAI", friday))
    ]
    special = [
        SpecialSession(exchange, day, None, "x", "y")
        for exchange, day in (("XTOY", saturday), ("XTAI", date(2024, 12, 15)))
    ]
    toys = Exchange(
        code="XTOY",
        zone=ZoneInfo("Asia/Kolkata"),
        opens=time(9, 15),
        closes=time(15, 30),
        start=date(2024, 1, 1),
        sessions=lambda start, horizon: [friday, monday],
        closures=lambda: closures,
        special_sessions=lambda: special,
    )
    monkeypatch.setitem(calendars.EXCHANGES, "XTOY", toys)
    days = trading_days("XTOY", TODAY)
    assert days.sessions(days.start, days.horizon) == [friday, saturday]
    assert days.opening(saturday) == datetime(2024, 12, 14, 3, 45, tzinfo=UTC)
    assert calendar(Sessions("XTOY"), TODAY).next("2024-12-13") == "2024-12-14"


@pytest.fixture
def floor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "floor_of_calendars"
    folder.mkdir()
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.split(".")[0] == folder.name]:
        del sys.modules[name]


def test_a_module_adds_its_exchange(floor: Path) -> None:
    (floor / "toys.py").write_text(EXCHANGE.format())
    found = find_exchanges(["toys", "of_no_exchange"], floor.name)
    assert list(found) == ["XTOY"]
    days = Calendar(
        Sessions("XTOY"), found["XTOY"].zone, ["2024-12-14"], "2024-01-01", "2024-12-31"
    )
    assert days.key_at(datetime(2024, 12, 13, 18, 30, tzinfo=UTC)) == "2024-12-14"


def test_an_exchange_of_two_subjects_is_told_with_both_places(floor: Path) -> None:
    (floor / "toys.py").write_text(EXCHANGE.format())
    (floor / "games.py").write_text(EXCHANGE.format().replace("time(10)", "time(11)"))
    with pytest.raises(ValueError, match=r"exchange XTOY .*twice, in .*toys and in .*gam"):
        find_exchanges(["toys", "games"], floor.name)
