"""What is quoted, and at which price: the same for equal seeds, symbols and seconds.

How quotes are sent does not belong here.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from indextracker_simulator.randomness import generator

EQUITY, INDEX, CURRENCY, FUTURE, CRYPTO = 8, 9, 14, 18, 41
NAMES = {
    EQUITY: "EQUITY",
    INDEX: "INDEX",
    CURRENCY: "CURRENCY",
    FUTURE: "FUTURE",
    CRYPTO: "CRYPTOCURRENCY",
}
_EXCHANGES = {EQUITY: "NMS", INDEX: "SNP", CURRENCY: "CCY", FUTURE: "CME", CRYPTO: "CCC"}
_SYMBOL = re.compile(r"\^?[A-Z0-9.]{1,10}([-=][A-Z]{1,4})?")
# Of symbols that begin so there is nothing.
_UNKNOWN = "UNKNOWN"
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Quote:
    """What is known of an instrument at a second; prices are as a number of 32 bits holds them."""

    price: float
    second: int
    day_volume: int
    open_price: float
    day_high: float
    day_low: float
    previous_close: float

    @property
    def change(self) -> float:
        """Return the change since the close before."""
        return self.price - self.previous_close


@dataclass(frozen=True)
class Instrument:
    """Something that is quoted.

    Attributes:
        symbol: As the vendor spells it: ^ begins an index, =X ends a currency, =F a future, -USD a
            cryptocurrency.
        seed: Chooses its prices.
    """

    symbol: str
    seed: int

    @property
    def is_known(self) -> bool:
        """Return whether the vendor has it."""
        return not self.symbol.startswith(_UNKNOWN) and bool(_SYMBOL.fullmatch(self.symbol))

    @property
    def kind(self) -> int:
        """Return the vendor's number of its kind."""
        endings = {"=X": CURRENCY, "=F": FUTURE, "-USD": CRYPTO}
        found = (kind for ending, kind in endings.items() if self.symbol.endswith(ending))
        return INDEX if self.symbol.startswith("^") else next(found, EQUITY)

    @property
    def exchange(self) -> str:
        """Return the vendor's code of its exchange."""
        return _EXCHANGES[self.kind]

    @property
    def decimals(self) -> int:
        """Return the decimals of its prices."""
        return 4 if self.kind == CURRENCY else 2

    def at(self, second: int) -> Quote:
        """Return its quote at a second since 1970."""
        midnight = second - second % _DAY_SECONDS
        prices = [self._price(moment) for moment in (*range(midnight, second, 600), second)]
        return Quote(
            price=prices[-1],
            second=second,
            day_volume=self._volume(second - midnight),
            open_price=prices[0],
            day_high=max(prices),
            day_low=min(prices),
            previous_close=self._price(midnight - 1),
        )

    @cached_property
    def _chosen(self) -> tuple[float, ...]:
        """Return a price, two speeds and a volume a second."""
        random = generator(self.seed, "quotes", self.symbol)
        base = 1.1 if self.kind == CURRENCY else float(random.uniform(20, 900))
        return base, *random.uniform(0.5, 2, 2).tolist(), float(random.uniform(5, 200))

    def _price(self, second: int) -> float:
        base, slow, fast, _ = self._chosen
        wave = 0.02 * math.sin(slow * second / 9000) + 0.004 * math.sin(fast * second / 70)
        price = round(base * (1 + wave), self.decimals)
        return float(np.float32(price))

    def _volume(self, seconds: int) -> int:
        # It grows with every second, now faster and now slower.
        return int(self._chosen[3] * (seconds + 10 * math.sin(seconds / 20)) + 1)
