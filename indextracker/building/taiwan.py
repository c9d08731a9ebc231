"""The reference tables of Taiwan: its sessions and closures, products, indices and ETFs.

Those of another exchange are tables of its own subject: each of these is replaced as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, time
from decimal import Decimal

import pyarrow as pa

from indextracker.building.reference_tables import Reference
from indextracker.calendars import TradingDays
from indextracker.lake.arrow import arrow_schema
from indextracker.reference import taiwan as reference
from indextracker.reference.closures import Closure
from indextracker_catalogue.taiwan import CLOSURES, ETFS, INDICES, PRODUCTS, SESSIONS

TAIFEX_OPENED = date(1998, 7, 21)  # first session of the exchange: terms without a known start


def sessions(calendar: TradingDays, found: Sequence[Closure] = ()) -> pa.Table:
    """Rows of silver/sessions: all that the calendar knows, foreseeable ones included."""
    closed = {closure.day for closure in found if closure.exchange == calendar.exchange}
    days = [d for d in calendar.sessions(calendar.start, calendar.horizon) if d not in closed]
    rows = [
        {
            "exchange": calendar.exchange,
            "session_date": day,
            "opened_at": calendar.opening(day),
            "closed_at": calendar.closing(day),
            "previous_session_date": before,
        }
        for before, day in zip([None, *days], days, strict=False)
    ]
    return pa.Table.from_pylist(rows, arrow_schema(SESSIONS))


def closures(calendar: TradingDays, found: Sequence[Closure] = ()) -> pa.Table:
    """Rows of silver/closures: what no yearly schedule held."""
    # A release of the reference or of the calendar may know by now what was found.
    news = [closure for closure in found if calendar.is_session(closure.day)]
    rows = [
        {
            "exchange": closure.exchange,
            "closed_date": closure.day,
            "announced_on": closure.announced_on,
            "reason": closure.reason,
            "source": closure.source,
        }
        for closure in [*reference.closures(), *news]
        if closure.exchange == calendar.exchange and not closure.scheduled
    ]
    return pa.Table.from_pylist(rows, arrow_schema(CLOSURES))


def products(_: TradingDays, __: Sequence[Closure] = ()) -> pa.Table:
    """Rows of silver/products."""
    rows = [
        {name: _plain(value) for name, value in asdict(product).items()}
        | {"valid_from": product.valid_from or TAIFEX_OPENED}
        for product in reference.products()
    ]
    return pa.Table.from_pylist(rows, arrow_schema(PRODUCTS))


def indices(_: TradingDays, __: Sequence[Closure] = ()) -> pa.Table:
    """Rows of silver/indices."""
    return pa.Table.from_pylist(
        [asdict(name) for name in reference.index_names()], arrow_schema(INDICES)
    )


def etfs(_: TradingDays, __: Sequence[Closure] = ()) -> pa.Table:
    """Rows of silver/etfs."""
    return pa.Table.from_pylist([asdict(etf) for etf in reference.etfs()], arrow_schema(ETFS))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, time) else value


OF_SESSIONS = Reference(SESSIONS, "XTAI", sessions)
OF_CLOSURES = Reference(CLOSURES, "XTAI", closures)
OF_PRODUCTS = Reference(PRODUCTS, "XTAI", products)
OF_INDICES = Reference(INDICES, "XTAI", indices)
OF_ETFS = Reference(ETFS, "XTAI", etfs)
