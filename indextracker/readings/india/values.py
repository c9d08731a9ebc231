"""Cells of NSE's documents: dates, and numbers that may be missing.

The forms of cells are in the catalogue; what a line is, in the module of its document.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker.readings.model import Line, Rule, of_form, quoting
from indextracker_catalogue.india import forms

RUPEES: Final = pa.decimal128(20, 2)
# What is printed where there is no number.
NONE: Final = ("-", "")


def is_of(text: str, session: date) -> bool:
    """Whether a cell names a session, in any of the ways of NSE's files."""
    return text.casefold() in {session.strftime(form).casefold() for form in forms.SESSION_DATES}


def of_session(column: pa.ChunkedArray, session: date) -> Mask:
    """Whether each cell names a session."""
    return cells.holds(
        column,
        lambda dates: pa.array([is_of(text, session) for text in dates.to_pylist()], pa.bool_()),
    )


def of_another(cell: str) -> Rule:
    """The rule that a line is of the session."""

    def broken(line: Line, session: date) -> bool:
        return not is_of(line[cell] or "", session)

    return Rule(broken, quoting("date of another session", cell))


def fits(column: pa.ChunkedArray, form: str) -> Mask:
    """Whether each cell has a form, or the document is without the column."""
    absent: Mask = column.is_null().to_numpy()
    return cells.match(column, form) | absent


def does_not_fit(cell: str, form: str) -> Rule:
    """The rule that a cell has a form where the document has its column."""

    def broken(line: Line, _: date) -> bool:
        return line[cell] is not None and not of_form(line, cell, form)

    return Rule(broken, quoting(unreadable(cell), cell))


def are_days(column: pa.ChunkedArray) -> Mask:
    """Whether each cell is a day, DD-MON-YYYY."""
    return cells.holds(
        column,
        lambda texts: pa.array(
            [day_of(text) is not None for text in texts.to_pylist()], pa.bool_()
        ),
    )


def no_day(cell: str) -> Rule:
    """The rule that a cell is a day, DD-MON-YYYY."""
    return Rule(lambda line, _: day_of(line[cell] or "") is None, quoting(unreadable(cell), cell))


def days(column: pa.ChunkedArray) -> pa.Array:
    """Days, DD-MON-YYYY."""
    return cells.typed(
        column, lambda texts: pa.array([day_of(text) for text in texts.to_pylist()], pa.date32())
    )


def text(column: pa.ChunkedArray) -> pa.Array:
    """Texts; null where nothing is printed."""
    texts = column.cast(pa.string())
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def unreadable(cell: str) -> str:
    """What is told of a cell that has not its form."""
    return f"unreadable {cell.replace('_', ' ')}"


def number(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    """Numbers; null where - or nothing is printed."""

    def of_cells(texts: pa.Array) -> pa.Array:
        none = pc.is_in(texts, pa.array(NONE))
        return pc.if_else(none, pa.scalar(None, pa.string()), texts).cast(kind)

    return cells.typed(column, of_cells)


def price(column: pa.ChunkedArray) -> pa.Array:
    """Prices; a zero means that there is none."""
    prices = number(column, pa.float64())
    return pc.if_else(pc.equal(prices, 0.0), pa.scalar(None, pa.float64()), prices)


def rupees(column: pa.ChunkedArray, unit: int = 1) -> pa.Array:
    """Amounts that are printed in so many rupees, exactly; null where none is printed."""
    amounts = number(column, pa.decimal128(19, 2))
    return pc.multiply(amounts, pa.scalar(unit, pa.decimal128(8, 0))).cast(RUPEES)


def day_of(text: str) -> date | None:
    """The day that a text names, DD-MON-YYYY; nothing for another text."""
    try:
        return datetime.strptime(text, "%d-%b-%Y").date()  # noqa: DTZ007 - a day of India
    except ValueError:
        return None
