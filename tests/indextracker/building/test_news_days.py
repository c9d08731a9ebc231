"""For which session of NSE the news of a day counts, by the calendar and by what was found."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from indextracker.building.news import days
from indextracker.calendars import TradingDays, trading_days
from indextracker.reference.closures import Closure

THURSDAY, MUHURAT, MONDAY = date(2024, 10, 31), date(2024, 11, 1), date(2024, 11, 4)


@pytest.fixture(scope="module")
def calendar() -> TradingDays:
    return trading_days("XNSE", date(2025, 1, 2))


def by_day(rows: list[dict[str, Any]]) -> dict[date, dict[str, Any]]:
    return {row["day"]: row for row in rows}


def test_every_day_has_a_row_and_days_without_a_session_are_of_the_next(
    calendar: TradingDays,
) -> None:
    rows = days(calendar)
    found = by_day(rows)
    assert len(found) == len(rows) == (max(found) - min(found)).days + 1
    for day in (date(2024, 11, 2), date(2024, 11, 3), MONDAY):
        assert found[day]["session_date"] == MONDAY
    assert found[THURSDAY]["next_session_date"] == MUHURAT


def test_an_evening_session_has_its_own_hours(calendar: TradingDays) -> None:
    row = by_day(days(calendar))[MUHURAT]
    assert (row["opened_at"], row["closed_at"]) == (
        datetime(2024, 11, 1, 12, 30, tzinfo=UTC),
        datetime(2024, 11, 1, 13, 30, tzinfo=UTC),
    )


def test_a_day_that_was_found_closed_is_of_the_next_session(calendar: TradingDays) -> None:
    closed = Closure("XNSE", MUHURAT, MUHURAT, scheduled=False, reason="x", source="y")
    found = by_day(days(calendar, [closed]))
    assert found[MUHURAT]["session_date"] == MONDAY
    assert found[THURSDAY]["next_session_date"] == MONDAY
