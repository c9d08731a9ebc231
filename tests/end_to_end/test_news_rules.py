"""Breaking any one rule of news makes its tables differ from what they are with all rules.

What they are with all rules is told by the truth of the simulator, by cases of the readings and by
tests of the jobs; here each rule is found to matter in the lake. The first of each module is run
each time, the others by `make test-all`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from end_to_end.breaking import Rule, broken, module_of
from support import one_sail
from support.exhaustive import first_of_each
from support.studied_lake import studied_lake

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import FEEDS
from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.zipped import Part, packed
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.digest import digest
from indextracker_catalogue import TABLES, Hours

HOURS = ["2024-10-31T04", "2024-10-31T10"]
DAYS = ["2024-10-31", "2024-11-01"]
ARTICLES, TICKERS = "silver/news_articles", "silver/news_tickers"
HEADLINES, ANNOUNCEMENTS = "silver/headlines", "silver/announcements"
REJECTS, DAY_REJECTS = "silver/news_rejects", "silver/news_day_rejects"
STORIES, DAILY = "gold/news_stories", "gold/news_sentiment_daily"
RETURNS = "gold/sentiment_returns"
SESSIONS = [date(2024, 10, 31), date(2024, 11, 1), date(2024, 11, 4)]
SYMBOLS = ("INFY", "DRREDDY")


def article(url: str, title: str, at: str, *tickers: tuple[str, str, str]) -> dict[str, Any]:
    return {
        "title": title,
        "url": url,
        "time_published": at,
        "authors": [],
        "summary": "s",
        "banner_image": None,
        "source": "X",
        "category_within_source": "n/a",
        "source_domain": "x.test",
        "topics": [{"topic": "Finance", "relevance_score": "0.5"}],
        "overall_sentiment_score": 0.2,
        "overall_sentiment_label": "Somewhat-Bullish",
        "ticker_sentiment": [
            {"ticker": ticker, "relevance_score": relevance, "ticker_sentiment_score": score}
            | {"ticker_sentiment_label": "Neutral"}
            for ticker, relevance, score in tickers
        ],
    }


def answer(*articles: dict[str, Any]) -> bytes:
    return json.dumps({"items": str(len(articles)), "feed": articles}).encode()


def item(title: str, link: str, at: str) -> str:
    return f"<item><title>{title}</title><link>{link}</link><pubDate>{at}</pubDate></item>"


def rss(*items: str) -> bytes:
    return f"<rss><channel>{''.join(items)}</channel></rss>".encode()


KEPT = (
    ",ticker,title\r\n8,SBIN,Its own news of today\r\n9,SBIN,Related News\r\n10,SBIN,Others\r\n"
    "11,SBIN,\r\n"
)
WINS = "Infosys wins a large order"
DOCUMENTS = {
    "NEWS_SENTIMENT_2024-10-31T04.json": answer(
        article("https://x.test/a?utm_source=rss", WINS, "20241031T040500", ("INFY", "0.9", "0.4")),
        article("https://x.test/a", WINS, "20241031T040500", ("INFY", "0.9", "0.4")),
        article("https://x.test/b", "Nobody is in here", "20241031T041000"),
        article("https://x.test/c", "Of the hour after", "20241031T050000", ("HDB", "0.5", "0.1")),
        article(
            "https://x.test/d", "Another firm of New York", "20241031T040100", ("ACE", "1", "1")
        ),
        article("https://x.test/g", "During the session", "20241031T043000", ("RDY", "0.5", "0.2")),
        article("https://x.test/bad", "A bad score", "20241031T040200", ("WIT", "much", "0.1")),
    ),
    "NEWS_SENTIMENT_2024-10-31T10.json": answer(
        article(
            "https://x.test/e", "Infosys loses it again", "20241031T100001", ("INFY", "0.1", "-0.8")
        ),
        article(
            "https://x.test/f", "Early news of Infosys", "20241031T103000", ("INFY", "0.3", "0.2")
        ),
    ),
    "headlines_2024-10-31.zip": packed(
        [
            Part(
                "INFY.NS.xml",
                rss(
                    item(
                        "Infosys: wins a LARGE order!", "https://y.test/1", "31 Oct 2024 11:00 IST"
                    ),
                    item("Early news", "https://y.test/2", "Thu, 31 Oct 2024 02:00:00 GMT"),
                    item("Early news", "https://y.test/3", "Thu, 31 Oct 2024 02:10:00 GMT"),
                    item("Of tomorrow", "https://y.test/4", "Fri, 01 Nov 2024 02:10:00 GMT"),
                ),
                datetime(2024, 10, 31, 18, tzinfo=UTC),
            ),
            Part("ACE.NS.xml", rss(item("Of nobody", "", "")), None),
            Part("headlines_SBIN.csv", KEPT.encode(), None),
        ]
    ),
    "headlines_2024-11-01.zip": packed(
        [
            Part(
                "INFY.NS.xml",
                rss(
                    item(WINS, "https://y.test/9", "Fri, 1 Nov 2024 16:00:00 +0530"),
                    item("Of the evening", "https://y.test/8", "Fri, 1 Nov 2024 19:00:01 +5:30"),
                ),
                datetime(2024, 11, 1, 18, tzinfo=UTC),
            )
        ]
    ),
    "Online_announcements_2024-10-31.xml": rss(
        "<item><title>Infosys</title><link>https://n.test/INFY_31102024093000_a.pdf</link>"
        "<description>It wins.|SUBJECT: wins a large order</description>"
        "<pubDate>31-Oct-2024 09:00:00</pubDate></item>",
        "<item><title>Wipro</title><link>https://n.test/WIPRO_30102024093000_a.pdf</link>"
        "<description>Old.|SUBJECT: x</description><pubDate>30-Oct-2024 09:00:00</pubDate></item>",
        "<item><title></title><link></link><description>No name.</description>"
        "<pubDate>31-Oct-2024 09:00:00</pubDate></item>",
    ),
}
NAMED = {
    "alphavantage_news": HOURS,
    "yahoo_headlines": DAYS,
    "nse_announcements": DAYS[:1],
}


@dataclass(frozen=True)
class Case:
    """A rule in words, how it is broken, and what must differ then."""

    says: str
    rule: Rule
    tables: tuple[str, ...]


CASES = (
    Case(
        "what tracks readers is no part of an address",
        Rule("addresses._TRACKS", "X", '"xyz"'),
        (ARTICLES,),
    ),
    Case(
        "an article that stands there twice is one",
        Rule("articles._articles", "X not in found and Y", "Y"),
        (ARTICLES,),
    ),
    Case(
        "an article of another hour is left to that hour",
        Rule("articles._articles", "X and is_of(*Y)", "X"),
        (ARTICLES, TICKERS),
    ),
    Case(
        "a ticker means an instrument by the map alone",
        Rule("articles.tickers", "meant.get(X)", "meant.get(X, X)"),
        (TICKERS,),
    ),
    Case(
        "a score that is no number is a reject",
        Rule("articles._are_entries", "all(re.fullmatch(*X) for number in numbers)", "True"),
        (REJECTS,),
    ),
    Case(
        "a headline means an instrument by the map alone",
        Rule("headlines._facts", "meant.get(X)", "meant.get(X, X)"),
        (HEADLINES,),
    ),
    Case(
        "a ticker of a kept list is one of NSE",
        Rule("headlines._facts", "line[X].endswith(_KEPT) and Y", "False"),
        (HEADLINES,),
    ),
    Case(
        "a time after the day of a list is none",
        Rule("headlines._published", "at and X", "at"),
        (HEADLINES,),
    ),
    Case("IST is the zone of India", Rule("headlines._OF_INDIA", "X", "()"), (HEADLINES,)),
    Case(
        "a zone has hours of one digit too",
        Rule(
            "dates._ZONE",
            "X",
            'r"\\s*((?P<sign>[+-])(?P<hours>\\d\\d):?(?P<minutes>\\d\\d)|(?P<name>[A-Z]+))?"',
        ),
        (HEADLINES,),
    ),
    Case(
        "the title of a section is no headline",
        Rule("headlines.OF_HEADLINES", "pc.invert(X)", "pc.is_valid(titles)"),
        (HEADLINES, DAY_REJECTS),
    ),
    Case(
        "an announcement of another day is left to that day",
        Rule("announcements.announcements", "[X for line in Y if Z]", "[X for line in Y]"),
        (ANNOUNCEMENTS,),
    ),
    Case(
        "equal titles of other days are other stories",
        Rule("terms.SAME_STORY_HOURS", "X", "48"),
        (STORIES,),
    ),
    Case(
        "short titles may be of anything",
        Rule("terms.LEAST_TITLE_WORDS", "X", "2"),
        (STORIES,),
    ),
    Case(
        "titles are compared without signs and case",
        Rule("stories._stories", "F.lower(X)", "F.col(X)"),
        (STORIES,),
    ),
    Case(
        "a story is told of companies alone",
        Rule("stories.news_stories", 'X.where("companies > 0")', "X"),
        (STORIES,),
    ),
    Case(
        "news after the close counts for the next session",
        Rule("sentiment.news_sentiment_daily", 'F.col("published_at") > X', "F.lit(False)"),
        (DAILY,),
    ),
    Case(
        "only what is told before it opens is early",
        Rule("sentiment.news_sentiment_daily", "scored & X", "scored"),
        (DAILY,),
    ),
    Case(
        "sentiments are weighted by relevance",
        Rule("sentiment._mean", 'F.col("relevance") * F.col("score")', 'F.col("score")'),
        (DAILY,),
    ),
    Case(
        "an instrument is told by its last spell",
        Rule("sentiment._instruments", "F.max(X)", "F.min(X)"),
        (DAILY,),
    ),
)
OF_THE_STUDY = (
    Case(
        "a horizon of one session is the next session's return",
        Rule(
            "event_study.sentiment_returns",
            'F.col("next_session_date")',
            'F.col("session_date")',
        ),
        (RETURNS,),
    ),
    Case(
        "a session's return is held against what was known before",
        Rule(
            "event_study.sentiment_returns",
            'F.col("sentiment_before_open")',
            'F.col("sentiment")',
        ),
        (RETURNS,),
    ),
    Case("classes are the vendor's", Rule("terms.SOMEWHAT_BULLISH", "X", "0.5"), (RETURNS,)),
)
FILLED = (
    ARTICLES,
    TICKERS,
    REJECTS,
    HEADLINES,
    ANNOUNCEMENTS,
    DAY_REJECTS,
    STORIES,
    DAILY,
)


def jobs_of(tables: Iterable[str]) -> list[str]:
    return [name for name, job in JOBS.items() if job.writes.path in tables]


def fill(lake: Lake, tables: Iterable[str]) -> None:
    for name in jobs_of(tables):
        job = JOBS[name]
        keys = HOURS if job.writes.timeline == Hours() else DAYS
        run(job, lake, one_sail.engine(), [] if job.writes.is_whole else keys)


def put(lake: Lake, path: str, rows: list[dict[str, Any]]) -> None:
    table = TABLES[path]
    schema = pa.schema([field.with_nullable(True) for field in arrow_schema(table)])
    lake.replace(table, pa.Table.from_pylist(rows, schema), [])


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake in which each rule matters."""
    folder = tmp_path_factory.mktemp("news")
    archive = folder / "archive"
    archive.mkdir()
    for name, body in DOCUMENTS.items():
        (archive / name).write_bytes(body)
    lake = Lake(str(folder / "lake"), "archive")
    with ArchiveSource(archive) as source:
        for feed, keys in NAMED.items():
            states = {answer.state for answer in acquire(lake, FEEDS[feed], keys, source).values()}
            assert states == {"accepted"}
    for path in ("silver/news_instruments", "silver/news_days"):
        lake.replace(TABLES[path], REFERENCES[TABLES[path]].made(date(2024, 11, 4)), [])
    spells = {"old": SESSIONS[0], "new": SESSIONS[2]}
    put(
        lake,
        "silver/instruments",
        [
            {"instrument_id": f"{symbol}-{name}", "symbol": symbol, "series": "EQ"}
            | {"valid_from": SESSIONS[0], "valid_to": until}
            for symbol in SYMBOLS
            for name, until in spells.items()
        ],
    )
    lake.ensure(
        table for name in jobs_of(FILLED) for table in (JOBS[name].writes, *JOBS[name].reads)
    )
    fill(lake, FILLED)
    return lake


def copied(lake: Lake, folder: Path) -> Lake:
    """Another lake with the same files, which are never changed."""

    def link(source: str, copy: str) -> None:
        Path(copy).hardlink_to(source)

    shutil.copytree(lake.root, folder, copy_function=link)
    return Lake(str(folder), lake.world)


def test_running_the_jobs_again_changes_nothing(filled: Lake, tmp_path: Path) -> None:
    copy = copied(filled, tmp_path / "lake")
    fill(copy, FILLED)
    assert [path for path in FILLED if differs(copy, filled, path)] == []
    assert [path for path in FILLED if not filled.total_rows(TABLES[path])] == []


@pytest.mark.parametrize("case", first_of_each(CASES, module_of), ids=lambda case: case.says)
def test_a_broken_rule_shows(case: Case, filled: Lake, tmp_path: Path) -> None:
    copy = copied(filled, tmp_path / "lake")
    with broken(case.rule):
        fill(copy, case.tables)
    assert [path for path in case.tables if not differs(copy, filled, path)] == []


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake with events enough for a figure of every class."""
    lake = studied_lake(tmp_path_factory.mktemp("study") / "lake")
    fill(lake, [RETURNS])
    return lake


@pytest.mark.parametrize("case", OF_THE_STUDY, ids=lambda case: case.says)
def test_a_broken_rule_of_the_study_shows(case: Case, studied: Lake, tmp_path: Path) -> None:
    copy = copied(studied, tmp_path / "lake")
    fill(copy, case.tables)
    assert not differs(copy, studied, RETURNS)
    with broken(case.rule):
        fill(copy, case.tables)
    assert differs(copy, studied, RETURNS)


def differs(lake: Lake, other: Lake, path: str) -> bool:
    return digest(lake, TABLES[path]) != digest(other, TABLES[path])
