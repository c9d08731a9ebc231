"""The reading of spreadsheets of daily prices of NSE's shares, as people keep them.

Spreadsheets write days in many ways, group thousands, and leave decimals behind. In which way a
document writes its days is decided when it is imported: it stands in the session of each line.

Several may have a line of one security and session. The first counts, which is that of the newest
import; others that agree with it are the same line again, and those that do not are rejects.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker.readings.india.values import does_not_fit, fits, number, unreadable
from indextracker.readings.model import Line, Reading, Rule, quoting, unlike
from indextracker_catalogue.india import bronze as t
from indextracker_catalogue.india import forms

_FORM: Final = forms.SHEET_LINE
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_FIGURES: Final = (
    *(name for name in _FORM.cells if name not in _FORM.once),
    *forms.SHEET_OPTIONAL,
)
_CENTURY: Final = 2000
_TIME: Final = r"(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
_YEAR: Final = r"(?P<y>\d{4}|\d{2})"
# In which ways a spreadsheet writes days; those that can be mistaken for each other come last.
DAYS: Final[dict[str, re.Pattern[str]]] = {
    "year first": re.compile(rf"(?P<y>\d{{4}})([-/.])(?P<m>\d\d?)\2(?P<d>\d\d?){_TIME}"),
    "eight digits": re.compile(r"(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)"),
    "named month": re.compile(rf"(?P<d>\d\d?)[-/ ](?P<m>[A-Za-z]{{3}})[a-z]*[-/ ]{_YEAR}{_TIME}"),
    "day first": re.compile(rf"(?P<d>\d\d?)([-/.])(?P<m>\d\d?)\2{_YEAR}{_TIME}"),
    "month first": re.compile(rf"(?P<m>\d\d?)([-/.])(?P<d>\d\d?)\2{_YEAR}{_TIME}"),
}


def days(texts: Iterable[str], form: str) -> dict[str, date]:
    """The days that texts name in one of the ways, by text; those that name none are left out."""
    found = {}
    for text in texts:
        if (day := _day(text, DAYS[form])) is not None:
            found[text] = day
    return found


def _day(text: str, form: re.Pattern[str]) -> date | None:
    match = form.fullmatch(text)
    if match is None:
        return None
    year, month = int(match["y"]), match["m"]
    number = int(month) if month.isdecimal() else _MONTHS.get(month.casefold(), 0)
    try:
        return date(year if year > 99 else _CENTURY + year, number, int(match["d"]))
    except ValueError:
        return None


def names(text: str, session: date) -> bool:
    """Whether a cell names a session in any of the ways."""
    return any(_day(text, form) == session for form in DAYS.values())


def _of_session(column: pa.ChunkedArray, session: date) -> Mask:
    def of_cells(texts: pa.Array) -> pa.Array:
        return pa.array([names(text, session) for text in texts.to_pylist()], pa.bool_())

    return cells.holds(column, of_cells)


def _broken(line: Line, session: date) -> bool:
    return not names(line["trade_date"] or "", session)


def _agreeing(well: Mask, lines: pa.Table) -> Mask:
    """Keeps the lines that say nothing else than the first of their security."""
    own = lines.filter(pa.array(well))
    kept = _first(own)[1]
    agree = np.ones(len(kept), bool)
    for name in _FIGURES:
        figures = number(plain(own.column(name)), pa.float64()).to_numpy(zero_copy_only=False)
        # Where one of the two has none, the difference is no number, which is not unequal to 0.
        agree &= ~(np.abs(figures - figures[kept]) > 0)
    found = np.zeros(len(well), bool)
    found[np.flatnonzero(well)[agree]] = True
    return found


def firsts(lines: pa.Table) -> pa.Table:
    """A line for each security: the first of those that are read."""
    return lines.take(pa.array(_first(lines)[0]))


def _first(lines: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places of the first line of each security, and for each line the first of its own."""
    securities = cells.groups((lines.column(name), None) for name in _FORM.once)
    _, first, own = np.unique(securities[: len(lines)], return_index=True, return_inverse=True)
    return np.sort(first), first[own]


SHEETS = Reading(
    t.NSE_PRICE_SHEETS,
    _FORM,
    lambda lines, session: [
        _of_session(lines.column("trade_date"), session),
        *(fits(lines.column(cell), form) for cell, form in forms.SHEET_OPTIONAL.items()),
    ],
    (
        Rule(_broken, quoting("no day of a session", "trade_date")),
        *(
            unlike(cell, form, unreadable(cell))
            for cell, form in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
        *(does_not_fit(cell, form) for cell, form in forms.SHEET_OPTIONAL.items()),
    ),
    _agreeing,
    "a newer import, or a line before, has other figures of the same symbol and series",
)


def plain(column: pa.ChunkedArray, *, counts: bool = False) -> pa.ChunkedArray:
    """Numbers without what groups their thousands; of counts, without decimals, which are zero."""

    def of_cells(texts: pa.Array) -> pa.Array:
        found = pc.replace_substring(texts, ",", "")
        return pc.replace_substring_regex(found, r"\.0*$", "") if counts else found

    return pa.chunked_array([cells.typed(column, of_cells)])
