"""The futures and options of the simulated exchange: hours, ticks, listing schemes, underlyings.

Terms of each product only: trades are in futures.py and options.py, expiries in expiries.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from indextracker_simulator.taiwan.indices import FINANCE_PROCESS, TAIEX_PROCESS
from indextracker_simulator.taiwan.walk import HOUR, Process

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTE = 60
FRIDAYS_FROM = date(2025, 1, 1)
"""Friday weeklies are listed on sessions from this day on."""

LAST_DAY_CLOSE = 13 * HOUR + 30 * MINUTE
"""When a contract of a domestic index or stock stops on its last trading day."""


@dataclass(frozen=True)
class Hours:
    """Opening and close of one part of a session.

    Attributes:
        opens: Seconds after the midnight of the day on which the part begins.
        closes: Likewise, more than a day's seconds where the part ends after midnight. Trades
            still print in this very second.
    """

    opens: int
    closes: int


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What futures and options have in common.

    Attributes:
        name: Its code in the documents.
        underlying: The walk that its price hangs on.
        ticks: (price, tick) pairs in hundredths, ascending: the tick that holds below a price.
        share: Its part of a session's rows, of futures or of options.
        day: Hours of the day part.
        night: Hours of the night part, which begins on the day of the previous session.
        months: Consecutive near months that are listed.
        quarters: Quarter months listed after those.
        wednesdays: Wednesday weeklies listed.
        fridays: Friday weeklies listed, since there are any.
        third_wednesday: Whether it ends on third Wednesdays (weeklies on their days), at 13:30 on
            that day. The rule of the other products is not public.
    """

    name: str
    underlying: Process
    ticks: tuple[tuple[int, int], ...]
    share: float
    day: Hours
    night: Hours | None = None
    months: int
    quarters: int
    wednesdays: int = 0
    fridays: int = 0
    third_wednesday: bool = True

    def close_of_day(self, on_last_day: bool) -> int:
        """Return the second of the day at which a contract's day part ends."""
        if on_last_day and self.third_wednesday:
            return LAST_DAY_CLOSE
        return self.day.closes

    def weeklies_on(self, session: date) -> dict[str, int]:
        """Return how many weeklies of each weekday, `W` and `F`, are listed on `session`."""
        return {"W": self.wednesdays, "F": self.fridays if session >= FRIDAYS_FROM else 0}

    def ticked(
        self, fair: NDArray[np.float64] | NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return each price in whole ticks, and the tick there; all in hundredths."""
        bounds = np.array([bound for bound, _ in self.ticks])
        sizes = np.array([size for _, size in self.ticks])
        tick = sizes[np.searchsorted(bounds, fair, side="right")]
        return np.rint(fair / tick).astype(np.int64) * tick, tick


@dataclass(frozen=True, kw_only=True)
class Product(Terms):
    """A future.

    Attributes:
        spread_tick: Tick of its calendar spreads, hundredths.
        auction_marked: Whether its opening auctions carry their mark.
        traded_to_the_end: Whether its farthest contract prints outright at all.
        listed_from: First session, None for always.
    """

    spread_tick: int
    auction_marked: bool = False
    traded_to_the_end: bool = True
    listed_from: date | None = None


@dataclass(frozen=True, kw_only=True)
class OptionProduct(Terms):
    """An option on an index.

    Attributes:
        strike_unit: The smallest step between its strikes, whole points.
    """

    strike_unit: int


_ANY_PRICE = 10**9
_POINT = ((_ANY_PRICE, 100),)
_STOCK = ((1_000, 1), (5_000, 5), (10_000, 10), (50_000, 50), (100_000, 100), (_ANY_PRICE, 500))
_TAIEX_PREMIUM = ((1_000, 10), (5_000, 50), (50_000, 100), (100_000, 500), (_ANY_PRICE, 1_000))
_FINANCE_PREMIUM = ((200, 2), (1_000, 10), (5_000, 20), (20_000, 100), (_ANY_PRICE, 200))
_ETF = ((5_000, 1), (_ANY_PRICE, 5))

_USUAL_DAY = Hours(8 * HOUR + 45 * MINUTE, 13 * HOUR + 45 * MINUTE)
_LONG_DAY = Hours(8 * HOUR + 45 * MINUTE, 16 * HOUR + 15 * MINUTE)
_TOKYO_DAY = Hours(8 * HOUR, 16 * HOUR + 15 * MINUTE)
_INDEX_NIGHT = Hours(15 * HOUR, 29 * HOUR)
_STOCK_NIGHT = Hours(17 * HOUR + 25 * MINUTE, 29 * HOUR)

PRODUCTS = (
    Product(
        name="CDF",
        underlying=Process("TSMC", 800.0, 0.7, 0.015, 0.8),
        ticks=_STOCK,
        spread_tick=1,
        share=0.08,
        day=_USUAL_DAY,
        night=_STOCK_NIGHT,
        months=2,
        quarters=3,
        auction_marked=True,
        traded_to_the_end=False,
    ),
    Product(
        name="MTX",
        underlying=TAIEX_PROCESS,
        ticks=_POINT,
        spread_tick=100,
        share=0.38,
        day=_USUAL_DAY,
        night=_INDEX_NIGHT,
        months=3,
        quarters=3,
        wednesdays=2,
        auction_marked=True,
    ),
    Product(
        name="OJF",
        underlying=Process("foreign ETF", 22.8, 0.4, 0.010, 0.5),
        ticks=_ETF,
        spread_tick=1,
        share=0.03,
        day=_LONG_DAY,
        months=2,
        quarters=1,
    ),
    # No list of products knows this one. Its price stays about one dollar, so that outright
    # prices, too, print without their leading zero.
    Product(
        name="QQF",
        underlying=Process("penny stock", 0.85, 0.3, 0.020, 0.3),
        ticks=_STOCK,
        spread_tick=1,
        share=0.02,
        day=_USUAL_DAY,
        months=2,
        quarters=1,
    ),
    Product(
        name="TJF",
        underlying=Process("Tokyo", 2_400.0, 0.3, 0.010, 0.4),
        ticks=((_ANY_PRICE, 25),),
        spread_tick=25,
        share=0.02,
        day=_TOKYO_DAY,
        months=0,
        quarters=2,
        third_wednesday=False,
    ),
    Product(
        name="TMF",
        underlying=TAIEX_PROCESS,
        ticks=_POINT,
        spread_tick=100,
        share=0.20,
        day=_USUAL_DAY,
        night=_INDEX_NIGHT,
        months=3,
        quarters=3,
        auction_marked=True,
        listed_from=date(2024, 7, 29),
    ),
    Product(
        name="TX",
        underlying=TAIEX_PROCESS,
        ticks=_POINT,
        spread_tick=100,
        share=0.27,
        day=_USUAL_DAY,
        night=_INDEX_NIGHT,
        months=3,
        quarters=3,
        auction_marked=True,
    ),
)


def products_of(session: date) -> tuple[Product, ...]:
    """Return the products listed on `session`, in the order of their names."""
    return tuple(
        product
        for product in PRODUCTS
        if product.listed_from is None or product.listed_from <= session
    )


OPTIONS = (
    OptionProduct(
        name="TFO",
        underlying=FINANCE_PROCESS,
        ticks=_FINANCE_PREMIUM,
        share=0.004,
        day=_USUAL_DAY,
        months=2,
        quarters=1,
        strike_unit=10,
    ),
    OptionProduct(
        name="TXO",
        underlying=TAIEX_PROCESS,
        ticks=_TAIEX_PREMIUM,
        share=0.996,
        day=_USUAL_DAY,
        night=_INDEX_NIGHT,
        months=3,
        quarters=2,
        wednesdays=2,
        fridays=2,
        strike_unit=50,
    ),
)
