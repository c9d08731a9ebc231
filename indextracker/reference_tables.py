"""Reference data as tables of the lake, so that sessions, hours and rules reach a job as rows.

The facts stand in reference/*.csv and in the calendars; no rule is applied here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import date, time
from decimal import Decimal

import pyarrow as pa

from indextracker import reference
from indextracker.calendars import Calendar
from indextracker.lake.arrow import arrow_schema
from indextracker_spark.tables import Table
from indextracker_spark.tables.taiwan import CLOSURES, INDICES, PRODUCTS, SESSIONS

TAIFEX_OPENED = date(1998, 7, 21)  # first session of the exchange: terms without a known start


def sessions(calendar: Calendar) -> pa.Table:
    """Rows of silver/sessions: all that the calendar knows, foreseeable ones included."""
    days = calendar.sessions(calendar.start, calendar.horizon)
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


def closures(calendar: Calendar) -> pa.Table:
    """Rows of silver/closures: what no yearly schedule held."""
    rows = [
        {
            "exchange": closure.exchange,
            "closed_date": closure.day,
            "announced_on": closure.announced_on,
            "reason": closure.reason,
            "source": closure.source,
        }
        for closure in reference.closures()
        if closure.exchange == calendar.exchange and not closure.scheduled
    ]
    return pa.Table.from_pylist(rows, arrow_schema(CLOSURES))


def products(_: Calendar) -> pa.Table:
    """Rows of silver/products."""
    rows = [
        {name: _plain(value) for name, value in asdict(product).items()}
        | {"valid_from": product.valid_from or TAIFEX_OPENED}
        for product in reference.products()
    ]
    return pa.Table.from_pylist(rows, arrow_schema(PRODUCTS))


def indices(_: Calendar) -> pa.Table:
    """Rows of silver/indices."""
    return pa.Table.from_pylist(
        [asdict(name) for name in reference.index_names()], arrow_schema(INDICES)
    )


REFERENCES: dict[Table, Callable[[Calendar], pa.Table]] = {
    SESSIONS: sessions,
    CLOSURES: closures,
    PRODUCTS: products,
    INDICES: indices,
}


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, time) else value
