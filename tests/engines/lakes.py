"""The sessions that engines are compared by, and lakes with the same bronze for each engine."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pyarrow as pa
from support.market import MONDAY, Market, source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS as EVERY_JOB
from indextracker.building.jobs import run
from indextracker.feeds import FEEDS
from indextracker.lake.arrow import arrow_schema
from indextracker.readings import FILLINGS
from indextracker_catalogue import TABLES
from indextracker_catalogue.job import Job
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.news.stories import TICKERS
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


def of_sessions(jobs: Mapping[str, Job]) -> list[str]:
    """The jobs whose tables have sessions, or are in one piece: those of articles have hours."""
    return [name for name, job in jobs.items() if job.writes.timeline.type == "date"]


def fill_news(market: Market, nse: Nse) -> None:
    """Adds the articles of a day's last hours, whose tickers mean companies of the exchange."""
    hours = [f"{MONDAY}T{hour:02}" for hour in range(11, 19)]
    meant = TABLES["silver/news_instruments"]
    rows = [
        {"ticker": ticker, "symbol": f"S{number}", "name": ticker, "source": "test"}
        for number, ticker in TICKERS.items()
    ]
    market.lake.replace(meant, pa.Table.from_pylist(rows, arrow_schema(meant)), [])
    with source(Newsroom(exchange=nse)) as http:
        acquire(market.lake, FEEDS["alphavantage_news"], hours, http)
    for path in ("silver/news_articles", "silver/news_tickers"):
        run(EVERY_JOB[path], market.lake, market.engine, hours)


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
