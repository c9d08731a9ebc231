"""What holds of the calendar of any exchange: a subclass names the exchange and gives samples."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import ClassVar

import pytest

from indextracker.calendars import TradingDays
from indextracker.calendars.exchanges import Exchange

SATURDAY = 5


class ExchangeSuite:
    """A subclass of the name `Test<MIC>` runs every test of this class.

    Attributes:
        exchange: The exchange.
        horizon: Last day of the calendar that is tested.
        bounds: First and last session of that calendar.
        counts: Sessions of a year, as they are counted from the exchange's own figures or files.
        holidays: A sample of the closed weekdays of yearly schedules.
        adhoc_closures: Closed weekdays that no yearly schedule had.
        weekend_sessions: Every Saturday and Sunday that traded.
        sessions: A sample of sessions at which a calendar is easily wrong.
        closed_weekends: A sample of Saturdays and Sundays at which it is easily wrong.
        neighbours: Pairs of sessions that follow each other over closed days or special sessions.
        hours: When sessions open and close, in UTC, as HH:MM.
    """

    exchange: ClassVar[Exchange]
    horizon: ClassVar[date]
    bounds: ClassVar[tuple[str, str]]
    counts: ClassVar[Mapping[int, int]]
    holidays: ClassVar[Collection[str]]
    adhoc_closures: ClassVar[Collection[str]]
    weekend_sessions: ClassVar[Collection[str]]
    sessions: ClassVar[Collection[str]]
    closed_weekends: ClassVar[Collection[str]]
    neighbours: ClassVar[Collection[tuple[str, str]]]
    hours: ClassVar[Mapping[str, tuple[str, str]]]

    @pytest.fixture(scope="class")
    @classmethod
    def days(cls) -> TradingDays:
        return cls.exchange.days(cls.horizon)

    def test_a_year_has_as_many_sessions_as_were_counted(self, days: TradingDays) -> None:
        found = {y: len(days.sessions(date(y, 1, 1), date(y, 12, 31))) for y in self.counts}
        assert found == self.counts

    def test_holidays_and_unforeseen_closures_are_closed_weekdays(self, days: TradingDays) -> None:
        closed = [*map(date.fromisoformat, [*self.holidays, *self.adhoc_closures])]
        assert [day for day in closed if days.is_session(day)] == []
        assert [day for day in closed if day.weekday() >= SATURDAY] == []

    def test_every_unforeseen_closure_is_a_row_that_says_when_it_was_known(self) -> None:
        rows = [row for row in self.exchange.closures() if not row.scheduled]
        assert [row.day.isoformat() for row in rows] == sorted(self.adhoc_closures)
        assert all(row.announced_on and row.announced_on < row.day for row in rows)

    def test_weekends_are_closed_but_for_the_sessions_that_were_held(
        self, days: TradingDays
    ) -> None:
        sessions = days.sessions(days.start, days.horizon)
        at_weekends = [day.isoformat() for day in sessions if day.weekday() >= SATURDAY]
        assert at_weekends == sorted(self.weekend_sessions)
        assert not any(days.is_session(date.fromisoformat(day)) for day in self.closed_weekends)

    def test_sessions_are_open(self, days: TradingDays) -> None:
        assert [day for day in self.sessions if not days.is_session(date.fromisoformat(day))] == []

    def test_previous_and_next_step_over_closed_days(self, days: TradingDays) -> None:
        for earlier, later in self.neighbours:
            first, last = date.fromisoformat(earlier), date.fromisoformat(later)
            assert days.next(first) == last
            assert days.previous(last) == first
            for closed in days.non_sessions(first, last):
                assert (days.previous(closed), days.next(closed)) == (first, last)

    def test_sessions_and_non_sessions_share_out_every_day(self, days: TradingDays) -> None:
        sessions = days.sessions(days.start, days.horizon)
        closed = days.non_sessions(days.start, days.horizon)
        span = (days.horizon - days.start).days + 1
        every = [days.start + timedelta(days=n) for n in range(span)]
        assert sorted([*sessions, *closed]) == every
        assert (sessions, closed) == (sorted(sessions), sorted(closed))

    def test_the_calendar_ends_at_its_bounds(self, days: TradingDays) -> None:
        assert (days.exchange, days.timezone) == (self.exchange.code, self.exchange.zone)
        assert (days.start, days.horizon) == (self.exchange.start, self.horizon)
        first, last = map(date.fromisoformat, self.bounds)
        sessions = days.sessions(days.start, days.horizon)
        assert (sessions[0], sessions[-1]) == (first, last)
        with pytest.raises(ValueError, match=f"has no session before {first}"):
            days.previous(first)
        with pytest.raises(ValueError, match=f"has no session after {last}"):
            days.next(last)
        for outside in (days.start - timedelta(days=1), days.horizon + timedelta(days=1)):
            with pytest.raises(ValueError, match=f"{outside} is outside the calendar of"):
                days.is_session(outside)

    def test_sessions_open_and_close_at_instants_in_utc(self, days: TradingDays) -> None:
        for day, (opens, closes) in self.hours.items():
            session = date.fromisoformat(day)
            assert days.opening(session) == datetime.fromisoformat(f"{day}T{opens}+00:00")
            assert days.closing(session) == datetime.fromisoformat(f"{day}T{closes}+00:00")
            assert days.opening(session).tzinfo is days.closing(session).tzinfo is UTC

    def test_every_session_closes_on_its_day_after_it_opened(self, days: TradingDays) -> None:
        for session in days.sessions(days.start, days.horizon):
            opens, closes = days.opening(session), days.closing(session)
            assert opens < closes
            assert closes.astimezone(days.timezone).date() == session

    def test_a_closed_day_has_no_hours(self, days: TradingDays) -> None:
        closed = date.fromisoformat(next(iter(self.adhoc_closures)))
        with pytest.raises(ValueError, match=f"{closed} is not a session of {days.exchange}"):
            days.opening(closed)

    def test_days_found_to_be_closed_leave_the_hours_of_the_others(self, days: TradingDays) -> None:
        first, *others = map(date.fromisoformat, self.hours)
        left = days.without([first])
        assert not left.is_session(first)
        assert [left.closing(day) for day in others] == [days.closing(day) for day in others]
