"""Partitions are the sessions of the calendar, no more and no fewer."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import dagster as dg
import pytest
from support.calendars import taiwan

from indextracker.calendars import TradingDays
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_assets.partitions import partitions_of, session_partitions
from indextracker_catalogue import Days, Hours, Sessions, Timeline, Whole, Years

TAIPEI = ZoneInfo("Asia/Taipei")
START = date(2020, 1, 2)
AT = datetime(2024, 12, 16, 18, 30, tzinfo=TAIPEI)


@pytest.fixture(scope="module")
def calendar() -> TradingDays:
    return taiwan(date(2024, 12, 16))


@pytest.fixture(scope="module")
def partitions(calendar: TradingDays) -> dg.DailyPartitionsDefinition:
    return session_partitions(calendar, START)


def keys_at(partitions: dg.DailyPartitionsDefinition, *moment: int) -> list[str]:
    with dg.partition_loading_context(datetime(*moment, tzinfo=TAIPEI)):
        return list(partitions.get_partition_keys())


def test_keys_are_the_sessions(
    partitions: dg.DailyPartitionsDefinition, calendar: TradingDays
) -> None:
    keys = keys_at(partitions, 2024, 12, 16, 18, 30)
    sessions = calendar.sessions(START, date(2024, 12, 16))
    assert keys == [session.isoformat() for session in sessions]


def test_saturdays_that_were_sessions_are_keys(calendar: TradingDays) -> None:
    start, last = date(2016, 1, 4), date(2016, 12, 30)
    partitions = session_partitions(calendar, start)
    keys = keys_at(partitions, 2016, 12, 30, 18, 30)
    sessions = calendar.sessions(start, last)
    assert {day.weekday() for day in sessions} == {0, 1, 2, 3, 4, 5}
    assert keys == [session.isoformat() for session in sessions]


def test_2022_had_246_sessions(partitions: dg.DailyPartitionsDefinition) -> None:
    keys = keys_at(partitions, 2024, 12, 16, 18, 30)
    assert sum(key.startswith("2022-") for key in keys) == 246


@pytest.mark.parametrize(
    "day",
    [
        "2024-12-14",  # Saturday
        "2024-12-15",  # Sunday
        "2022-02-04",  # Lunar New Year; exchange_calendars has it as a session
        "2024-10-31",  # typhoon Kong-rey; likewise
        "2024-07-24",  # typhoon Gaemi
        "2023-01-18",  # settlement without trading
    ],
)
def test_a_day_without_a_session_has_no_key(
    partitions: dg.DailyPartitionsDefinition, day: str
) -> None:
    with dg.partition_loading_context(datetime(2024, 12, 16, 18, 30, tzinfo=TAIPEI)):
        assert not partitions.has_partition_key(day)


@pytest.mark.parametrize("hour", [0, 9, 18, 23])
def test_todays_key_is_there_all_day(partitions: dg.DailyPartitionsDefinition, hour: int) -> None:
    assert keys_at(partitions, 2024, 12, 16, hour)[-1] == "2024-12-16"


@pytest.mark.parametrize(
    ("timeline", "first", "last"),
    [
        (Sessions("XTAI"), "2020-01-02", "2024-12-16"),
        (Days("America/New_York"), "2020-01-02", "2024-12-16"),
        (Hours(), "2020-01-02T00", "2024-12-16T10"),
        (Years(), "2020", "2024"),
    ],
    ids=lambda value: value.name if isinstance(value, Timeline) else value,
)
def test_partitions_are_the_keys_of_a_time_line(timeline: Timeline, first: str, last: str) -> None:
    made = partitions_of(Platform(Settings(start=START), lambda: AT))
    assert made(timeline) is made(timeline)
    with dg.partition_loading_context(AT):
        keys = list(made(timeline).get_partition_keys())
    assert (keys[0], keys[-1]) == (first, last)
    assert keys == [timeline.key_of(timeline.value_of(key)) for key in keys]


def test_a_table_in_one_piece_has_no_partitions() -> None:
    with pytest.raises(ValueError, match="whole has no partitions"):
        partitions_of(Platform(Settings(), lambda: AT))(Whole())


def test_every_key_is_a_whole_day_in_taipei(partitions: dg.DailyPartitionsDefinition) -> None:
    window = partitions.time_window_for_partition_key("2024-12-13")
    assert window.start == datetime(2024, 12, 13, tzinfo=TAIPEI)
    assert window.end == datetime(2024, 12, 14, tzinfo=TAIPEI)
