"""Which spells are of one instrument, through new symbols, series and ISINs.

A spell is a time in which a security was traded under one symbol, series and ISIN. There are some
ten thousand in twelve years, so they are compared here, in plain Python. How they are found in the
rows of sessions does not belong here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import Final

# Country, issuer and kind of a security; what follows is a number and a check digit. A split gives
# a share the next number.
_STEM_LENGTH = 9
# Shares of companies, and those that are partly paid or have other votes.
_OF_COMPANIES: Final = ("INE", "IN9")
# A renaming is dated a session early in 1 of 10; between two sessions are six days at most.
_DATED_EARLY = timedelta(days=7)


@dataclass(frozen=True)
class Spell:
    """A time in which a security was traded under one symbol, series and ISIN.

    Attributes:
        symbol: The symbol.
        series: The series.
        isin: The ISIN; None where no document printed one.
        line: What of a symbol is one security at a time: its shares, in whatever series, or else a
            series. Spells of a symbol and line follow each other.
        beside: Whether the series is traded beside the security's own, in deals of another kind.
        first_session: The first session.
        last_session: The last one.
        previous_close: Closing price before the first session, as printed; None where none is.
        close: Closing price of the last session.
    """

    symbol: str
    series: str
    isin: str | None
    line: str
    beside: bool
    first_session: date
    last_session: date
    previous_close: float | None
    close: float


@dataclass(frozen=True)
class Renaming:
    """A symbol that took the place of another one.

    Attributes:
        old: The symbol before.
        new: The symbol afterwards.
        day: First day of the new one as filed, which may be a session early.
    """

    old: str
    new: str
    day: date


def with_isins(spells: Iterable[Spell]) -> list[Spell]:
    """Spells with the ISINs that some rows were printed without.

    A missing one is the next of the same symbol, line and series, else the last; spells that were
    apart for it alone are one.

    Args:
        spells: All spells as printed, in any order.
    """

    def follow(spell: Spell) -> tuple[str, str, str]:
        return spell.symbol, spell.line, spell.series if spell.beside else ""

    found: list[Spell] = []
    ordered = sorted(spells, key=lambda spell: (*follow(spell), spell.first_session))
    for _, group in groupby(ordered, follow):
        known = _forwards(reversed(_forwards(reversed([*group]))))
        for spell in known:
            last = found[-1] if found else spell
            same = ("symbol", "series", "isin", "line", "beside")
            if last is not spell and all(getattr(last, n) == getattr(spell, n) for n in same):
                found[-1] = replace(last, last_session=spell.last_session, close=spell.close)
            else:
                found.append(spell)
    return found


def instrument_ids(
    spells: Sequence[Spell], renamings: Iterable[Renaming] = (), *, shares: str
) -> list[str]:
    """The instrument of each spell.

    Spells are of one instrument where they have the same ISIN; where they follow each other under
    one symbol and an ISIN is unknown; of shares also where the ISIN is of the same issuer and kind,
    where the price before is the last one, and where the exchange's list says that a symbol took
    the place of another one.

    Args:
        spells: All spells, in any order.
        renamings: The exchange's list.
        shares: The line of shares and of units of funds.

    Returns:
        For each spell its instrument, by a name that later and earlier sessions leave as it is: of
        a share what its ISINs have in common, of others the first ISIN, the first symbol and series
        where no ISIN is known.
    """
    groups = _Groups(len(spells))
    places = sorted(range(len(spells)), key=lambda place: spells[place].first_session)
    for same in _by(places, lambda place: spells[place].isin):
        for one, other in pairwise(same):
            groups.join(one, other)
    for following in _by(places, lambda place: (spells[place].symbol, spells[place].line)):
        own = [place for place in following if not spells[place].beside]
        for one, other in pairwise(own):
            if _continues(spells[one], spells[other], shares):
                groups.join(one, other)
        for place in following:
            # What is traded beside a share and has no ISIN is known by its symbol alone.
            if own and spells[place].beside and spells[place].isin is None:
                groups.join(place, _nearest(spells, own, spells[place].first_session))
    listed = [p for p in places if spells[p].line == shares and not spells[p].beside]
    for one, other in _renamed(spells, listed, sorted(renamings, key=lambda r: r.day)):
        groups.join(one, other)
    names = _names(spells, {place: groups.of(place) for place in places}, shares)
    return [names[groups.of(place)] for place in range(len(spells))]


def _names(spells: Sequence[Spell], groups: Mapping[int, int], shares: str) -> dict[int, str]:
    """A name for each group of spells, which are given in the order of their first sessions.

    What two groups have in common names neither: each has its first ISIN then.
    """
    firsts: dict[int, int] = {}
    for place in sorted(groups, key=lambda place: spells[place].isin is None):
        firsts.setdefault(groups[place], place)
    stems = {group: _stem(spells[place], shares) for group, place in firsts.items()}
    times = Counter(stems.values())

    def name(group: int, spell: Spell) -> str:
        stem = stems[group]
        if stem and times[stem] == 1:
            return stem
        return spell.isin or f"{spell.symbol}-{spell.series}"

    return {group: name(group, spells[place]) for group, place in firsts.items()}


def _stem(spell: Spell, shares: str) -> str | None:
    """What all ISINs of a share of a company have in common; None of anything else.

    The first nine characters of a fund's are those of its house, which has many funds.
    """
    if spell.line == shares and spell.isin and spell.isin.startswith(_OF_COMPANIES):
        return spell.isin[:_STEM_LENGTH]
    return None


def _forwards(spells: Iterable[Spell]) -> list[Spell]:
    """Spells whose missing ISINs are those of the ones before, of their series."""
    latest: dict[str, str | None] = {}
    found = []
    for spell in spells:
        isin = spell.isin or latest.get(spell.series)
        latest[spell.series] = isin
        found.append(replace(spell, isin=isin))
    return found


def _continues(before: Spell, after: Spell, shares: str) -> bool:
    """Whether a spell goes on with the security of the one before, under its symbol."""
    if before.isin is None or after.isin is None:
        return True
    if after.line != shares:
        # A series such as N1 is that of another bond of the issuer in its time.
        return False
    stems = (before.isin[:_STEM_LENGTH], after.isin[:_STEM_LENGTH])
    return stems[0] == stems[1] or after.previous_close == before.close


def _nearest(spells: Sequence[Spell], places: Sequence[int], day: date) -> int:
    """The last of some spells that began by a day, else the first of them."""
    begun = [place for place in places if spells[place].first_session <= day]
    return begun[-1] if begun else places[0]


def _renamed(
    spells: Sequence[Spell], places: Sequence[int], renamings: Sequence[Renaming]
) -> Iterator[tuple[int, int]]:
    """The spells that end and begin by a renaming.

    A symbol of which no session is known is passed through: between what went before it and what
    came after it.
    """
    of_symbol: dict[str, list[int]] = defaultdict(list)
    for place in places:
        of_symbol[spells[place].symbol].append(place)
    # The last known spell of what a symbol without sessions was called before.
    passed: dict[str, int] = {}
    for renaming in renamings:
        before = [
            place
            for place in of_symbol[renaming.old]
            if spells[place].last_session < renaming.day + _DATED_EARLY
        ]
        if before:
            old = before[-1]
        elif renaming.old in passed:
            old = passed.pop(renaming.old)
        else:
            continue
        earliest = max(renaming.day - _DATED_EARLY, spells[old].last_session + timedelta(days=1))
        new = next(
            (p for p in of_symbol[renaming.new] if spells[p].first_session >= earliest), None
        )
        if new is None:
            passed[renaming.new] = old
        else:
            yield old, new


def _by(places: Iterable[int], key: Callable[[int], object]) -> Iterator[list[int]]:
    """Places with the same key, in their order; those without one are left out."""
    found: dict[object, list[int]] = defaultdict(list)
    for place in places:
        if (of := key(place)) is not None:
            found[of].append(place)
    yield from found.values()


class _Groups:
    """Numbers that are joined into groups."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def of(self, number: int) -> int:
        """The number that stands for the group of a number."""
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Makes one group of those of two numbers."""
        self._above[self.of(one)] = self.of(other)
