"""The small markets in a lake, loaded, built and asked in any warehouse."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from support.good_rows import put
from support.small_market import load_raw

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse, dbt_runs, warehouse
from indextracker.warehouse.slices import LOADED
from indextracker_catalogue import Whole

if TYPE_CHECKING:
    import pyarrow as pa

    from indextracker_catalogue import Key, Table, Timeline

BUCKET = "market"
READERS = "indextracker_readers"
MARKETS = ("taiwan", "india")
SESSIONS = tuple(dt.date(2022, 3, day) for day in (2, 3, 4))
Rows = list[tuple[Any, ...]]


def lake_of_the_market(folder: Path) -> Lake:
    """A lake with the small market."""
    load_raw(folder / "small.duckdb")
    lake = Lake(str(folder / "lake"), "simulated")
    lake.ensure(LOADED)
    with duckdb.connect(str(folder / "small.duckdb")) as connection:
        connection.execute("set timezone = 'UTC'")
        for table in LOADED:
            put(lake, table, _rows(connection, table), keys_of(table.timeline))
    return lake


def keys_of(timeline: Timeline) -> list[Key]:
    """The keys in which the sessions' days begin; of names, none has rows."""
    if not timeline.is_dated:
        return []
    days = (dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) for day in SESSIONS)
    return [] if timeline == Whole() else [timeline.key_of(day) for day in days]


def load_all(made: Warehouse, market: Lake) -> dict[str, int]:
    """Loads the market; gives the rows that were loaded of each table."""
    found: dict[str, int] = {}
    for timeline in dict.fromkeys(table.timeline for table in LOADED):
        tables = [table for table in LOADED if table.timeline == timeline]
        found |= made.load(market, tables, keys_of(timeline))
    return found


def _rows(connection: duckdb.DuckDBPyConnection, table: Table) -> pa.Table:
    columns = ", ".join(
        f'timezone(\'UTC\', "{c.name}") as "{c.name}"' if c.type == "timestamp" else f'"{c.name}"'
        for c in table.columns
    )
    found = connection.sql(f"select {columns} from raw.{table.name}")
    return found.to_arrow_table().cast(arrow_schema(table))


def settings_of(folder: Path, **given: Any) -> Settings:
    """Settings of a warehouse, with whatever else it needs in a folder."""
    places = {
        "lake": str(folder / "lake"),
        "dagster_home": str(folder / "dagster"),
        "staging": f"s3://{BUCKET}/staging",
    }
    return Settings(**(places | given))


def built(settings: Settings, market: Lake, folder: Path) -> Warehouse:
    """The markets loaded, built and published."""
    made = warehouse(settings)
    load_all(made, market)
    for subject in MARKETS:
        build(made, folder, subject)
    return made


def build(made: Warehouse, folder: Path, subject: str = "taiwan") -> None:
    """Builds and publishes a subject, as the asset of its marts does."""
    folder.mkdir(exist_ok=True)
    with made.writing():
        dbt_runs.build(made, subject, folder, lambda _: None)
        made.publish(dbt_runs.relations())


def answer(made: Warehouse, sql: str) -> Rows:
    """The rows that a reader gets."""
    with made.reading() as connection:
        return [tuple(row) for row in connection.execute(sql).fetchall()]
