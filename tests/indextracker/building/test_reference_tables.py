"""Reference tables after days were found closed that the calendar has as sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from support.calendars import taiwan

from indextracker.building.reference_tables import REFERENCES
from indextracker.building.taiwan import closures, sessions
from indextracker.calendars import TradingDays
from indextracker.reference import taiwan as reference
from indextracker.reference.closures import Closure
from indextracker_catalogue.india import NSE_DAYS

TYPHOON = date(2024, 12, 17)
NOT_ONE = date(2024, 7, 24)  # a typhoon day that the reference knows
FOUND = Closure(
    exchange="XTAI",
    day=TYPHOON,
    announced_on=TYPHOON,
    scheduled=False,
    reason="the exchange was closed",
    source="simulated:/list",
)


@pytest.fixture(scope="module")
def calendar() -> TradingDays:
    return taiwan(date(2025, 1, 2))


def test_a_day_found_closed_is_no_session(calendar: TradingDays) -> None:
    before, after = sessions(calendar), sessions(calendar, [FOUND])
    (dropped,) = [row for row in before if row["session_date"] == TYPHOON]
    assert TYPHOON not in {row["session_date"] for row in after}
    assert len(after) == len(before) - 1
    (following,) = [row for row in after if row["session_date"] == date(2024, 12, 18)]
    assert following["previous_session_date"] == dropped["previous_session_date"]


def test_it_is_a_closure(calendar: TradingDays) -> None:
    before, after = closures(calendar), closures(calendar, [FOUND])
    (added,) = [row for row in after if row not in before]
    assert added == {
        "exchange": "XTAI",
        "closed_date": TYPHOON,
        "announced_on": TYPHOON,
        "reason": "the exchange was closed",
        "source": "simulated:/list",
    }


def test_what_the_reference_has_learned_since_stands_there_once(calendar: TradingDays) -> None:
    known = [closure.day for closure in reference.closures()]
    assert NOT_ONE in known
    found = Closure("XTAI", NOT_ONE, NOT_ONE, scheduled=False, reason="x", source="y")
    assert closures(calendar, [found]) == closures(calendar)
    assert sessions(calendar, [found]) == sessions(calendar)


def test_another_exchange_is_not_concerned() -> None:
    found = Closure("XHKG", TYPHOON, TYPHOON, scheduled=False, reason="x", source="y")
    for table, declared in REFERENCES.items():
        today = date(2025, 1, 2)
        assert declared.made(today, [found]).equals(declared.made(today)), table.path


def test_days_of_nse_are_sessions_and_weekdays_without_one() -> None:
    days = {row["day"]: row for row in REFERENCES[NSE_DAYS].made(date(2026, 8, 21)).to_pylist()}
    span = [row for day, row in days.items() if date(2019, 9, 30) <= day <= date(2026, 8, 20)]
    assert sum(row["is_session"] for row in span) == 1_711
    evening, closed, saturday = date(2024, 11, 1), date(2024, 5, 20), date(2024, 1, 20)
    assert days[evening]["is_special"]
    assert days[evening]["opened_at"] > datetime(2024, 11, 1, 10, tzinfo=UTC)
    assert (days[closed]["is_session"], days[closed]["opened_at"]) == (False, None)
    assert days[closed]["reason"]
    assert days[saturday]["is_session"]
    assert date(2024, 1, 21) not in days
    found = replace(FOUND, exchange="XNSE", day=date(2024, 5, 21), reason="Flood")
    made = REFERENCES[NSE_DAYS].made(date(2026, 8, 21), [found]).to_pylist()
    [day] = [row for row in made if row["day"] == found.day]
    assert (day["is_session"], day["reason"]) == (False, "Flood")
