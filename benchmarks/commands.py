"""What a command takes that only reads, on five small sessions and on two hundred.

The many are copies of the five, in commits of their own as two hundred days would have left them:
what a command reads besides the rows asked for is logs, files and their number.

    python benchmarks/commands.py [--rounds 3] [--sessions 200]
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from statistics import median

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from measuring import arguments, conclude, process, scratch, show

from indextracker.calendars import trading_days
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import TABLES, Table

COMMAND = Path(sys.executable).with_name("indextracker")
COMMANDS = {
    "query": ("query", "select * from index_history order by datetime desc limit 5"),
    "query --lake": ("query", "--lake", "select count(*) from silver.futures_trades"),
    "status": ("status",),
    "tables": ("tables",),
    "doctor": ("doctor",),
}
# About as many appends to a log as the commands of a day make.
PIECES = 8
# What the warehouse has fewer rows of grows with products, not with sessions.
FEW_ROWS = 1000


def main() -> None:
    """Prints the median seconds of each command on both."""
    chosen = arguments(__doc__, rounds=3, sessions=200)
    taken: dict[str, dict[str, list[float]]] = {}
    with scratch() as folder:
        few, many = folder / "few", folder / "many"
        process([COMMAND, "backfill", "taiwan"], _environment(few))
        shutil.copytree(few, many)
        number = _grow(many, chosen.sessions)
        for _ in range(chosen.rounds):
            for home in (few, many):
                for name, words in COMMANDS.items():
                    ended = process([COMMAND, *words], _environment(home))
                    taken.setdefault(name, {}).setdefault(home.name, []).append(ended.seconds)
    rows, ratios = [], {}
    for name, of in taken.items():
        one, other = median(of["few"]), median(of["many"])
        ratios[name] = other / one
        rows.append((name, f"{one:.2f}", f"{other:.2f}", f"{ratios[name]:.2f}"))
    show("commands", ("command", "5 sessions s", f"{number} sessions s", "ratio"), rows)
    slowest = max(ratios, key=lambda name: ratios[name])
    conclude(f"{slowest} grows most, {ratios[slowest]:.2f} times over {chosen.rounds} rounds")


def _environment(home: Path) -> dict[str, str]:
    return {
        "INDEXTRACKER_SOURCE": "simulated",
        "INDEXTRACKER_LAKE": str(home / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
    }


def _grow(home: Path, number: int) -> int:
    """Gives a home about so many sessions, each a copy of one that it has; says how many it has."""
    lake = Lake(str(home / "lake"), "simulated")
    ticks = TABLES["bronze/taifex_futures"]
    days = lake.rows(ticks).to_table(["session_date"])["session_date"]
    there = sorted(days.unique().to_pylist())
    calendar = trading_days("XTAI")
    new = calendar.sessions(calendar.start, there[0])[:-1][len(there) - number :]
    for table in lake.tables():
        if table.timeline.form == ticks.timeline.form and not table.is_whole:
            held = [
                lake.rows(table).to_table([*table.column_names], pc.field("session_date") == day)
                for day in there
            ]
            for place, day in enumerate(new):
                _write(lake, table, _moved(held[place % len(held)], table, day), day)
    with duckdb.connect(str(home / "warehouse.duckdb")) as warehouse:
        listed = warehouse.execute(
            "select schema_name || '.\"' || table_name || '\"' from duckdb_tables()"
            f" where schema_name <> 'staging' and estimated_size > {FEW_ROWS}"
        ).fetchall()
        for (name,) in listed:
            warehouse.execute(f"create temp table held as from {name}")
            for _ in range(len(new) // len(there)):
                warehouse.execute(f"insert into {name} from held")
            warehouse.execute("drop table held")
    return len(new) + len(there)


def _moved(rows: pa.Table, table: Table, day: date) -> pa.Table:
    """The rows of a session as if they were another's."""
    for name, value in {"session_date": day, "key": str(day)}.items():
        if name == table.key_column or (name in table.column_names and table.writes == "append"):
            field = arrow_schema(table).field(name)
            column = pa.array([value] * rows.num_rows, field.type)
            rows = rows.set_column(rows.schema.get_field_index(name), field, column)
    return rows


def _write(lake: Lake, table: Table, rows: pa.Table, day: date) -> None:
    if table.writes == "replace":
        lake.replace(table, rows, [str(day)])
        return
    for piece in _pieces(rows):
        lake.append(table, piece)


def _pieces(rows: pa.Table) -> Iterator[pa.Table]:
    ends = [rows.num_rows * n // PIECES for n in range(PIECES + 1)]
    for begin, end in pairwise(ends):
        if begin < end:
            yield rows.slice(begin, end - begin)


if __name__ == "__main__":
    main()
