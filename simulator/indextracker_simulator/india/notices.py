"""What the exchange's site tells of its holidays and of corporate actions, as JSON.

When each was known is in calendar.py; what companies do is in actions.py.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
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
    from collections.abc import Collection, Iterable, Iterator

    from indextracker_simulator.india.actions import Action
    from indextracker_simulator.india.instruments import Instrument

_SEGMENTS = ("CBM", "CD", "CM", "CMOT", "COM", "FO", "IRD", "MF", "NDM", "NTRP", "SLBS")
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")
# The list of a year comes in the December before; that of 2024 on the 12th.
_LIST_COMES = (12, 12)
_ONE_DAY = timedelta(days=1)


def holidays_json(year: int, today: date, called_off: Collection[date] = ()) -> bytes:
    """Return the holidays of a year as they are known on a day; empty lists where none are.

    Args:
        year: The year.
        today: The day.
        called_off: Sessions that do not take place, which is announced the day before.
    """
    known = {day for day in called_off if day.year == year and today >= day - _ONE_DAY}
    listed = sorted({*_holidays(year, today), *known}) if _is_known(year, today) else []
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


def actions_json(instruments: Iterable[Instrument], first: date, last: date) -> bytes:
    """Return the corporate actions of companies whose ex-dates are within two days."""
    found = [
        (action.ex_date, one.identities.at(action.ex_date).symbol, one, action)
        for one in instruments
        for action in one.actions
        if first <= action.ex_date <= last
    ]
    found.sort(key=lambda entry: entry[:2])
    return _json([_entry(one, action) for _, _, one, action in found])


def _entry(one: Instrument, action: Action) -> dict[str, str | None]:
    # The face value of a split is the one before it.
    face = action.held if action.kind == "split" else one.faces.at(action.ex_date)
    called = one.identities.at(action.ex_date)
    return {
        "symbol": called.symbol,
        "series": one.series.at(action.ex_date),
        "ind": "-",
        "faceVal": str(face),
        "subject": action.long_text,
        "exDate": dated(action.ex_date),
        "recDate": dated(action.ex_date),
        "bcStartDate": "-",
        "bcEndDate": "-",
        "ndStartDate": "-",
        "comp": called.name,
        "isin": one.isins.at(action.ex_date),
        "ndEndDate": "-",
        "caBroadcastDate": None,
    }


def _is_known(year: int, today: date) -> bool:
    return FIRST_DAY.year <= year <= LAST_DAY.year and today >= date(year - 1, *_LIST_COMES)


def _holidays(year: int, today: date) -> Iterator[date]:
    awaited = {day for day, known_from in ANNOUNCED.items() if today < known_from}
    as_first_listed = {day for day, later in MOVED.items() if later in awaited}
    days = {day for day in trading_calendar().holidays(year) if day not in awaited}
    yield from days | {day for day in as_first_listed if day.year == year}


def _description(day: date) -> str:
    """Return the name of a holiday; the star means that there is trading in the evening."""
    if day in MUHURAT:
        return "Diwali Laxmi Pujan*"
    return FIXED_HOLIDAYS.get((day.month, day.day), "Trading Holiday")


def _json(content: object) -> bytes:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
