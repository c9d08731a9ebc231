"""Headlines of a company: a feed of the last stories, and a file that somebody has kept of it."""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indextracker_simulator.news.stories import Story

# Without a program that reads it, the declaration is harmless.
_DOCTYPE = '<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "rss-0.91.dtd">\n'
# What a browser shows around the headlines of a company was kept as well.
_JUNK = ("Related News", "", "", "")
_FIRST_NUMBER = 8


def feed_xml(symbol: str, stories: Sequence[Story]) -> bytes:
    """Return the feed of a company's stories, newest first; without any, an empty channel."""
    items = "".join(_item(story) for story in reversed(stories))
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}<rss version="2.0">\n<channel>\n'
        f"<title>News of {escape(symbol)}</title>\n{items}</channel>\n</rss>\n"
    ).encode()


def kept_csv(symbol: str, stories: Sequence[Story]) -> bytes:
    """Return headlines as they were kept: numbered, without dates, with what stood around them."""
    titles = [*(story.title for story in reversed(stories)), *_JUNK]
    lines = [",ticker,title"]
    for number, title in enumerate(titles, _FIRST_NUMBER):
        quoted = f'"{title}"' if "," in title else title
        lines.append(f"{number},{symbol},{quoted}")
    return "".join(f"{line}\r\n" for line in lines).encode()


def _item(story: Story) -> str:
    published = format_datetime(story.at)
    return (
        f"<item>\n<title>{escape(story.title)}</title>\n<link>{escape(story.url)}</link>\n"
        f'<guid isPermaLink="true">{escape(story.url)}</guid>\n'
        f"<pubDate>{published}</pubDate>\n</item>\n"
    )
