"""The tables of news of simulated articles equal what was written, and what was written anew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from support import one_sail
from support.market import source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import TABLES
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.news.stories import TICKERS
from indextracker_simulator.news.truth import news

FEED = FEEDS["alphavantage_news"]
# An article of its last hour is scored anew at 01:56 of the day after.
FIRST = datetime(2024, 4, 16, tzinfo=UTC)
LAST = FIRST + timedelta(hours=24) - timedelta(seconds=1)
HOURS = [f"2024-04-16T{hour:02}" for hour in range(24)]
NAMES = ("news_articles", "news_tickers", "news_topics")
INSTRUMENTS = TABLES["silver/news_instruments"]

Rows = dict[str, list[dict[str, Any]]]


class Clock:
    """The time of the vendor and of those who ask it."""

    now = FIRST

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """A lake in which the simulated tickers mean instruments, whose symbols are their numbers."""
    made = Lake(str(tmp_path / "lake"), "simulated")
    made.ensure([INSTRUMENTS, *(TABLES[f"silver/{name}"] for name in NAMES)])
    meant = [
        {"ticker": ticker, "symbol": str(number), "name": ticker, "source": "test"}
        for number, ticker in TICKERS.items()
    ]
    made.replace(INSTRUMENTS, pa.Table.from_pylist(meant, arrow_schema(INSTRUMENTS)), [])
    return made


def test_tables_tell_what_was_written_and_later_what_was_written_anew(lake: Lake) -> None:
    clock = Clock()
    newsroom = Newsroom(exchange=Exchange(clock=clock))
    clock.now = FIRST + timedelta(hours=25)
    first = told(lake, newsroom, clock)
    assert first == true(newsroom, clock.now)
    clock.now = FIRST + timedelta(hours=72)
    assert first != true(newsroom, clock.now)
    assert told(lake, newsroom, clock) == true(newsroom, clock.now)


def told(lake: Lake, newsroom: Newsroom, clock: Clock) -> Rows:
    """The rows of a day's hours, which are asked for again where they were accepted before."""
    with source(newsroom) as http:
        answers = acquire(lake, FEED, HOURS, http, again=True, clock=clock)
    assert {answer.state for answer in answers.values()} == {"accepted"}
    found = {}
    for name in NAMES:
        job = JOBS[f"silver/{name}"]
        run(job, lake, one_sail.engine(), HOURS)
        with lake.sql([job.writes], {job.writes.timeline: HOURS}) as connection:
            rows = connection.sql(f"select * exclude (hour) from {name}").to_arrow_table()
        found[name] = in_order(rows)
    return found


def true(newsroom: Newsroom, read_at: datetime) -> Rows:
    """What the vendor had written until a moment."""
    tables = news(newsroom, FIRST, LAST, read_at)
    tickers = tables["news_tickers"]
    place = tickers.column_names.index("number")
    symbols = tickers.column(place).cast(pa.string())
    tables["news_tickers"] = tickers.set_column(place, "symbol", symbols)
    return {name: in_order(tables[name]) for name in NAMES}


def in_order(rows: pa.Table) -> list[dict[str, Any]]:
    return sorted(rows.to_pylist(), key=lambda row: str(sorted(row.items())))
