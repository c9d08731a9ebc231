"""The instruments of the exchange, each with its whole life: names, series, ISINs, actions, prices.

A life is drawn once, for all sessions. What is traded in a session is in session.py, how an
instrument is called in identities.py.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, Literal, TypeVar

import numpy as np

from indextracker_simulator.india.actions import Action, drawn
from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.identities import (
    KNOWN,
    LONGEST_SYMBOL,
    Identity,
    identity,
    isin,
    renamed,
)
from indextracker_simulator.india.walk import Process, levels
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from indextracker_simulator.india.actions import Kind

Form = Literal["share", "sme", "etf", "gold", "government", "debenture"]

PENNY: Final = 3
"""The number of a share of a few rupees, of which a billion may change hands in a session."""

TICK: Final = 5  # paise

# Every fifth instrument is no share of the main board, but one of these in turn.
_OTHERS: tuple[Form, ...] = ("etf", "sme", "gold", "etf", "government", "debenture")
_EVERY = 5

_ACTIONS_A_YEAR: dict[Kind, float] = {
    "dividend": 0.7,
    "split": 0.12,
    "bonus": 0.1,
    "rights": 0.06,
    "buyback": 0.04,
    "demerger": 0.015,
}
_SESSIONS_BETWEEN_ACTIONS = 30  # that change the number of shares
_SESSIONS_A_YEAR = 247

_LISTED_LATER, _DELISTED, _RENAMED = 0.25, 0.1, 0.35
_SHORTEST_LIFE = 250
_CHAINED = 6  # of every twenty shares, this one is renamed twice within a week
_THIN = 5  # of every twelve shares, this one finds no buyer on many days
_BLOCKS_A_SESSION = 0.01
_IN_DEFAULT = 100  # sessions: shorter spells are those of companies that broke rules, in BZ
_ISIN_LATE = 0.3  # splits whose new ISIN comes a session after the ex-date

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Spells(Generic[_Value]):
    """A value that changes on some days.

    Attributes:
        starts: Days from which a value holds, ascending.
        values: The value from each of them on.
    """

    starts: tuple[date, ...]
    values: tuple[_Value, ...]

    def at(self, day: date) -> _Value:
        """Return the value of a day, before the first start the first one."""
        return self.values[max(0, bisect_right(self.starts, day) - 1)]


@dataclass(frozen=True, eq=False)
class Instrument:
    """One instrument through all its names.

    Attributes:
        number: Tells it from the others.
        form: What it is.
        industry: The company's, empty where there is none.
        process: What its price follows before actions.
        listed_on: When it was listed, which may be before the calendar begins.
        last: Its last session, None where it has none yet.
        identities: Symbol and name.
        series: How it is traded.
        isins: Its ISIN.
        faces: Face value, rupees.
        issued: Number of shares that exist.
        actions: What the company did, in the order of ex-dates.
        closes: Price at the end of each session of the calendar, paise; 0 where it is not listed.
        traded: Whether anybody traded it, by session.
        blocks: Whether two parties made a block deal of it, by session; only where it is traded.
        issue_price: What it cost before its first session, paise.
        lot: The least number that is traded.
    """

    number: int
    form: Form
    industry: str
    process: Process
    listed_on: date
    last: date | None
    identities: Spells[Identity]
    series: Spells[str]
    isins: Spells[str]
    faces: Spells[int]
    issued: Spells[int]
    actions: tuple[Action, ...]
    closes: NDArray[np.int64]
    traded: NDArray[np.bool_]
    blocks: NDArray[np.bool_]
    issue_price: int
    lot: int

    def is_listed(self, day: date) -> bool:
        """Tell whether it is listed on a day."""
        return self.listed_on <= day and (self.last is None or day <= self.last)

    def previous_close(self, place: int) -> int:
        """Return the last close before the session of a place, paise, as published: unadjusted."""
        before = self.previous_place(place)
        return self.issue_price if before is None else int(self.closes[before])

    def previous_place(self, place: int) -> int | None:
        """Return the place of the last session before in which it was traded, None for none."""
        before = int(self._latest[place - 1]) if place else -1
        return None if before < 0 else before

    @cached_property
    def _latest(self) -> NDArray[np.int64]:
        """The place of the last session, up to each, in which it was traded; -1 for none."""
        return np.maximum.accumulate(np.where(self.traded, np.arange(len(self.traded)), -1))


def form_of(number: int) -> Form:
    """Return what the instrument of a number is."""
    turn, rest = divmod(number, _EVERY)
    return "share" if rest != _EVERY - 1 else _OTHERS[turn % len(_OTHERS)]


def instrument(number: int, seed: int, news_effect: float) -> Instrument:
    """Return the instrument of a number, the same for equal arguments."""
    form = form_of(number)
    random = generator(seed, "india", "instrument", str(number))
    process = _process(number, form, random)
    company = form in ("share", "sme")
    sessions = trading_calendar().sessions
    first, end, listed_on = _life(number, company, random)
    level = 100 * levels(process, seed, news_effect)
    face = int(random.choice([10, 10, 5, 2])) if company else 10
    actions, factors = _actions(level, first, end, face, random) if company else ((), 1.0)
    listed = np.zeros(len(sessions), dtype=bool)
    listed[first:end] = True
    closes = np.where(listed, _ticks(level * factors), 0)
    traded = listed & (random.random(len(sessions)) < _traded_share(number, form))
    traded[first] = True
    called, industry = _identity(number, form)
    deals = form == "share" and not is_thin(number)
    return Instrument(
        number=number,
        form=form,
        industry=industry if company else "",
        process=process,
        listed_on=listed_on,
        last=None if end == len(sessions) else sessions[end - 1],
        identities=_identities(called, number, company, (first, end), random),
        series=_series(number, form, (first, end), random),
        isins=_isins(number, form, actions, listed_on, random),
        faces=_faces(face, actions, listed_on),
        issued=_issued(number, form, actions, listed_on, random),
        actions=actions,
        closes=closes,
        traded=traded,
        blocks=traded & (random.random(len(sessions)) < _BLOCKS_A_SESSION) & deals,
        issue_price=int(_ticks(closes[first] * random.uniform(0.8, 1.05))),
        lot=int(random.choice([600, 1000, 1600])) if form == "sme" else 1,
    )


def held_before(instruments: Sequence[Instrument], place: int) -> int:
    """Return the place of the last session before one in which anything was traded, or 0."""
    return next(
        (at for at in range(place - 1, 0, -1) if any(one.traded[at] for one in instruments)), 0
    )


def is_thin(number: int) -> bool:
    """Tell whether a share of a number finds few buyers."""
    return form_of(number) == "share" and number % 12 == _THIN


def _ticks(paise: NDArray[np.float64] | float) -> NDArray[np.int64]:
    return np.maximum(TICK, TICK * np.rint(np.asarray(paise) / TICK).astype(np.int64))


def _process(number: int, form: Form, random: np.random.Generator) -> Process:
    name = f"instrument {number}"
    if number == PENNY:
        return Process(name, 9.0, 0.02, 0.4)
    match form:
        case "share" | "sme":
            middle = float(np.clip(400 * np.exp(0.9 * random.standard_normal()), 40, 5_000))
            return Process(name, middle, random.uniform(0.012, 0.028), random.uniform(0.3, 0.7))
        case "etf":
            return Process(name, random.uniform(40, 300), 0.009, 0.95)
        case "gold":
            return Process(name, random.uniform(4_000, 9_000), 0.006, 0.0)
        case "government":
            return Process(name, random.uniform(96, 110), 0.002, 0.0)
        case "debenture":
            return Process(name, 1_000.0, 0.003, 0.0)


def _life(number: int, company: bool, random: np.random.Generator) -> tuple[int, int, date]:
    """Return the places of the first session and of the one after the last, and when listed."""
    sessions = trading_calendar().sessions
    later, delisted = random.random() < _LISTED_LATER, random.random() < _DELISTED
    # The first few shares are there from the beginning to the end, and so are those that are known.
    stays = not company or number <= PENNY or number in KNOWN
    long_ago = date(1994, 11, 3) + timedelta(days=int(random.integers(5_500)))
    first = int(random.integers(100, len(sessions) - 2 * _SHORTEST_LIFE))
    first = 0 if stays or not later else first
    end = int(random.integers(first + _SHORTEST_LIFE, len(sessions) + 1))
    end = len(sessions) if stays or not delisted else end
    return first, end, sessions[first] if first else long_ago


def _traded_share(number: int, form: Form) -> float:
    if form in ("gold", "government", "debenture"):
        return 0.7
    return 0.6 if is_thin(number) else 1.0


def _actions(
    level: NDArray[np.float64], first: int, end: int, face: int, random: np.random.Generator
) -> tuple[tuple[Action, ...], NDArray[np.float64]]:
    """Return a company's actions, and what they have made of its level by each session."""
    sessions = trading_calendar().sessions
    factors = np.ones(len(sessions))
    actions: list[Action] = []
    quiet_until = 0
    for place, kind in _occasions(first, end, random):
        changes = kind in ("split", "bonus", "rights", "demerger")
        if changes and place < quiet_until:
            continue
        close = float(level[place - 1] * factors[place - 1])
        action = drawn(kind, sessions[place], close, face, random)
        if action is None:
            continue
        if changes:
            quiet_until = place + _SESSIONS_BETWEEN_ACTIONS
        face = action.new if kind == "split" else face
        factors[place:] *= action.price_factor(close)
        actions.append(action)
    return tuple(actions), factors


def _occasions(first: int, end: int, random: np.random.Generator) -> list[tuple[int, Kind]]:
    """Draw the sessions at which a company might act, in order."""
    drawn_places: list[tuple[int, Kind]] = []
    for kind, a_year in _ACTIONS_A_YEAR.items():
        number = random.poisson(a_year * (end - first) / _SESSIONS_A_YEAR)
        drawn_places += [(int(place), kind) for place in random.integers(first + 1, end, number)]
    # At most one action of a company on a day.
    return sorted(dict(sorted(drawn_places)).items())


def _identity(number: int, form: Form) -> tuple[Identity, str]:
    called, industry = identity(number)
    stem = called.name.split()[0]
    letters = stem.upper()
    match form:
        case "etf":
            name = f"{stem} Mutual Fund - {stem} Nifty ETF {number}"
            ending = f"{number}E"
            symbol = letters[: LONGEST_SYMBOL - len(ending)] + ending
            return Identity(symbol, name), industry
        case "gold":
            return Identity(f"SGBDEC{number}", f"2.50%GOLDBONDS SR-{number}"), industry
        case "government":
            return Identity(f"7{number:02d}GS41", f"GOI LOAN 7.{number:02d}% 2041"), industry
        case "debenture":
            name = f"SEC RE NCD 9.{number:02d}% {stem}"
            return Identity(f"9{number:02d}{letters[:3]}39", name), industry
        case _:
            return called, industry


def _identities(
    called: Identity,
    number: int,
    company: bool,
    life: tuple[int, int],
    random: np.random.Generator,
) -> Spells[Identity]:
    sessions = trading_calendar().sessions
    first, end = life
    chained = form_of(number) == "share" and number % 20 == _CHAINED
    is_renamed = company and random.random() < _RENAMED and number not in KNOWN
    times = int(random.integers(1, 4)) if is_renamed else 0
    places = sorted(random.choice(np.arange(first + 50, end - 10), times, replace=False).tolist())
    if chained:
        place = int(random.integers(first + 50, end - 10))
        places = [place, place + 5]
    names = [renamed(number, time, random) for time in range(len(places))]
    starts = [sessions[first], *(sessions[place] for place in places)]
    return Spells(tuple(starts), (called, *names))


def _series(
    number: int, form: Form, life: tuple[int, int], random: np.random.Generator
) -> Spells[str]:
    """Return the series: shares are moved under surveillance and back."""
    sessions = trading_calendar().sessions
    usual, watched = {
        "share": ("EQ", "BE"),
        "sme": ("SM", "ST"),
        "etf": ("EQ", ""),
        "gold": ("GB", ""),
        "government": ("GS", ""),
        "debenture": ("NA" if number // 30 % 2 else "N1", ""),
    }[form]
    first, end = life
    starts, values = [sessions[first]], [usual]
    moves = 0 if not watched or number <= PENNY else int(random.poisson(0.8))
    moves = 0 if number in KNOWN else moves
    place = first
    for _ in range(moves):
        place += int(random.integers(20, max(21, (end - first) // 2)))
        length = int(random.integers(20, 250))
        if place + length >= end:
            break
        starts += [sessions[place], sessions[place + length]]
        values += ["BZ" if form == "share" and length < _IN_DEFAULT else watched, usual]
        place += length
    return Spells(tuple(starts), tuple(values))


def _isins(
    number: int,
    form: Form,
    actions: tuple[Action, ...],
    listed_on: date,
    random: np.random.Generator,
) -> Spells[str]:
    """Return the ISINs: a new face value brings a new one, now and then a session late."""
    calendar = trading_calendar()
    issuer, kind = {
        "share": ("INE", "01"),
        "sme": ("INE", "01"),
        "etf": ("INF", "01"),
        "gold": ("IN0", "02"),
        "government": ("IN0", "03"),
        "debenture": ("INE", "07"),
    }[form]
    starts = [listed_on]
    for action in actions:
        if action.kind == "split":
            late = random.random() < _ISIN_LATE
            starts.append(calendar.sessions[calendar.position[action.ex_date] + int(late)])
    return Spells(
        tuple(starts), tuple(isin(issuer, number, kind, 1 + time) for time in range(len(starts)))
    )


def _faces(face: int, actions: tuple[Action, ...], listed_on: date) -> Spells[int]:
    splits = [action for action in actions if action.kind == "split"]
    return Spells(
        (listed_on, *(action.ex_date for action in splits)),
        (face, *(action.new for action in splits)),
    )


def _issued(
    number: int,
    form: Form,
    actions: tuple[Action, ...],
    listed_on: date,
    random: np.random.Generator,
) -> Spells[int]:
    least, most = {"share": (7.3, 9.3), "sme": (6.8, 7.3)}.get(form, (6.0, 7.0))
    issued = 30_000_000_000 if number == PENNY else int(10 ** random.uniform(least, most))
    starts, values = [listed_on], [issued]
    for action in actions:
        if action.share_factor != 1:
            starts.append(action.ex_date)
            values.append(round(values[-1] * action.share_factor))
    return Spells(tuple(starts), tuple(values))
