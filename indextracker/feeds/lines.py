"""Lines of comma separated text to Arrow, with none lost and none renumbered.

A line ends at a line feed, with or without carriage returns before it. Quotes have no meaning.
Encodings, headers and the contents of cells do not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Sequence

BLANKS = " \t\n\v\f\r"


def split_lines(
    data: bytes, names: Sequence[str], first: int, wanted: Sequence[str] | None = None
) -> pa.Table:
    """Split each line into cells.

    Args:
        data: UTF-8 text without its header.
        names: Names of the cells of a line.
        first: Number of the first line of `data` in its document.
        wanted: The cells to return; all by default.

    Returns:
        One row per line that is not blank, in their order: `line` (bigint), the wanted cells,
        trimmed, and `text`. A line with another number of cells has nulls for cells and stands
        whole, without its line end, in `text`, which is null otherwise.
    """
    wanted = tuple(names if wanted is None else wanted)
    if not data:
        return _table(pa.array([], pa.int64()), [pa.array([], pa.string())] * len(wanted), wanted)
    cells, misfits = _parse(data, names, wanted)
    physical = data.count(b"\n") + (not data.endswith(b"\n"))
    # pyarrow ends a line at a lone carriage return too, and reads a blank line as one of empty
    # cells. Neither has been seen in an original file, so speed does not matter there.
    if cells.num_rows + len(misfits) != physical or _any_blank(cells):
        numbers, columns, misfits = _split_plainly(data, names, wanted)
    else:
        numbers = _all_but(misfits, physical)
        columns = [pc.ascii_trim_whitespace(column) for column in cells.columns]
    whole = _table(pc.add(numbers, first - 1), columns, wanted)
    odd = {number: text for number, text in misfits.items() if text.strip(BLANKS)}
    if not odd:
        return whole
    nulls = [pa.nulls(len(odd), pa.string())] * len(wanted)
    set_aside = _table(
        pc.add(pa.array(odd, pa.int64()), first - 1), nulls, wanted, list(odd.values())
    )
    return pa.concat_tables([whole, set_aside]).sort_by("line").combine_chunks()


def _parse(
    data: bytes, names: Sequence[str], wanted: Sequence[str]
) -> tuple[pa.Table, dict[int, str]]:
    """Parse the lines that fit; the others come back by their number, from 1."""
    misfits: dict[int, str] = {}

    def set_aside(row: csv.InvalidRow) -> str:
        misfits[row.number] = row.text
        return "skip"

    cells = csv.read_csv(
        pa.BufferReader(data),
        # Without threads, because with them rows that do not fit come without their number; in
        # one block, because a line must not be longer than a block.
        csv.ReadOptions(use_threads=False, block_size=len(data), column_names=list(names)),
        csv.ParseOptions(quote_char=False, ignore_empty_lines=False, invalid_row_handler=set_aside),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            include_columns=list(wanted),
        ),
    )
    return cells, misfits


def _any_blank(cells: pa.Table) -> bool:
    empty = pc.equal(cells.column(0), "")
    if not pc.any(empty).as_py():
        return False
    rows = cells.filter(empty)
    return any(not any(row.values()) for row in rows.to_pylist())


def _all_but(misfits: dict[int, str], physical: int) -> pa.Array:
    numbers = pa.arange(1, physical + 1)
    if not misfits:
        return numbers
    return numbers.filter(pc.invert(pc.is_in(numbers, pa.array(misfits, pa.int64()))))


def _split_plainly(
    data: bytes, names: Sequence[str], wanted: Sequence[str]
) -> tuple[pa.Array, list[pa.Array], dict[int, str]]:
    places = [list(names).index(name) for name in wanted]
    numbers: list[int] = []
    rows: list[list[str]] = []
    misfits: dict[int, str] = {}
    for number, ended in enumerate(data.decode("utf-8").split("\n"), 1):
        line = ended.rstrip("\r")
        cells = line.split(",")
        if len(cells) != len(names) or not line.strip(BLANKS):
            misfits[number] = line
            continue
        numbers.append(number)
        rows.append([cells[place].strip(BLANKS) for place in places])
    columns = [pa.array((row[i] for row in rows), pa.string()) for i in range(len(wanted))]
    return pa.array(numbers, pa.int64()), columns, misfits


def _table(
    numbers: pa.Array,
    columns: Sequence[pa.Array],
    names: Sequence[str],
    texts: list[str] | None = None,
) -> pa.Table:
    text = pa.nulls(len(numbers), pa.string()) if texts is None else pa.array(texts, pa.string())
    return pa.table({"line": numbers, **dict(zip(names, columns, strict=True)), "text": text})
