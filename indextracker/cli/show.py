"""What the commands print: tables and answers to queries."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import click
from rich.box import HEAVY_HEAD
from rich.console import Console
from rich.table import Table as Grid

from indextracker.cli.arguments import meant
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_spark.tables import TABLES

if TYPE_CHECKING:
    from indextracker.lake.versions import AsOf
    from indextracker.warehouse import Connection

# So many have no room for lines between them on a terminal of eighty characters.
MANY_COLUMNS = 5
_QUALIFIED = re.compile(r"\b(bronze|silver|gold)\s*\.\s*\"?(\w+)", re.IGNORECASE)
_NAMES_OF_THE_LAKE = " (tables of the lake are named layer.table: `indextracker tables` lists them)"


def query(settings: Settings, sql: str, *, as_csv: bool) -> None:
    """The answer of the published warehouse."""
    with Platform(settings).warehouse.reading() as connection:
        _answer(connection, sql, as_csv=as_csv)


def query_lake(settings: Settings, sql: str, as_of: AsOf | None, *, as_csv: bool) -> None:
    """The answer of the lake, as it is or as it was; its tables are named layer.table."""
    import duckdb  # noqa: PLC0415 - a tenth of a second, which few commands need

    lake = Platform(settings).lake
    # Only what is asked for is opened: there are some forty tables.
    named = {"/".join(found).lower() for found in _QUALIFIED.findall(sql)}
    tables = [TABLES[path] for path in sorted(named) if path in TABLES]
    if isinstance(as_of, int) and len(tables) > 1:
        raise click.BadParameter(
            "a version number is of one table, and this asks "
            f"{' and '.join(table.path for table in tables)}: give a time"
        )
    for table in tables:
        lake.open(table, as_of)
    try:
        with lake.sql(tables, as_of=as_of) as connection:
            _answer(connection, sql, as_csv=as_csv)
    except duckdb.CatalogException as error:
        unknown = "".join(meant(path) for path in sorted(named) if path not in TABLES)
        raise click.ClickException(
            f"{str(error).splitlines()[0]}{unknown or _NAMES_OF_THE_LAKE}"
        ) from None


def tables(settings: Settings) -> None:
    """The lake's tables and the published ones, views among them."""
    platform = Platform(settings)
    found = platform.lake.tables()
    if not found:
        console().print(f"the lake {settings.lake} is empty: run a backfill first", soft_wrap=True)
        return
    columns = ("table", "rows", "what a row is")
    rows = [(t.path, f"{platform.lake.total_rows(t):,}", t.meaning) for t in found]
    console().print(grid(f"{settings.world} lake {settings.lake}", columns, rows))
    if platform.warehouse.published_yet():
        published = [
            (name, f"{count:,}", says) for name, count, says in platform.warehouse.relations()
        ]
        console().print(grid(f"warehouse {settings.warehouse}", columns, published))


def console(width: int | None = None) -> Console:
    """A console that prints what it is given: names, reasons and cells are no markup."""
    return Console(width=width, markup=False, emoji=False, highlight=False)


def grid(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Grid:
    """Rows below a title; what is counted stands to the right."""
    wide = len(columns) >= MANY_COLUMNS
    made = Grid(
        title=title, box=None if wide else HEAVY_HEAD, pad_edge=not wide, collapse_padding=wide
    )
    for number, name in enumerate(columns):
        in_words = name == "what a row is"
        made.add_column(
            name, justify="right" if number and not in_words else "left", no_wrap=not in_words
        )
    for row in rows:
        made.add_row(*row)
    return made


def bytes_in_words(number: int) -> str:
    """A number of bytes in the largest unit that leaves a digit before the point."""
    size, unit = float(number), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if abs(size) < 1000:
            break
        size, unit = size / 1000, larger
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def sessions_in_words(sessions: Iterable[date]) -> str:
    """One day, or the first and the last."""
    days = sorted(sessions)
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


def _answer(connection: Connection, sql: str, *, as_csv: bool) -> None:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
        return
    # Piped output keeps whole rows: only a terminal has a width to fit.
    shown = Grid(*names)
    for row in rows:
        shown.add_row(*("" if value is None else str(value) for value in row))
    console(width=None if sys.stdout.isatty() else 100_000).print(shown)
    click.echo(f"{len(rows)} rows, times in UTC", err=True)
