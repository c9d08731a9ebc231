"""The exchange that TWSE and TAIFEX share: when it trades."""

from __future__ import annotations

from datetime import date, time
from functools import partial
from zoneinfo import ZoneInfo

from indextracker.calendars.exchanges import Exchange
from indextracker.calendars.library import library_sessions
from indextracker.reference import taiwan as reference

XTAI = Exchange(
    code="XTAI",
    zone=ZoneInfo("Asia/Taipei"),
    opens=time(9, 0),
    closes=time(13, 30),
    start=date(2015, 1, 1),
    sessions=partial(library_sessions, "XTAI"),
    closures=reference.closures,
    special_sessions=reference.special_sessions,
)
