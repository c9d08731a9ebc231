"""Yahoo's headlines of tickers: a list of RSS each, kept together as the document of a day.

A list has no past beyond its last headlines, so that a day that was missed is missed. Lists that
somebody kept of Yahoo's pages, a CSV for each ticker, are parts of a document as well: they bear no
date, so that whoever has them says by the name of the zip of which day they are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import quote as in_address

import pyarrow as pa

from indextracker.feeds.model import Feed, Publisher, Refusal, Request, quote
from indextracker.feeds.news.rss import items
from indextracker.feeds.pages import is_firewall, is_page, quote_page
from indextracker.feeds.zipped import REFUSAL, Part, read_parts
from indextracker.readings.news import headlines as readings
from indextracker.reference.news import INSTRUMENTS
from indextracker_catalogue.news.bronze import YAHOO_HEADLINES
from indextracker_catalogue.news.forms import EMPTY, SECTION_TITLES
from indextracker_catalogue.shared.deliveries import State

if TYPE_CHECKING:
    from indextracker.system.documents import Document

# A list has some 20 headlines in 15 KB, a kept one at most 176 in the samples, in as much.
LARGEST_BYTES: Final = 4 << 20
LARGEST_PARTS_BYTES: Final = 64 << 20
_LIST, _KEPT = ".xml", ".csv"
_KEPT_NAME: Final = "headlines_"
_KEPT_HEADER: Final = ["", "ticker", "title"]
_HEAD_BYTES: Final = 4_096
_OF_NSE: Final = ".NS"
_LONGEST_PROBLEM: Final = 500
_CELLS: Final = (
    *("part", "ticker", "title", "link", "pub_date"),
    *("section", "fetched_at", "problem", "text"),
)

Row = dict[str, str | None]


def explain(status: int, body: bytes) -> Refusal | None:
    """What an answer is that is no list: a page of consent or of an error comes with status 200.

    Args:
        status: Of the answer.
        body: Its beginning.

    Returns:
        blocked for a firewall's page, refused for anything else; None for a list, and where the
        status says what it means.
    """
    if status != HTTPStatus.OK or b"<rss" in body[:_HEAD_BYTES]:
        return None
    if not is_page(body):
        return Refusal("refused", f"the answer is {quote(body[:80])}, expected RSS")
    state: State = "blocked" if is_firewall(body) else "refused"
    return Refusal(state, f"the answer is {quote_page(body)}, expected RSS")


YAHOO = Publisher(
    "yahoo", "https://feeds.finance.yahoo.com", min_interval_seconds=1.0, explain=explain
)


def names(day: date) -> tuple[str, ...]:
    """The name of the zip in which a day's lists are kept."""
    return (f"headlines_{day:%Y-%m-%d}.zip",)


def request(day: date) -> Request:  # noqa: ARG001 - the lists are those of the day of the request
    """What to ask for: the list of each ticker of NSE that means an instrument."""
    tickers = [row["ticker"] for row in INSTRUMENTS.read() if row["ticker"].endswith(_OF_NSE)]
    return Request(
        "/rss/2.0/headline",
        parts={
            f"{ticker}{_LIST}": f"?s={in_address(ticker)}&region=US&lang=en-US"
            for ticker in tickers
        },
    )


def read(published: Document, day: date) -> pa.Table:
    """Read the lists of a day: a row per headline, and one for a part that has none to give.

    Raises:
        Refusal: missing for nothing at all; refused for what is no zip, for a zip that is larger
            than headlines are, and where no part can be read.
    """
    document = names(day)[0]
    body = published.read()
    if not body.strip():
        raise Refusal("missing", f"{document} is empty")
    if is_page(body):
        state: State = "blocked" if is_firewall(body) else "refused"
        raise Refusal(state, f"{document} is {quote_page(body)}, expected a zip")
    parts = read_parts(body, document, LARGEST_PARTS_BYTES)
    rows = [row for part in parts for row in _rows(part)]
    if not any(row["problem"] in ("", EMPTY) for row in rows):
        first = rows[0]["problem"] if rows else "there is none"
        raise Refusal("refused", f"{document} has no part that can be read: {first}")
    return pa.table(
        {
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
            **{name: pa.array([row[name] for row in rows], pa.string()) for name in _CELLS},
        }
    )


def _rows(part: Part) -> Iterator[Row]:
    """The rows of a part; one that tells of it where it has none, or cannot be read."""
    stem, dot, kind = part.name.rpartition(".")
    ticker = stem.removeprefix(_KEPT_NAME).removesuffix(_LIST)
    blank = dict.fromkeys(_CELLS, "")
    empty: Row = {**blank, "part": part.name, "ticker": ticker, "text": None}
    try:
        found = [empty | row for row in _found(part, dot + kind)]
    except Refusal as refusal:
        found = [empty | {"problem": refusal.reason[:_LONGEST_PROBLEM]}]
    yield from found or [empty | {"problem": EMPTY}]


def _found(part: Part, kind: str) -> list[Row]:
    if kind == _LIST:
        return _listed(part)
    if kind == _KEPT:
        return _kept(part)
    if kind == REFUSAL:
        raise Refusal("refused", part.body.decode(errors="replace"))
    raise Refusal("refused", f"{part.name} is neither a list ({_LIST}) nor a kept one ({_KEPT})")


def _listed(part: Part) -> list[Row]:
    """The items of a list."""
    if refusal := explain(HTTPStatus.OK, part.body):
        raise refusal
    fetched_at = f"{part.at:%Y-%m-%dT%H:%M:%SZ}" if part.at else ""
    return [
        {
            "title": item.get("title", ""),
            "link": item.get("link", ""),
            "pub_date": item.get("pubDate", ""),
            "fetched_at": fetched_at,
        }
        for item in items(part.body, part.name)
    ]


def _kept(part: Part) -> list[Row]:
    """The rows of a list that was kept of a page, under the titles of its sections."""
    rows: list[Row] = []
    section = ""
    try:
        text = part.body.decode("utf-8-sig")
        header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise Refusal("refused", f"{part.name} is no readable CSV in UTF-8 ({error})") from error
    if header != _KEPT_HEADER:
        raise Refusal(
            "refused", f"{part.name} has the header {quote(header)}, expected {_KEPT_HEADER}"
        )
    for cells in filter(None, lines):
        if len(cells) != len(header):
            rows.append(dict.fromkeys(_CELLS) | {"part": part.name, "text": ",".join(cells)})
            continue
        title = " ".join(cells[2].split())
        is_section = title in SECTION_TITLES
        rows.append({"ticker": cells[1], "title": title, "section": "" if is_section else section})
        section = title if is_section else section
    return rows


HEADLINES = Feed(
    name=YAHOO_HEADLINES.name,
    publisher=YAHOO.name,
    table=YAHOO_HEADLINES,
    # A list that is no list then is requested once more with the announcements of the day; what is
    # published later is in the lists of the next day.
    due_at=time(22, 40),
    tells_end=False,
    of_today=True,
    names=names,
    request=request,
    read=read,
    largest_bytes=LARGEST_BYTES,
    reads_well=readings.reads_well,
)
