"""Lines of comma separated text to Arrow, with none lost and none renumbered.

A line ends at a line feed, with or without carriage returns before it. Quotes have no meaning.
Encodings, headers and the contents of cells do not belong here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

if TYPE_CHECKING:
    from collections.abc import Sequence

BLANKS = " \t\n\v\f\r"
# A column of half a million lines has 2 to 60,000 different cells, which are trimmed, judged and
# stored once each.
CELLS: Final = pa.dictionary(pa.int32(), pa.string())
# What is parsed at a time stays in the processor's cache.
_BLOCK_BYTES: Final = 1 << 20

# Numbers of the lines that fit, from 1, their cells, and the other lines by their numbers.
_Split = tuple[NDArray[np.int64], list[pa.DictionaryArray], dict[int, str]]


def split_lines(
    data: bytes,
    names: Sequence[str],
    first: int,
    wanted: Sequence[str] | None = None,
    *,
    begin: int = 0,
) -> pa.Table:
    """Split each line into cells.

    Args:
        data: UTF-8 text, from `begin` on.
        names: Names of the cells of a line.
        first: Number of the first line in its document.
        wanted: The cells to return; all by default.
        begin: Where the lines begin in `data`, behind its header.

    Returns:
        One row per line that is not blank, in their order: `line` (bigint), the wanted cells,
        trimmed and dictionary-encoded, and `text`. A line with another number of cells has nulls
        for cells and stands whole, without its line end, in `text`, which is null otherwise.
    """
    wanted = tuple(names if wanted is None else wanted)
    split = _parse if len(data) > begin else _split_plainly
    numbers, columns, misfits = split(data, begin, names, wanted)
    odd = {number: text for number, text in misfits.items() if text.strip(BLANKS)}
    texts = pa.nulls(len(numbers), pa.string())
    if odd:
        places = np.searchsorted(numbers, [*odd])
        fits = np.insert(np.ones(len(numbers), bool), places, False)
        numbers = np.insert(numbers, places, [*odd])
        columns = [_with_nulls(column, places, fits) for column in columns]
        texts = pa.array(odd.values(), pa.string()).take(pa.array(np.cumsum(~fits) - 1, mask=fits))
    line = pa.array(numbers + (first - 1))
    return pa.table({"line": line, **dict(zip(wanted, columns, strict=True)), "text": texts})


def _parse(data: bytes, begin: int, names: Sequence[str], wanted: Sequence[str]) -> _Split:
    misfits: dict[int, str] = {}

    def set_aside(row: csv.InvalidRow) -> str:
        misfits[row.number] = row.text
        return "skip"

    try:
        cells = csv.read_csv(
            pa.BufferReader(pa.py_buffer(data).slice(begin)),
            # Without threads, because with them rows that do not fit come without their number.
            csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, column_names=list(names)),
            csv.ParseOptions(
                quote_char=False, ignore_empty_lines=False, invalid_row_handler=set_aside
            ),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, CELLS),
                include_columns=list(wanted),
            ),
        )
    except pa.ArrowInvalid:  # a line is longer than a block
        return _split_plainly(data, begin, names, wanted)
    physical = data.count(b"\n", begin) + (not data.endswith(b"\n"))
    columns = [column.combine_chunks() for column in cells.columns]
    # pyarrow ends a line at a lone carriage return too, and reads a blank line as one of empty
    # cells. Neither has been seen in an original file, so speed does not matter there.
    if cells.num_rows + len(misfits) != physical or _any_blank(columns):
        return _split_plainly(data, begin, names, wanted)
    numbers = np.delete(np.arange(1, physical + 1), [number - 1 for number in misfits])
    return numbers, [_trimmed(column) for column in columns], misfits


def _with_nulls(
    column: pa.DictionaryArray, places: NDArray[np.int64], fits: NDArray[np.bool_]
) -> pa.DictionaryArray:
    """The cells of the lines that fit, and null in the places of the others."""
    cells = np.insert(np.asarray(column.indices), places, 0)
    return pa.DictionaryArray.from_arrays(pa.array(cells, mask=~fits), column.dictionary)


def _any_blank(columns: Sequence[pa.DictionaryArray]) -> bool:
    """Whether all cells of a line are empty."""
    blank = np.ones(len(columns[0]), bool)
    for column in columns:
        empty = pc.index(column.dictionary, "").as_py()
        if empty < 0:
            return False
        blank &= column.indices.to_numpy() == empty
    return bool(blank.any())


def _trimmed(column: pa.DictionaryArray) -> pa.DictionaryArray:
    cells = pc.ascii_trim_whitespace(column.dictionary).dictionary_encode()
    places = column.indices
    if len(cells.dictionary) < len(cells):  # some differed in blanks alone
        places = cells.indices.take(places)
    return pa.DictionaryArray.from_arrays(places, cells.dictionary)


def _split_plainly(data: bytes, begin: int, names: Sequence[str], wanted: Sequence[str]) -> _Split:
    places = [list(names).index(name) for name in wanted]
    numbers: list[int] = []
    rows: list[list[str]] = []
    misfits: dict[int, str] = {}
    for number, ended in enumerate(data[begin:].decode("utf-8").split("\n"), 1):
        line = ended.rstrip("\r")
        cells = line.split(",")
        if len(cells) != len(names) or not line.strip(BLANKS):
            misfits[number] = line
            continue
        numbers.append(number)
        rows.append([cells[place].strip(BLANKS) for place in places])
    columns = [pa.array([row[i] for row in rows], CELLS) for i in range(len(wanted))]
    return np.array(numbers, np.int64), columns, misfits
