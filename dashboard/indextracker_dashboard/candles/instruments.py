"""What can be drawn as candles, and how it is called in a permalink: `TX M+1`, `NSE:INFY`.

Instruments with bars of minutes are the reader's own. Those with an end of day alone are declared
by subjects, each in the module `candles` of its folder. Making bars of them does not belong here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache

from indextracker.reader import Frame, Lakehouse
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.subjects import declared

_FLOOR = "indextracker_dashboard"
_HOW = "write as TAIEX, TX M, TX M/M+1, TXO M 23000 C or NSE:INFY"


@dataclass(frozen=True, eq=False)
class Daily:
    """Instruments of an exchange that have an end of day and no bars of minutes.

    Attributes:
        prefix: What their names begin with, before a colon.
        exchange: Code of the exchange, by ISO 10383.
        names: Their names without the prefix, each with what people call it.
        read: Rows of some sessions, one each, in the order of sessions: with `session_date`, open,
            high, low, close and perhaps vwap and shares; prices adjusted as of a day, if one is
            given.
    """

    prefix: str
    exchange: str
    names: Callable[[Lakehouse], dict[str, str]]
    read: Callable[[Lakehouse, str, Sequence[date] | None, date | None], Frame]


@cache
def daily() -> dict[str, Daily]:
    """What subjects declare, by prefix."""
    found = [one for subject in SUBJECTS for one in declared(_FLOOR, subject, Daily)]
    return {one.prefix: one for one in found}


@dataclass(frozen=True)
class Instrument:
    """One series of candles.

    Attributes:
        name: Index, ETF or product; of those with an end of day alone, `NSE:` and their name.
        contract: Of futures and options an expiry or a code; of a spread two, as `M/M+1`.
        strike: Of options.
        option_type: Of options, `C` or `P`.
    """

    name: str
    contract: str = ""
    strike: str = ""
    option_type: str = ""

    def __str__(self) -> str:
        parts = (self.name, self.contract, self.strike, self.option_type)
        return " ".join(part for part in parts if part)

    @classmethod
    def parse(cls, text: str) -> Instrument:
        """The instrument that a text names, as `str` writes it.

        Raises:
            ValueError: It names none.
        """
        said = " ".join(text.split())
        if ":" in said:
            prefix, name = said.split(":", 1)
            return cls(f"{prefix.strip().upper()}:{name.strip()}")
        parts = said.split(" ")
        if not said or len(parts) > 4:
            raise ValueError(f"{text!r} names no instrument: {_HOW}")
        found = cls(*parts)
        try:
            Decimal(found.strike or 0)
        except InvalidOperation:
            raise ValueError(f"{found.strike!r} in {said!r} is no strike: {_HOW}") from None
        return found

    @property
    def daily(self) -> Daily | None:
        """Whose end of day it has; None of instruments with bars of minutes.

        Raises:
            LookupError: There are no instruments of that prefix.
        """
        prefix, colon, _ = self.name.partition(":")
        if not colon:
            return None
        if prefix not in daily():
            known = ", ".join(f"{one}:" for one in daily())
            raise LookupError(f"there is no market {prefix!r}: there is {known}")
        return daily()[prefix]

    @property
    def own_name(self) -> str:
        """The name without its prefix."""
        return self.name.partition(":")[2] or self.name


def offered(lakehouse: Lakehouse) -> dict[str, str]:
    """The names of all instruments, each with its kind or what people call it."""
    found = dict(sorted(lakehouse.instruments().items(), key=lambda one: (one[1], one[0])))
    for market in daily().values():
        found |= {f"{market.prefix}:{name}": said for name, said in market.names(lakehouse).items()}
    return found
