"""Tells which lines of Taiwan's documents silver will read.

Asked of Arrow by the forms of the catalogue, in 0.1 s for a tick file of 450,000 lines. What is no
such line is a reject of silver (a test compares the two).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.forms import LineForm

if TYPE_CHECKING:
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


def reads_well(table: Table, lines: pa.Table, session: date) -> pa.Array:
    """Which lines the reading of silver takes for facts; all others are its rejects."""
    if table not in LINES:
        return pa.repeat(True, lines.num_rows)
    form = LINES[table]
    cells = [lines.column(cell) for cell in form.cells]
    joined = pc.binary_join_element_wise(*cells, ",")
    well = pc.match_substring_regex(joined, f"^({form.pattern})$")
    conditions = [well, *_conditions(table, lines, session)]
    found = pa.array(
        reduce(np.logical_and, (_as_numpy(pc.fill_null(holds, False)) for holds in conditions))
    )
    if table is t.TAIFEX_OPTIONS and not pc.all(found).as_py():
        return _of_even_groups(found, lines)
    return _first_of(found, lines, form.once) if form.once else found


def main_index_reads_well(lines: pa.Table, session: date) -> pa.Array:
    """The same of a report of all indices, and null of the indices beside the main one.

    One of forty that has no level all day long makes no other layout. Lines that do not split have
    no name and count.
    """
    counted = pc.is_in(lines.column("index_name"), pa.array([forms.MAIN_INDEX, ""]))
    well = reads_well(t.TWSE_INDEX, lines, session)
    return pc.if_else(counted.combine_chunks(), well, pa.scalar(None, pa.bool_()))


def _conditions(table: Table, lines: pa.Table, session: date) -> list[Any]:
    """What a reading asks of a line beyond its form."""
    if table is t.FINMIND_TRADES:
        return _of_etf(lines, session)
    if "report_date" in table.column_names:
        own = pa.array([session.strftime(form) for form in forms.REPORT_DATES.values()])
        return [pc.is_in(lines.column("report_date"), own)]
    if "trade_time" not in table.column_names:
        return []
    in_time = pc.less_equal(lines.column("trade_date"), f"{session:%Y%m%d}")
    return [in_time, _legs_give_price(lines)] if table is t.TAIFEX_FUTURES else [in_time]


def _of_etf(lines: pa.Table, session: date) -> list[Any]:
    of_session = pc.equal(lines.column("trade_date"), f"{session}")
    if session < forms.TICK_TYPE_MEANT_SINCE:
        return [of_session]
    sides = pc.match_substring_regex(lines.column("tick_type"), f"^({forms.TICK_TYPE})$")
    return [of_session, sides]


def _legs_give_price(lines: pa.Table) -> pa.Array:
    """Whether the legs of a spread give its price; of all that is no readable spread, true."""
    gives = np.ones(lines.num_rows, bool)
    spreads = pc.match_substring(pc.fill_null(lines.column("expiry"), ""), "/")
    places = np.flatnonzero(_as_numpy(spreads))
    names = ("far_price", "near_price", "price")
    prices = [lines.column(name).take(pa.array(places)) for name in names]
    numbers = [pc.match_substring_regex(price, f"^({forms.SIGNED})$") for price in prices]
    known = _as_numpy(pc.fill_null(reduce(pc.and_, numbers), False))
    far, near, apart = (
        price.filter(pa.array(known)).cast(pa.float64()).to_numpy() for price in prices
    )
    gives[places[known]] = np.abs(far - near - apart) <= forms.LEGS_TOLERANCE
    return pa.array(gives)


def _first_of(well: pa.Array, lines: pa.Table, key: tuple[str, ...]) -> pa.Array:
    """Of the lines that are well, those whose key no line before has."""
    places = np.flatnonzero(_as_numpy(well))
    columns = [lines.column(name).take(pa.array(places)).combine_chunks() for name in key]
    columns = [
        _as_numbers(column) if name == "strike" else column
        for name, column in zip(key, columns, strict=True)
    ]
    keys = pc.binary_join_element_wise(*columns, "\n").dictionary_encode()
    _, first = np.unique(keys.indices.to_numpy(), return_index=True)
    found = np.zeros(lines.num_rows, bool)
    found[places[first]] = True
    return pa.array(found)


def _of_even_groups(well: pa.Array, lines: pa.Table) -> pa.Array:
    """Of the lines that are well, those whose second, series and price have an even sum of sides.

    Asked only where another line is not well, which left its other side alone.
    """
    places = np.flatnonzero(_as_numpy(well))
    read = lines.take(pa.array(places))
    key = pc.binary_join_element_wise(
        *(read.column(name) for name in ("trade_date", "product", "expiry", "option_type")),
        pc.utf8_slice_codeunits(read.column("trade_time"), 0, 6),
        _as_numbers(read.column("strike").combine_chunks()),
        _as_numbers(read.column("price").combine_chunks()),
        ",",
    ).combine_chunks()
    groups = key.dictionary_encode().indices.to_numpy()
    sides = read.column("volume").cast(pa.int64()).to_numpy()
    even = np.bincount(groups, weights=sides) % 2 == 0
    found = np.zeros(lines.num_rows, bool)
    found[places] = even[groups]
    return pa.array(found)


def _as_numpy(booleans: pa.Array | pa.ChunkedArray) -> NDArray[np.bool_]:
    return np.asarray(booleans, bool)


def _as_numbers(texts: pa.Array) -> pa.Array:
    """Numbers in one way of writing each."""
    encoded = texts.dictionary_encode()
    numbers = [f"{Decimal(text).normalize():f}" for text in encoded.dictionary.to_pylist()]
    return pa.array(numbers, pa.string()).take(encoded.indices)
