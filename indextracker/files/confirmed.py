"""A layout that a person has confirmed: its YAML, the answers in it, and how files are read.

A file of a layout is read by what stands in the YAML and by nothing else, so that a correction
there counts. How a layout is found is in `proposal`, how rows are read in `careful` and
`selecting`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from indextracker.files.model import Column, Role
from indextracker.files.moments import SERIAL, Moments
from indextracker.files.numbers import Signs
from indextracker.files.roles import Roles
from indextracker.files.tickers import Ticker

# An answer that takes what was proposed.
YES: Final = "yes"
# Letters by which files name zones, where they mean one zone alone.
_ZONES: Final = {
    "GMT": "UTC", "JST": "Asia/Tokyo", "KST": "Asia/Seoul", "MSK": "Europe/Moscow",
    "HKT": "Asia/Hong_Kong", "EDT": "Etc/GMT+4",
}  # fmt: skip
_PAIR: Final = re.compile(r"%(?P<a>[dmy])(?P<s1>.?.?)%(?P<b>[dm])(?P<s2>.?.?)(?P<c>%[yYd]|BE)")
_STATEMENTS: Final = ("close only", "columns", "date", "encoding", "prices", "roles", "weekends")


class LayoutError(ValueError):
    """A YAML that is no layout, or an answer that answers nothing; the message says what to do."""


@dataclass(frozen=True)
class Reading:
    """How files of a layout are read.

    Attributes:
        name: Name of the layout.
        kind: Bars, ticks, or a matrix.
        container: What the text or the table is in; None for a plain text.
        codec: How its bytes are decoded, as Python calls it; None of a typed file.
        delimiter: What parts the cells.
        signs: How numbers are written.
        before: How many lines stand above the header.
        header_lines: How many the header has.
        roles: What the columns are.
        ticker: Where the instrument's name stands; with `where` of "answer", the name itself.
        zone: Zone of times that name none; None where the collection's counts.
        scale: By what prices are divided.
        volume_unit: By what volumes are multiplied.
        intervals: The usual times between two rows that were met.
        missing: Cells that say that there is nothing.
    """

    name: str
    kind: str
    container: str | None
    codec: str | None
    delimiter: str | None
    signs: Signs
    before: int
    header_lines: int
    roles: Roles
    ticker: Ticker
    zone: str | None
    scale: int
    volume_unit: float
    intervals: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def headers(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple((column.header or "").strip() for column in self.roles.columns)

    @property
    def typed(self) -> bool:
        """Whether the container says the types of cells."""
        return self.codec is None


def document(path: Path) -> dict[str, Any]:
    """The YAML of a layout.

    Raises:
        LayoutError: It is none.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise LayoutError(f"{path} is no YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(found, dict) or not {"layout", "columns", "kind"} <= found.keys():
        raise LayoutError(
            f"{path} is no layout: `indextracker files detect` writes one for each kind of file"
        )
    for name in ("columns", "questions"):
        parts = found.get(name) or []
        if not (isinstance(parts, list) and all(isinstance(one, dict) for one in parts)):
            raise LayoutError(f"{path}: {name} is a list of entries with names, each after a dash")
    if any({"about", "question"} - one.keys() for one in found.get("questions") or []):
        raise LayoutError(f"{path}: a question says what it is about, and what is asked")
    return found


def layouts_in(folder: Path) -> list[Path]:
    """The YAML files of a folder of layouts."""
    return sorted(folder.glob("*.yml")) if folder.is_dir() else []


def is_confirmed(layout: Mapping[str, Any]) -> bool:
    """Whether a person has confirmed a layout."""
    return layout.get("confirmed") is True


def unanswered(layout: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The questions that have no answer yet."""
    return [one for one in layout.get("questions") or [] if one.get("answer") in (None, "")]


def answered(layout: Mapping[str, Any], answers: Mapping[str, str]) -> dict[str, Any]:
    """A layout with answers, in its questions and in what they change.

    Args:
        layout: The YAML.
        answers: What is answered, by what it is about: `date_format`, `ticker`, `zone`. `yes`
            takes what is proposed.

    Raises:
        LayoutError: Nothing of the layout is about it, or the answer is not one of the possible.
    """
    found = dict(layout)
    questions = [dict(one) for one in layout.get("questions") or []]
    for about, said in answers.items():
        asked = [one for one in questions if one["about"] == about]
        for one in asked:
            possible = [str(answer) for answer in one.get("possible") or []]
            if possible and about != "ticker" and said not in (*possible, YES):
                raise LayoutError(
                    f"{about}={said}: the answers to '{one['question']}' are {', '.join(possible)}"
                )
            one["answer"] = said
        if not asked and about not in _SETTERS:
            known = sorted({*(one["about"] for one in questions), *_SETTERS})
            raise LayoutError(f"nothing is asked about {about!r}; known are {', '.join(known)}")
        if said != YES and about in _SETTERS:
            _SETTERS[about](found, said)
        elif said != YES and about not in _STATEMENTS:
            raise LayoutError(f"{about}={said}: answer yes, or correct the YAML by hand")
    found["questions"] = questions
    return found


def confirm(path: Path, answers: Mapping[str, str]) -> None:
    """Writes answers into a layout, and that it is confirmed.

    Args:
        path: The YAML.
        answers: As of `answered`.

    Raises:
        LayoutError: As of `answered`; or a question is left open, or it cannot be read by.
    """
    found = answered(document(path), answers)
    if still := unanswered(found):
        asked = "; ".join(f"{one['about']}: {one['question']}" for one in still)
        raise LayoutError(f"{path.name} has open questions: {asked}")
    found["confirmed"] = True
    reading_of(found)
    text = yaml.safe_dump(found, sort_keys=False, allow_unicode=True, width=100)
    beside = path.with_name(f".{path.name}.writing")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def _set(name: str) -> Any:
    def setter(layout: dict[str, Any], said: str) -> None:
        layout[name] = said

    return setter


def _set_ticker(layout: dict[str, Any], said: str) -> None:
    layout["ticker"] = {"where": "answer", "column": None, "value": said}


def _set_decimal(layout: dict[str, Any], said: str) -> None:
    if said not in (".", ","):
        raise LayoutError(f"decimal={said}: it is . or ,")
    layout["decimal"] = said
    if layout.get("thousands") == said:
        layout["thousands"] = None


def _set_close(layout: dict[str, Any], said: str) -> None:
    columns = [dict(column) for column in layout["columns"]]
    named = [c for c in columns if (c["header"] or "").strip().casefold() == said.casefold()]
    if len(named) != 1:
        headers = ", ".join(str(column["header"]) for column in columns)
        raise LayoutError(
            f"close={said}: no column, or several, have this name; there are {headers}"
        )
    for column in columns:
        if column["role"] == Role.CLOSE:
            column["role"] = Role.LAST.value
    named[0]["role"] = Role.CLOSE.value
    layout["columns"] = columns


def _set_scale(layout: dict[str, Any], said: str) -> None:
    if not said.isdigit() or int(said) < 1:
        raise LayoutError(f"price_scale={said}: by what whole number are prices divided?")
    layout["price_scale"] = int(said)


def _set_volume(layout: dict[str, Any], said: str) -> None:
    if said == "none":
        layout["columns"] = [
            dict(column) | ({"role": "other"} if column["role"] == Role.VOLUME else {})
            for column in layout["columns"]
        ]
        return
    try:
        layout["volume_unit"] = float(said)
    except ValueError:
        raise LayoutError(
            f"volume={said}: by what number are volumes multiplied, such as 1000? `none` leaves "
            "them out, yes takes them as they stand"
        ) from None


def _set_zone(layout: dict[str, Any], said: str) -> None:
    layout["zone"] = zone_of(said)


_SETTERS: Final = {
    "close": _set_close,
    "date_format": _set("date_format"),
    "decimal": _set_decimal,
    "price_scale": _set_scale,
    "ticker": _set_ticker,
    "volume": _set_volume,
    "zone": _set_zone,
}


def zone_of(name: str) -> str:
    """The IANA name of a zone.

    Raises:
        LayoutError: There is none of this name.
    """
    found = _ZONES.get(name, name)
    try:
        ZoneInfo(found)
    except (KeyError, ValueError, OSError) as error:
        raise LayoutError(
            f"there is no zone {name!r}: its name is one such as Asia/Kolkata or UTC"
        ) from error
    return found


def confirmed_in(folder: Path) -> list[Reading]:
    """The confirmed layouts of a folder.

    Raises:
        LayoutError: One of the YAML files is none, or cannot be read by.
    """
    documents = [document(path) for path in layouts_in(folder)]
    return [reading_of(layout) for layout in documents if is_confirmed(layout)]


def reading_of(layout: Mapping[str, Any]) -> Reading:
    """How files are read by a layout.

    Raises:
        LayoutError: What it says cannot be read by.
    """
    try:
        return _reading_of(layout)
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as error:
        # A LayoutError is a ValueError, and says more.
        if isinstance(error, LayoutError):
            raise
        raise LayoutError(f"{layout['layout']}: it cannot be read by: {error}") from error


def _reading_of(layout: Mapping[str, Any]) -> Reading:
    try:
        columns = [
            Column(place, one["header"], Role(one["role"]), one.get("instrument"))
            for place, one in enumerate(layout["columns"])
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise LayoutError(f"{layout['layout']}: {error} in its columns") from error
    form = layout.get("date_format")
    date = _first(columns, Role.DATE, Role.DATETIME, Role.EPOCH)
    encoding = layout.get("encoding")
    roles = Roles(
        columns,
        str(layout["kind"]),
        date,
        _first(columns, Role.TIME),
        None if form is None else _moments(str(form)),
        layout.get("time_format"),
    )
    said = layout.get("ticker") or {}
    zone = layout.get("zone")
    return Reading(
        name=str(layout["layout"]),
        kind=str(layout["kind"]),
        container=layout.get("container"),
        codec=_codec(str(encoding)) if encoding else None,
        delimiter=layout.get("delimiter"),
        signs=Signs(layout.get("decimal") or ".", layout.get("thousands")),
        before=int(layout.get("lines_before_header") or 0),
        header_lines=int(layout.get("header_lines") or 0),
        roles=roles,
        ticker=Ticker(str(said.get("where") or "none"), said.get("value"), said.get("column")),
        zone=None if zone in (None, "in each time") else zone_of(str(zone)),
        scale=int(layout.get("price_scale") or 1),
        volume_unit=float(layout.get("volume_unit") or 1),
        intervals=tuple(layout.get("frequency") or ()),
        missing=tuple(str(mark) for mark in layout.get("missing") or ()),
    )


def _first(columns: Sequence[Column], *roles: Role) -> int | None:
    """The place of the first column of the first role that any has."""
    for role in roles:
        for column in columns:
            if column.role is role:
                return column.index
    return None


def _codec(encoding: str) -> str:
    said = encoding.removesuffix(" (BOM)")
    if said in ("ascii", "utf-8", "utf-8-sig"):
        return "utf-8-sig"
    return "utf-16" if said.startswith("utf-16") else said


def _moments(written: str) -> Moments:
    """A column's formats as they are written, and as cells come before they are ordered."""
    found = Moments(share=1.0)
    for form in re.split(r"(?<! )\+(?! )", written):
        if form == SERIAL:
            return Moments(Counter({SERIAL: 1}), share=1.0)
        for one in {form, form.replace("%B", "%b"), form.replace("%b", "%B")}:
            found.forms[one] += 1
        if pair := _PAIR.match(form):
            order = pair["a"]
            last = "%y" if order == "y" else pair["c"]
            raw = f"%1{pair['s1']}%2{pair['s2']}{last}{form[pair.end() :]}"
            found.forms[raw] += 1
            found.orders[raw] = order
    return found
