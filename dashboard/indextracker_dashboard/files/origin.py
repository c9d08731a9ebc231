"""Where a trade's price is from: the document and the line, with the line's text where it is kept.

The row of the lake is always there; the file itself only where it was dragged onto the page Files.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from dash import html
from dash.development.base_component import Component

from indextracker.reader import QuestionError
from indextracker_dashboard import controls, links
from indextracker_dashboard.data import Data
from indextracker_dashboard.files import layouts, uploads
from indextracker_dashboard.files.compared import PATH, CompareState
from indextracker_dashboard.files.previewing import LAYOUTS
from indextracker_dashboard.files.state import FilesState
from indextracker_dashboard.files.state import link as to_files

_LONGEST = 500
_ROW = """select * from silver.file_prices
where document = $document and line = $line::bigint order by ticker limit 20"""
_FIGURES = ("open", "high", "low", "close", "adj_close", "volume")


def body(state: CompareState, data: Data) -> Component:
    """The part of the page."""
    asked = {"document": state.document, "line": str(state.line)}
    try:
        rows: list[dict[str, Any]] = data.lakehouse.sql(_ROW, asked).arrow().to_pylist()
    except (LookupError, QuestionError):
        rows = []
    shown: list[Any] = [html.H2("Where this price is from")]
    if not rows:
        shown.append(html.P("silver/file_prices has no row of this document and line any more."))
    for row in rows:
        figures = ", ".join(f"{name} {row[name]}" for name in _FIGURES if row[name] is not None)
        facts = [
            ("File", to_files(FilesState(collection=row["collection"]), row["file"])),
            ("Line", f"{row['line']:,}"),
            ("Collection", row["collection"]),
            ("Document", html.Code(row["document"])),
            ("As it was read", f"{row['ticker']}, {row['at']:%Y-%m-%d %H:%M} UTC, {figures}"),
            ("As it stands", html.Code(_text(data, row), id="compare-line")),
        ]
        shown.append(
            html.Dl(
                [part for name, value in facts for part in (html.Dt(name), html.Dd(value))],
                className="facts document",
            )
        )
    shown.append(html.P(links.to(PATH, replace(state, document="", line=0), "Close")))
    return html.Section(shown, className="selected", **controls.aria("Where this price is from"))


def _text(data: Data, row: dict[str, Any]) -> str:
    """The line's text, or why it is not shown."""
    try:
        folder = uploads.folder_of(data, row["collection"])
    except uploads.UploadError:
        return "the file is not kept by the dashboard"
    file = folder / row["file"]
    if "/" in row["file"] or "!" in row["file"] or not file.is_file():
        return "the file is not kept by the dashboard: it was loaded from another folder"
    if _digest(str(file), file.stat().st_mtime_ns) != row["document"]:
        return "the file that is kept now is another one than was loaded"
    encodings = {one.get("encoding") for one in layouts.read(folder / LAYOUTS).values()} - {None}
    return _line(file, int(row["line"]), sorted(map(str, encodings)))


@lru_cache(maxsize=256)
def _digest(file: str, changed: int) -> str:
    del changed
    with Path(file).open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _line(file: Path, line: int, encodings: list[str]) -> str:
    """A line of a text; of what is none it is said."""
    for encoding in ("utf-8-sig", *(one.removesuffix(" (BOM)") for one in encodings)):
        try:
            with file.open(encoding=encoding, newline=None) as opened:
                for number, text in enumerate(opened, 1):
                    if number == line:
                        return text.rstrip("\n")[:_LONGEST]
        except (UnicodeError, LookupError):
            continue
        return "the file is no text of so many lines: the row is counted in its table"
    return "the file is no text: the row is counted in its table"
