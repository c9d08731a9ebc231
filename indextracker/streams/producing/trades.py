"""Made-up reports of sales and purchases, each of an operation of a person, as of StreamSoft.

Reports of one operation may come again, late, or corrected, and some cannot be read: as often as is
asked for. The people, and all that does not change from one report to the next, are Mimesis'.
"""

from __future__ import annotations

import heapq
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count as numbers
from itertools import islice
from typing import Any
from uuid import UUID

from mimesis import Finance, Person
from mimesis.locales import Locale

from indextracker.streams.producing.running import Batches, Keyed

_PEOPLE, _SYMBOLS = 2_000, 200
# Reports that come between one and what follows it.
_MOST_BETWEEN = 200
_LATEST_SECONDS = 24 * 3600
# A report of the same operation is by so much later at most.
_LATER_SECONDS = 60
_CURRENCY = "USD"

Report = dict[str, Any]


@dataclass(frozen=True)
class Shares:
    """Shares of the operations to which something happens; of each 0 to 1.

    Attributes:
        duplicates: Their report comes again, as it was or with a later time.
        late: Their report tells of a time that is up to a day ago.
        corrections: A later report has another price.
        poison: Instead of a report there is what nobody can read.
    """

    duplicates: float = 0.0
    late: float = 0.0
    corrections: float = 0.0
    poison: float = 0.0


def now() -> datetime:
    """The present in UTC."""
    return datetime.now(UTC)


def operations(
    shares: Shares,
    seed: int | None = None,
    count: int | None = None,
    at_once: int = 1000,
    clock: Callable[[], datetime] = now,
) -> Batches:
    """Reports as events, as many as are asked for.

    Args:
        shares: What happens to how many.
        seed: The same one gives the same reports, but for their times; without, others each time.
        count: So many events, those that follow others included; without an end by default.
        at_once: So many are made at a time.
        clock: The present, in UTC.
    """
    made = islice(_Reports(shares, seed, clock).events(), count)
    while batch := list(islice(made, at_once)):
        yield batch


class _Reports:
    """Makes reports, and what follows them."""

    def __init__(self, shares: Shares, seed: int | None, clock: Callable[[], datetime]) -> None:
        self._shares = shares
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - no secret
        person = Person(Locale.EN, seed=self._random.getrandbits(32))
        finance = Finance(Locale.EN, seed=self._random.getrandbits(32))
        self._people = [person.full_name() for _ in range(_PEOPLE)]
        symbols = dict.fromkeys(finance.stock_ticker() for _ in range(_SYMBOLS))
        self._symbols = [
            (symbol, finance.stock_exchange(), self._random.uniform(5, 500)) for symbol in symbols
        ]
        # What is to follow, by the number of the event after which it is due.
        self._following: list[tuple[int, int, Report]] = []
        self._order = numbers()

    def events(self) -> Iterator[Keyed]:
        """Events without an end."""
        for number in numbers():
            if self._following and self._following[0][0] <= number:
                yield _event(heapq.heappop(self._following)[2])
            elif self._happens(self._shares.poison):
                yield self._poison()
            else:
                report = self._report()
                self._follow(number, report)
                yield _event(report)

    def _report(self) -> Report:
        symbol, exchange, price = self._random.choice(self._symbols)
        at = self._clock()
        if self._happens(self._shares.late):
            at -= timedelta(seconds=self._random.randint(3600, _LATEST_SECONDS))
        return {
            "operation_id": str(UUID(int=self._random.getrandbits(128), version=4)),
            "person_name": self._random.choice(self._people),
            "symbol": symbol,
            "timestamp": _written(at),
            "exchange": exchange,
            "currency": _CURRENCY,
            "price": round(price * self._random.uniform(0.98, 1.02), 2),
            "operation": self._random.choice(("purchase", "sale")),
        }

    def _follow(self, number: int, report: Report) -> None:
        """Decides what follows a report, and when."""
        if self._happens(self._shares.duplicates):
            is_later = self._random.random() < 0.5
            self._due(number, self._later(report) if is_later else report)
        if self._happens(self._shares.corrections):
            price = round(report["price"] * self._random.uniform(1.01, 1.05), 2)
            self._due(number, self._later(report) | {"price": price})

    def _due(self, number: int, report: Report) -> None:
        after = number + self._random.randint(1, _MOST_BETWEEN)
        heapq.heappush(self._following, (after, next(self._order), report))

    def _later(self, report: Report) -> Report:
        at = datetime.fromisoformat(report["timestamp"])
        seconds = self._random.randint(1, _LATER_SECONDS)
        return report | {"timestamp": _written(at + timedelta(seconds=seconds))}

    def _poison(self) -> Keyed:
        """A line that is no report, in one of the ways in which that happens."""
        report = self._report()
        key, line = _event(report)
        broken = (
            b" ",
            b"not JSON",
            b'["' + report["operation_id"].encode() + b'"]',
            line[: len(line) // 2],
            line.replace(b'"price":', b'"price":NaN, "cost":'),
            line.replace(report["operation"].encode(), b"gift"),
            line.replace(b"operation_id", b"id"),
            line.replace(report["timestamp"].encode(), b"yesterday"),
            b"\xff\xfe" + line,
        )
        return key, self._random.choice(broken)

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share


def _event(report: Report) -> Keyed:
    return report["symbol"], json.dumps(report, separators=(",", ":")).encode()


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
