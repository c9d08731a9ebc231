"""Prices at a moment, as a vendor sells them: all shares and indices in one answer.

Two forms: one that the vendor has frozen, with every oddity, and the newer one, of which little has
been seen. What is traded is in session.py.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from indextracker_simulator.india.calendar import INDIA, trading_calendar
from indextracker_simulator.india.indices import VOLATILITY_INDEX, members_of, session_levels
from indextracker_simulator.india.instruments import held_before
from indextracker_simulator.india.session import rows
from indextracker_simulator.india.texts import dated

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from indextracker_simulator.india.indices import Level
    from indextracker_simulator.india.instruments import Instrument
    from indextracker_simulator.india.session import Row

_SERIES = ("EQ", "BE")
# The vendor shows a share under the series that it left for a week or so.
_OLD_SERIES_SESSIONS = 5
_LATEST_SECONDS = 120  # before the moment, at which a price was last told
_SETTLED_AFTER = timedelta(minutes=30)  # from the close to the last price of the day
_MONTH, _YEAR = timedelta(days=30), timedelta(days=365)


@dataclass(frozen=True)
class Quote:
    """A share or an index at a moment.

    Attributes:
        row: What was traded in its latest session, None of an index.
        level: Its levels in that session, None of a share.
        at: When its price was told.
        stale: Whether it is of a series that the share has left.
        shown: How much of its session has passed, from 0 to 1.
    """

    row: Row | None
    level: Level | None
    at: datetime
    stale: bool
    shown: float


def quotes(instruments: Sequence[Instrument], seed: int, now: datetime) -> list[Quote]:
    """Return every index and share of the main board at a moment, each index before its members."""
    calendar = trading_calendar()
    session = _latest_session(instruments, now)
    opens, closes = calendar.hours(session)
    shown = min(1.0, (now - opens) / (closes - opens))
    until = min(now, closes + _SETTLED_AFTER)
    traded = rows(instruments, seed, session)
    levels = session_levels(instruments, traded, seed, session)
    of_indices = [
        Quote(None, level, until, False, shown)
        for level in levels
        if level.name != VOLATILITY_INDEX
    ]
    of_shares = [
        _told(row, until, shown)
        for row in traded
        if row.series in _SERIES and instruments[row.number].form == "share"
    ]
    there = {(quote.row.number, quote.row.series) for quote in of_shares if quote.row}
    return [*of_indices, *of_shares, *_old(instruments, seed, session, there)]


def frozen_json(
    instruments: Sequence[Instrument], seed: int, now: datetime, index: str | None = None
) -> bytes:
    """Return quotes in the frozen form.

    Args:
        instruments: Every instrument.
        seed: The world.
        now: The moment.
        index: The index whose members are wanted; None for everything.
    """
    session = _latest_session(instruments, now)
    found = quotes(instruments, seed, now)
    if index is not None:
        found = _of_index(instruments, found, session, index)
    return json.dumps([_frozen(instruments, quote, session) for quote in found]).encode()


def newer_json(instruments: Sequence[Instrument], seed: int, now: datetime) -> bytes:
    """Return the shares in the newer form."""
    found = quotes(instruments, seed, now)
    told = [_newer(instruments, quote.row, quote) for quote in found if quote.row]
    return json.dumps(told).encode()


def _latest_session(instruments: Sequence[Instrument], now: datetime) -> date:
    """Return the last session that has begun and took place."""
    calendar = trading_calendar()
    today = now.astimezone(INDIA).date()
    begun = not calendar.is_session(today) or now >= calendar.hours(today)[0]
    return calendar.sessions[held_before(instruments, calendar.until(today) - (not begun))]


def _told(row: Row, until: datetime, shown: float) -> Quote:
    # Drawn from what cannot repeat between shares: the vendor learns prices one by one.
    seconds = (row.number * 7 + row.close) % _LATEST_SECONDS
    return Quote(row, None, until - timedelta(seconds=seconds), False, shown)


def _old(
    instruments: Sequence[Instrument], seed: int, session: date, there: set[tuple[int, str]]
) -> Iterator[Quote]:
    """Yield shares as they stood in their last session, where it is not the latest one.

    These are shares that nobody has traded since, and the series that a share has left.
    """
    calendar = trading_calendar()
    place = calendar.position[session]
    for back in range(1, _OLD_SERIES_SESSIONS + 1):
        before = calendar.sessions[max(0, place - back)]
        for row in rows(instruments, seed, before):
            one = instruments[row.number]
            key = (row.number, row.series)
            if key in there or row.series not in _SERIES or one.form != "share":
                continue
            if one.identities.at(session).symbol != row.symbol or not one.is_listed(session):
                continue
            there.add(key)
            closes = calendar.hours(before)[1] + _SETTLED_AFTER
            left = one.series.at(session) != row.series
            yield Quote(row, None, _told(row, closes, 1.0).at, left, 1.0)


def _of_index(
    instruments: Sequence[Instrument], found: Sequence[Quote], session: date, index: str
) -> list[Quote]:
    inside = {one.number for one in members_of(index, instruments, session)}
    return [
        quote
        for quote in found
        if (quote.level and quote.level.name.upper() == index)
        or (quote.row and quote.row.number in inside and not quote.stale)
    ]


def _frozen(instruments: Sequence[Instrument], quote: Quote, session: date) -> dict[str, Any]:
    row, level = quote.row, quote.level
    if row is None:
        assert level is not None
        name = level.name.upper()
        figures = _figures(level, quote.shown)
        figures |= {"turnover": level.turnover or 0, "shares": level.shares or 0}
        meta: dict[str, str | None] = dict.fromkeys(("companyName", "industry", "isin"))
        return _entry(name, name, figures, quote, meta, (1.0, 10.0))
    one = instruments[row.number]
    figures = _figures(row, quote.shown)
    figures |= {
        "turnover": round(row.turnover * quote.shown),
        "shares": round(row.shares * quote.shown),
    }
    meta = {
        "companyName": None if quote.stale else one.identities.at(session).name,
        "industry": None if quote.stale or row.number % 3 == 0 else one.industry.upper(),
        "isin": None if quote.stale else row.isin,
    }
    day = quote.at.date()
    changes = (_change(one, day, _MONTH), _change(one, day, _YEAR))
    figures |= _year_range(one, day, figures)
    return _entry(f"{row.symbol}{row.series}N", row.symbol, figures, quote, meta, changes)


def _entry(
    identifier: str,
    symbol: str,
    figures: dict[str, int],
    quote: Quote,
    meta: dict[str, str | None],
    changes: tuple[float | str, float | str],
) -> dict[str, Any]:
    last, previous = _number(figures["last"]), _number(figures["previous"])
    return {
        "identifier": identifier,
        # With all that floating point leaves behind it.
        "change": last - previous,
        "dayHigh": _number(figures["high"]),
        "dayLow": _number(figures["low"]),
        "lastPrice": last,
        "lastUpdateTime": f"{dated(quote.at.date())} {quote.at:%H:%M:%S}",
        "meta": meta,
        "open": _number(figures["open"]),
        "pChange": round(100 * (last - previous) / previous, 2),
        "perChange30d": changes[0],
        "perChange365d": changes[1],
        "previousClose": previous,
        "symbol": symbol,
        "totalTradedValue": _number(figures["turnover"]),
        "totalTradedVolume": figures["shares"],
        "yearHigh": _number(figures.get("year_high", figures["high"])),
        "yearLow": _number(figures.get("year_low", figures["low"])),
    }


def _newer(instruments: Sequence[Instrument], row: Row, quote: Quote) -> dict[str, Any]:
    figures = _figures(row, quote.shown)
    return {
        "Symbol": f"{row.symbol}.NS",
        "Name": instruments[row.number].identities.at(quote.at.date()).name,
        "Open": _number(figures["open"]),
        "High": _number(figures["high"]),
        "Low": _number(figures["low"]),
        "LTP": _number(figures["last"]),
        "PreviousClose": _number(figures["previous"]),
        "Volume": round(row.shares * quote.shown),
        "LastUpdateTime": f"{dated(quote.at.date())} {quote.at:%H:%M:%S}",
    }


def _figures(priced: Row | Level, shown: float) -> dict[str, int]:
    """Return prices by the part of the session that has passed: from the open to the close."""
    last = priced.close if shown == 1 else round(priced.open + shown * (priced.close - priced.open))
    high, low = max(priced.open, last), min(priced.open, last)
    return {
        "open": priced.open,
        "high": round(high + shown * (priced.high - high)),
        "low": round(low + shown * (priced.low - low)),
        "last": last,
        "previous": priced.previous,
    }


def _change(one: Instrument, day: date, ago: timedelta) -> float | str:
    """Return the change of the close over a time, percent; a dash where there was none then."""
    calendar = trading_calendar()
    now, then = calendar.until(day) - 1, calendar.until(day - ago) - 1
    if then < 0 or not one.closes[then]:
        return "-"
    return round(100 * (int(one.closes[now]) / int(one.closes[then]) - 1), 2)


def _year_range(one: Instrument, day: date, figures: dict[str, int]) -> dict[str, int]:
    calendar = trading_calendar()
    closes = one.closes[max(0, calendar.until(day - _YEAR)) : calendar.until(day) - 1]
    known = closes[closes > 0].tolist()
    return {
        "year_high": max([figures["high"], *known]),
        "year_low": min([figures["low"], *known]),
    }


def _number(hundredths: int) -> float:
    """Return a number as JSON has it: whole ones without decimals."""
    return hundredths // 100 if hundredths % 100 == 0 else hundredths / 100
