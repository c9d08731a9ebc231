"""Corporate actions of the past, as NSE's site gives them for a range of days: a list, as JSON.

A line stands under the last session up to its ex-date, on which the action was known at the latest.
How actions are read is decided in silver.
"""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from indextracker.feeds.imports import Import
from indextracker.feeds.india.import_days import Sessions
from indextracker.feeds.json_objects import parse
from indextracker.feeds.model import Refusal, quote
from indextracker.readings.india.values import day_of
from indextracker_catalogue.india.bronze import NSE_FILED_ACTIONS

if TYPE_CHECKING:
    from indextracker.system.documents import Document

# The published name of each cell.
_FIELDS: Final = {
    "symbol": "symbol",
    "series": "series",
    "face_value": "faceVal",
    "purpose": "subject",
    "ex_date": "exDate",
    "record_date": "recDate",
    "book_closure_start": "bcStartDate",
    "book_closure_end": "bcEndDate",
    "security_name": "comp",
    "isin": "isin",
}
_NEEDED: Final = ("symbol", "subject", "exDate")
_HEAD_BYTES: Final = 1 << 16


def is_one(document: Document) -> bool:
    """Whether a document begins as JSON does."""
    with document.open() as opened:
        return opened.read(_HEAD_BYTES).removeprefix(BOM_UTF8).lstrip()[:1] in (b"[", b"{")


def read(document: Document) -> pa.Table:
    """Read the actions: a row each, in the order of the list.

    Raises:
        Refusal: refused for what is no list of actions, and for one of which no ex-date is a day.
    """
    try:
        found = parse(document.read().removeprefix(BOM_UTF8), document.name)
    except Refusal as refusal:
        # Of a publisher, which can be asked again, it is blocked; this is a file.
        raise Refusal("refused", refusal.reason) from refusal
    if not isinstance(found, list) or not found:
        raise Refusal("refused", f"{document.name} is {quote(found)}, expected a list of actions")
    if not any(_is_action(entry) for entry in found):
        raise Refusal(
            "refused",
            f"{document.name} has no entry with {', '.join(_NEEDED)}; its first is "
            f"{quote(found[0])}",
        )
    rows = [_cells(entry) for entry in found]
    days = [day_of(row["ex_date"] or "") for row in rows]
    sessions = Sessions.known()
    placed = [sessions.until(day) if day else None for day in days]
    first = min((session for session in placed if session), default=None)
    if first is None:
        raise Refusal(
            "refused",
            f"{document.name} has no ex-date in the years of the calendar; its first is "
            f"{quote(rows[0]['ex_date'])}",
        )
    keys: list[date] = [session or first for session in placed]
    return pa.table(
        {
            "session_date": pa.array(keys, pa.date32()),
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
            **{name: pa.array([row[name] for row in rows], pa.string()) for name in _FIELDS},
            "text": pa.array([row["text"] for row in rows], pa.string()),
        }
    )


def _is_action(entry: Any) -> bool:
    return isinstance(entry, dict) and all(name in entry for name in _NEEDED)


def _cells(entry: Any) -> dict[str, str | None]:
    """The cells of an entry; one that is no action stands whole in `text`."""
    if not _is_action(entry):
        nothing: dict[str, str | None] = dict.fromkeys(_FIELDS)
        return nothing | {"text": json.dumps(entry, ensure_ascii=False)}
    found = {cell: entry.get(name) for cell, name in _FIELDS.items()}
    texts = {
        cell: None if value is None else " ".join(str(value).split())
        for cell, value in found.items()
    }
    return texts | {"text": None}


FILED_ACTIONS = Import("NSE's list of corporate actions as JSON", NSE_FILED_ACTIONS, is_one, read)
