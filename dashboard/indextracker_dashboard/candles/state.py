"""What an address of the page Candles says, and which instrument and sessions that means."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from indextracker.reader import Lakehouse
from indextracker_dashboard.candles.bars import MONTH, PERIODS, SESSION, WEEK
from indextracker_dashboard.candles.instruments import Instrument, offered
from indextracker_dashboard.data import Data
from indextracker_dashboard.state import State

FIRST_CHOICE = "TX"
MOST_SESSIONS, MOST_OVERLAYS = 5000, 5
# So many bars of a minute are drawn without the browser being slow.
_MOST_MINUTES = 120
_FITTING = {1: 1, 2: 1, 3: 2, 5: 3, 10: 5, 15: 5, 30: 10, 60: 20, 120: 40, 240: 60}
_FITTING_PERIODS = {SESSION: 120, WEEK: 500, MONTH: 2000}
# A calendar has two sessions in three days at least, but for the new year's holidays.
_HOLIDAYS = timedelta(days=20)


@dataclass(frozen=True)
class CandlesState(State):
    """What is drawn.

    Attributes:
        instrument: Index, ETF, product or `NSE:` and a name.
        contract: Of futures and options; the front month by default.
        strike: Of options; the one traded most by default.
        type: Of options.
        scale: Minutes of a bar, or `session`, `week`, `month`.
        last: Last session; the newest by default, also when a newer one comes.
        sessions: How many; by default as many as fit the scale.
        begin: Where the view begins inside of the first session.
        end: Where it ends inside of the last one.
        over: Other instruments whose closes are drawn over it.
        zone: Whose clock the axis shows.
        prices: Of shares, whether they are adjusted for corporate actions.
    """

    instrument: str = FIRST_CHOICE
    contract: str = ""
    strike: Annotated[str, Field(pattern=r"^(\d+(\.\d+)?)?$")] = ""
    type: Literal["", "C", "P"] = ""
    scale: Annotated[str, Field(pattern=rf"^(\d{{1,3}}|{'|'.join(PERIODS)})$")] = "5"
    last: date | None = None
    sessions: Annotated[int, Field(ge=1, le=MOST_SESSIONS)] | None = None
    begin: AwareDatetime | None = None
    end: AwareDatetime | None = None
    over: Annotated[tuple[str, ...], Field(max_length=MOST_OVERLAYS)] = ()
    zone: Literal["exchange", "utc", "viewer"] = "exchange"
    prices: Literal["adjusted", "published"] = "adjusted"


@dataclass(frozen=True)
class Meant:
    """What a state means in a lakehouse.

    Attributes:
        instrument: What is drawn.
        kind: What it is: index, ETF, futures, options, or what people call a share.
        over: What is drawn over it.
        exchange: Code of the exchange whose sessions count.
        newest: The newest session that is there.
    """

    instrument: Instrument
    kind: str
    over: tuple[Instrument, ...]
    exchange: str
    newest: date


def meant(state: CandlesState, data: Data) -> Meant:
    """What a state means.

    Raises:
        LookupError: Something of it is not in the lakehouse.
        ValueError: Something of it cannot be read.
    """
    names = data.ask(offered)
    if not names:
        raise LookupError("no instrument has bars yet: indextracker backfill brings them")
    name = Instrument.parse(state.instrument).name
    if name == FIRST_CHOICE and name not in names:
        name = next(iter(names))
    instrument = Instrument(name)
    kind = names.get(name) or names.get(name.upper(), "")
    newest = data.ask(_newest, instrument)
    if kind in ("futures", "options"):
        instrument = replace(instrument, contract=state.contract or "M")
    if kind == "options":
        instrument = replace(instrument, strike=state.strike, option_type=state.type)
        if not (state.strike and state.type):
            on = min(state.last or newest, newest)
            instrument = data.ask(_most_traded, instrument, on)
    market = instrument.daily
    return Meant(
        instrument,
        kind,
        tuple(Instrument.parse(text) for text in state.over),
        market.exchange if market else data.ask(_first_exchange),
        newest,
    )


def fitting(scale: str) -> int:
    """How many sessions fit a scale."""
    if scale in _FITTING_PERIODS:
        return _FITTING_PERIODS[scale]
    return next(number for minutes, number in reversed(_FITTING.items()) if minutes <= int(scale))


def most(scale: str) -> int:
    """How many sessions are drawn at most."""
    return MOST_SESSIONS if scale in PERIODS else _MOST_MINUTES * int(scale)


def days_of(state: CandlesState, of: Meant, data: Data) -> tuple[date, ...]:
    """The sessions of a state, in their order.

    Raises:
        LookupError: There are none.
    """
    count = min(state.sessions or fitting(state.scale), most(state.scale))
    last = min(state.last or of.newest, of.newest)
    found = data.ask(beside, of.exchange, last + timedelta(days=1), -count)
    if not found:
        raise LookupError(f"the calendar begins after {last}")
    return found


def beside(lakehouse: Lakehouse, exchange: str, day: date, count: int) -> tuple[date, ...]:
    """So many sessions next to a day: before it where the number is negative, else after it."""
    reach = timedelta(days=2 * abs(count)) + _HOLIDAYS
    try:
        if count < 0:
            frame = lakehouse.sessions(exchange, first=day - reach, last=day - timedelta(days=1))
        else:
            frame = lakehouse.sessions(exchange, first=day + timedelta(days=1), last=day + reach)
    except ValueError:  # beyond the calendar
        return ()
    days: list[date] = frame.rows["session_date"].to_pylist()
    return tuple(days[count:] if count < 0 else days[:count])


def _first_exchange(lakehouse: Lakehouse) -> str:
    """The exchange of the reader's own instruments."""
    return str(lakehouse.sessions().rows["exchange"][0])


def _newest(lakehouse: Lakehouse, instrument: Instrument) -> date:
    """The newest session of the table that an instrument is in."""
    market = instrument.daily
    if market is None:
        frame = lakehouse.bars(instrument.name, per=SESSION)
    else:
        frame = market.read(lakehouse, instrument.own_name, None, None)
    if len(frame):
        found: date = frame.rows["session_date"][-1].as_py()
        return found
    return date.fromisoformat(frame.missing.rows["key"][0].as_py())


def _most_traded(lakehouse: Lakehouse, asked: Instrument, on: date) -> Instrument:
    """The series of an expiry that was traded most in a session, of those that may be meant."""
    rows = lakehouse.chain(
        asked.name, on, contract=asked.contract, option_type=asked.option_type or None
    ).polars()
    if asked.strike:
        rows = rows.filter(rows["strike"] == Decimal(asked.strike))
    if rows.is_empty():
        raise LookupError(f"there is no series of {asked} in the session {on}")
    [first] = rows.sort("contracts", descending=True, nulls_last=True).head(1).to_dicts()
    return replace(
        asked, strike=f"{first['strike'].normalize():f}", option_type=first["option_type"]
    )
