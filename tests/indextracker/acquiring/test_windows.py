"""How long documents are kept, and which are outstanding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import pytest

from indextracker import calendars
from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery, record
from indextracker.acquiring.windows import (
    KEYS_WATCHED,
    Outstanding,
    days_left,
    newest_row,
    outstanding,
    watched,
)
from indextracker.building.earlier import known
from indextracker.calendars import Calendar
from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Answer, ArchiveSource, Source
from indextracker.lake import Lake
from indextracker_catalogue import Key
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.publication import Publication

FUTURES = FEEDS["taifex_futures"]
INDEX = FEEDS["twse_index"]
HOLIDAYS = FEEDS["twse_holidays"]
WINDOW = FUTURES.window_sessions or 0

# Lunar New Year 2025: no session from January 23 to February 2.
TODAY = "2025-02-05"
EVENING = datetime(2025, 2, 5, 12, tzinfo=UTC)
MORNING = datetime(2025, 2, 5, 2, tzinfo=UTC)


@dataclass
class Lists(Source):
    """Has a list, and is asked for nothing."""

    listed: dict[Key, datetime | None] = field(default_factory=dict)
    no_list: Refusal | None = None
    no_access: Refusal | None = None
    place = "publisher"
    live = True

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        raise AssertionError("nothing is asked for here")

    def listing(self, feed: Feed) -> dict[date, Listed]:
        if self.no_list:
            raise self.no_list
        return {
            date.fromisoformat(key): Listed(at, {"x.zip": "/x.zip"} if at else {})
            for key, at in self.listed.items()
        }

    def barred(self, feed: Feed) -> Refusal | None:
        return self.no_access

    def close(self) -> None:
        """Nothing is open."""


def keys_of(today: date) -> Calendar:
    return calendars.calendar(FUTURES.timeline, today)


@pytest.fixture(scope="module")
def calendar() -> Calendar:
    return keys_of(date.fromisoformat(TODAY))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "real")


def answer(key: Key, state: str, hour: int = 9) -> Delivery:
    """An answer that came on its session's day, with a document published at that hour (UTC)."""
    published_at = datetime.fromisoformat(f"{key}T{hour:02}:00:00Z")
    return Delivery(
        feed=FUTURES.name,
        key=key,
        url="publisher:x",
        name="x",
        sha256="0" * 64,
        bytes=1,
        published_at=published_at,
        fetched_at=published_at + timedelta(minutes=5),
        state=state,
        reason=None if state == "accepted" else f"it is {state}",
    )


def fill(lake: Lake, calendar: Calendar, *but: Key) -> None:
    """Everything that is watched is accepted, but for some."""
    keys = watched(FUTURES, calendar, EVENING)
    record(lake, [answer(key, "accepted") for key in keys if key not in but])


def found(lake: Lake, source: Source, calendar: Calendar, now: datetime) -> list[Outstanding]:
    return outstanding(lake, source, known(lake, lambda _: calendar), [FUTURES], now)


# windows


MOMENTS = [time(0, 30), time(5, 9), time(5, 15), time(14, 59), time(18, 30)]


@pytest.mark.parametrize(
    ("year", "typhoons"),
    [(2024, ()), (2026, (date(2026, 3, 6), date(2026, 8, 13), date(2026, 8, 14)))],
)
def test_the_rule_is_the_exchanges_list_on_every_day_of_a_year(
    year: int, typhoons: tuple[date, ...]
) -> None:
    """Weekends, holidays, typhoons in the reference and typhoons found, at every time of day.

    What is listed is watched and has as many rows to go as it has rows below it, and one more.
    """
    exchange = trading_calendar().without(typhoons)
    publication = Publication(exchange, 1, WINDOW)
    calendar = keys_of(date(year, 12, 31)).without(map(str, typhoons))
    for day in (date(year, 1, 1) + timedelta(days=n) for n in range(365)):
        for clock in MOMENTS:
            now = datetime.combine(day, clock, calendar.zone)
            around = day - timedelta(days=90), day + timedelta(days=30)
            rows = list(publication.rows_between("futures", *around, now))[:WINDOW]
            # The row of a typhoon day is the next session's: under its name for one day yet.
            listed = [
                str(
                    exchange.following(row.session_date)
                    if row.session_date in exchange.typhoons
                    else row.session_date
                )
                for row in reversed(rows)
            ]
            assert watched(FUTURES, calendar, now) == listed, now
            left = [days_left(FUTURES, key, calendar, now) for key in listed]
            assert left == list(range(1, WINDOW + 1)), now
            assert days_left(FUTURES, calendar.previous(listed[0]), calendar, now) == 0
            assert days_left(FUTURES, calendar.next(listed[-1]), calendar, now) is None


def test_on_a_free_day_the_oldest_row_has_given_way_to_the_next_session() -> None:
    """2026-11-28 is a Saturday, and the row of Monday the 30th came on its morning."""
    calendar = keys_of(date(2026, 11, 28))
    oldest, monday = "2026-10-16", "2026-11-30"
    dawn = datetime(2026, 11, 28, 5, 9, tzinfo=calendar.zone)
    morning = datetime(2026, 11, 28, 9, tzinfo=calendar.zone)
    assert days_left(FUTURES, oldest, calendar, dawn) == 1
    assert watched(FUTURES, calendar, dawn)[0] == oldest
    assert days_left(FUTURES, oldest, calendar, morning) == 0
    assert watched(FUTURES, calendar, morning)[0] == calendar.next(oldest)
    assert (
        watched(FUTURES, calendar, morning)[-1] == newest_row(FUTURES, calendar, morning) == monday
    )


def test_days_without_a_session_delete_nothing_more(calendar: Calendar) -> None:
    """Over Lunar New Year the list stands still from the morning after the last session on."""
    before = "2025-01-22"
    days = [datetime(2025, 1, 22, 12, tzinfo=UTC) + timedelta(days=n) for n in range(13)]
    left = [days_left(FUTURES, before, calendar, day) for day in days]
    assert left == [WINDOW, *[WINDOW - 1] * 12]


def test_where_nothing_is_deleted_no_days_are_left(calendar: Calendar) -> None:
    assert days_left(INDEX, "2020-01-02", calendar, EVENING) is None
    assert days_left(FUTURES, "2025-02-06", calendar, EVENING) is None


def test_what_can_still_be_had_is_watched(calendar: Calendar) -> None:
    sessions = watched(FUTURES, calendar, EVENING)
    assert (len(sessions), sessions[-1]) == (WINDOW, TODAY)
    assert days_left(FUTURES, sessions[0], calendar, EVENING) == 1
    assert watched(INDEX, calendar, EVENING) == calendar.keys(calendar.start, TODAY)[-KEYS_WATCHED:]
    years = calendars.calendar(HOLIDAYS.timeline, date.fromisoformat(TODAY))
    assert watched(HOLIDAYS, years, EVENING) == ["2024", "2025"]
    summer = datetime(2025, 6, 30, tzinfo=UTC)
    assert watched(HOLIDAYS, years, summer) == ["2025"]


# what is outstanding


def test_where_all_is_there_nothing_is_outstanding(lake: Lake, calendar: Calendar) -> None:
    fill(lake, calendar)
    assert found(lake, Lists(), calendar, EVENING) == []


def test_of_an_empty_lake_every_session_of_the_window_is(lake: Lake, calendar: Calendar) -> None:
    missing = found(lake, Lists(), calendar, EVENING)
    assert [one.key for one in missing] == watched(FUTURES, calendar, EVENING)
    assert missing[0] == Outstanding(
        feed="taifex_futures",
        key="2024-12-16",
        state="missing",
        reason=NEVER_ASKED,
        days_left=1,
        listed_at=None,
    )


@pytest.mark.parametrize("state", ["missing", "partial", "not_yet", "blocked", "refused", "gone"])
def test_what_was_not_accepted_is_outstanding_with_its_reason(
    lake: Lake, calendar: Calendar, state: str
) -> None:
    day = "2025-01-22"
    fill(lake, calendar, day)
    record(lake, [answer(day, state)])
    (one,) = found(lake, Lists(), calendar, EVENING)
    assert (one.key, one.state, one.reason) == (day, state, f"it is {state}")
    assert one.days_left == WINDOW - 3  # February 3, 4 and 5 have passed


def test_a_closed_day_is_not_outstanding(lake: Lake, calendar: Calendar) -> None:
    day = "2025-01-22"
    fill(lake, calendar.without([day]))
    record(lake, [answer(day, "closed")])
    record(lake, [answer(day, "partial", hour=10)])
    assert found(lake, Lists({day: EVENING}), calendar, EVENING) == []


def test_what_was_never_published_is_not_outstanding(lake: Lake, calendar: Calendar) -> None:
    day = "2025-01-22"
    fill(lake, calendar.without([day]))
    record(lake, [answer(day, "never")])
    assert found(lake, Lists(), calendar, EVENING) == []


@pytest.mark.parametrize("state", [None, "not_yet", "missing", "partial", "blocked"])
def test_before_its_hour_nothing_is_outstanding(
    lake: Lake, calendar: Calendar, state: str | None
) -> None:
    fill(lake, calendar, TODAY)
    if state:
        record(lake, [answer(TODAY, state, hour=0)])
    assert found(lake, Lists(), calendar, MORNING) == []
    assert [one.key for one in found(lake, Lists(), calendar, EVENING)] == [TODAY]


@pytest.mark.parametrize("state", ["accepted", "partial"])
def test_a_newer_document_on_the_list_is_outstanding_at_any_hour(
    lake: Lake, calendar: Calendar, state: str
) -> None:
    fill(lake, calendar, TODAY)
    record(lake, [answer(TODAY, state, hour=0)])
    same = datetime(2025, 2, 5, tzinfo=UTC)
    newer = same + timedelta(hours=1)
    assert found(lake, Lists({TODAY: same}), calendar, MORNING) == []
    (one,) = found(lake, Lists({TODAY: newer}), calendar, MORNING)
    assert (one.key, one.state, one.listed_at) == (TODAY, state, newer)
    assert one.reason == "published again at 2025-02-05 01:00 UTC"


def test_without_a_list_the_log_alone_counts(lake: Lake, calendar: Calendar) -> None:
    fill(lake, calendar, TODAY)
    source = Lists(dict.fromkeys(watched(FUTURES, calendar, EVENING), EVENING))
    source.no_list = Refusal("blocked", "down")
    assert [one.key for one in found(lake, source, calendar, EVENING)] == [TODAY]


def test_what_nobody_may_ask_for_is_not_outstanding(lake: Lake, calendar: Calendar) -> None:
    source = Lists(no_access=Refusal("blocked", "get a token"))
    assert found(lake, source, calendar, EVENING) == []


def test_of_an_archive_nothing_is_outstanding(
    lake: Lake, calendar: Calendar, tmp_path: Path
) -> None:
    assert found(lake, ArchiveSource(tmp_path), calendar, EVENING) == []


def test_on_a_holiday_the_last_sessions_are_watched(lake: Lake, calendar: Calendar) -> None:
    saturday = datetime(2025, 2, 1, 12, tzinfo=UTC)
    missing = found(lake, Lists(), calendar, saturday)
    # The next session has a row, and nothing that is due.
    assert (missing[-1].key, missing[-1].days_left) == ("2025-01-22", WINDOW - 1)
    assert len(missing) == WINDOW - 1


def test_a_day_found_closed_takes_no_place(lake: Lake, calendar: Calendar) -> None:
    """The oldest session, which would be gone by the calendar alone, is still asked for."""
    oldest = watched(FUTURES, calendar, EVENING)[0]
    before = calendar.previous(oldest)
    assert oldest == found(lake, Lists(), calendar, EVENING)[0].key
    record(lake, [answer("2025-01-22", "closed")])
    missing = found(lake, Lists(), calendar, EVENING)
    assert (missing[0].key, missing[0].days_left) == (before, 1)


def test_feeds_are_told_apart_and_the_oldest_comes_first(lake: Lake, calendar: Calendar) -> None:
    fill(lake, calendar, TODAY)
    days = date.fromisoformat(TODAY)
    calendar_of = partial(calendars.calendar, today=days)
    missing = outstanding(lake, Lists(), calendar_of, [FUTURES, INDEX, HOLIDAYS], EVENING)
    assert [(one.feed, one.key) for one in missing][:3] == [
        ("twse_holidays", "2024"),
        ("twse_index", "2024-12-16"),
        ("twse_index", "2024-12-17"),
    ]
    assert sum(one.feed == "twse_index" for one in missing) == KEYS_WATCHED
    assert {(one.feed, one.key) for one in missing[-2:]} == {
        ("taifex_futures", TODAY),
        ("twse_index", TODAY),
    }
