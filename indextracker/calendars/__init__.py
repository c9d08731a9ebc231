"""Which keys a time line has: the sessions of each exchange, the days of a zone, hours and years.

Generic code uses `calendar` and keys alone. What only an exchange has (its days as dates, its
hours) are its `TradingDays`, made from what its subject declares in `calendars/<subject>`. Hours of
products and expiry rules do not belong here (`indextracker.reference` and Spark), nor do partitions
(`indextracker_assets`).
"""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from indextracker.calendars.exchanges import Exchange, TradingDays, find_exchanges
from indextracker.calendars.keys import Calendar, Steps
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.timeline import Days, Hours, Key, Sessions, Timeline, Whole, Years

__all__ = ["EXCHANGES", "Calendar", "TradingDays", "begins", "calendar", "trading_days", "zone"]

# TAIFEX lists up to five quarterly months (UNF): late in a December, a March more than a year away.
YEARS_AHEAD = 2
# Time lines of no exchange begin here.
START = date(2000, 1, 1)

EXCHANGES: dict[str, Exchange] = find_exchanges(SUBJECTS)


def zone(timeline: Timeline) -> ZoneInfo:
    """The zone in whose days a time line counts.

    Raises:
        ValueError: No subject declares its exchange.
    """
    if isinstance(timeline, Sessions):
        return _exchange(timeline.exchange).zone
    return ZoneInfo(timeline.zone if isinstance(timeline, Days) else "UTC")


def begins(timeline: Timeline, key: Key) -> datetime:
    """The instant at which a key begins; of a day, its midnight in the zone."""
    value = timeline.value_of(key)
    return value if isinstance(value, datetime) else datetime.combine(value, time(), zone(timeline))


def calendar(timeline: Timeline, today: date | None = None) -> Calendar:
    """The keys of a time line, up to the end of the year after next.

    Args:
        timeline: The time line.
        today: Decides how far ahead the calendar reaches; today in the zone by default.

    Raises:
        ValueError: No subject declares its exchange.
    """
    return _calendar(timeline, _horizon(zone(timeline), today))


def trading_days(exchange: str, today: date | None = None) -> TradingDays:
    """The days and hours of an exchange, up to the end of the year after next.

    Args:
        exchange: MIC of the exchange, such as `XTAI`.
        today: As of `calendar`.

    Raises:
        ValueError: No subject declares the exchange.
    """
    return _trading_days(exchange, _horizon(_exchange(exchange).zone, today))


def _exchange(exchange: str) -> Exchange:
    if exchange not in EXCHANGES:
        raise ValueError(
            f"There is no calendar of {exchange!r}; known are {', '.join(sorted(EXCHANGES))}."
        )
    return EXCHANGES[exchange]


def _horizon(zone: ZoneInfo, today: date | None) -> date:
    today = today or datetime.now(zone).date()
    return date(today.year + YEARS_AHEAD, 12, 31)


@functools.cache
def _trading_days(exchange: str, horizon: date) -> TradingDays:
    return _exchange(exchange).days(horizon)


@functools.cache
def _calendar(timeline: Timeline, horizon: date) -> Calendar:
    if isinstance(timeline, Sessions):
        days = _trading_days(timeline.exchange, horizon)
        sessions = [timeline.key_of(day) for day in days.sessions(days.start, horizon)]
        start, end = timeline.key_of(days.start), timeline.key_of(horizon)
        return Calendar(timeline, zone(timeline), sessions, start, end)
    keys = _steps(timeline, horizon)
    return Calendar(timeline, zone(timeline), keys, keys[0], keys[-1])


def _steps(timeline: Timeline, horizon: date) -> Steps:
    """The keys of a time line that follow each other at one distance."""
    days = (horizon - START).days + 1
    match timeline:
        case Days():
            return Steps(lambda n: timeline.key_of(START + timedelta(days=n)), days)
        case Hours():
            first = datetime(START.year, START.month, START.day, tzinfo=UTC)
            return Steps(lambda n: timeline.key_of(first + timedelta(hours=n)), days * 24)
        case Years():
            count = horizon.year - START.year + 1
            return Steps(lambda n: Key(START.year + n), count)
        case Whole():
            return Steps(lambda _: "", 1)
    raise ValueError(f"There is no calendar of {timeline.name}.")
