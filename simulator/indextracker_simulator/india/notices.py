"""What the exchange's site tells of its holidays and of corporate actions, as JSON.

When each was known is in calendar.py; what companies do is in actions.py.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from indextracker_simulator.india.calendar import (
    ANNOUNCED,
    FIRST_DAY,
    FIXED_HOLIDAYS,
    LAST_DAY,
    MOVED,
    MUHURAT,
    trading_calendar,
)
from indextracker_simulator.india.texts import dated

if TYPE_CHECKING:
    from collections.abc import Iterator

_SEGMENTS = ("CBM", "CD", "CM", "CMOT", "COM", "FO", "IRD", "MF", "NDM", "NTRP", "SLBS")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
# The list of a year comes in the December before; that of 2024 on the 12th.
_LIST_COMES = (12, 12)


def holidays_json(year: int, today: date) -> bytes:
    """Return the holidays of a year as they are known on a day; empty lists where none are."""
    listed = list(_holidays(year, today)) if _is_known(year, today) else []
    entries = [
        {
            "tradingDate": dated(day),
            "weekDay": _WEEKDAYS[day.weekday()],
            "description": _description(day),
            "Sr_no": 1 + place,
        }
        for place, day in enumerate(listed)
    ]
    return _json(dict.fromkeys(_SEGMENTS, entries))


def _is_known(year: int, today: date) -> bool:
    return FIRST_DAY.year <= year <= LAST_DAY.year and today >= date(year - 1, *_LIST_COMES)


def _holidays(year: int, today: date) -> Iterator[date]:
    awaited = {day for day, known_from in ANNOUNCED.items() if today < known_from}
    as_first_listed = {day for day, later in MOVED.items() if later in awaited}
    days = {day for day in trading_calendar().holidays(year) if day not in awaited}
    yield from sorted(days | {day for day in as_first_listed if day.year == year})


def _description(day: date) -> str:
    """Return the name of a holiday; the star means that there is trading in the evening."""
    if day in MUHURAT:
        return "Diwali Laxmi Pujan*"
    return FIXED_HOLIDAYS.get((day.month, day.day), "Trading Holiday")


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
