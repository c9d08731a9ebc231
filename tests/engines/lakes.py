"""The sessions that engines are compared by, and lakes with the same bronze for each engine."""

import shutil
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from support.market import MONDAY, Market

from indextracker.readings import FILLINGS
from indextracker_catalogue.job import Job
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
