"""Prices of all shares of NSE at a moment, from a vendor at RapidAPI: one answer, as JSON.

The vendor has two forms, a frozen one and a newer one with other names, each at an address of its
own. The frozen one is asked for first, since it alone has indices and series; where that is no
document of the session, the newer one. A price may be days old: that is told in silver.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from indextracker.feeds.india.nse import DUE_AT
from indextracker.feeds.json_objects import parse
from indextracker.feeds.model import Feed, Header, Publisher, Refusal, Request, quote
from indextracker.readings.india import snapshots as readings
from indextracker_catalogue.india.bronze import NSE_SNAPSHOTS
from indextracker_catalogue.india.secrets import RAPIDAPI_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from indextracker.system.documents import Document

_HOST: Final = "latest-stock-price.p.rapidapi.com"
RAPIDAPI = Publisher(
    "rapidapi",
    f"https://{_HOST}",
    min_interval_seconds=1.0,
    headers={"X-RapidAPI-Host": _HOST},
    access=Header("X-RapidAPI-Key", RAPIDAPI_KEY),
)

# The published names of each cell, of the frozen form and of the newer one.
_FROZEN: Final = {
    "identifier": "identifier",
    "symbol": "symbol",
    "name": "companyName",
    "isin": "isin",
    "industry": "industry",
    "open": "open",
    "high": "dayHigh",
    "low": "dayLow",
    "last": "lastPrice",
    "previous_close": "previousClose",
    "price_change": "change",
    "percent_change": "pChange",
    "percent_change_30_days": "perChange30d",
    "percent_change_365_days": "perChange365d",
    "shares": "totalTradedVolume",
    "turnover": "totalTradedValue",
    "year_high": "yearHigh",
    "year_low": "yearLow",
    "updated_at": "lastUpdateTime",
}
_NEWER: Final = {
    "identifier": "Symbol",
    "symbol": "Symbol",
    "name": "Name",
    "open": "Open",
    "high": "High",
    "low": "Low",
    "last": "LTP",
    "previous_close": "PreviousClose",
    "shares": "Volume",
    "updated_at": "LastUpdateTime",
}


def names(session: date) -> tuple[str, ...]:
    """The name under which a session's prices are kept."""
    return (f"latest-stock-price_{session}.json",)


def read(published: Document, session: date) -> pa.Table:
    """Read the prices as of a session: a row each, numbers as they are written.

    Raises:
        Refusal: blocked for a web page and for what is no JSON; missing for an empty list, and
            where no price was told in the session; refused for another layout.
    """
    document = names(session)[0]
    found = parse(published.read(), document, numbers_as_text=True)
    if not isinstance(found, list):
        raise Refusal("refused", f"{document} is {quote(found)}, expected a list of prices")
    if not found:
        raise Refusal("missing", f"{document} has no price")
    rows = [_cells(entry) for entry in found]
    moments = [row["updated_at"] for row in rows if row["updated_at"]]
    if not moments:
        raise Refusal(
            "refused", f"{document} has no time of a price; its first entry is {quote(found[0])}"
        )
    if not any(readings.is_of(moment, session) for moment in moments):
        raise Refusal(
            "missing", f"{document} has prices of {moments[0]} and others, none of {session}"
        )
    return pa.table(
        {
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
            **{
                name: pa.array([row[name] for row in rows], pa.string())
                for name in (*_FROZEN, "text")
            },
        }
    )


def _cells(entry: Any) -> dict[str, str | None]:
    """The cells of an entry; one that has no form of the two stands whole in `text`."""
    of_form = _NEWER if isinstance(entry, dict) and "Symbol" in entry else _FROZEN
    cells: dict[str, str | None] = dict.fromkeys((*_FROZEN, "text"))
    if not isinstance(entry, dict) or of_form["symbol"] not in entry:
        return cells | {"text": json.dumps(entry, ensure_ascii=False)}
    meta = entry.get("meta")
    values: Mapping[str, Any] = {**entry, **(meta if isinstance(meta, dict) else {})}
    for cell, published in of_form.items():
        value = values.get(published)
        cells[cell] = None if value is None else " ".join(str(value).split())
    return cells


SNAPSHOTS = Feed(
    name=NSE_SNAPSHOTS.name,
    publisher=RAPIDAPI.name,
    table=NSE_SNAPSHOTS,
    due_at=DUE_AT,
    tells_end=False,
    of_today=True,
    names=names,
    request=lambda _: Request("/any"),
    otherwise=(lambda _: Request("/equities"),),
    read=read,
    reads_well=readings.SNAPSHOTS.judge,
)
