"""Sessions against notices, schedules and the exchange's own counts."""

import csv
import io
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from indextracker import calendars

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def taiwan() -> calendars.TradingDays:
    return calendars.trading_days("XTAI", TODAY)


@pytest.mark.parametrize(
    ("year", "sessions"),
    [  # as the exchange's annual statistics count them
        (2015, 244),
        (2016, 244),
        (2017, 246),
        (2018, 247),
        (2019, 242),
        (2020, 245),
        (2021, 244),
        (2022, 246),
        (2023, 239),
        (2024, 242),
    ],
)
def test_a_year_has_as_many_sessions_as_the_exchange_counts(
    taiwan: calendars.TradingDays, year: int, sessions: int
) -> None:
    assert len(taiwan.sessions(date(year, 1, 1), date(year, 12, 31))) == sessions


@pytest.mark.parametrize(
    "day",
    [
        date(2015, 7, 10),  # Typhoon Chan-hom
        date(2015, 9, 29),  # Typhoon Dujuan
        date(2016, 7, 8),  # Typhoon Nepartak
        date(2016, 9, 27),  # Typhoon Megi
        date(2016, 9, 28),  # Typhoon Megi
        date(2019, 8, 9),  # Typhoon Lekima
        date(2019, 9, 30),  # Typhoon Mitag
        date(2020, 1, 21),  # Lunar New Year, settlement only
        date(2021, 4, 2),  # Children's Day
        date(2021, 9, 20),  # Mid-Autumn Festival, adjusted holiday
        date(2022, 1, 27),  # Lunar New Year, settlement only
        date(2022, 2, 4),  # Lunar New Year, adjusted holiday; a session to exchange_calendars
        date(2022, 2, 28),  # Peace Memorial Day
        date(2023, 1, 18),  # Lunar New Year, settlement only; a session to exchange_calendars
        date(2023, 1, 19),  # Lunar New Year, settlement only
        date(2023, 4, 5),  # Tomb Sweeping Day
        date(2023, 8, 3),  # Typhoon Khanun
        date(2024, 7, 24),  # Typhoon Gaemi
        date(2024, 7, 25),  # Typhoon Gaemi
        date(2024, 10, 2),  # Typhoon Krathon
        date(2024, 10, 3),  # Typhoon Krathon
        date(2024, 10, 31),  # Typhoon Kong-rey; a session to exchange_calendars
        date(2025, 1, 27),  # Lunar New Year's Eve, adjusted holiday
        date(2025, 10, 24),  # Taiwan Restoration Day, observed
        date(2025, 12, 25),  # Constitution Day
        date(2026, 2, 12),  # Lunar New Year, settlement only
        date(2026, 7, 10),  # a typhoon; a session to exchange_calendars
        date(2026, 10, 26),  # Taiwan Restoration Day, observed
        date(2024, 12, 14),  # Saturday
        date(2023, 2, 4),  # make-up Saturday: since 2019 without trading
    ],
)
def test_closed(taiwan: calendars.TradingDays, day: date) -> None:
    assert not taiwan.is_session(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2016, 6, 4),  # make-up Saturday for 2016-06-10
        date(2018, 12, 22),  # make-up Saturday for 2018-12-31, the last one that traded
        date(2022, 1, 3),  # first session of 2022
        date(2022, 1, 26),  # last session before Lunar New Year
        date(2022, 2, 7),  # first session after Lunar New Year
        date(2023, 1, 30),  # first session after Lunar New Year: TX 202301 ends
        date(2024, 9, 16),  # Monday before the Mid-Autumn Festival
        date(2024, 11, 1),  # Friday after Typhoon Kong-rey
        date(2026, 2, 11),  # last session before Lunar New Year
    ],
)
def test_open(taiwan: calendars.TradingDays, day: date) -> None:
    assert taiwan.is_session(day)


@pytest.mark.parametrize(
    ("day", "previous"),
    [
        (date(2024, 12, 16), date(2024, 12, 13)),  # over a weekend
        (date(2025, 2, 3), date(2025, 1, 22)),  # over Lunar New Year
        (date(2023, 1, 30), date(2023, 1, 17)),  # over Lunar New Year
        (date(2024, 7, 26), date(2024, 7, 23)),  # over Typhoon Gaemi
    ],
)
def test_previous_and_next_step_over_closures(
    taiwan: calendars.TradingDays, day: date, previous: date
) -> None:
    assert taiwan.previous(day) == previous
    assert taiwan.next(previous) == day


def test_previous_and_next_of_a_closed_day(taiwan: calendars.TradingDays) -> None:
    typhoon = date(2024, 10, 31)
    assert taiwan.previous(typhoon) == date(2024, 10, 30)
    assert taiwan.next(typhoon) == date(2024, 11, 1)


def test_spans_are_inclusive_and_ordered(taiwan: calendars.TradingDays) -> None:
    first, last = date(2024, 12, 13), date(2024, 12, 17)
    sessions = [date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17)]
    assert taiwan.sessions(first, last) == sessions
    assert taiwan.non_sessions(first, last) == [date(2024, 12, 14), date(2024, 12, 15)]
    assert taiwan.sessions(date(2024, 7, 24), date(2024, 7, 25)) == []  # Typhoon Gaemi
    assert taiwan.sessions(first, first) == [first]


def test_sessions_and_non_sessions_share_out_every_day(taiwan: calendars.TradingDays) -> None:
    first, last = date(2020, 1, 1), date(2026, 12, 31)
    days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    sessions = set(taiwan.sessions(first, last))
    began = time.perf_counter()
    closed = taiwan.non_sessions(first, last)
    assert time.perf_counter() - began < 0.1
    assert closed == sorted(days - sessions)


def test_instants_are_utc(taiwan: calendars.TradingDays) -> None:
    session = date(2022, 3, 3)
    assert taiwan.timezone == ZoneInfo("Asia/Taipei")
    assert taiwan.opening(session) == datetime(2022, 3, 3, 1, 0, tzinfo=UTC)
    assert taiwan.closing(session) == datetime(2022, 3, 3, 5, 30, tzinfo=UTC)
    assert taiwan.opening(session).tzinfo is UTC


def test_the_horizon_follows_today() -> None:
    assert calendars.trading_days("XTAI", date(2024, 2, 29)).horizon == date(2026, 12, 31)
    assert calendars.trading_days("XTAI", TODAY).horizon == date(2028, 12, 31)
    assert calendars.trading_days("XTAI").horizon >= date(2028, 12, 31)


def test_a_calendar_of_the_past_keeps_to_its_span() -> None:
    # Its horizon is before the make-up Saturdays of 2018.
    past = calendars.trading_days("XTAI", date(2015, 6, 1))
    assert past.sessions(past.start, past.horizon)[-1] == date(2017, 12, 29)


def test_a_calendar_is_built_once() -> None:
    assert calendars.trading_days("XTAI", TODAY) is calendars.trading_days("XTAI", date(2026, 1, 1))
    assert (
        repr(calendars.trading_days("XTAI", TODAY)) == "<TradingDays XTAI 2015-01-01 to 2028-12-31>"
    )


def test_errors_are_sentences(taiwan: calendars.TradingDays) -> None:
    with pytest.raises(ValueError, match=r"^There is no calendar of 'XNSE'; known are XTAI\.$"):
        calendars.trading_days("XNSE", TODAY)
    with pytest.raises(ValueError, match=r"^2014-12-31 is outside the calendar of XTAI, which"):
        taiwan.is_session(date(2014, 12, 31))
    with pytest.raises(ValueError, match=r"runs from 2015-01-01 to 2028-12-31\.$"):
        taiwan.non_sessions(date(2028, 1, 1), date(2029, 1, 1))
    with pytest.raises(ValueError, match=r"^The first day, 2024-01-02, is after the last, 2024-01"):
        taiwan.sessions(date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(ValueError, match=r"starts on 2015-01-01, has no session before 2015-01-05"):
        taiwan.previous(date(2015, 1, 5))
    with pytest.raises(ValueError, match=r"ends on 2028-12-31, has no session after 2028-12-31"):
        taiwan.next(date(2028, 12, 31))
    with pytest.raises(ValueError, match=r"^2024-10-31 is not a session of XTAI\.$"):
        taiwan.opening(date(2024, 10, 31))


def test_the_import_is_cheap() -> None:
    code = "import sys, indextracker.calendars; print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_exchanges_own_schedule_of_2022_agrees(
    taiwan: calendars.TradingDays, samples: Path
) -> None:
    text = (samples / "twse" / "holidaySchedule_111.csv").read_bytes().decode("cp950")
    rows = list(csv.reader(io.StringIO(text)))[2:]
    listed = {}
    for _, day, _, _, mark in rows:
        month, number = day.removesuffix("日").split("月")
        listed[date(2022, int(month), int(number))] = mark == "o"
    first, last = date(2022, 1, 1), date(2022, 12, 31)
    closed = {day for day in taiwan.non_sessions(first, last) if day.weekday() < 5}
    # Closed weekdays and the schedule's are the same: the schedule lists weekends too.
    assert closed == {day for day, is_open in listed.items() if not is_open and day.weekday() < 5}
    assert all(taiwan.is_session(day) for day, is_open in listed.items() if is_open)
