"""The stories that are written: of companies' announcements, of strangers, of nobody.

Their layout is in alphavantage.py and headlines.py. What good news does to a price is decided by
India's exchange: a story tells, with some noise, how good an announcement was.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.news import announcements
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from indextracker_simulator.india.exchange import Exchange
    from indextracker_simulator.india.news import Announcement

TICKERS: Final = MappingProxyType({0: "INFY", 7: "HDB", 30: "IBN", 31: "RDY", 33: "WIT"})
"""Instruments that are traded in New York too, by their number, with their tickers there."""

STRANGER: Final = "BHAVRABANK"
"""A ticker of New York that is the symbol of a share of India, and means another firm."""

_SOURCES = (
    ("Morning Ledger", "www.morningledger.test"),
    ("Market Post", "www.marketpost.test"),
    ("The Trade Wire", "tradewire.test"),
)
_TOPICS = ("Earnings", "Finance", "Manufacturing", "Economy - Monetary", "Technology")
_OTHERS_A_DAY = 6
_WRITTEN_WITHIN_SECONDS = 1_500
# Once a day, before the exchange opens, of a company that has nothing to tell.
_MORNING, _HARDLY = time(2, 30), 0.1
_REVISED_SHARE, _TWICE_SHARE = 0.2, 0.15
_NOISE = 0.08


class Mention(NamedTuple):
    """A ticker in a story.

    Attributes:
        ticker: As the vendor writes it; currencies have a prefix.
        relevance: From 0 to 1.
        score: How good the story is for it, from -1 to 1.
    """

    ticker: str
    relevance: float
    score: float


@dataclass(frozen=True)
class Story:
    """A story.

    Attributes:
        url: Its address, which is its name.
        title: Headline.
        summary: What it is about.
        source: Who published it.
        domain: The site of the source.
        at: When it was published, UTC.
        score: How good it is, from -1 to 1.
        mentions: The tickers in it; of a few stories none.
        topics: Its topics, with their relevance.
        number: The instrument of India that it is about; None of others.
        revised_at: When the vendor scored it anew, None where it never did.
        revised: The new score, and that of its first mention; the others are gone.
        twice: Whether it is listed twice, the second time with an address that tracks readers.
    """

    url: str
    title: str
    summary: str
    source: str
    domain: str
    at: datetime
    score: float
    mentions: tuple[Mention, ...]
    topics: tuple[tuple[str, float], ...]
    number: int | None
    revised_at: datetime | None
    revised: float
    twice: bool

    def score_at(self, moment: datetime) -> float:
        """Return the score that the vendor gives at a moment."""
        return self.revised if self._is_revised(moment) else self.score

    def mentions_at(self, moment: datetime) -> tuple[Mention, ...]:
        """Return the tickers that the vendor finds in it at a moment."""
        if not self._is_revised(moment):
            return self.mentions
        return tuple(one._replace(score=self.revised) for one in self.mentions[:1])

    def _is_revised(self, moment: datetime) -> bool:
        return self.revised_at is not None and moment >= self.revised_at


def stories(exchange: Exchange, first: datetime, last: datetime) -> list[Story]:
    """Return the stories published between two moments, both included, by time."""
    # What follows a session may be written two days later, in UTC.
    day = first.date() - timedelta(days=2)
    found: list[Story] = []
    while day <= last.date() + timedelta(days=1):
        found += _of_day(exchange, day)
        day += timedelta(days=1)
    within = (story for story in found if first <= story.at <= last)
    return sorted(within, key=lambda story: (story.at, story.url))


def _of_day(exchange: Exchange, day: date) -> Iterator[Story]:
    if trading_calendar().is_session(day):
        for told in announcements(exchange.instruments, exchange.seed, day):
            if told.good:
                yield _of_company(told, exchange.seed)
    yield from _of_the_morning(exchange, day)
    random = generator(exchange.seed, "news", "others", day)
    for number in range(int(random.integers(2, _OTHERS_A_DAY))):
        yield _of_others(day, number, exchange.seed)


def _of_company(told: Announcement, seed: int) -> Story:
    random = generator(seed, "news", told.symbol, told.at.date())
    ticker = TICKERS.get(told.number)
    score = float(max(-1, min(1, told.good + _NOISE * random.standard_normal())))
    mentions = [] if ticker is None else [Mention(ticker, float(random.uniform(0.4, 1)), score)]
    if random.random() < 0.3:
        mentions.append(Mention("FOREX:INR", float(random.uniform(0.05, 0.3)), 0.1 * score))
    at = told.at + timedelta(seconds=int(random.integers(60, _WRITTEN_WITHIN_SECONDS)))
    title = f"{told.name}: {told.subject}"
    return _story(random, title, told.text, at.astimezone(UTC), score, mentions, told.number)


def _of_the_morning(exchange: Exchange, day: date) -> Iterator[Story]:
    """A story without news, whose score tells nothing of prices."""
    random = generator(exchange.seed, "news", "morning", day)
    traded = [one for one in exchange.instruments if one.number in TICKERS]
    if not traded:
        return
    one = traded[random.integers(len(traded))]
    score = float(random.uniform(-_HARDLY, _HARDLY))
    title = f"What to know today of {one.identities.at(day).name}, {day}"
    at = datetime.combine(day, _MORNING, UTC)
    mentions = [Mention(TICKERS[one.number], float(random.uniform(0.4, 1)), score)]
    yield _story(random, title, f"{title}.", at, score, mentions, one.number)


def _of_others(day: date, number: int, seed: int) -> Story:
    random = generator(seed, "news", "other", day, str(number))
    score = float(random.uniform(-0.6, 0.6))
    kind = random.integers(3)
    mentions = (
        [],
        [Mention("CRYPTO:BTC", 0.7, score), Mention("FOREX:USD", 0.2, 0.0)],
        [Mention(STRANGER, 0.9, score)],
    )[kind]
    subject = ("What savers should know", "Coins of the week", "A bank in Ohio reports")[kind]
    at = datetime.combine(day, time(), UTC) + timedelta(seconds=int(random.integers(86_400)))
    title = f"{subject}, {day} ({number + 1})"
    return _story(random, title, f"{subject}.", at, score, mentions, None)


def _story(
    random: np.random.Generator,
    title: str,
    summary: str,
    at: datetime,
    score: float,
    mentions: list[Mention],
    number: int | None,
) -> Story:
    source, domain = _SOURCES[random.integers(len(_SOURCES))]
    words = "-".join(re.findall(r"[a-z0-9]+", title.lower()))
    topics = random.choice(_TOPICS, int(random.integers(1, 3)), replace=False)
    revised = random.random() < _REVISED_SHARE
    return Story(
        url=f"https://{domain}/{at:%Y/%m/%d}/{words}",
        title=title,
        summary=summary,
        source=source,
        domain=domain,
        at=at,
        score=score,
        mentions=tuple(mentions),
        topics=tuple((str(topic), float(random.uniform(0.1, 1))) for topic in topics),
        number=number,
        revised_at=at + timedelta(minutes=int(random.integers(40, 200))) if revised else None,
        revised=float(max(-1, min(1, score + 0.2 * random.standard_normal()))),
        twice=bool(random.random() < _TWICE_SHARE),
    )
