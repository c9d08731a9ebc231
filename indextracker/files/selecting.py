"""A layout as one select of DuckDB over the lines of a text, for the rows that are written plainly.

A row is given where every cell that counts is read, or says that there is nothing; all others are
left to `careful`, so that no cell is read in another way because a file is large. Numbers and days
that are plain throughout are typed by DuckDB's reader itself, which takes an eighth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from indextracker.files import tables
from indextracker.files.careful import close_of
from indextracker.files.confirmed import Reading
from indextracker.files.model import Role
from indextracker.files.moments import SERIAL
from indextracker.files.numbers import MISSING
from indextracker.files.tickers import Ticker

NUMBERS: Final = ("open", "high", "low", "close", "adj_close", "volume")
_PRICED: Final = ("open", "high", "low", "close", "adj_close")
_ROLES: Final = {
    "open": Role.OPEN,
    "high": Role.HIGH,
    "low": Role.LOW,
    "adj_close": Role.ADJ_CLOSE,
    "volume": Role.VOLUME,
}
# Formats that DuckDB reads as they stand; names of months are English to it.
_KNOWN: Final = re.compile(r"(?:%[YymdbBHMSIpz]|[-/. :,T_;年月日])+")
_PLAIN_NUMBER: Final = r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
_EPOCHS: Final = {
    "epoch_s": (r"\d{9,10}", 1_000_000),
    "epoch_ms": (r"\d{12,13}", 1_000),
    "epoch_us": (r"\d{15,16}", 1),
}
# DuckDB's reader of typed cells knows these two by heart.
_TYPED: Final = {"%Y-%m-%d": "date", "%Y-%m-%d %H:%M:%S": "timestamp"}
# The longest line, in bytes; a longer one is told by `careful`.
_MOST_LINE: Final = 2**22


@dataclass(frozen=True)
class Select:
    """A select of the columns of `careful.PRICES` from a text.

    Attributes:
        rows: The rows that are read.
        left: The numbers of the lines that are not.
    """

    rows: str
    left: str


def text(value: str) -> str:
    """A text of SQL."""
    return "'" + value.replace("'", "''") + "'"


def of_text(
    path: Path, how: Reading, ticker: Ticker, skipped: int, zone: str, *, typed: bool
) -> Select | None:
    """The select of a layout; None where its rows can be read by `careful` alone.

    Args:
        path: A text in UTF-8.
        how: The layout.
        ticker: Where the instrument stands.
        skipped: How many lines are no rows.
        zone: Zone of times that name none.
        typed: Whether DuckDB's reader makes numbers and days of the cells. It leaves lines out that
            it cannot type, without a number for them, so that nothing is left to `careful`.
    """
    roles = how.roles
    named = ticker.value or ticker.column is not None
    if how.delimiter is None or how.delimiter == tables.FIXED_WIDTH or len(how.delimiter) != 1:
        return None
    if roles.kind.startswith("wide") or roles.date is None or not named:
        return None
    wanted = _ROLES | {"close": close_of(how)}
    places = {name: roles.index(wanted[name]) for name in NUMBERS}
    held = sorted({place for place in places.values() if place is not None})
    types = ["varchar"] * len(roles.columns)
    plain = how.signs.decimal == "." and not how.signs.thousands
    form = how_dates(how)
    if typed:
        if not plain or form is None:
            return None
        for place in held:
            types[place] = "double"
        if roles.time is None and form in _TYPED:
            types[roles.date] = _TYPED[form]
    at = _at(how, types[roles.date], here=how.zone or zone)
    if at is None:
        return None
    read = {name: _number(places[name], how, name, typed=typed) for name in NUMBERS}
    code = text(ticker.value or "") if ticker.column is None else _code(f"c{ticker.column}")
    bad = "false" if typed else _bad(held, how)
    good = f"\"at\" is not null and ticker <> '' and {_sound(places)} and not bad"
    source = _source(path, how, types, skipped)
    numbered = f"(select row_number() over () + {skipped} as line, * from {source})"
    cells = ", ".join(f"{sql} as {name}" for name, sql in read.items())
    read_as = f'{code} as ticker, {at} as "at", {cells}, line, {bad} as bad'
    inner = f"(select {read_as} from {numbered})"
    columns = f'ticker, "at", {", ".join(NUMBERS)}, line'
    return Select(
        f"select {columns} from {inner} where {good}",
        f"select line from {inner} where ({good}) is not true",
    )


def how_dates(how: Reading) -> str | None:
    """The one format of a layout's days, as `strptime` has it; None where there are others too."""
    if how.roles.moments is None:
        return None
    forms = {form for form in how.roles.moments.forms if "%1" not in form}
    if len(forms) > 1:
        forms = {form for form in forms if "%B" not in form}
    return next(iter(forms)) if len(forms) == 1 else None


def _source(path: Path, how: Reading, types: list[str], skipped: int) -> str:
    named = ", ".join(f"'c{place}': '{kind}'" for place, kind in enumerate(types))
    nulls = ", ".join(text(mark) for mark in dict.fromkeys(("", *how.missing)))
    nothing = f", nullstr = [{nulls}]" if {*types} != {"varchar"} else ", nullstr = ['']"
    return (
        f"read_csv({text(str(path))}, auto_detect = false, header = false, "
        f"delim = {text(how.delimiter or ',')}, quote = '\"', escape = '\"', skip = {skipped}, "
        f"columns = {{{named}}}, null_padding = true, ignore_errors = true, store_rejects = true, "
        f"strict_mode = false, max_line_size = {_MOST_LINE}{nothing})"
    )


def _at(how: Reading, kind: str, here: str) -> str | None:
    """The time of a row as an instant; None where DuckDB does not read its format."""
    form, roles = how_dates(how), how.roles
    if form is None or form == SERIAL:
        return None
    if kind != "varchar":
        return _in_zone(f"c{roles.date}::timestamp", here)
    cell = f"trim(c{roles.date})"
    if form in _EPOCHS:
        digits, micros = _EPOCHS[form]
        instant = f"make_timestamptz(try_cast({cell} as bigint) * {micros})"
        return f"case when regexp_full_match({cell}, '{digits}') then {instant} end"
    if form.startswith("ROC") and roles.time is None:
        return _in_years_of_taiwan(form, cell, here)
    if roles.time is not None:
        cell, form = f"{cell} || ' ' || trim(c{roles.time})", f"{form} {roles.time_format}"
    return _by_format(form, cell, here)


def _by_format(form: str, cell: str, here: str) -> str | None:
    if form.endswith(" UTC"):
        form, here = form.removesuffix(" UTC"), "UTC"
        cell = f"regexp_replace({cell}, ' UTC$', '')"
    if not _KNOWN.fullmatch(form) or form.count("%H") + form.count("%I") > 1:
        return None
    read = f"try_strptime({cell}, {text(form)})"
    if "%z" in form:
        return read
    if "%y" in form:
        # Of two digits, 69 is the last of this century here and the first of the last one there.
        read = f"case when year({read}) = 1969 then {read} + interval 100 year else {read} end"
    return _in_zone(read, here)


def _in_years_of_taiwan(form: str, cell: str, here: str) -> str | None:
    """Years are counted from 1911."""
    if not (found := re.fullmatch(r"ROC(.)%m(.)%d", form)):
        return None
    first, second = map(re.escape, found.groups())
    parts = rf"^(\d{{2,3}}){first}(\d{{1,2}}){second}(\d{{1,2}})$"
    year, month, day = (
        f"try_cast(regexp_extract({cell}, {text(parts)}, {n}) as integer)" for n in (1, 2, 3)
    )
    return _in_zone(f"try(make_date({year} + 1911, {month}, {day}))::timestamp", here)


def _sound(places: Mapping[str, int | None]) -> str:
    """SQL that holds where there is a price, and every number is finite."""
    some = " or ".join(f"{name} is not null" for name in _PRICED)
    finite = " and ".join(f"coalesce(isfinite({name}), true)" for name in NUMBERS)
    held = [name for name in NUMBERS if places[name] is not None]
    if {*held} <= {"volume"}:
        return f"(({some}) and {finite})"
    # A sum is finite where all its terms are, and tells that of most rows in half of the time.
    return f"(isfinite({' + '.join(held)}) or (({some}) and {finite}))"


def _code(cell: str) -> str:
    """A ticker without blanks, and without the quote by which Excel keeps a text as it is.

    DuckDB takes a tenth of the time of all for signs to trim, and next to none to look for them.
    """
    code = f"trim({cell})"
    return f"case when starts_with({code}, '''') then ltrim({code}, '''') else {code} end"


def _in_zone(moment: str, here: str) -> str:
    if here == "UTC":
        # The same number of microseconds: asking the calendar of a zone takes a tenth of the time.
        return f"make_timestamptz(epoch_us({moment}))"
    return f"timezone({text(here)}, {moment})"


def _number(place: int | None, how: Reading, name: str, *, typed: bool) -> str:
    if place is None:
        return "null::double"
    value = f"c{place}" if typed else _cast(place, how)
    if name == "volume":
        return value if how.volume_unit == 1 else f"{value} * {how.volume_unit!r}"
    return value if how.scale == 1 else f"{value} / {how.scale}"


def _cast(place: int, how: Reading) -> str:
    cell = f"trim(c{place})"
    for sign in dict.fromkeys((how.signs.thousands or "", " ", "\u00a0", "\u202f")):
        if sign:
            cell = f"replace({cell}, {text(sign)}, '')"
    if how.signs.decimal != ".":
        cell = f"replace({cell}, {text(how.signs.decimal)}, '.')"
    number = f"try_cast({cell} as double)"
    return f"case when regexp_full_match({cell}, '{_PLAIN_NUMBER}') then {number} end"


def _bad(places: list[int], how: Reading) -> str:
    """SQL that holds where a cell is neither a plain number nor a mark of nothing."""
    marks = ", ".join(text(mark) for mark in sorted({*MISSING, *map(str.casefold, how.missing)}))
    terms = [
        f"({_cast(place, how)} is null and lower(trim(coalesce(c{place}, ''))) not in ({marks}))"
        for place in sorted({*places})
    ]
    return " or ".join(terms) or "false"
