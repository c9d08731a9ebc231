"""The data vendor's documents on an ETF, byte for byte in its layout.

It only writes: the trades come from etf.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from indextracker_simulator.taiwan.etf import SYMBOL
from indextracker_simulator.taiwan.unreadable import with_slips
from indextracker_simulator.taiwan.walk import DAY, HOUR, local_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker_simulator.taiwan.etf import EtfTape
    from indextracker_simulator.taiwan.unreadable import UnreadableLine


def trades_json(tape: EtfTape, unreadable: tuple[UnreadableLine, ...] = ()) -> bytes:
    """Return the trades of one session, of which there may be none."""
    data = [_trade(*row.split(",")) for row in with_slips(_rows(tape), unreadable)]
    return _document(data)


def no_trades_json() -> bytes:
    """Return the answer for a day of which the vendor has no trade."""
    return _document([])


def _document(data: list[dict[str, Any]]) -> bytes:
    answer = {"msg": "success", "status": 200, "data": data}
    return json.dumps(answer, separators=(",", ":")).encode()


def _rows(tape: EtfTape) -> Iterator[str]:
    columns = (tape.millisecond, tape.price, tape.lots, tape.tick_type)
    for at, price, lots, kind in zip(*(column.tolist() for column in columns), strict=True):
        second, millisecond = divmod(at, 1000)
        clock = second % DAY
        time = f"{clock // HOUR:02d}:{clock // 60 % 60:02d}:{clock % 60:02d}"
        fraction = "" if tape.to_the_second else f".{millisecond:03d}"
        day = local_date(second)
        yield f"{day},{SYMBOL},{price / 100},{lots},{time}{fraction},{kind}"


def _trade(day: str, symbol: str, price: str, lots: str, time: str, kind: str) -> dict[str, Any]:
    return {
        "date": day,
        "stock_id": symbol,
        "deal_price": float(price),
        "volume": int(lots),
        "Time": time,
        "TickType": int(kind),
    }
