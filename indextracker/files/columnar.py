"""Tables of containers that say the types of their cells: Parquet, Arrow and workbooks.

Cells become text, as they are in the tables of text files, and the container's type of each
column is kept beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time

import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet

from indextracker.files.model import (
    MOST_COLUMNS,
    Content,
    RefusedFileError,
    Row,
    Table,
)
from indextracker.files.numbers import is_missing, looks_like_number
from indextracker.system.workbooks import WorkbookError, sheets

# Cells that are read of a typed file: some hundred MB as text.
_MOST_CELLS = 2_000_000
_BATCH_ROWS = 20_000
EXCEL_DATE = "Excel date cell"


def arrow_table(content: Content) -> Table:
    """The table of a Parquet, Arrow or Feather file, or the head of a long one.

    Raises:
        RefusedFileError: if it cannot be read, or has too many columns.
    """
    try:
        schema, batches, total = _opened(content)
        if len(schema.names) > MOST_COLUMNS:
            raise RefusedFileError(
                f"{len(schema.names):,} columns: at most {MOST_COLUMNS:,} are read"
            )
        most = max(1, _MOST_CELLS // max(1, len(schema.names)))
        rows: list[Row] = []
        for batch in batches:
            columns = [_texts(column) for column in batch.columns]
            for cells in zip(*columns, strict=True):
                rows.append(Row(len(rows) + 1, "", list(cells)))
            if len(rows) >= most:
                break
    except (pa.ArrowException, OSError) as error:
        raise RefusedFileError(f"it cannot be read: {error}") from error
    names = list(schema.names)
    types = tuple(str(field.type) for field in schema)
    header = (Row(0, "", names),)
    return Table((), header, tuple(rows[:most]), len(names), None, types,
                 whole=total is None or total <= most)  # fmt: skip


def arrow_tables(content: Content) -> Iterator[Table]:
    """The tables of a Parquet, Arrow or Feather file of any length, so many rows each.

    Raises:
        RefusedFileError: It cannot be read.
    """
    try:
        schema, batches, _ = _opened(content)
        names = list(schema.names)
        header, types = (Row(0, "", names),), tuple(str(field.type) for field in schema)
        line = 1
        for batch in batches:
            columns = [_texts(column) for column in batch.columns]
            rows = tuple(
                Row(place, "", list(cells))
                for place, cells in enumerate(zip(*columns, strict=True), start=line)
            )
            line += len(rows)
            yield Table((), header, rows, len(names), None, types)
    except (pa.ArrowException, OSError) as error:
        raise RefusedFileError(f"it cannot be read: {error}") from error


def _opened(content: Content) -> tuple[pa.Schema, Iterator[pa.RecordBatch], int | None]:
    source = str(content.path) if content.path else pa.BufferReader(content.parts[0])
    if content.container == "parquet":
        parquet = pyarrow.parquet.ParquetFile(source)
        return parquet.schema_arrow, parquet.iter_batches(_BATCH_ROWS), parquet.metadata.num_rows
    mapped = pa.memory_map(source) if isinstance(source, str) else source
    try:
        reader = pyarrow.ipc.open_file(mapped)
    except pa.ArrowInvalid:
        # The first form of Feather, which is no Arrow file.
        table = pyarrow.feather.read_table(source)
        return table.schema, iter(table.to_batches(_BATCH_ROWS)), table.num_rows
    batches = (reader.get_batch(place) for place in range(reader.num_record_batches))
    return reader.schema, batches, None


def _texts(column: pa.Array) -> list[str]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return [_text(cell) for cell in column.to_pylist()]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float):
        return repr(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)


def workbook(content: Content) -> list[Table]:
    """A table for each sheet that has one.

    Raises:
        RefusedFileError: if the workbook cannot be read, or would unpack to too much.
    """
    try:
        found = sheets(content.parts[0])
    except WorkbookError as error:
        raise RefusedFileError(str(error)) from error
    return [table for name, rows in found if rows and (table := _sheet(name, rows))]


def _sheet(name: str, rows: Sequence[Sequence[object]]) -> Table | None:
    start = next((place for place, row in enumerate(rows) if _has_values(row)), None)
    if start is None:
        return None
    used = [place for place in range(len(rows[start])) if _is_used(rows, start, place)]
    top = start
    while (
        top > 0 and start - top < 3 and sum(bool(_cell(rows[top - 1], place)) for place in used) > 1
    ):
        top -= 1
    header = [_row(rows, place, used) for place in range(top, start)]
    body = [_row(rows, place, used) for place in range(start, len(rows))]
    while body and body[-1].blank:
        body.pop()
    types = tuple(_type_of(rows, start, place) for place in used)
    before = tuple(_row(rows, place, used).text for place in range(top))
    return Table(before, tuple(header), tuple(body), len(used), None, types, sheet=name)


def _cell(row: Sequence[object], place: int) -> str:
    return _text(row[place]).strip() if place < len(row) else ""


def _has_values(row: Sequence[object]) -> bool:
    filled = [cell for cell in row if _text(cell).strip()]
    typed = [cell for cell in filled if isinstance(cell, (int, float, datetime, date))]
    texts = [cell for cell in filled if isinstance(cell, str) and looks_like_number(cell)]
    return len(filled) >= 2 and 2 * (len(typed) + len(texts)) >= len(filled)


def _is_used(rows: Sequence[Sequence[object]], start: int, place: int) -> bool:
    return any(not is_missing(_cell(row, place)) for row in rows[start : start + 200])


def _row(rows: Sequence[Sequence[object]], place: int, used: list[int]) -> Row:
    cells = [_cell(rows[place], column) for column in used]
    return Row(place + 1, ",".join(cells), cells)


def _type_of(rows: Sequence[Sequence[object]], start: int, place: int) -> str:
    cells = [row[place] for row in rows[start : start + 200] if place < len(row)]
    kinds = {type(cell) for cell in cells if _text(cell).strip()}
    if kinds and kinds <= {date, datetime}:
        return EXCEL_DATE
    if kinds == {time}:
        return "Excel time cell"
    return "number" if kinds and kinds <= {int, float} else "text"
