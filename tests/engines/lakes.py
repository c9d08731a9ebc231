"""The sessions that engines are compared by, and lakes with the same bronze for each engine."""

import json
import random
import shutil
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
from support.market import MONDAY, Market, source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS as EVERY_JOB
from indextracker.building.jobs import run
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.readings import FILLINGS
from indextracker.streams.arrivals import EVENTS
from indextracker_catalogue.job import Job
from indextracker_catalogue.timeline import Hours
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_spark.jobs import JOBS

TICKS, REPORTS, ETF = date(2021, 7, 26), date(2023, 1, 30), date(2021, 9, 22)
REAL = {
    "taifex_futures": TICKS,
    "taifex_volume_totals": TICKS,
    "taifex_combination_trades": TICKS,
    "taifex_options": TICKS,
    "taifex_daily_futures": REPORTS,
    "taifex_daily_options": REPORTS,
    "twse_index": REPORTS,
    "finmind_trades": ETF,
}
SESSIONS = (TICKS, ETF, REPORTS, MONDAY)
EVENT_HOURS = [f"{MONDAY}T{hour:02}" for hour in (1, 2)]


def of_sessions(jobs: Mapping[str, Job]) -> list[str]:
    """The jobs whose tables have sessions, or are in one piece: others have hours."""
    return [name for name, job in jobs.items() if job.writes.timeline.type == "date"]


def fill_news(market: Market, nse: Nse) -> None:
    """Adds the articles of the hours in which the day's companies are written about.

    At 02 is the story of the morning, before the exchange opens; the others come after it closes.
    """
    hours = [f"{MONDAY}T{hour:02}" for hour in (2, *range(11, 19))]
    with source(Newsroom(exchange=nse)) as http:
        acquire(market.lake, FEEDS["alphavantage_news"], hours, http)
    for path in ("silver/news_articles", "silver/news_tickers"):
        run(EVERY_JOB[path], market.lake, market.engine, hours)


def fill_streams(lake: Lake) -> None:
    """Appends events of two hours: some twice, some corrected, some unreadable, some late."""
    chance = random.Random(7)
    opened = datetime(2024, 12, 16, 1, tzinfo=UTC)
    lines: dict[str, list[bytes]] = {"markets": [], "trades": []}
    for number in range(2000):
        at = opened + timedelta(seconds=3 * chance.randrange(2400))
        price = round(chance.uniform(90, 110), 2)
        what = {"symbol": f"S{chance.randrange(9)}", "price": price}
        quote = what | {"time": f"{at:%Y-%m-%dT%H:%M:%SZ}", "source": "yahoo"}
        trade = quote | {"source": "replay", "line": number, "size": chance.randrange(1, 9)}
        report = what | {
            "operation_id": str(uuid.UUID(int=chance.randrange(1500))),
            "person_name": "A. Person",
            "timestamp": f"{at:%Y-%m-%d %H:%M:%S}",
            "exchange": chance.choice(("NYSE", "LSE")),
            "currency": "USD",
            "operation": chance.choice(("sale", "purchase")),
        }
        quotes = [quote | {"day_volume": number * 7}, trade]
        lines["markets"] += [json.dumps(event).encode() for event in quotes]
        lines["trades"].append(json.dumps(report).encode())
    for name, events in EVENTS.items():
        table = events.table
        sent = [*lines[name], *lines[name][::50], b"{", b"[]"]
        chance.shuffle(sent)
        found = [
            row
            for number, line in enumerate(sent)
            for row in events.rows("1", number, opened + timedelta(seconds=number), line)
        ]
        columns = zip(*found, strict=True)
        schema = arrow_schema(table)
        arrays = [pa.array(cells, of.type) for cells, of in zip(columns, schema, strict=True)]
        lake.append(table, pa.Table.from_arrays(arrays, schema=schema))


def run_hours(market: Market, jobs: Mapping[str, Job]) -> None:
    """Runs the jobs of streams, whose tables have hours."""
    for name, job in jobs.items():
        if job.writes.timeline == Hours() and job not in FILLINGS:
            run(EVERY_JOB[name], market.lake, market.engine, EVENT_HOURS, earlier=EVENT_HOURS)


def beside(market: Market, root: Path) -> Market:
    """Another lake with the same bronze, facts and references, and nothing of Spark's jobs."""
    shutil.copytree(market.root / "bronze", root / "bronze")
    for path in {job.writes.path for job in FILLINGS}:
        shutil.copytree(market.root / path, root / path)
    shutil.copy(market.root / "world", root / "world")
    other = Market(root, market.engine, market.exchange)
    other.renew_references()
    other.lake.ensure(table for job in JOBS.values() for table in (job.writes, *job.reads))
    return other
