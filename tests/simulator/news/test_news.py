"""The publishers of news: what they answer, to whom, and that it is what was written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import math
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import numpy as np
import pytest

from indextracker.reference.news import INSTRUMENTS
from indextracker_simulator.answers import Question
from indextracker_simulator.india.calendar import trading_calendar
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.identities import KNOWN
from indextracker_simulator.news.alphavantage import label
from indextracker_simulator.news.headlines import kept_csv
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.news.stories import STRANGER, TICKERS, stories
from indextracker_simulator.news.truth import news

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 4, 29, 13, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.fixture(scope="module")
def newsroom() -> Newsroom:
    return Newsroom(exchange=Exchange(clock=lambda: NOW))


def asked(newsroom: Newsroom, **fields: str) -> dict[str, Any]:
    """The vendor's answer, which has status 200 whatever it says."""
    query = urlencode({"function": "NEWS_SENTIMENT", "apikey": "AB12", **fields})
    answer = newsroom.answer(Question("GET", f"/query?{query}"))
    assert answer is not None
    assert answer.status == 200
    content: dict[str, Any] = json.loads(answer.body)
    return content


def since(moment: datetime) -> dict[str, str]:
    return {"time_from": f"{moment:%Y%m%dT%H%M}"}


def week(newsroom: Newsroom, **fields: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = asked(newsroom, **since(NOW - WEEK), limit="1000", **fields).get(
        "feed", []
    )
    return found


# Articles


def test_an_answer_has_the_published_form(newsroom: Newsroom, samples: Path) -> None:
    published = json.loads((samples / "news/NEWS_SENTIMENT_2024-04-28.json").read_bytes())
    made = asked(newsroom)
    assert list(made) == list(published)
    definition = "sentiment_score_definition"
    assert made[definition] == published[definition]
    assert made["items"] == str(len(made["feed"]))

    def kinds(articles: list[dict[str, Any]], *path: str) -> dict[str, set[type]]:
        found: dict[str, set[type]] = {}
        for article in articles:
            for part in article[path[0]] if path else [article]:
                for name, value in part.items():
                    found.setdefault(name, set()).add(type(value))
        return found

    for path in ((), ("ticker_sentiment",), ("topics",)):
        ours, theirs = kinds(made["feed"], *path), kinds(published["feed"], *path)
        assert list(ours) == list(theirs)
        assert all(ours[name] <= theirs[name] | {type(None)} for name in ours)
    words = {article["overall_sentiment_label"] for article in week(newsroom)}
    assert words == {"Bearish", "Somewhat-Bearish", "Neutral", "Somewhat-Bullish", "Bullish"}


def test_the_articles_are_the_stories(newsroom: Newsroom) -> None:
    """Read by the smallest reader that will do: one of each story, without what tracks readers."""
    happened = news(newsroom, NOW - WEEK, NOW, NOW)
    articles, tickers, topics = {}, set(), set()
    for article in week(newsroom):
        url = article["url"].partition("?")[0]
        key = hashlib.sha256(url.encode()).hexdigest()
        moment = datetime.strptime(article["time_published"], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        articles[key] = {
            "article_id": key,
            "published_at": moment,
            "title": article["title"],
            "summary": article["summary"],
            "source": article["source"],
            "url": url,
            "sentiment_score": article["overall_sentiment_score"],
            "sentiment_label": article["overall_sentiment_label"],
        }
        tickers |= {
            (
                key,
                one["ticker"],
                float(one["relevance_score"]),
                float(one["ticker_sentiment_score"]),
            )
            for one in article["ticker_sentiment"]
        }
        topics |= {(key, one["topic"], float(one["relevance_score"])) for one in article["topics"]}
    assert sorted(articles) == happened["news_articles"]["article_id"].to_pylist()
    assert [articles[key] for key in sorted(articles)] == happened["news_articles"].to_pylist()
    names = ("article_id", "ticker", "relevance_score", "sentiment_score")
    assert sorted(tickers) == [
        tuple(row[name] for name in names) for row in happened["news_tickers"].to_pylist()
    ]
    assert sorted(topics) == [tuple(row.values()) for row in happened["news_topics"].to_pylist()]
    assert len(articles) > 50


def test_some_stories_have_no_ticker_and_some_stand_there_twice(newsroom: Newsroom) -> None:
    found = week(newsroom)
    assert any(not article["ticker_sentiment"] for article in found)
    urls = [article["url"] for article in found]
    assert len(set(urls)) == len(urls)
    tracked = [url.partition("?")[0] for url in urls if "?utm_source=" in url]
    assert tracked
    assert set(tracked) < set(urls)


def test_tickers_mean_the_companies_that_the_map_says(newsroom: Newsroom) -> None:
    meant = {row["ticker"]: (row["symbol"], row["name"]) for row in INSTRUMENTS.read()}
    assert [meant[ticker] for ticker in TICKERS.values()] == [KNOWN[n][:2] for n in TICKERS]
    assert {symbol for symbol, _ in meant.values()} == {symbol for symbol, _, _ in KNOWN.values()}
    for symbol, name, _ in KNOWN.values():
        (one,) = (
            one
            for one in newsroom.exchange.instruments
            if one.identities.at(NOW.date()).symbol == symbol
        )
        assert one.identities.at(NOW.date()).name == f"Simulated {name} Limited"


def test_every_day_has_a_story_of_such_a_company_before_the_opening(newsroom: Newsroom) -> None:
    written = stories(newsroom.exchange, NOW - WEEK, NOW)
    mornings = [one.at for one in written if one.at.time() == time(2, 30) and one.number in TICKERS]
    assert len(mornings) == 7


def test_a_ticker_means_an_instrument_by_the_map_alone(newsroom: Newsroom) -> None:
    rows = news(newsroom, NOW - 8 * WEEK, NOW, NOW)["news_tickers"].to_pylist()
    numbers = {row["ticker"]: row["number"] for row in rows}
    assert {number for number in numbers.values() if number is not None} == set(TICKERS)
    symbols = {row.symbol for row in newsroom.exchange.rows(NOW.date())}
    assert STRANGER in symbols
    assert numbers[STRANGER] is None
    # In New York these letters are the share of Infosys that is traded there.
    assert set(TICKERS.values()) & symbols == {"INFY"}
    assert numbers["CRYPTO:BTC"] is numbers["FOREX:USD"] is None


def test_a_story_is_scored_anew() -> None:
    now = [NOW]
    newsroom = Newsroom(exchange=Exchange(clock=lambda: now[0]))
    story = next(
        story
        for story in stories(newsroom.exchange, NOW - WEEK, NOW)
        if story.revised_at and len(story.mentions) > 1
    )
    answers = []
    assert story.revised_at is not None
    for moment in (story.at + timedelta(minutes=1), story.revised_at):
        now[0] = moment
        (article,) = [
            article
            for article in asked(newsroom, **since(story.at), limit="1000")["feed"]
            if article["url"] == story.url
        ]
        answers.append(article)
    first, second = answers
    assert first["time_published"] == second["time_published"]
    assert first["overall_sentiment_score"] != second["overall_sentiment_score"]
    assert len(first["ticker_sentiment"]) > len(second["ticker_sentiment"]) == 1


def test_tickers_are_wanted_together(newsroom: Newsroom) -> None:
    coins = week(newsroom, tickers="CRYPTO:BTC")
    both = week(newsroom, tickers="CRYPTO:BTC,FOREX:USD")
    assert both
    assert len(both) < len(coins)
    for article in both:
        assert article in coins
        tickers = [one["ticker"] for one in article["ticker_sentiment"]]
        assert tickers == ["CRYPTO:BTC", "FOREX:USD"]
    assert week(newsroom, tickers=f"CRYPTO:BTC,{STRANGER}") == []


def test_topics_are_wanted_together(newsroom: Newsroom) -> None:
    found = week(newsroom, topics="earnings,economy_monetary")
    assert found
    for article in found:
        topics = {one["topic"] for one in article["topics"]}
        assert topics == {"Earnings", "Economy - Monetary"}


@pytest.mark.parametrize(("limit", "most"), [(None, 50), ("50", 50), ("200", 50), ("1000", 1000)])
def test_a_limit_is_one_of_two(newsroom: Newsroom, limit: str | None, most: int) -> None:
    fields = {} if limit is None else {"limit": limit}
    found = asked(newsroom, **since(NOW - 4 * WEEK), **fields)["feed"]
    assert (len(found) == 50) == (most == 50)
    assert 50 <= len(found) <= most


def test_articles_come_in_the_wanted_order_and_time(newsroom: Newsroom) -> None:
    first, last = NOW - timedelta(days=3), NOW - timedelta(days=2)
    window = {"time_from": f"{first:%Y%m%dT%H%M}", "time_to": f"{last:%Y%m%dT%H%M}"}
    latest = [one["time_published"] for one in asked(newsroom, **window)["feed"]]
    earliest = [one["time_published"] for one in asked(newsroom, **window, sort="EARLIEST")["feed"]]
    assert latest == sorted(latest, reverse=True)
    assert earliest == sorted(latest)
    assert f"{first:%Y%m%dT%H%M}00" <= earliest[0] <= latest[0] <= f"{last:%Y%m%dT%H%M}00"


def test_nothing_is_published_before_its_time(newsroom: Newsroom) -> None:
    later = since(NOW + timedelta(minutes=1))
    assert "No articles found" in asked(newsroom, **later)["Information"]
    assert max(one["time_published"] for one in week(newsroom)) <= f"{NOW:%Y%m%dT%H%M%S}"


# Errors, all with status 200


def test_a_wrong_key_is_an_error_message() -> None:
    newsroom = Newsroom(exchange=Exchange(clock=lambda: NOW), key="right")
    for key in ("", "wrong"):
        assert "apikey is invalid" in asked(newsroom, apikey=key)["Error Message"]
    assert "feed" in asked(newsroom, apikey="right")


def test_a_spent_quota_is_told_with_the_key_until_the_next_day() -> None:
    now = [NOW]
    newsroom = Newsroom(exchange=Exchange(clock=lambda: now[0]), requests_a_day=2)
    answers = [asked(newsroom) for _ in range(3)]
    assert ["feed" in answer for answer in answers] == [True, True, False]
    assert "AB12" in answers[2]["Information"]
    assert "2 requests per day" in answers[2]["Information"]
    now[0] = NOW + timedelta(days=1)
    assert "feed" in asked(newsroom)


@pytest.mark.parametrize(
    "fields", [{"function": "OVERVIEW"}, {"time_from": "2024-04-28"}, {"time_to": "yesterday"}]
)
def test_what_is_asked_wrongly_is_information(newsroom: Newsroom, fields: dict[str, str]) -> None:
    assert "Invalid inputs" in asked(newsroom, **fields)["Information"]


@pytest.mark.parametrize(
    ("score", "word"),
    [
        (-0.35, "Bearish"),
        (-0.349, "Somewhat-Bearish"),
        (-0.15, "Somewhat-Bearish"),
        (-0.149, "Neutral"),
        (0.149, "Neutral"),
        (0.15, "Somewhat-Bullish"),
        (0.35, "Bullish"),
    ],
)
def test_words_of_scores(score: float, word: str) -> None:
    assert label(score) == word


# Headlines


def test_the_feed_of_a_company_has_its_last_stories(newsroom: Newsroom) -> None:
    row = newsroom.exchange.rows(NOW.date())[0]
    answer = newsroom.answer(Question("GET", f"/rss/2.0/headline?s={row.symbol}.NS&region=US"))
    assert answer is not None
    root = ET.fromstring(answer.body)
    items = [{part.tag: part.text for part in item} for item in root.iter("item")]
    assert items
    assert b"<!DOCTYPE rss" in answer.body
    told = newsroom.headlines(f"{row.symbol}.NS")
    assert [item["title"] for item in items] == [story.title for story in reversed(told)]
    times = [parsedate_to_datetime(item["pubDate"] or "") for item in items]
    assert times == [story.at for story in reversed(told)]


@pytest.mark.parametrize("symbol", ["NOBODY.NS", "ARUNDHITEX", ""])
def test_the_feed_of_nobody_is_an_empty_channel(newsroom: Newsroom, symbol: str) -> None:
    answer = newsroom.answer(Question("GET", f"/rss/2.0/headline?s={symbol}"))
    assert answer is not None
    assert answer.status == 200
    assert b"<channel>" in answer.body
    assert b"<item>" not in answer.body


def test_kept_headlines_have_the_published_form(newsroom: Newsroom, samples: Path) -> None:
    published = (samples / "news/headlines_SBIN.csv").read_bytes()
    row = newsroom.exchange.rows(NOW.date())[0]
    told = newsroom.headlines(f"{row.symbol}.NS")
    made = kept_csv(row.symbol, told)
    assert made.split(b"\r\n")[0] == published.split(b"\r\n")[0]
    for content in (made, published):
        rows = list(csv.DictReader(io.StringIO(content.decode())))
        assert [int(line[""]) for line in rows] == list(range(8, 8 + len(rows)))
        assert [line["title"] for line in rows[-3:]] == [""] * 3
        assert len({line["ticker"] for line in rows}) == 1
    titles = [line["title"] for line in csv.DictReader(io.StringIO(made.decode()))]
    assert titles[: len(told)] == [story.title for story in reversed(told)]
    assert titles[len(told)] == "Related News"


# What news is worth


def test_a_story_comes_before_the_session_that_it_moves(newsroom: Newsroom) -> None:
    calendar = trading_calendar()
    for session in calendar.between((NOW - 8 * WEEK).date(), (NOW - WEEK).date()):
        following = calendar.sessions[calendar.position[session] + 1]
        opens = calendar.hours(following)[0]
        after = calendar.hours(session)[1].replace(hour=15, minute=30)
        told = stories(newsroom.exchange, after.astimezone(UTC), opens.astimezone(UTC))
        assert any(story.number is not None for story in told)


def test_sentiment_moves_the_next_session_by_the_effect_that_was_set() -> None:
    """An event study: returns of the sessions after stories, by the score of each story."""
    effect = 0.05
    exchange = Exchange(clock=lambda: NOW, news_effect=effect)
    newsroom = Newsroom(exchange=exchange)
    calendar = trading_calendar()
    scores, returns = [], []
    for story in stories(newsroom.exchange, NOW - 26 * WEEK, NOW - WEEK):
        if story.number is None:
            continue
        one = exchange.instruments[story.number]
        local = story.at.astimezone(calendar.hours(calendar.sessions[0])[0].tzinfo)
        # Before the opening it counts for the session of the day, after it for the one after.
        early = local.hour < 9
        place = calendar.until(local.date() - timedelta(days=1) if early else local.date())
        before, after = (int(one.closes[at]) for at in (place - 1, place))
        if (
            before
            and after
            and not any(action.ex_date == calendar.sessions[place] for action in one.actions)
        ):
            scores.append(story.score)
            returns.append(math.log(after / before))
    x, y = np.array(scores), np.array(returns)
    slope = float((x @ y) / (x @ x))
    error = float(np.std(y - slope * x) / np.sqrt(x @ x))
    assert len(scores) > 500
    assert abs(slope - effect) < 4 * error + 0.1 * effect
    assert slope > 8 * error
    assert abs(fmean(returns)) < 0.01
