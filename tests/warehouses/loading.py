"""Rows of a few tables that are put into a lake, loaded into Redshift, and counted there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
from warehouses.markets import BUCKET, Rows, answer

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse
from indextracker_catalogue import TABLES, Column, Table

BARS = TABLES["gold/futures_bars"]
CONTRACTS = TABLES["silver/contracts"]
INDICES = TABLES["silver/indices"]
# The last session of a year, the first of the next, and the one after.
DAYS = (dt.date(2024, 12, 31), dt.date(2025, 1, 2), dt.date(2025, 1, 3))
KEYS = [str(day) for day in DAYS]


def rows_of(table: Table, sessions: Sequence[dt.date], mark: int, count: int = 3) -> pa.Table:
    """So many rows a session, that carry a mark in every number."""
    return pa.Table.from_pylist(
        [
            {column.name: _value(column, session, number, mark) for column in table.columns}
            for session in sessions
            for number in range(count)
        ],
        arrow_schema(table),
    )


def _value(column: Column, session: dt.date, number: int, mark: int) -> Any:
    opening = dt.datetime.combine(session, dt.time(1), dt.UTC)
    values = {
        "string": f"{column.name} {number} 臺",
        "date": session,
        "timestamp": opening + dt.timedelta(minutes=number, microseconds=1),
        "boolean": bool(number % 2),
        "double": mark + number / 8,
        "int": mark,
        "bigint": mark,
    }
    return values.get(column.type, Decimal(mark))


def put(lake: Lake, table: Table, sessions: Sequence[dt.date], mark: int, count: int = 3) -> None:
    lake.replace(table, rows_of(table, sessions, mark, count), [*map(str, sessions)])


def counts(warehouse: Warehouse, table: Table) -> Rows:
    """Rows of each session, with their marks."""
    return answer(
        warehouse,
        f'select session_date, count(*), min(contracts), max(contracts) from "raw".{table.name}'
        " group by session_date order by session_date",
    )


def staged(s3: Any, settings: Settings) -> list[str]:
    """Keys below the place of this warehouse."""
    database = urlsplit(settings.warehouse.address).path.strip("/")
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix="staging/").get("Contents", [])
    return [item["Key"] for item in found if f"-{database}/" in item["Key"]]


def loads(warehouse: Warehouse) -> dict[dt.date, str]:
    """The load that last touched each session."""
    noted = answer(warehouse, 'select "key", load_id from loads where length("key") = 10')
    return {dt.date.fromisoformat(key): load for key, load in noted}


def database_of(settings: Settings) -> str:
    return urlsplit(settings.warehouse.address).path.strip("/")
