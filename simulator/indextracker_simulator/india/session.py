"""What is traded in one session: a row for each instrument and series.

Prices at the close come from the instruments' lives; the rest of a row is drawn here. The documents
that print the rows are bhavcopies.py and daily_report.py.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.identities import short_name
from indextracker_simulator.india.instruments import PENNY, TICK, is_thin
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indextracker_simulator.india.instruments import Instrument

UDIFF_FROM: Final = date(2024, 1, 2)
"""The first session of the newest document, which alone has block deals."""

# Block deals, and what is settled on the day of the trade.
_BESIDE = frozenset({"BL", "T0"})

_SAME_DAY_FROM = date(2024, 3, 28)
_SAME_DAY_SHARE = 0.03  # of the shares, in a session

_FULL_IS_THIN_UNTIL = date(2023, 8, 24)
"""So long the full bhavcopy left out shares of which hardly any were traded."""

_FEW_SHARES = 120
_NO_LAST_EVERY = 20  # sessions, of shares that hardly anybody trades
_BLOCK_LOT = 999_999_999
_NOT_IN_FULL = frozenset({"BL", "N1", "NA"})
_DELIVERED_ALL = frozenset({"GB", "GS", "ST"})  # trade for trade
_UNKNOWN_DELIVERY = frozenset({"BE", "BZ"})
# The exchange cannot tell what was delivered of so many shares.
_MOST_DELIVERED = 1_000_000_000


@dataclass(frozen=True)
class Row:
    """What was traded of an instrument in a series.

    Attributes:
        number: The instrument's.
        symbol: As it is called on that day.
        series: How it was traded.
        isin: Its ISIN.
        name: The company's, as lists with little room have it.
        previous: Last close before, as published then, paise.
        open: First price, paise.
        high: Highest price, paise.
        low: Lowest price, paise.
        close: Mean of the last half hour, paise.
        last: Last price, paise; 0 where none is printed.
        shares: How many changed hands.
        turnover: What was paid for them, paise.
        trades: In how many trades.
        delivered: How many of the shares were delivered; None where it is not known.
        lot: The least number that is traded.
        in_full: Whether the full bhavcopy has the row.
    """

    number: int
    symbol: str
    series: str
    isin: str
    name: str
    previous: int
    open: int
    high: int
    low: int
    close: int
    last: int
    shares: int
    turnover: int
    trades: int
    delivered: int | None
    lot: int
    in_full: bool

    @property
    def beside(self) -> bool:
        """Whether it is traded so beside its own series."""
        return self.series in _BESIDE

    @property
    def average(self) -> int:
        """Mean price of a share, paise, half a paisa rounded up."""
        return (2 * self.turnover + self.shares) // (2 * self.shares)


def rows(instruments: Sequence[Instrument], seed: int, session: date) -> list[Row]:
    """Return what was traded in a session, in the order of the instruments."""
    place = trading_calendar().position[session]
    random = generator(seed, "india", "session", session)
    # A row of numbers for each instrument, whether or not it is traded: the others stay the same.
    drawn = random.standard_normal((len(instruments), 8)).tolist()
    traded = [one for one in instruments if one.traded[place]]
    found = [_row(one, session, place, drawn[one.number]) for one in traded]
    if session >= UDIFF_FROM:
        found += [_block(one, seed, session, place) for one in traded if one.blocks[place]]
    if session >= _SAME_DAY_FROM:
        found += _settled_that_day(instruments, seed, session, found)
    return found


def _row(one: Instrument, session: date, place: int, drawn: Sequence[float]) -> Row:
    close = int(one.closes[place])
    previous = one.previous_close(place)
    reference = _reference(one, session, place)
    swing = close * one.process.volatility
    opened = _tick(reference + 0.3 * (close - reference) + 0.3 * swing * drawn[0])
    high = max(opened, close, _tick(max(opened, close) + 0.4 * swing * abs(drawn[1])))
    low = min(opened, close, _tick(min(opened, close) - 0.4 * swing * abs(drawn[2])))
    last = min(high, max(low, _tick(close + 0.1 * swing * drawn[3])))
    if is_thin(one.number) and place % _NO_LAST_EVERY == 0:
        last = 0
    shares = _shares(one, session, drawn[4])
    spread = 1 / (1 + math.exp(drawn[5]))
    turnover = shares * low + round(shares * (high - low) * spread)
    series = one.series.at(session)
    identity = one.identities.at(session)
    return Row(
        number=one.number,
        symbol=identity.symbol,
        series=series,
        isin=one.isins.at(session),
        name=short_name(identity.name),
        previous=previous,
        open=opened,
        high=high,
        low=low,
        close=close,
        last=last,
        shares=shares,
        turnover=turnover,
        trades=max(1, round(shares / one.lot / (20 * math.exp(0.5 * drawn[6]) + 1))),
        delivered=_delivered(series, shares, drawn[7]),
        lot=one.lot,
        in_full=series not in _NOT_IN_FULL
        and not (is_thin(one.number) and shares < _FEW_SHARES and session <= _FULL_IS_THIN_UNTIL),
    )


def _shares(one: Instrument, session: date, drawn: float) -> int:
    if is_thin(one.number):
        usual = 150.0
    elif one.form in ("gold", "government", "debenture"):
        usual = 300.0
    elif one.form == "etf":
        usual = 400_000.0
    else:
        usual = one.issued.at(session) / (40 if one.number == PENNY else 400)
    lively = trading_calendar().liveliness(session)
    lots = usual * lively * math.exp(0.8 * drawn) / one.lot
    return one.lot * max(1, round(lots))


def _delivered(series: str, shares: int, drawn: float) -> int | None:
    if series in _UNKNOWN_DELIVERY or (series == "EQ" and shares > _MOST_DELIVERED):
        return None
    if series in _DELIVERED_ALL:
        return shares
    return int(shares / (1 + math.exp(-0.7 * drawn)))


def _reference(one: Instrument, session: date, place: int) -> float:
    """Return the last close less what actions have taken from it since, before any trade."""
    before = one.previous_place(place)
    close = float(one.previous_close(place))
    since = date.min if before is None else trading_calendar().sessions[before]
    for action in one.actions:
        if since < action.ex_date <= session:
            close *= action.price_factor(close)
    return close


def _block(one: Instrument, seed: int, session: date, place: int) -> Row:
    """Return a deal between two parties, whose price is near the last close."""
    random = generator(seed, "india", one.process.name, "block", session)
    price = _block_price(one, seed, place)
    shares = int(random.integers(200_000, 2_000_000))
    identity = one.identities.at(session)
    first = trading_calendar().position[UDIFF_FROM]
    before = first + np.flatnonzero((one.blocks & one.traded)[first:place])
    return Row(
        number=one.number,
        symbol=identity.symbol,
        series="BL",
        isin=one.isins.at(session),
        name=short_name(identity.name),
        previous=_block_price(one, seed, int(before[-1])) if len(before) else price,
        open=price,
        high=price,
        low=price,
        close=price,
        last=price,
        shares=shares,
        turnover=shares * price,
        trades=1,
        delivered=shares,
        lot=_BLOCK_LOT,
        in_full=False,
    )


def _block_price(one: Instrument, seed: int, place: int) -> int:
    random = generator(seed, "india", one.process.name, "block price", str(place))
    return _tick(one.previous_close(place) * float(random.uniform(0.99, 1.01)))


def _settled_that_day(
    instruments: Sequence[Instrument], seed: int, session: date, found: Sequence[Row]
) -> list[Row]:
    """Return the trades that are settled at once, of shares that are traded as usual as well.

    Both closes are those of the usual trades, and may lie outside of what was paid here.
    """
    random = generator(seed, "india", "same day", session)
    drawn = random.random((len(instruments), 4))
    settled = []
    for row in found:
        chance, start, width, size = drawn[row.number].tolist()
        share = instruments[row.number].form == "share" and row.series == "EQ"
        if not share or is_thin(row.number) or chance > _SAME_DAY_SHARE:
            continue
        low = row.low + int(start * (row.high - row.low) / 2)
        high = low + int(width * (row.high - low) / 2)
        shares = 1 + int(200 * size)
        settled.append(
            replace(
                row,
                series="T0",
                open=low,
                high=high,
                low=low,
                last=high,
                shares=shares,
                turnover=shares * (low + high) // 2,
                trades=min(3, shares),
                delivered=shares // 3,
            )
        )
    return settled


def _tick(paise: float) -> int:
    return max(TICK, TICK * round(paise / TICK))
