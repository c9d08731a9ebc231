"""The library's sessions, without the library."""

import subprocess
import sys
from datetime import date

import exchange_calendars
import pytest

from indextracker.calendars import library_table
from indextracker.calendars.library import FIRST, FOLDER, LAST, TABLE, library_sessions


def test_the_table_gives_what_the_library_does() -> None:
    calendar = exchange_calendars.get_calendar("XTAI", start=FIRST, end=LAST)
    assert library_sessions("XTAI", FIRST, LAST) == {moment.date() for moment in calendar.sessions}
    start, horizon = date(2024, 2, 7), date(2024, 2, 15)  # the last day before the New Year
    assert library_sessions("XTAI", start, horizon) == {horizon}


def test_the_table_is_renewed_from_itself() -> None:
    assert library_table.render() == (FOLDER / TABLE).read_text(encoding="utf-8")


def test_what_the_table_does_not_hold_is_said() -> None:
    for name, first, last in (("XBOM", FIRST, LAST), ("XTAI", FIRST, date(2050, 1, 3))):
        with pytest.raises(ValueError, match=f"no sessions of {name} from .* it holds XTAI from"):
            library_sessions(name, first, last)


def test_a_calendar_is_made_without_the_library() -> None:
    code = (
        "import sys; from indextracker.calendars import trading_days; trading_days('XTAI');"
        "print(sys.modules.keys() & {'pandas', 'exchange_calendars'})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
