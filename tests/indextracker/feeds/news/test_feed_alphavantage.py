"""Alpha Vantage's articles of an hour: what is accepted and refused, and what becomes of them."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pydantic import SecretStr
from support.documents import accepted
from support.small_publisher import Exchange, reply, serving

from indextracker.feeds import Refusal
from indextracker.feeds.news.alphavantage import ALPHAVANTAGE, NEWS, explain
from indextracker.feeds.sources import judge
from indextracker.feeds.sources.http import HttpSource
from indextracker.readings.news.articles import ARTICLES, articles, tickers, topics
from indextracker_catalogue.shared.deliveries import State
from indextracker_simulator.answers import Question
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.news.stories import TICKERS
from indextracker_simulator.news.truth import news

HOUR = datetime(2024, 4, 28, 13, tzinfo=UTC)
MEANT = pa.table({"ticker": ["INFY", "HDB"], "symbol": ["INFY", "HDFCBANK"]})
KEY = "AB12CD34EF56GH78"
QUOTA = f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests"


def article(**replaced: object) -> dict[str, object]:
    return {
        "title": "ALFA wins",
        "url": "https://x.test/a",
        "time_published": "20240428T131800",
        "authors": [],
        "summary": "",
        "banner_image": None,
        "source": "X",
        "category_within_source": "n/a",
        "source_domain": "x.test",
        "topics": [{"topic": "Finance", "relevance_score": "1.0"}],
        "overall_sentiment_score": 0.2,
        "overall_sentiment_label": "Somewhat-Bullish",
        "ticker_sentiment": [
            {
                "ticker": "INFY",
                "relevance_score": "0.9",
                "ticker_sentiment_score": "0.3",
                "ticker_sentiment_label": "Somewhat-Bullish",
            }
        ],
        **replaced,
    }


def answer(*found: object, **replaced: object) -> bytes:
    return json.dumps({"items": str(len(found)), "feed": found, **replaced}).encode()


def read(body: bytes, hour: datetime = HOUR) -> pa.Table:
    """The lines of an accepted answer that are read."""
    lines = accepted(NEWS, body, hour)
    return lines.filter(ARTICLES.judge(lines, hour))


def assert_refused(body: bytes, state: State, *words: str) -> None:
    with pytest.raises(Refusal) as caught:
        accepted(NEWS, body, HOUR)
    assert caught.value.state == state
    assert [word for word in words if word not in caught.value.reason] == []


# what an answer means


@pytest.mark.parametrize(
    ("message", "state"),
    [
        ({"Information": QUOTA}, "blocked"),
        ({"Note": "our standard API call frequency is 5 calls per minute"}, "blocked"),
        ({"Error Message": "the parameter apikey is invalid or missing."}, "blocked"),
        ({"Error Message": "Invalid API call."}, "refused"),
        ({"Information": "Invalid inputs. Please refer to the documentation."}, "refused"),
    ],
)
def test_errors_with_status_200_are_no_articles(message: dict[str, str], state: State) -> None:
    refusal = explain(200, json.dumps(message).encode())
    assert refusal is not None
    assert refusal.state == state


@pytest.mark.parametrize(
    "body",
    [
        answer(),
        b'{"Information": "No articles found. Please adjust the time range."}',
    ],
)
def test_an_hour_without_articles_is_accepted(body: bytes) -> None:
    assert explain(200, body) is None
    assert read(body).num_rows == 0


@pytest.mark.parametrize("body", [b"[" * 60_000, b'{"a":' * 60_000])
def test_json_of_any_depth_is_no_message(body: bytes) -> None:
    assert explain(200, body) is None
    assert_refused(body, "blocked", "no readable JSON")


def test_the_beginning_of_long_articles_is_no_message() -> None:
    assert explain(200, answer(article(summary="s" * 100_000))[: 1 << 16]) is None


# what is refused


@pytest.mark.parametrize(
    ("body", "state", "word"),
    [
        (b"<html>busy</html>", "blocked", "expected JSON"),
        (answer(article())[:-9], "blocked", "no readable JSON"),
        (b"{}", "refused", "no list 'feed'"),
        (answer(article(), items="2"), "refused", "announces '2' items and has 1"),
        (answer(article(topics="none")), "refused", "article 1 has 'none' for topics"),
        (answer(article(time_published="20240428T120000")), "refused", "expected some of"),
        (answer(*[article()] * 1000), "partial", "1,000 articles"),
    ],
)
def test_what_is_not_the_articles_of_the_hour_is_refused(
    body: bytes, state: State, word: str
) -> None:
    assert_refused(body, state, "NEWS_SENTIMENT_2024-04-28T13.json", word)


@pytest.mark.parametrize(
    ("replaced", "reason"),
    [
        ({"title": " "}, "unreadable title: "),
        ({"url": "x.test/a"}, "unreadable url: x.test/a"),
        ({"time_published": "20240428T137800"}, "unreadable time published: 20240428T137800"),
        ({"overall_sentiment_score": "high"}, "unreadable overall sentiment score: high"),
        ({"overall_sentiment_label": "Good"}, "unreadable overall sentiment label: Good"),
        ({"topics": [{"topic": "Finance"}]}, 'unreadable topics: [{"topic": "Finance"}]'),
        ({"ticker_sentiment": ["INFY"]}, 'unreadable ticker sentiment: ["INFY"]'),
    ],
)
def test_an_article_that_cannot_be_read_is_a_reject(
    replaced: dict[str, object], reason: str
) -> None:
    body = answer(article(), article(url="https://x.test/b"), article(**replaced))
    lines = accepted(NEWS, body, HOUR)
    rejects = ARTICLES.rejects(lines, HOUR).to_pylist()
    assert [(row["line"], row["reason"]) for row in rejects] == [(3, reason)]


# what becomes of articles


def test_an_article_is_one_whatever_its_address_tracks() -> None:
    tracked = article(url="https://x.test/a?utm_source=rss&id=7#top")
    lines = read(answer(tracked, article(url="https://x.test/a?id=7")))
    (row,) = articles(lines, HOUR).to_pylist()
    assert row["url"] == "https://x.test/a?id=7"
    assert tickers(lines, HOUR, MEANT).num_rows == 1


def test_articles_without_a_ticker_are_kept() -> None:
    lines = read(answer(article(ticker_sentiment=[])))
    assert articles(lines, HOUR).num_rows == 1
    assert tickers(lines, HOUR, MEANT).num_rows == 0
    assert topics(lines, HOUR)["topic"].to_pylist() == ["Finance"]


def test_a_ticker_means_an_instrument_by_the_map_alone() -> None:
    named = ("HDB", "INFY", "CRYPTO:BTC", "ACE")
    found = [
        {"ticker": name, "relevance_score": "0.4", "ticker_sentiment_score": "0"} for name in named
    ]
    rows = tickers(read(answer(article(ticker_sentiment=found))), HOUR, MEANT).to_pylist()
    assert {row["ticker"]: row["symbol"] for row in rows} == {
        "HDB": "HDFCBANK",
        "INFY": "INFY",
        "CRYPTO:BTC": None,
        "ACE": None,
    }


def test_the_articles_of_the_next_hour_are_left_to_it() -> None:
    later = article(url="https://x.test/b", time_published="20240428T140000")
    lines = read(answer(article(), later))
    assert articles(lines, HOUR)["url"].to_pylist() == ["https://x.test/a"]
    next_hour = HOUR + timedelta(hours=1)
    assert articles(lines, next_hour)["url"].to_pylist() == ["https://x.test/b"]


def test_a_real_answer(samples: Path) -> None:
    body = (samples / "news/NEWS_SENTIMENT_2024-04-28.json").read_bytes()
    twelve = HOUR - timedelta(hours=1)
    lines = read(body)
    both = [articles(lines, hour) for hour in (twelve, HOUR)]
    assert sum(table.num_rows for table in both) == lines.num_rows == 50
    named = [tickers(lines, hour, MEANT)["article_id"].to_pylist() for hour in (twelve, HOUR)]
    assert 50 - len({number for numbers in named for number in numbers}) == 6
    last = max(
        (row for table in both for row in table.to_pylist()), key=lambda row: row["published_at"]
    )
    assert (last["title"], last["sentiment_score"], last["sentiment_label"]) == (
        *("Upstart Holdings: Buy, Sell, or Hold?", 0.007388),
        "Neutral",
    )


def test_the_simulated_vendors_articles_are_what_was_written() -> None:
    first, hours = datetime(2024, 4, 24, tzinfo=UTC), 72
    until = first + timedelta(hours=hours)
    newsroom = Newsroom(exchange=Nse(clock=lambda: until))
    meant = pa.table({"ticker": [*TICKERS.values()], "symbol": [*map(str, TICKERS)]})
    found: dict[str, list[dict[str, Any]]] = {}
    for number in range(hours):
        hour = first + timedelta(hours=number)
        sent = newsroom.answer(Question("GET", f"{NEWS.request(hour).path}&apikey={KEY}"))
        assert sent is not None
        assert explain(sent.status, sent.body) is None
        lines = read(sent.body, hour)
        rows = {
            "news_articles": articles(lines, hour),
            "news_tickers": tickers(lines, hour, meant),
            "news_topics": topics(lines, hour),
        }
        for table, some in rows.items():
            found.setdefault(table, []).extend(some.to_pylist())
    true = news(newsroom, first, until - timedelta(seconds=1), until)
    # Its instruments have numbers, and the map of the test names them by these.
    numbers = true["news_tickers"].column("number").cast(pa.string())
    true["news_tickers"] = true["news_tickers"].set_column(2, "symbol", numbers)
    assert true["news_articles"].num_rows > 20
    for table, rows in true.items():
        assert sorted(map(str, found[table])) == sorted(map(str, rows.to_pylist()))


# hours with more articles than an answer has


def busy(first: int, count: int, minute: int = 60) -> bytes:
    """An answer with articles by number, a thousand of which are of the first half of the hour.

    Args:
        first: Number of the first one.
        count: How many there are.
        minute: Of which minute all of them are; of their own for 60.
    """
    found = [
        article(
            url=f"https://x.test/{number}",
            time_published=f"20240428T13{number // 34 if minute == 60 else minute:02}00",
            summary=hashlib.sha256(str(number).encode()).hexdigest(),
        )
        for number in range(first, first + count)
    ]
    return answer(*found)


def test_an_hour_with_more_articles_goes_on_at_the_newest_one(tmp_path: Path) -> None:
    with serving() as server:
        server.replies = [reply(200, busy(0, 1000)), reply(200, busy(990, 200))]
        with source(server, tmp_path) as http:
            [found] = http.answers(NEWS, HOUR)
    assert [path.partition("&time_")[2][:18] for path in server.paths] == [
        "from=20240428T1300",
        "from=20240428T1329",
    ]
    assert found.name == "NEWS_SENTIMENT_2024-04-28T13.zip"
    assert found.document is not None
    lines = read(found.document.read())
    urls = articles(lines, HOUR)["url"].to_pylist()
    assert sorted(urls) == sorted(f"https://x.test/{number}" for number in range(1190))


@pytest.mark.parametrize(
    ("replies", "asked"),
    [
        pytest.param([busy(0, 1000), b'{"Note": "too many"}'], 2, id="the quota is used up"),
        pytest.param([busy(0, 1000), busy(0, 1000, 29)], 2, id="a minute has a thousand"),
        pytest.param([busy(0, 1000, 0)], 1, id="the first minute has a thousand"),
    ],
)
def test_an_hour_that_does_not_come_to_its_end_is_partial(
    tmp_path: Path, replies: list[bytes], asked: int
) -> None:
    with serving() as server:
        server.replies = [reply(200, body) for body in replies]
        with source(server, tmp_path) as http:
            [found] = judge(NEWS, NEWS.timeline.key_of(HOUR), http, datetime.now(UTC))
    assert (found.state, len(server.requests)) == ("partial", asked)
    assert found.document is not None


# the vendor's quota and its key


def source(server: Exchange, pace_folder: Path) -> HttpSource:
    publisher = replace(
        ALPHAVANTAGE,
        base_url=f"http://127.0.0.1:{server.server_port}",
        min_interval_seconds=0.0,
    )
    return HttpSource(
        [publisher],
        user_agent="tests",
        secrets={"alphavantage_key": SecretStr(KEY)},
        pace_folder=pace_folder,
        through_proxy=False,
    )


def test_a_day_has_25_requests_whichever_process_makes_them(tmp_path: Path) -> None:
    with serving() as server:
        server.replies = [reply(200, answer(article()))]
        states = []
        for _ in range(13):
            with source(server, tmp_path) as http:
                for _ in range(2):
                    states += [answer.state for answer in http.answers(NEWS, HOUR)]
    assert states == ["accepted"] * 25 + ["blocked"]
    assert len(server.requests) == 25
    assert {f"apikey={KEY}" in path for path in server.paths} == {True}


def test_an_answer_that_repeats_the_key_is_kept_without_it(tmp_path: Path) -> None:
    with serving() as server:
        server.replies = [reply(200, json.dumps({"Information": QUOTA}).encode())]
        with source(server, tmp_path) as http:
            [found] = http.answers(NEWS, HOUR)
    assert found.state == "blocked"
    assert found.document is not None
    assert b"API key as <token> and" in found.document.read()
    assert KEY not in f"{found.reason} {found.url} {found.name}"
