"""Trading days and their errors; those of each exchange are tested in a module of its MIC."""

import subprocess
import sys
from datetime import date

import pytest

from indextracker import calendars

TODAY = date(2026, 11, 23)


@pytest.fixture(scope="module")
def taiwan() -> calendars.TradingDays:
    return calendars.trading_days("XTAI", TODAY)


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
    with pytest.raises(ValueError, match=r"^There is no calendar of 'XNYS'; known are XN.*XTAI\.$"):
        calendars.trading_days("XNYS", TODAY)
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
