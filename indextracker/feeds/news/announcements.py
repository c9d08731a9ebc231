"""NSE's feed of announcements: RSS of what companies filed on the day so far, newest first.

It has no past: at midnight in India it begins anew, so that it is taken shortly before.
"""

from __future__ import annotations

from datetime import date, time
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from indextracker.feeds.india import nse
from indextracker.feeds.model import Feed, Refusal, Request, quote
from indextracker.feeds.news.rss import items
from indextracker.readings.news import announcements as readings
from indextracker_catalogue.news.bronze import NSE_ANNOUNCEMENTS

if TYPE_CHECKING:
    from indextracker.system.documents import Document

_HEAD_BYTES: Final = 4_096
_ELEMENTS: Final = {
    "title": "title",
    "link": "link",
    "description": "description",
    "pub_date": "pubDate",
}


def names(day: date) -> tuple[str, ...]:
    """The name under which a day's feed is kept; the exchange's own is the same for all."""
    return (f"Online_announcements_{day:%Y-%m-%d}.xml",)


def request(day: date) -> Request:  # noqa: ARG001 - the feed is that of the day of the request
    """What to ask for: the one address of the feed."""
    return Request("/content/RSS/Online_announcements.xml")


def read(published: Document, day: date) -> pa.Table:
    """Read the feed of a day: a row per item; of an element that is missing, an empty cell.

    Raises:
        Refusal: missing for nothing at all and for a page that says so; blocked for the page that
            keeps clients out; refused for what is no RSS, and where no item is of the day.
    """
    document = names(day)[0]
    body = published.read()
    if b"<rss" not in body[:_HEAD_BYTES]:
        nse.refuse_page(body, document, expected="RSS")
    found = items(body, document)
    dates = [item.get("pubDate", "") for item in found]
    if dates and not any(readings.is_of(text, day) for text in dates):
        raise Refusal(
            "refused",
            f"{document} has items from {quote(dates[-1])} to {quote(dates[0])}, expected some of "
            f"{day}",
        )
    return pa.table(
        {
            "line": pa.array(range(1, len(found) + 1), pa.int64()),
            **{
                column: pa.array([item.get(name, "") for item in found], pa.string())
                for column, name in _ELEMENTS.items()
            },
            "text": pa.nulls(len(found), pa.string()),
        }
    )


ANNOUNCEMENTS = Feed(
    name=NSE_ANNOUNCEMENTS.name,
    publisher=nse.ARCHIVES.name,
    table=NSE_ANNOUNCEMENTS,
    due_at=time(23, 40),
    tells_end=False,
    of_today=True,
    names=names,
    request=request,
    read=read,
    largest_bytes=8 << 20,
    reads_well=readings.OF_NSE.judge,
)
