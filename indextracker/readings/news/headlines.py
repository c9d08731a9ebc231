"""The reading of headlines from Yahoo's lists, and from those that somebody kept.

Junk of a page is told by its text alone: blanks, and titles of sections. Advertisements look like
any other headline. Which headline is which article is decided in gold.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings import cells
from indextracker.readings.model import Line, Reading, Records, Rule, quoting, unlike
from indextracker.readings.news.addresses import article_id, is_address, plain
from indextracker.readings.news.dates import instant
from indextracker_catalogue.news import bronze as t
from indextracker_catalogue.news import forms, reference, silver
from indextracker_catalogue.news.columns import INDIA

_FORM: Final = forms.HEADLINE_LINE
_INDIA: Final = ZoneInfo(INDIA.zone)
_OF_INDIA: Final = ("IST",)
_JUNK: Final = ("", *forms.SECTION_TITLES)
# Kept lists are of pages of NSE's tickers, and leave out what tells so.
_KEPT, _OF_NSE = ".csv", ".NS"


def _is_refused(line: Line, _: date) -> bool:
    return line["problem"] not in ("", forms.EMPTY)


OF_HEADLINES = Reading(
    t.YAHOO_HEADLINES,
    _FORM,
    lambda lines, _: [
        cells.holds(
            lines.column("title"),
            lambda titles: pc.invert(pc.is_in(titles, pa.array(forms.SECTION_TITLES))),
        )
    ],
    (
        Rule(
            _is_refused, lambda line: f"the part {line['part']} cannot be read: {line['problem']}"
        ),
        Rule(lambda line, _: line["title"] == "", lambda _: "no title"),
        Rule(
            lambda line, _: line["title"] in forms.SECTION_TITLES,
            quoting("title of a section and no headline", "title"),
        ),
        *(
            unlike(cell, form, f"unreadable {cell.replace('_', ' ')}")
            for cell, form in zip(_FORM.cells, _FORM.kinds[0], strict=True)
        ),
    ),
)


def reads_well(lines: pa.Table, day: date) -> pa.Array:
    """Whether each line is read; null for what is always among them: blanks and section titles."""
    junk = pc.is_in(lines.column("title").combine_chunks(), pa.array(_JUNK))
    return pc.if_else(junk, pa.scalar(None, pa.bool_()), OF_HEADLINES.judge(lines, day))


def headlines(lines: pa.Table, day: date, instruments: pa.Table) -> pa.Table:
    """The headlines of a day; the row of a part without any is left out.

    Args:
        lines: The lines that are read.
        day: The day in India on which they were listed.
        instruments: The rows of silver/news_instruments.

    Returns:
        The columns of silver/headlines but the day.
    """
    meant = {row["ticker"]: row["symbol"] for row in instruments.to_pylist()}
    rows = [_facts(line, day, meant) for line in lines.to_pylist() if not line["problem"]]
    at = pa.timestamp("us", tz="UTC")
    kinds = {
        "line": pa.int64(),
        **dict.fromkeys(("ticker", "symbol", "title", "section", "url", "article_id"), pa.string()),
        "published_at": at,
        "published_text": pa.string(),
        "fetched_at": at,
    }
    return pa.table(
        {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    )


def _facts(line: dict[str, str], day: date, meant: dict[str, str]) -> dict[str, object]:
    ticker = line["ticker"]
    if line["part"].endswith(_KEPT) and not ticker.endswith(_OF_NSE):
        ticker += _OF_NSE
    link = line["link"] if is_address(line["link"]) else None
    fetched = line["fetched_at"]
    return {
        "line": line["line"],
        "ticker": ticker,
        "symbol": meant.get(ticker),
        "title": line["title"],
        "section": line["section"] or None,
        "url": plain(link) if link else None,
        "article_id": article_id(link) if link else None,
        "published_at": _published(line["pub_date"], day),
        "published_text": line["pub_date"] or None,
        "fetched_at": datetime.fromisoformat(fetched).astimezone(UTC) if fetched else None,
    }


def _published(text: str, day: date) -> datetime | None:
    """When a headline was published that is listed on a day: not after it."""
    at = instant(text, _INDIA, _OF_INDIA)
    return at if at and at.astimezone(_INDIA).date() <= day else None


LISTED = Records(silver.HEADLINES, (OF_HEADLINES,), headlines, others=(reference.NEWS_INSTRUMENTS,))
