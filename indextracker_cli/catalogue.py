"""`indextracker tables`: the tables of lake and warehouse, their rows, and what columns mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

import click
from rich.cells import cell_len, set_cell_size
from rich.table import Table as Grid

from indextracker.lake import Lake
from indextracker.lake.arrow import without_pandas
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse
from indextracker_catalogue import Table
from indextracker_cli.arguments import meant
from indextracker_cli.show import console, grid

# Marts first: they are what most people look for.
SCHEMAS = ("marts", "intermediate", "staging", "raw")
# Lines and blanks of a grid of three columns.
FRAME = 10


@dataclass(frozen=True)
class Column:
    """A column as people see it."""

    name: str
    type: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Listed:
    """A table or view as people see it."""

    rows: int
    meaning: str
    columns: list[Column]


def show(settings: Settings, names: Sequence[str], *, columns: bool, as_json: bool) -> None:
    """Lists what is there, of the names alone where any are given.

    Raises:
        click.ClickException: A name is that of nothing.
    """
    without_pandas()
    platform = Platform(settings)
    lake = [table for table in platform.lake.tables() if _is_asked_for(table.path, names)]
    warehouse = _of_warehouse(platform.warehouse, names)
    if not names and not lake and not as_json:
        console().print(
            f"the lake {settings.lake.address} is empty: run a backfill first", soft_wrap=True
        )
        return
    _verify(names, [*(table.path for table in lake), *warehouse])
    places = {
        f"{settings.world} lake {settings.lake.address}": _of_lake(platform.lake, lake),
        f"{settings.world} warehouse {platform.warehouse.address}": warehouse,
    }
    if as_json:
        found = zip(("lake", "warehouse"), places.values(), strict=True)
        told = {
            place: {name: asdict(table) for name, table in held.items()} for place, held in found
        }
        click.echo(json.dumps({"world": settings.world} | told, ensure_ascii=False))
        return
    with_columns = columns or sum(map(len, places.values())) == 1
    for title, held in places.items():
        if with_columns:
            _print_columns(title, held)
        elif held:
            console().print(_listed(title, held))


def _of_lake(lake: Lake, tables: Sequence[Table]) -> dict[str, Listed]:
    return {
        table.path: Listed(
            lake.total_rows(table),
            table.meaning,
            [Column(c.name, c.type, c.unit, c.meaning) for c in table.columns],
        )
        for table in tables
    }


def _of_warehouse(warehouse: Warehouse, names: Sequence[str]) -> dict[str, Listed]:
    if not warehouse.published_yet():
        return {}
    columns = warehouse.columns()
    found = {
        name: Listed(rows, says, [Column(c, kind, "", text) for c, kind, text in columns[name]])
        for name, rows, says in warehouse.relations()
        if _is_asked_for(name, names)
    }
    return dict(sorted(found.items(), key=lambda item: _place(item[0])))


def _place(name: str) -> tuple[int, str]:
    return SCHEMAS.index(name.partition(".")[0]), name


def _is_asked_for(name: str, asked: Sequence[str]) -> bool:
    return not asked or any(_fits(name, one) for one in asked)


def _fits(name: str, asked: str) -> bool:
    """Whether a name is asked for: in part, by its layer or schema, or by a pattern."""
    plain, wanted = name.replace("/", "."), asked.strip().lower().replace("/", ".").rstrip(".")
    folder = plain.partition(".")[0]
    if "*" in wanted or "?" in wanted:
        return fnmatchcase(plain, wanted) or fnmatchcase(plain.partition(".")[2], wanted)
    if "." in wanted:
        return plain == wanted
    return folder == wanted or (wanted in plain.partition(".")[2] and wanted != "")


def _verify(names: Sequence[str], found: Sequence[str]) -> None:
    for asked in names:
        if not any(_fits(name, asked) for name in found):
            wanted = asked.replace(".", "/")
            raise click.ClickException(f"there is no table {asked!r}{meant(wanted)}")


def _listed(title: str, held: dict[str, Listed]) -> Grid:
    """A line a table, in which names and numbers are whole and the meaning is what has room."""
    counts = {name: f"{table.rows:,}" for name, table in held.items()}
    names, numbers = ("table", *held), ("rows", *counts.values())
    room = console().width - max(map(len, names)) - max(map(len, numbers)) - FRAME
    rows = []
    for name, table in held.items():
        says = _first(table)
        cut = says if cell_len(says) <= room else f"{set_cell_size(says, max(room - 1, 0))}…"
        rows.append((name, counts[name], cut))
    return grid(title, ("table", "rows", "what a row is"), rows)


def _first(table: Listed) -> str:
    """The first sentence of a meaning: it says what a row is."""
    return f"{table.meaning.partition('. ')[0].rstrip('.')}." if table.meaning else ""


def _print_columns(title: str, held: dict[str, Listed]) -> None:
    for name, table in held.items():
        console().print(title, soft_wrap=True)
        console().print(f"{name}, {table.rows:,} rows. {table.meaning}", soft_wrap=True)
        rows = [(c.name, c.type, _with_unit(c)) for c in table.columns]
        console().print(grid("", ("column", "type", "meaning"), rows))


def _with_unit(column: Column) -> str:
    return f"{column.meaning} Unit: {column.unit}." if column.unit else column.meaning
