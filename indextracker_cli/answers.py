"""Results of queries: as a table for people, as CSV or JSON for programs, or in a file.

Rows are written as they come, so that a large result begins at once and is never in memory as a
whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import IO, Any
from zoneinfo import ZoneInfo

import click
import pyarrow as pa
from rich.cells import cell_len, set_cell_size

from indextracker.lake.questions import Answer
from indextracker_cli.interrupts import farewell
from indextracker_cli.saying import plain
from indextracker_cli.show import console

# What a terminal gets of a long answer, and what the width of a column is found from.
SHOWN_ROWS, SHOWN_RECORDS, MEASURED_ROWS = 40, 10, 100
Row = tuple[Any, ...]

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def in_zone(answer: Answer, zone: ZoneInfo) -> Answer:
    """The answer with its times in a zone; a time without one is UTC, as all stored times are."""
    kind = pa.timestamp("us", tz=zone.key)
    schema = pa.schema(
        [pa.field(f.name, kind if pa.types.is_timestamp(f.type) else f.type) for f in answer.schema]
    )

    def moved(batch: pa.RecordBatch) -> pa.RecordBatch:
        # A time without a zone is taken for UTC by the cast.
        columns = [column.cast(f.type) for column, f in zip(batch.columns, schema, strict=True)]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    return Answer(schema, map(moved, answer.batches))


def print_table(answer: Answer) -> None:
    """Prints rows below their names; on a terminal the first ones, and wide ones as records."""
    terminal = sys.stdout.isatty()
    rows = ([_shown(value) for value in row] for row in _rows(answer))
    names = [plain(name, lines=False) for name in answer.schema.names]
    first = list(islice(rows, MEASURED_ROWS))
    widths = [max(map(cell_len, column)) for column in zip(names, *first, strict=True)]
    room = console().width if terminal else sys.maxsize
    as_records = sum(widths) + 3 * len(widths) + 1 > room
    most = SHOWN_RECORDS if as_records else SHOWN_ROWS
    if not terminal:
        number = _print_grid(names, widths, _chained(first, rows))
    elif as_records:
        number = _print_records(names, first[:most], room)
    else:
        number = _print_grid(names, widths, iter(first[:most]))
    sys.stdout.flush()
    more = terminal and len(first) > most
    said = [f"the first {most} rows; --csv, --json or --output FILE gives all" if more else ""]
    said[0] = said[0] or f"{number} row{'' if number == 1 else 's'}"
    said += _about_times(answer.schema)
    click.echo(", ".join(said), err=True)


def write_csv(answer: Answer, file: IO[str]) -> int:
    """Writes lines of comma-separated values; null is an empty cell, an empty text is "".

    Returns:
        The number of rows.
    """
    number = 0
    file.write(",".join(map(_cell, answer.schema.names)) + "\n")
    for number, row in enumerate(_rows(answer), start=1):  # noqa: B007 - counted
        file.write(",".join(map(_cell, row)) + "\n")
    return number


def write_json(answer: Answer, file: IO[str]) -> int:
    """Writes an array of objects, a line each; times have their zone, which is UTC by default.

    Returns:
        The number of rows.
    """
    names, number = answer.schema.names, 0
    file.write("[")
    for number, row in enumerate(_rows(answer), start=1):
        record = {name: _json(value) for name, value in zip(names, row, strict=True)}
        file.write(",\n" if number > 1 else "\n")
        file.write(json.dumps(record, ensure_ascii=False))
    file.write("\n]\n")
    return number


def write_file(answer: Answer, path: Path) -> None:
    """Writes a file of the kind that its ending names; it is there when it is whole.

    Args:
        answer: What to write.
        path: Ends in one of `ENDINGS`.

    Raises:
        click.ClickException: The file cannot be written.
    """
    aside = path.with_name(f".{path.name}.part")

    def given_up() -> str:
        aside.unlink(missing_ok=True)
        return f"interrupted: {path} is unchanged"

    try:
        with farewell(given_up):
            number = ENDINGS[path.suffix.lower()](_counted(answer), aside)
            aside.replace(path)
    except OSError as error:
        raise click.ClickException(
            f"{path} cannot be written ({error.strerror or error}): name another place, or make "
            "room there"
        ) from error
    finally:
        aside.unlink(missing_ok=True)
    click.echo(f"{number:,} rows in {path}", err=True)


def _text_file(write: Callable[[Answer, IO[str]], int]) -> Callable[[Answer, Path], int]:
    def to_path(answer: Answer, path: Path) -> int:
        with path.open("w", encoding="utf-8", newline="") as file:
            return write(answer, file)

    return to_path


def _write_parquet(answer: Answer, path: Path) -> int:
    import pyarrow.parquet as pq  # noqa: PLC0415 - other answers do without it

    number = 0
    with pq.ParquetWriter(path, answer.schema, compression="zstd") as writer:
        for batch in answer.batches:
            writer.write_batch(batch)
            number += batch.num_rows
    return number


def _write_xlsx(answer: Answer, path: Path) -> int:
    from indextracker_cli.spreadsheet import write_xlsx  # noqa: PLC0415 - other answers do without

    return write_xlsx(answer, path)


ENDINGS: dict[str, Callable[[Answer, Path], int]] = {
    ".parquet": _write_parquet,
    ".csv": _text_file(write_csv),
    ".json": _text_file(write_json),
    ".xlsx": _write_xlsx,
}


def _counted(answer: Answer) -> Answer:
    """The answer, which says on a terminal how far it is."""

    def batches() -> Iterator[pa.RecordBatch]:
        number = 0
        for batch in answer.batches:
            yield batch
            number += batch.num_rows
            click.echo(f"\r{number:,} rows so far", nl=False, err=True)
        click.echo("\r", nl=False, err=True)

    return Answer(answer.schema, batches()) if sys.stderr.isatty() else answer


def _rows(answer: Answer) -> Iterator[Row]:
    for batch in answer.batches:
        # By column: two columns of an answer may have the same name.
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _chained(first: list[list[str]], rest: Iterator[list[str]]) -> Iterator[list[str]]:
    yield from first
    yield from rest


def _print_grid(names: Sequence[str], widths: Sequence[int], rows: Iterator[list[str]]) -> int:
    """Prints a frame around rows; a row wider than the measured ones goes beyond it."""
    number = 0
    print_line = sys.stdout.write

    def line(left: str, dash: str, between: str, right: str) -> None:
        print_line(left + between.join(dash * (width + 2) for width in widths) + right + "\n")

    def cells(edge: str, row: Sequence[str]) -> None:
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)
        )
        print_line(f"{edge} {f' {edge} '.join(padded)} {edge}\n")

    line("┏", "━", "┳", "┓")
    cells("┃", names)
    line("┡", "━", "╇", "┩")
    for number, row in enumerate(rows, start=1):  # noqa: B007 - counted
        cells("│", row)
    line("└", "─", "┴", "┘")
    return number


def _print_records(names: Sequence[str], rows: list[list[str]], room: int) -> int:
    """Prints a line per column, row after row, cut to the width of the terminal."""
    widest = max(map(cell_len, names))
    for number, row in enumerate(rows, start=1):
        sys.stdout.write(f"row {number}\n")
        for name, cell in zip(names, row, strict=True):
            text = f"  {name}{' ' * (widest - cell_len(name))}  {cell}"
            cut = set_cell_size(text, room - 1) + "…" if cell_len(text) > room else text
            sys.stdout.write(f"{cut}\n")
    return len(rows)


def _about_times(schema: pa.Schema) -> list[str]:
    kinds = [field.type for field in schema if pa.types.is_timestamp(field.type)]
    if not kinds:
        return []
    zones = {kind.tz for kind in kinds}
    if zones == {kinds[0].tz} and kinds[0].tz not in (None, "UTC"):
        return [f"times in {kinds[0].tz}"]
    return ["stored times are in UTC; --tz ZONE converts them"]


def _shown(value: Any) -> str:
    """A cell of a table in one line; null is empty."""
    return "" if value is None else plain(" ".join(_text(value).split("\n")), lines=False)


def _cell(value: Any) -> str:
    """A cell of CSV; null alone is an empty cell.

    A text that a spreadsheet would take for a formula, and run, has an apostrophe before it: names
    of instruments come from files of strangers. Negative numbers are no texts.
    """
    if value is None:
        return ""
    text = _text(value)
    if isinstance(value, str) and text.startswith(_BEGINS_FORMULA):
        text = f"'{text}"
    quoted = not text or any(sign in text for sign in ',"\r\n')
    return '"' + text.replace('"', '""') + '"' if quoted else text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict | list):
        return json.dumps(_json(value), ensure_ascii=False)
    return str(value)


def _json(value: Any) -> Any:  # noqa: PLR0911 - a kind a line
    if isinstance(value, dict):
        return {str(name): _json(found) for name, found in value.items()}
    if isinstance(value, list | tuple):
        return [_json(found) for found in value]
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, bytes | timedelta):
        return _text(value)
    return value if value is None or isinstance(value, bool | int) else str(value)
