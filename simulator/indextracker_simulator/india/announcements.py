"""The exchange's feed of announcements: RSS of the filings of one day, newest first.

Times are India's, without a mark. What companies announce is in news.py.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from indextracker_simulator.india.calendar import INDIA, trading_calendar
from indextracker_simulator.india.news import announcements
from indextracker_simulator.india.texts import dated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indextracker_simulator.india.instruments import Instrument
    from indextracker_simulator.india.news import Announcement

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0">\n<channel>\n'
    "<title>NSE: Online Announcements</title>\n<link>https://www.nseindia.com</link>\n"
    "<description>Announcements of companies</description>\n<language>en-us</language>\n"
)
_FOOT = "</channel>\n</rss>\n"
_FUND = "Sarita Mutual Fund"
# Funds declare what their units are worth among the filings, without a document to link to.
_FUND_AT = time(9, 5, 17)


def announced_until(
    instruments: Sequence[Instrument], seed: int, now: datetime
) -> list[Announcement]:
    """Return what companies announced on the day of a moment in India until then, newest first."""
    today = now.astimezone(INDIA).date()
    # What follows a session may come after midnight.
    sessions = trading_calendar().between(today - timedelta(days=1), today)
    found = [told for session in sessions for told in announcements(instruments, seed, session)]
    of_today = (told for told in found if told.at.date() == today and told.at <= now)
    return sorted(of_today, key=lambda told: (told.at, told.number), reverse=True)


def announcements_xml(instruments: Sequence[Instrument], seed: int, now: datetime) -> bytes:
    """Return the feed as it stands at a moment."""
    items = [
        (told.at, _item(told.name, _link(told), f"{told.text}|SUBJECT: {told.subject}", told.at))
        for told in announced_until(instruments, seed, now)
    ]
    fund_at = datetime.combine(now.astimezone(INDIA).date(), _FUND_AT, INDIA)
    if fund_at <= now:
        text = f"{_FUND} has informed the Exchange regarding Declaration of NAV"
        item = _item(_FUND, "", f"{text}|SUBJECT: Declaration of NAV", fund_at)
        items.append((fund_at, item))
    newest_first = sorted(items, key=lambda item: item[0], reverse=True)
    return (_HEAD + "".join(item for _, item in newest_first) + _FOOT).encode()


def _link(told: Announcement) -> str:
    symbol = told.symbol.replace("&", "_")
    return f"https://nsearchives.nseindia.com/corporate/{symbol}_{told.at:%d%m%Y%H%M%S}_news.pdf"


def _item(title: str, link: str, description: str, at: datetime) -> str:
    return (
        f"<item>\n<title>{escape(title)}</title>\n<link>{escape(link)}</link>\n"
        f"<description>{escape(description)}</description>\n"
        f"<pubDate>{dated(at.date())} {at:%H:%M:%S}</pubDate>\n</item>\n"
    )
