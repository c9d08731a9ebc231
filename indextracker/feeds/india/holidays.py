"""NSE's list of the holidays of a year: JSON by segment, of which the capital market's is read.

The weekdays of Muhurat are listed too, though they have an evening session; closures that are
announced later appear then. The calendar itself is in `indextracker.calendars`.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from indextracker.feeds.india.nse import PAGES
from indextracker.feeds.json_objects import parse_object
from indextracker.feeds.model import Feed, Refusal, Request, quote
from indextracker_catalogue.india.bronze import NSE_HOLIDAYS

if TYPE_CHECKING:
    from indextracker.system.documents import Document

# The capital market; CBM is that of corporate bonds.
SEGMENT: Final = "CM"
FIELDS: Final = {
    "trading_date": "tradingDate",
    "weekday": "weekDay",
    "description": "description",
}


def names(year: date) -> tuple[str, ...]:
    """The name under which a year's list is kept; the publisher's own is the same for all."""
    return (f"holiday-master_{year.year}.json",)


def request(year: date) -> Request:
    """What to ask for to get a year's list."""
    return Request(f"/api/holiday-master?type=trading&year={year.year}")


def read(published: Document, year: date) -> pa.Table:
    """Read a year's list: a row per holiday of the capital market.

    Raises:
        Refusal: missing for an empty list, which is the answer for a year out of range; blocked for
            a web page and for what is no JSON; refused for anything else, such as another year.
    """
    document = names(year)[0]
    listed = parse_object(published.read(), document).get(SEGMENT)
    if not isinstance(listed, list):
        raise Refusal("refused", f"{document} has no list {SEGMENT!r}: it is {quote(listed)}")
    if not listed:
        raise Refusal("missing", f"{document} has an empty list {SEGMENT!r}")
    for number, holiday in enumerate(listed, 1):
        _check(holiday, f"{document}, holiday {number} of {SEGMENT}", year)
    return pa.table(
        {
            "line": pa.array(range(1, len(listed) + 1), pa.int64()),
            **{
                column: pa.array([holiday[name].strip() for holiday in listed], pa.string())
                for column, name in FIELDS.items()
            },
            "text": pa.nulls(len(listed), pa.string()),
        }
    )


def _check(holiday: Any, place: str, year: date) -> None:
    """A holiday has its texts, and a date of the year."""
    if not isinstance(holiday, dict):
        raise Refusal("refused", f"{place} is {quote(holiday)}, expected an object")
    for name in FIELDS.values():
        if not isinstance(holiday.get(name), str):
            raise Refusal("refused", f"{place} has {quote(holiday.get(name))} for {name}")
    try:
        day = datetime.strptime(holiday["tradingDate"].strip(), "%d-%b-%Y").date()  # noqa: DTZ007
    except ValueError as error:
        raise Refusal(
            "refused", f"{place} is of {quote(holiday['tradingDate'])}, expected DD-Mon-YYYY"
        ) from error
    if day.year != year.year:
        raise Refusal("refused", f"{place} is of {day}, expected one of {year.year}")


HOLIDAYS = Feed(
    name=NSE_HOLIDAYS.name,
    publisher=PAGES.name,
    table=NSE_HOLIDAYS,
    due_at=time(),
    # Earlier lists are empty.
    published_from="2011",
    names=names,
    request=request,
    read=read,
)
