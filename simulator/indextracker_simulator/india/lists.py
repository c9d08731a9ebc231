"""Lists that the exchange keeps as of today: renamings, listed securities, members of an index."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.indices import MEMBERS_OF_THE_BROADEST, members
from indextracker_simulator.india.texts import dated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from indextracker_simulator.india.instruments import Instrument

_LISTED_HEADER = (
    "SYMBOL,NAME OF COMPANY, SERIES, DATE OF LISTING, PAID UP VALUE, MARKET LOT, ISIN NUMBER,"
    " FACE VALUE"
)
_MEMBERS_HEADER = "Company Name,Industry,Symbol,Series,ISIN Code"

# Renamings of what is not in this market, with what is odd about the published ones: a blank in
# front, no name, a dash that is not ASCII.
_OTHERS = (
    (" SARITA MF - SARITA Dual Fund  Sr. x Plan E -  GO", "RSARE", "NSARE", date(2019, 10, 30)),
    ("", "780LAHA30", "799LAHA30", date(2025, 2, 19)),
    ("Amrit MF \N{EN DASH} Amrit AIF - Sr 1 - Pl B", "RAMRB", "IAMRB", date(2016, 6, 23)),
)
# Of ten renamings, one is published with the date of the session before; of 208 of the exchange's
# own, ten have not the first day of the new symbol.
_DATED_EARLY = 8


def symbol_changes_csv(instruments: Iterable[Instrument], today: date) -> bytes:
    """Return every renaming up to today: name, old symbol, new symbol, date; no header."""
    changes = [*_OTHERS, *_renamings(instruments)]
    known = sorted(change for change in changes if change[3] <= today)
    return _text(f"{name},{old},{new},{dated(since).upper()}" for name, old, new, since in known)


def listed_csv(instruments: Iterable[Instrument], today: date) -> bytes:
    """Return the shares of the main board that are listed today."""
    shares = [one for one in instruments if one.form == "share" and one.is_listed(today)]
    lines = []
    for one in shares:
        called, face = one.identities.at(today), one.faces.at(today)
        cells = (
            *(called.symbol, called.name, one.series.at(today), dated(one.listed_on).upper()),
            *(str(face), "1", one.isins.at(today), str(face)),
        )
        lines.append(",".join(cells))
    return _text([_LISTED_HEADER, *sorted(lines)])


def members_csv(instruments: Sequence[Instrument], today: date) -> bytes:
    """Return the members of the broadest index as of today."""
    lines = []
    for one in members(instruments, today, MEMBERS_OF_THE_BROADEST):
        called = one.identities.at(today)
        name = called.name.replace("Limited", "Ltd.")
        lines.append(f"{name},{one.industry},{called.symbol},EQ,{one.isins.at(today)}")
    return _text([_MEMBERS_HEADER, *sorted(lines)])


def _renamings(instruments: Iterable[Instrument]) -> Iterator[tuple[str, str, str, date]]:
    for one in instruments:
        spells = one.identities
        for time, since in enumerate(spells.starts[1:], start=1):
            early = (one.number + time) % 10 == _DATED_EARLY
            published = trading_calendar().previous(since) if early else since
            old, new = spells.values[time - 1], spells.values[time]
            yield new.name, old.symbol, new.symbol, published


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
