"""Tells which lines of Taiwan's documents silver will read.

Each different cell is asked once for the forms of the catalogue. What is no such line is a reject
of silver (a test compares the two).
"""

from __future__ import annotations

from datetime import date
from functools import cache, reduce
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.forms import LineForm

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LINES: Final[dict[Table, LineForm]] = {
    t.TAIFEX_FUTURES: forms.FUTURES_LINE,
    t.TAIFEX_COMBINATION_TRADES: forms.COMBINATION_LINE,
    t.TAIFEX_OPTIONS: forms.OPTION_LINE,
    t.TAIFEX_VOLUME_TOTALS: forms.TOTALS_LINE,
    t.TAIFEX_DAILY_FUTURES: forms.REPORTED_FUTURES_LINE,
    t.TAIFEX_DAILY_OPTIONS: forms.REPORTED_OPTIONS_LINE,
    t.TWSE_INDEX: forms.INDEX_LINE,
    t.FINMIND_TRADES: forms.ETF_LINE,
}

# More of what can be told apart than half of the signed numbers.
_LARGEST: Final = 1 << 62


def reads_well(table: Table, lines: pa.Table, session: date) -> pa.Array:
    """Which lines the reading of silver takes for facts; all others are its rejects."""
    if table not in LINES:
        return pa.repeat(True, lines.num_rows)
    form = LINES[table]
    well = reduce(np.logical_and, [_is_of_form(form, lines), *_conditions(table, lines, session)])
    if table is t.TAIFEX_OPTIONS and well.any() and not well.all():
        well = _of_even_groups(well, lines)
    return pa.array(_first_of(well, lines, form.once) if form.once else well)


def main_index_reads_well(lines: pa.Table, session: date) -> pa.Array:
    """The same of a report of all indices, and null of the indices beside the main one.

    One of forty that has no level all day long makes no other layout. Lines that do not split have
    no name and count.
    """
    counted = pc.is_in(lines.column("index_name"), pa.array([forms.MAIN_INDEX, ""]))
    well = reads_well(t.TWSE_INDEX, lines, session)
    return pc.if_else(counted.combine_chunks(), well, pa.scalar(None, pa.bool_()))


def _is_of_form(form: LineForm, lines: pa.Table) -> NDArray[np.bool_]:
    """Whether the cells of each line are all of one kind."""

    @cache
    def cells_match(cell: str, pattern: str) -> NDArray[np.bool_]:
        return _cells_match(lines.column(cell), pattern)

    kinds = (
        reduce(np.logical_and, map(cells_match, form.cells, patterns)) for patterns in form.kinds
    )
    return reduce(np.logical_or, kinds)


def _conditions(table: Table, lines: pa.Table, session: date) -> list[NDArray[np.bool_]]:
    """What a reading asks of a line beyond its form."""
    if table is t.FINMIND_TRADES:
        return _of_etf(lines, session)
    if "report_date" in table.column_names:
        own = pa.array([session.strftime(form) for form in forms.REPORT_DATES.values()])
        return [_cells(lines.column("report_date"), lambda dates: pc.is_in(dates, own))]
    if "trade_time" not in table.column_names:
        return []
    last = f"{session:%Y%m%d}"
    in_time = _cells(lines.column("trade_date"), lambda dates: pc.less_equal(dates, last))
    return [in_time, _legs_give_price(lines)] if table is t.TAIFEX_FUTURES else [in_time]


def _of_etf(lines: pa.Table, session: date) -> list[NDArray[np.bool_]]:
    of_session = _cells(lines.column("trade_date"), lambda dates: pc.equal(dates, f"{session}"))
    if session < forms.TICK_TYPE_MEANT_SINCE:
        return [of_session]
    return [of_session, _cells_match(lines.column("tick_type"), forms.TICK_TYPE)]


def _legs_give_price(lines: pa.Table) -> NDArray[np.bool_]:
    """Whether the legs of a spread give its price; of all that is no readable spread, true."""
    gives = np.ones(lines.num_rows, bool)
    places = np.flatnonzero(_cells_match(lines.column("expiry"), "[^/]*/.*"))
    spreads = lines.select(["far_price", "near_price", "price"]).take(pa.array(places))
    known = reduce(np.logical_and, (_cells_match(price, forms.SIGNED) for price in spreads.columns))
    far, near, apart = (
        price.cast(pa.string()).cast(pa.float64()).to_numpy()
        for price in spreads.filter(pa.array(known)).columns
    )
    gives[places[known]] = np.abs(far - near - apart) <= forms.LEGS_TOLERANCE
    return gives


def _first_of(well: NDArray[np.bool_], lines: pa.Table, key: tuple[str, ...]) -> NDArray[np.bool_]:
    """Of the lines that are well, those whose key no line before has."""
    places = np.flatnonzero(well)
    _, first = np.unique(_groups(lines.select(key).take(pa.array(places))), return_index=True)
    found = np.zeros(lines.num_rows, bool)
    found[places[first]] = True
    return found


def _of_even_groups(well: NDArray[np.bool_], lines: pa.Table) -> NDArray[np.bool_]:
    """Of the lines that are well, those whose second, series and price have an even sum of sides.

    Asked only where another line is not well, which left its other side alone.
    """
    group = ("trade_date", "trade_time", "product", "expiry", "strike", "option_type", "price")
    groups = _groups(lines.select(group))
    odd = well & _cells_match(lines.column("volume"), "[0-9]*[13579]")
    even: NDArray[np.bool_] = np.bincount(groups, weights=odd) % 2 == 0
    return well & even[groups]


def _groups(lines: pa.Table) -> NDArray[np.int64]:
    """Numbers lines so that those whose cells mean the same have the same number, from 0.

    Those that have no cells get any.
    """
    groups, most = np.zeros(lines.num_rows, np.int64), 1
    for name in lines.column_names:
        cells = lines.column(name).combine_chunks().dictionary_encode()
        meant = _meant(name, cells.dictionary).dictionary_encode()
        if most * len(cells) >= _LARGEST:
            groups, most = _numbered(groups), len(cells)
        places = meant.indices.take(pc.fill_null(cells.indices, 0))
        groups = groups * len(meant.dictionary) + np.asarray(places)
        most *= len(meant.dictionary)
    return _numbered(groups)


def _numbered(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(pa.array(groups).dictionary_encode().indices, np.int64)


def _meant(name: str, cells: pa.Array) -> pa.Array:
    """The cells of a column, those that mean the same written in one way."""
    if name == "trade_time":
        return pc.utf8_slice_codeunits(cells, 0, 6)
    if name in ("strike", "price"):
        return pa.array([_number(cell) for cell in cells.to_pylist()], pa.string())
    return cells


def _number(cell: str) -> str:
    return cell.strip("0").rstrip(".") if "." in cell else cell.lstrip("0")


def _cells_match(column: pa.ChunkedArray, pattern: str) -> NDArray[np.bool_]:
    return _cells(column, lambda cells: pc.match_substring_regex(cells, f"^({pattern})$"))


def _cells(column: pa.ChunkedArray, holds: Callable[[pa.Array], pa.Array]) -> NDArray[np.bool_]:
    """Whether it holds of each cell, asked once of those that are equal; of null it does not."""
    encoded = column.combine_chunks().dictionary_encode()
    found = holds(encoded.dictionary)
    if pc.all(found).as_py() and not encoded.null_count:
        return np.ones(len(encoded), bool)
    return np.asarray(pc.fill_null(found.take(encoded.indices), False))
