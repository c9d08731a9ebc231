"""Columns of text, each different cell looked at once: matched, compared, made a number, grouped.

The forms of cells are in the catalogue; what a line is, in the readings.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
# Makes of different cells what they are worth, or mean.
Meaning = Callable[[pa.Array], pa.Array]

# More of what can be told apart than half of the signed numbers.
_LARGEST: Final = 1 << 62


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column dictionary-encoded, with no cell in its dictionary that none of its rows has."""
    cells = column.combine_chunks().dictionary_encode()
    places = pc.fill_null(cells.indices, 0) if cells.null_count else cells.indices
    rows = np.bincount(np.asarray(places), minlength=len(cells.dictionary))
    if cells.null_count and len(rows):
        rows[0] -= cells.null_count
    if (rows > 0).all():
        return cells
    kept = np.flatnonzero(rows > 0)
    renumbered = pa.array(np.cumsum(rows > 0) - 1, pa.int32()).take(cells.indices)
    return pa.DictionaryArray.from_arrays(renumbered, cells.dictionary.take(pa.array(kept)))


def holds(column: pa.ChunkedArray, of_cells: Meaning) -> Mask:
    """Whether something holds of each cell; of one that is null it does not."""
    cells = column.combine_chunks().dictionary_encode()
    found = of_cells(cells.dictionary)
    if pc.all(found).as_py() and not cells.null_count:
        return np.ones(len(cells), bool)
    return np.asarray(pc.fill_null(found.take(cells.indices), False))


def match(column: pa.ChunkedArray, form: str) -> Mask:
    """Whether each cell has a form of the catalogue."""
    return holds(column, lambda cells: pc.match_substring_regex(cells, f"^({form})$"))


def typed(column: pa.ChunkedArray, of_cells: Meaning) -> pa.Array:
    """What each cell is worth; null for one that is null."""
    cells = encoded(column)
    return of_cells(cells.dictionary).take(cells.indices)


def numbers(column: pa.ChunkedArray, kind: pa.DataType, none: str = "-") -> pa.Array:
    """Cells that are numbers, as numbers.

    Args:
        column: Texts.
        kind: Type of the numbers.
        none: What is printed where there is none, which is null.
    """

    def of_cells(cells: pa.Array) -> pa.Array:
        return pc.if_else(pc.equal(cells, none), pa.scalar(None, cells.type), cells).cast(kind)

    return typed(column, of_cells)


def replaced(column: pa.ChunkedArray, by: dict[str, str]) -> pa.DictionaryArray:
    """The column with some of its cells written otherwise; the others stay as they are."""
    cells = encoded(column)
    written = pa.array([by.get(cell, cell) for cell in cells.dictionary.to_pylist()], pa.string())
    again = written.dictionary_encode()
    return pa.DictionaryArray.from_arrays(again.indices.take(cells.indices), again.dictionary)


def groups(
    columns: Iterable[tuple[pa.ChunkedArray, Meaning | None]],
) -> NDArray[np.int64]:
    """Numbers rows so that those whose cells mean the same have the same number, from 0.

    Args:
        columns: Each with what its cells mean, where different ones may mean the same. Rows that
            have no cells get any number.
    """
    found: NDArray[np.int64] = np.zeros(1, np.int64)
    most = 1
    for column, meaning in columns:
        cells = encoded(column)
        meant = (meaning(cells.dictionary) if meaning else cells.dictionary).dictionary_encode()
        if most * len(cells) >= _LARGEST:
            found, most = _numbered(found), len(cells)
        places = meant.indices.take(pc.fill_null(cells.indices, 0))
        found = found * len(meant.dictionary) + np.asarray(places)
        most *= max(len(meant.dictionary), 1)
    return _numbered(found)


def first_of(well: Mask, groups: NDArray[np.int64]) -> Mask:
    """Of the rows that are well, those whose group no row before has.

    Args:
        well: For each row.
        groups: For each row that is well.
    """
    places = np.flatnonzero(well)
    _, first = np.unique(groups, return_index=True)
    found = np.zeros(len(well), bool)
    found[places[first]] = True
    return found


def plain(cells: pa.Array) -> pa.Array:
    """Numbers written in one way, without zeros that mean nothing."""

    def number(cell: str) -> str:
        return cell.strip("0").rstrip(".") if "." in cell else cell.lstrip("0")

    return pa.array([number(cell) for cell in cells.to_pylist()], pa.string())


def _numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(pa.array(groups).dictionary_encode().indices, np.int64)
