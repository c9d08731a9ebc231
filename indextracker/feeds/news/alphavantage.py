"""Alpha Vantage: the articles of an hour with their sentiment, as JSON.

An hour is requested whole, without tickers: several in a request have to be in one article
together, and one request each would use up a day's 25. Whose articles they are is told in silver.
Where an answer has as many articles as it can have, the next request begins with its last one.
"""

from __future__ import annotations

import json
from datetime import date, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from indextracker.feeds.json_objects import parse_object
from indextracker.feeds.model import Feed, Publisher, Query, Quota, Refusal, Request, quote
from indextracker.feeds.zipped import MAGIC, read_parts
from indextracker.readings.news import articles as readings
from indextracker_catalogue.news.bronze import ALPHAVANTAGE_NEWS
from indextracker_catalogue.news.secrets import ALPHAVANTAGE_KEY
from indextracker_catalogue.shared.deliveries import State

if TYPE_CHECKING:
    from indextracker.system.documents import Document

# How many articles an answer has at most; of other limits than this one and 50 it has 50.
MOST: Final = 1_000
# An answer of so many has some 3 MB.
LARGEST_BYTES: Final = 256 << 20
_MINUTE: Final = "%Y%m%dT%H%M"
_NO_ARTICLES: Final = "No articles found"
_MESSAGES: Final = ("Error Message", "Information", "Note")
# The words of messages, and what they mean; any other tells that too much was asked for.
_SAYS: Final[tuple[tuple[str, State, str], ...]] = (
    ("apikey", "blocked", "does not accept the key"),
    ("Invalid", "refused", "does not understand the request"),
)
_NO_MORE: Final[tuple[State, str]] = ("blocked", "answers no more requests for now")
_PLAIN: Final = (
    *("title", "url", "time_published", "summary", "banner_image", "source"),
    *("category_within_source", "source_domain"),
    *("overall_sentiment_score", "overall_sentiment_label"),
)
_LISTS: Final = ("authors", "topics", "ticker_sentiment")


def explain(status: int, body: bytes) -> Refusal | None:  # noqa: ARG001 - all errors come with 200
    """What an answer without articles means: errors come as a message with status 200.

    Args:
        status: Of the answer.
        body: Its beginning; a message is whole in it.

    Returns:
        blocked where the quota is used up or the key is not accepted, refused for another message;
        None for articles, for an hour without any, and for what is no message at all.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict) or "feed" in answer:
        return None
    said = next((str(answer[name]) for name in _MESSAGES if name in answer), _NO_ARTICLES)
    if _NO_ARTICLES in said:
        return None
    state, meaning = next(
        ((state, meaning) for words, state, meaning in _SAYS if words in said), _NO_MORE
    )
    return Refusal(state, f"alphavantage {meaning}: {quote(said)}")


ALPHAVANTAGE = Publisher(
    "alphavantage",
    "https://www.alphavantage.co",
    min_interval_seconds=1.0,
    # An hour a request: 24 a day, and one to spare.
    quota=Quota(25, "day"),
    access=Query("apikey", ALPHAVANTAGE_KEY),
    explain=explain,
)


def names(hour: date) -> tuple[str, ...]:
    """The names under which an hour's answer is kept, and the zip of several.

    The vendor's own name is the same for all.
    """
    return tuple(f"NEWS_SENTIMENT_{hour:%Y-%m-%dT%H}.{kind}" for kind in ("json", "zip"))


def request(hour: date) -> Request:
    """What to ask for to get the articles of an hour; both ends are among them."""
    return _request(f"{hour:{_MINUTE}}", f"{hour + timedelta(hours=1):{_MINUTE}}")


def _request(since: str, until: str) -> Request:
    return Request(
        f"/query?function=NEWS_SENTIMENT&time_from={since}&time_to={until}"
        f"&sort=EARLIEST&limit={MOST}",
        follow=partial(_rest, since, until),
    )


def _rest(since: str, until: str, body: bytes) -> Request | None:
    """What to ask for after a full answer: from the minute of its newest article on.

    Where all of them are of the first minute, there is no way to the others.
    """
    try:
        found = parse_object(body, "answer", numbers_as_text=True).get("feed")
    except Refusal:
        return None
    if not isinstance(found, list) or len(found) < MOST:
        return None
    times = (str(one.get("time_published")) for one in found if isinstance(one, dict))
    newest = max(times, default="")[: len(since)]
    return _request(newest, until) if since < newest <= until else None


def read(published: Document, hour: date) -> pa.Table:
    """Read the articles of an hour: a row each, lists as JSON.

    Raises:
        Refusal: blocked for a web page and for what is no JSON; partial for as many articles as an
            answer can have and no further answer, since there may be more; refused for another
            layout, and for articles of which none is of the hour.
    """
    document = names(hour)[0]
    pages = _pages(published.read(), document)
    answers = [_articles(*page) for page in pages]
    if len(answers[-1]) >= MOST:
        raise Refusal(
            "partial",
            f"{document} ends with {MOST:,} articles, as many as an answer can have: the hour may "
            "have more",
        )
    rows = [
        _cells(article, f"{name}, article {n}")
        for (name, _), found in zip(pages, answers, strict=True)
        for n, article in enumerate(found, 1)
    ]
    _refuse_other_hours(rows, hour, document)
    return pa.table(
        {
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
            **{
                name: pa.array([row[name] for row in rows], pa.string())
                for name in (*_PLAIN, *_LISTS)
            },
            "text": pa.nulls(len(rows), pa.string()),
        }
    )


def _pages(body: bytes, document: str) -> list[tuple[str, bytes]]:
    """The answers of a document with their names: of most hours there is one."""
    if not body.startswith(MAGIC):
        return [(document, body)]
    pages = [(part.name, part.body) for part in read_parts(body, document, LARGEST_BYTES)]
    if not pages:
        raise Refusal("refused", f"{document} is a zip without an answer")
    return pages


def _articles(document: str, body: bytes) -> list[Any]:
    """The articles of an answer, as many as it announces."""
    answer = parse_object(body, document, numbers_as_text=True)
    found = [] if _is_of_none(answer) else answer.get("feed")
    if not isinstance(found, list):
        raise Refusal("refused", f"{document} has no list 'feed': it is {quote(found)}")
    if answer.get("items", str(len(found))) != str(len(found)):
        raise Refusal(
            "refused", f"{document} announces {quote(answer['items'])} items and has {len(found)}"
        )
    return found


def _is_of_none(answer: dict[str, Any]) -> bool:
    return _NO_ARTICLES in str(answer.get("Information"))


def _cells(article: Any, place: str) -> dict[str, str | None]:
    """The cells of an article: texts with single blanks, and lists as they are written."""
    if not isinstance(article, dict):
        raise Refusal("refused", f"{place} is {quote(article)}, expected an object")
    cells: dict[str, str | None] = {}
    for name in _PLAIN:
        value = article.get(name)
        if value is not None and not isinstance(value, str):
            raise Refusal("refused", f"{place} has {quote(value)} for {name}, expected a text")
        cells[name] = None if value is None else " ".join(value.split())
    for name in _LISTS:
        value = article.get(name)
        if not isinstance(value, list):
            raise Refusal("refused", f"{place} has {quote(value)} for {name}, expected a list")
        cells[name] = json.dumps(value, ensure_ascii=False)
    return cells


def _refuse_other_hours(rows: list[dict[str, str | None]], hour: date, document: str) -> None:
    """Refuse an answer of which no article is of the hour: the time inside decides."""
    times = [row["time_published"] or "" for row in rows]
    if times and not any(readings.is_of(text, hour) for text in times):
        raise Refusal(
            "refused",
            f"{document} has articles from {quote(min(times))} to {quote(max(times))}, expected "
            f"some of {hour:%Y-%m-%d %H:%M} UTC",
        )


NEWS = Feed(
    name=ALPHAVANTAGE_NEWS.name,
    publisher=ALPHAVANTAGE.name,
    table=ALPHAVANTAGE_NEWS,
    # Articles are listed some minutes after their publication, and scored anew soon after.
    due_at=time(1, 30),
    tells_end=False,
    names=names,
    request=request,
    read=read,
    reads_well=readings.ARTICLES.judge,
)
