"""Options of the simulated exchange for some hours, and what is true of them there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pyarrow as pa

from indextracker_simulator.taiwan.contracts import Contract, Curve, contracts_of, parts_of
from indextracker_simulator.taiwan.options import tape
from indextracker_simulator.taiwan.products import OPTIONS
from indextracker_simulator.taiwan.walk import local_second

SEED, SESSION = 1, date(2022, 3, 3)
PRODUCT = next(product for product in OPTIONS if product.name == "TXO")
# From 9:30 to 11:10 in Taipei, of the two expiries that trade most: full hours lie well within.
FIRST, LAST = (local_second(SESSION, minutes * 60) for minutes in (570, 670))
UTC_OFFSET_SECONDS = 8 * 3600
INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True)
class Market:
    """The market of the hours.

    Attributes:
        trades: Prints, with `settles_at`: all that a job joins to them.
        contracts: The two expiries, by their codes.
        curve: The true forwards.
    """

    trades: pa.Table
    contracts: dict[str, Contract]
    curve: Curve

    def forward(self, expiry: str, seconds: np.ndarray) -> np.ndarray:
        """The true forward of an expiry at seconds counted from 1970 in UTC."""
        local = np.asarray(seconds) + UTC_OFFSET_SECONDS
        return np.asarray(self.curve.forward(self.contracts[expiry], local))


@cache
def market() -> Market:
    """The market, once a process."""
    contracts = {one.expiry: one for one in contracts_of(PRODUCT, SESSION)[:2]}
    [day] = (part for part in parts_of(PRODUCT, SEED, SESSION, 0) if not part.night)
    prints = tape(SEED, SESSION, "real", 0)
    prints = prints.where(
        (prints.product == PRODUCT.name)
        & np.isin(prints.expiry, list(contracts))
        & (prints.second >= FIRST)
        & (prints.second < LAST)
    )
    settles = [contracts[str(expiry)].ends for expiry in prints.expiry]
    trades = pa.table(
        {
            "session_date": pa.array([SESSION] * len(prints)),
            "product": prints.product.astype(str),
            "expiry": prints.expiry.astype(str),
            "strike": prints.strike.astype(float),
            "option_type": np.where(prints.call, "C", "P"),
            "session_part": pa.array(["day"] * len(prints)),
            "traded_at": instants(prints.second),
            "line": np.arange(len(prints)),
            "price": prints.price / 100,
            "settles_at": instants(np.array(settles)),
        }
    )
    order = [(n, "ascending") for n in ("expiry", "strike", "option_type", "traded_at", "line")]
    return Market(trades.sort_by(order), contracts, day.curve)


def instants(local_seconds: np.ndarray) -> pa.Array:
    """Instants of seconds on Taipei's clock."""
    return pa.array((local_seconds - UTC_OFFSET_SECONDS) * 1_000_000).cast(INSTANT)


def settled(contract: Contract) -> datetime:
    """When an expiry settles."""
    return datetime.fromtimestamp(contract.ends - UTC_OFFSET_SECONDS, UTC)
