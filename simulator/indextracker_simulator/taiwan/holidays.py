"""The stock exchange's schedule of a year: its holidays, and the days around them.

It follows from the calendar as it was expected: a typhoon is in no schedule. calendar.py says which
days are closed; here they get their names and explanations.
"""

# ruff: noqa: RUF001 -- the punctuation is the publisher's

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from exchange_calendars import lunisolar_holidays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.taiwan.calendar import TradingCalendar

_NEW_YEAR = "農曆春節"
_LAST_BEFORE = "農曆春節前最後交易日"
_SETTLEMENT = "市場無交易，僅辦理結算交割作業"
_DAY_OFF = "依規定放假1日。"
_WEEKDAYS = "一二三四五六日"
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5

# Month, day, name and the first year by law.
_FIXED = (
    (1, 1, "中華民國開國紀念日", 0),
    (2, 28, "和平紀念日", 0),
    (4, 4, "兒童節", 0),
    (5, 1, "勞動節", 0),
    (9, 28, "孔子誕辰紀念日", 2025),
    (10, 10, "國慶日", 0),
    (10, 25, "臺灣光復暨金門古寧頭大捷紀念日", 2025),
    (12, 25, "行憲紀念日", 2025),
)
_SETTLEMENT_DAYS = 2
_SETTLEMENT_NAMED_FROM = 2023  # the schedule of 2022 calls them 最後交易日, that of 2026 by name
_FARTHEST_DAY_IN_LIEU = 5


class Row(NamedTuple):
    """A row of the schedule.

    Attributes:
        day: The day.
        name: Its name.
        description: Its explanation in the schedule.
    """

    day: date
    name: str
    description: str


def schedule_json(calendar: TradingCalendar, year: int) -> bytes:
    """Return the schedule of a year as JSON."""
    rows = schedule(calendar, year)
    republic = year - 1911
    document = {
        "stat": "ok",
        "queryYear": republic,
        "title": f"中華民國{republic}年有價證券集中交易市場開（休）市日期表",
        "fields": ["日期", "名稱", "說明"],
        "data": [[row.day.isoformat(), row.name, row.description] for row in rows],
        "total": len(rows),
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def schedule(calendar: TradingCalendar, year: int) -> list[Row]:
    """Return the rows of a year's schedule, by date."""
    sessions = set(calendar.scheduled)
    holidays = [
        row
        for nominal in (year, year + 1)  # New Year's Day may be made up for in the old year
        for row in _holidays(nominal)
        if row.day not in sessions
    ]
    rows = [*holidays, *_around_new_year(sessions, year)]
    named = {row.day for row in rows}
    lost = [row for row in holidays if row.day.weekday() >= _SATURDAY]
    rows += [
        _in_lieu(day, lost) or _bridge(day, holidays, sessions)
        for day in _days_of(year)
        if day.weekday() < _SATURDAY and day not in sessions and day not in named
    ]
    return sorted((row for row in rows if row.day.year == year), key=lambda row: row.day)


def _holidays(year: int) -> Iterator[Row]:
    """Yield the days that are holidays by name, also those on a weekend."""
    for month, day, name, since in _FIXED:
        if year >= since:
            yield Row(date(year, month, day), name, _DAY_OFF)
    yield Row(_lunar("qingming_festival", year), "民族掃墓節", _DAY_OFF)
    yield Row(_lunar("dragon_boat_festival", year), "端午節", _DAY_OFF)
    yield Row(_lunar("mid_autumn_festival", year), "中秋節", _DAY_OFF)
    new_year = _lunar("chinese_lunar_new_year", year)
    yield Row(new_year - _ONE_DAY, "農曆除夕", _DAY_OFF)
    for later in range(3):
        yield Row(new_year + later * _ONE_DAY, _NEW_YEAR, _DAY_OFF)


def _around_new_year(sessions: set[date], year: int) -> Iterator[Row]:
    first = next(day for day in _days_of(year) if day in sessions)
    yield Row(first, "國曆新年開始交易日", "國曆新年開始交易。")
    new_year = _lunar("chinese_lunar_new_year", year)
    last = new_year
    while last not in sessions:
        last -= _ONE_DAY
    yield Row(last, _LAST_BEFORE, "農曆春節前最後交易。")
    # What was traded on the last two sessions is still to be settled.
    day, left = last, _SETTLEMENT_DAYS
    while left:
        day += _ONE_DAY
        if day.weekday() < _SATURDAY:
            yield _settlement_only(day)
            left -= 1
    after = new_year
    while after not in sessions:
        after += _ONE_DAY
    yield Row(after, "農曆春節後開始交易日", "農曆春節後開始交易。")


def _settlement_only(day: date) -> Row:
    if day.year >= _SETTLEMENT_NAMED_FROM:
        return Row(day, _SETTLEMENT, "")
    return Row(day, _LAST_BEFORE, f"{_said(day)}{_SETTLEMENT}。")


def _in_lieu(day: date, lost: list[Row]) -> Row | None:
    """Return the row of a day off for a holiday lost to a weekend, which is struck off the list."""
    near = [row for row in lost if abs(row.day - day).days <= _FARTHEST_DAY_IN_LIEU]
    if not near:
        return None
    holiday = min(near, key=lambda row: abs(row.day - day))
    lost.remove(holiday)
    met = f"{_said(holiday.day)}適逢{_weekday(holiday.day)}"
    return Row(day, holiday.name, f"{met}，{_said(day)}（{_weekday(day)}）補假1日。")


def _bridge(day: date, holidays: list[Row], sessions: set[date]) -> Row:
    """Return the row of a day off between a holiday and a weekend, made up for on a Saturday."""
    holiday = min(holidays, key=lambda row: abs(row.day - day))
    saturdays = (day + distance * _ONE_DAY for distance in range(-15, 16))
    traded = [near for near in saturdays if near.weekday() == _SATURDAY and near in sessions]
    worked = traded[0] if traded else day - (day.weekday() + 9) * _ONE_DAY
    off = (
        f"{_said(day)}（{_weekday(day)}）調整放假，於{_said(worked)}（{_weekday(worked)}）補行上班"
    )
    ending = "並正常交易" if traded else "但不交易亦不交割"
    return Row(day, holiday.name, f"{off}，{ending}。")


def _days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += _ONE_DAY


def _said(day: date) -> str:
    return f"{day.month}月{day.day}日"


def _weekday(day: date) -> str:
    return f"星期{_WEEKDAYS[day.weekday()]}"


@cache
def _lunar(holiday: str, year: int) -> date:
    days = getattr(lunisolar_holidays, f"{holiday}_dates")
    found: date = next(day.date() for day in days if day.year == year)
    return found
