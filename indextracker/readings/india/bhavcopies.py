"""Readings of NSE's three end-of-day files, and the one row that they give of a security.

A spreadsheet that somebody imported is a fourth file, which is believed last.

No file is complete: the full bhavcopy is without some series, only it has delivery and the mean
price, and only the other two have the ISIN. A row is in the facts if any file has it, and its
figures are those of one file. What two files say differently is told apart, and never averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from indextracker.readings import cells
from indextracker.readings.india.dated import dated
from indextracker.readings.india.sheets import SHEETS, firsts, plain
from indextracker.readings.india.values import (
    number,
    price,
    rupees,
)
from indextracker.readings.model import Records
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms, silver

Numbers = NDArray[np.int64]

PRICES: Final = ("previous_close", "open", "high", "low", "close", "last")
COUNTS: Final = ("shares", "trades")
LAKH: Final = 100_000

# Two figures that are further apart differ. Prices are printed to the paisa; a turnover in lakhs
# is rounded to a thousand rupees.
TOLERANCES: Final = {
    **dict.fromkeys(PRICES, 0.005),
    **dict.fromkeys(COUNTS, 0.0),
    "turnover_inr": 501.0,
}


_CELL: Final = "trade_date"
FULL = dated(t.NSE_FULL_BHAVCOPY, forms.FULL_LINE, _CELL, forms.FULL_OPTIONAL, forms.FULL_PRINTED)
UDIFF = dated(t.NSE_UDIFF_BHAVCOPY, forms.UDIFF_LINE, _CELL)
LEGACY = dated(t.NSE_LEGACY_BHAVCOPY, forms.LEGACY_LINE, _CELL, forms.LEGACY_OPTIONAL)

# The order in which they are believed.
FORMATS: Final = ("udiff", "legacy", "full", "sheet")
# Those that have mean price and delivery, the one that is believed first.
_OF_DELIVERY: Final = [FORMATS.index(name) for name in ("full", "sheet")]
# What is written of each set of them; the bit of a format is its place.
_SETS: Final = [
    "+".join(name for place, name in enumerate(FORMATS) if number >> place & 1)
    for number in range(1 << len(FORMATS))
]


def equities(
    udiff: pa.Table, legacy: pa.Table, full: pa.Table, sheet: pa.Table, _: date
) -> pa.Table:
    """The end of day of each security that any file of a session has.

    Args:
        udiff: The lines that are read of the file in this format, none where there is no file.
        legacy: See `udiff`.
        full: See `udiff`.
        sheet: Those of imported spreadsheets.
        _: The session.

    Returns:
        The columns of silver/equities_daily but the session, in the order of the files.
    """
    rows, formats, securities, first = _rows(udiff, legacy, full, sheet)
    kept = rows.take(pa.array(first))
    delivering = np.full(len(first), -1)
    for place in reversed(_OF_DELIVERY):
        delivering[securities[formats == place]] = np.flatnonzero(formats == place)
    of_delivery = pa.array(delivering, mask=delivering < 0)
    sets = np.bincount(securities, weights=1 << formats, minlength=len(first)).astype(np.int64)
    found = {name: kept.column(name) for name in kept.column_names}
    found |= {name: rows.column(name).take(of_delivery) for name in ("vwap", "deliverable_shares")}
    found["source_formats"] = pa.array(_SETS).take(pa.array(sets))
    return pa.table(found)


def disagreements(
    udiff: pa.Table, legacy: pa.Table, full: pa.Table, sheet: pa.Table, _: date
) -> pa.Table:
    """The figures of a security that a file gives otherwise than the file whose figures are kept.

    Args:
        udiff: As of `equities`.
        legacy: As of `equities`.
        full: As of `equities`.
        sheet: As of `equities`.
        _: The session.

    Returns:
        The columns of silver/equity_disagreements but the session.
    """
    files = [udiff, legacy, full, sheet]
    if sum(file.num_rows > 0 for file in files) < 2:
        files = [file.slice(0, 0) for file in files]
    rows, formats, securities, first = _rows(*files)
    kept = first[securities]
    found = []
    for figure, tolerance in TOLERANCES.items():
        figures = rows.column(figure).cast(pa.float64()).to_numpy()
        # Where one of them has none, the difference is no number, which is not greater.
        places = np.flatnonzero(np.abs(figures - figures[kept]) > tolerance)
        others = kept[places]
        found.append(
            pa.table(
                {
                    "symbol": rows.column("symbol").take(pa.array(places)),
                    "series": rows.column("series").take(pa.array(places)),
                    "figure": pa.repeat(figure, len(places)),
                    "source_format": pa.array(FORMATS).take(pa.array(formats[places])),
                    "value": pa.array(figures[places], pa.float64()),
                    "kept_format": pa.array(FORMATS).take(pa.array(formats[others])),
                    "kept_value": pa.array(figures[others], pa.float64()),
                }
            )
        )
    return pa.concat_tables(found)


def _rows(
    udiff: pa.Table, legacy: pa.Table, full: pa.Table, sheet: pa.Table
) -> tuple[pa.Table, Numbers, Numbers, Numbers]:
    """The rows of all files, the most believed file first.

    Returns:
        The rows, typed; the format and the security of each, by number; and the row in which each
        security is first, which is the one that is kept.
    """
    files: list[tuple[pa.Table, Callable[[pa.Table], Mapping[str, pa.Array]]]] = [
        (udiff, _of_plain),
        (legacy, _of_plain),
        (full, _of_full),
        (_plain_numbers(firsts(sheet)) if sheet.num_rows else sheet, _of_sheet),
    ]
    there = [place for place, (lines, _) in enumerate(files) if lines.num_rows] or [0]
    typed = [_typed(*files[place]) for place in there]
    rows = pa.concat_tables(typed)
    formats = np.repeat(there, [file.num_rows for file in typed])
    securities = cells.groups((rows.column(name), None) for name in forms.SECURITY)
    _, first = np.unique(securities, return_index=True)
    return rows, formats, securities, first


def _typed(lines: pa.Table, more: Callable[[pa.Table], Mapping[str, pa.Array]]) -> pa.Table:
    return pa.table(
        {
            **{name: lines.column(name).cast(pa.string()) for name in forms.SECURITY},
            **{name: price(lines.column(name)) for name in PRICES},
            **{name: number(lines.column(name), pa.int64()) for name in COUNTS},
            **more(lines),
        }
    )


def _of_plain(lines: pa.Table) -> Mapping[str, pa.Array]:
    """What UDiFF and legacy have besides: ISIN, and turnover in rupees."""

    def known(isins: pa.Array) -> pa.Array:
        formed = pc.match_substring_regex(isins, f"^{forms.ISIN}$")
        return pc.if_else(formed, isins, pa.scalar(None, pa.string()))

    return {
        "isin": cells.typed(lines.column("isin"), known),
        "turnover_inr": rupees(lines.column("turnover")),
        "vwap": pa.nulls(lines.num_rows, pa.float64()),
        "deliverable_shares": pa.nulls(lines.num_rows, pa.int64()),
    }


def _of_full(lines: pa.Table) -> Mapping[str, pa.Array]:
    """What the full bhavcopy has besides: turnover in lakhs, mean price and delivery."""
    return {
        "isin": pa.nulls(lines.num_rows, pa.string()),
        "turnover_inr": rupees(lines.column("turnover_lakh"), LAKH),
        "vwap": price(lines.column("average_price")),
        "deliverable_shares": number(lines.column("deliverable_shares"), pa.int64()),
    }


def _plain_numbers(sheet: pa.Table) -> pa.Table:
    """The lines of spreadsheets, with numbers as the exchange writes them."""
    for name in (*PRICES, "average_price", "turnover"):
        sheet = _replaced(sheet, name, plain(sheet.column(name)))
    for name in (*COUNTS, "deliverable_shares"):
        sheet = _replaced(sheet, name, plain(sheet.column(name), counts=True))
    return sheet


def _replaced(lines: pa.Table, name: str, column: pa.ChunkedArray) -> pa.Table:
    return lines.set_column(lines.column_names.index(name), name, column)


def _of_sheet(lines: pa.Table) -> Mapping[str, pa.Array]:
    """What spreadsheets may have besides: all of it."""
    return {
        **_of_plain(lines),
        "vwap": price(lines.column("average_price")),
        "deliverable_shares": number(lines.column("deliverable_shares"), pa.int64()),
    }


_FILES: Final = (UDIFF, LEGACY, FULL, SHEETS)
EQUITIES_DAILY = Records(silver.EQUITIES_DAILY, _FILES, equities)
EQUITY_DISAGREEMENTS = Records(silver.EQUITY_DISAGREEMENTS, _FILES, disagreements)
