"""The publishers of news, and whom they answer: a vendor with keys and a quota, and a free feed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from indextracker_simulator.answers import JSON, Answer
from indextracker_simulator.india.calendar import FIRST_DAY
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.news import alphavantage, headlines
from indextracker_simulator.news.stories import stories

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indextracker_simulator.answers import Question
    from indextracker_simulator.news.stories import Story

XML: Final = "application/rss+xml;charset=UTF-8"

_BEGINNING = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
_LOOKS_BACK = timedelta(days=2)  # without a time_from
_HEADLINES, _HEADLINES_BACK = 20, timedelta(days=14)
_INDIAN = ".NS"


@dataclass(kw_only=True, eq=False)
class Newsroom:
    """Those who write of the companies of an exchange.

    Attributes:
        exchange: The exchange, whose clock counts.
        key: The key that the vendor grants articles; None grants any.
        requests_a_day: How many requests a key has on a day in New York's winter time; None for
            any number.
    """

    exchange: Exchange = field(default_factory=Exchange)
    key: str | None = field(default=None, repr=False)
    requests_a_day: int | None = None

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._asked: Counter[date] = Counter()

    def answer(self, question: Question) -> Answer | None:
        """Return what its publishers answer, None where none has such an address."""
        if question.method != "GET":
            return None
        if question.path == "/query":
            body = alphavantage.answer_json(self._articles(question.fields))
            return Answer(HTTPStatus.OK, JSON, body)
        if question.path == "/rss/2.0/headline":
            symbol = question.fields.get("s", "")
            return Answer(HTTPStatus.OK, XML, headlines.feed_xml(symbol, self.headlines(symbol)))
        return None

    def headlines(self, symbol: str) -> list[Story]:
        """Return the last stories of a company by its symbol of today, by time; none if unknown."""
        now = self.exchange.clock()
        wanted = symbol.removesuffix(_INDIAN)
        today = self.exchange.today
        numbers = {
            one.number
            for one in self.exchange.instruments
            if one.identities.at(today).symbol == wanted and symbol.endswith(_INDIAN)
        }
        found = stories(self.exchange, now - _HEADLINES_BACK, now)
        return [story for story in found if story.number in numbers][-_HEADLINES:]

    def _articles(self, fields: Mapping[str, str]) -> Mapping[str, Any]:
        key = fields.get("apikey", "")
        if not key or self.key not in (None, key):
            return alphavantage.INVALID_KEY
        if not self._may_ask():
            assert self.requests_a_day is not None
            return alphavantage.quota_used_up(key, self.requests_a_day)
        now = self.exchange.clock()
        first = _moment(fields.get("time_from"), now - _LOOKS_BACK)
        last = _moment(fields.get("time_to"), now)
        if fields.get("function") != "NEWS_SENTIMENT" or first is None or last is None:
            return alphavantage.INVALID_INPUTS
        written = stories(self.exchange, max(first, _BEGINNING), min(last, now))
        found = alphavantage.chosen(written, fields, now)
        return (
            alphavantage.feed(found, now, fields.get("limit"))
            if found
            else alphavantage.NO_ARTICLES
        )

    def _may_ask(self) -> bool:
        with self._lock:
            # Five hours behind UTC, ten and a half behind India.
            day = (self.exchange.clock().astimezone(UTC) - timedelta(hours=5)).date()
            self._asked[day] += 1
            return self.requests_a_day is None or self._asked[day] <= self.requests_a_day


def _moment(text: str | None, otherwise: datetime) -> datetime | None:
    """Return the moment that a text names, UTC to the minute; None for what names none."""
    if text is None:
        return otherwise
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M").replace(tzinfo=UTC)
    except ValueError:
        return None
