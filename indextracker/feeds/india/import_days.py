"""The days of documents that people hand over: sessions of NSE, and how a document writes days.

Whether 01/02/2020 is in January or in February is decided by all days of a document, and never
guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

from indextracker.calendars import trading_days
from indextracker.feeds.model import Refusal, quote
from indextracker.readings.india import sheets
from indextracker_catalogue.india.columns import XNSE

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

# Of more rows than these the days are wrong, and not a slip in a few.
_HANDFUL: Final = 10
_LARGEST_SHARE: Final = 0.01


@dataclass(frozen=True)
class Sessions:
    """The sessions of NSE, in order."""

    days: tuple[date, ...]

    @classmethod
    def known(cls) -> Self:
        """All that are known at the present."""
        calendar = trading_days(XNSE.exchange)
        return cls(tuple(calendar.sessions(calendar.start, calendar.horizon)))

    @cached_property
    def _every(self) -> frozenset[date]:
        return frozenset(self.days)

    def __contains__(self, day: object) -> bool:
        return day in self._every

    def until(self, day: date) -> date | None:
        """The last session up to a day; nothing before the first, and after the last."""
        if day > self.days[-1]:
            return None
        place = bisect_right(self.days, day)
        return self.days[place - 1] if place else None


def read_days(texts: Collection[str], sessions: Sessions, document: str) -> dict[str, date]:
    """The sessions that the different days of a document name.

    Args:
        texts: Each different text.
        sessions: The sessions of the exchange.
        document: Its name, for the reason of a refusal.

    Returns:
        By text its session; texts that name none are left out.

    Raises:
        Refusal: refused, where no text is a day, where the days can be read in two ways that give
            different sessions, and where many are no session in the only way.
    """
    read = {form: sheets.days(texts, form) for form in sheets.DAYS}
    most = max(map(len, read.values()))
    if not most:
        raise Refusal("refused", f"{document} has no day; its first is {quote(next(iter(texts)))}")
    # Forms that read the same days alike are one.
    likely = {frozenset(found.items()): found for found in read.values() if len(found) == most}
    ways = list(likely.values())
    if len(ways) > 1:
        # On the wrong way some are at a weekend.
        right = [found for found in ways if all(day in sessions for day in found.values())]
        if len(right) != 1:
            text = next(text for text in ways[0] if ways[0][text] != ways[1][text])
            raise Refusal(
                "refused",
                f"{document}: {text} can be {ways[0][text]} or {ways[1][text]}, and its days do "
                "not decide it: write them as YYYY-MM-DD",
            )
        ways = right
    named = {text: day for text, day in ways[0].items() if day in sessions}
    wrong = [text for text in texts if text not in named]
    if len(wrong) > max(_HANDFUL, _LARGEST_SHARE * len(texts)) or not named:
        raise Refusal(
            "refused",
            f"{document}: {len(wrong):,} of {len(texts):,} days are no session of the exchange, "
            f"the first is {quote(wrong[0])}: its days cannot be right",
        )
    return named
