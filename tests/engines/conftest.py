"""Lakes that several engines fill from the same bronze."""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from end_to_end import one_sail
from end_to_end.market import MONDAY, Market
from engines.engine_process import EngineProcess

from indextracker.acquisition import acquire
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker_simulator.exchange import Exchange
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


@pytest.fixture(scope="session")
def filled(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Market:
    """A simulated session and a document of each feed of real ones, side by side, by Sail.

    A real lake never holds both; a table of trades does not mind, and one JVM does both at once.
    """
    exchange = Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    market = Market(tmp_path_factory.mktemp("sail") / "lake", one_sail.engine(), exchange)
    with ArchiveSource(str(samples)) as archive:
        for feed, session in REAL.items():
            (answer,) = acquire(market.lake, FEEDS[feed], [session], archive).values()
            assert answer.accepted
    market.fill([MONDAY])
    market.run(JOBS, SESSIONS[:-1])
    return market


def beside(market: Market, root: Path) -> Market:
    """Another lake with the same bronze and references, and nothing yet of what jobs write."""
    shutil.copytree(market.root / "bronze", root / "bronze")
    shutil.copy(market.root / "world", root / "world")
    other = Market(root, market.engine, market.exchange)
    other.renew_references()
    other.lake.ensure(table for job in JOBS.values() for table in (job.writes, *job.reads))
    return other


@pytest.fixture(scope="session")
def by_jvm(java: int, filled: Market, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The same lake, filled by JVM Spark."""
    folder = tmp_path_factory.mktemp("jvm")
    other = beside(filled, folder / "lake")
    other.engine = EngineProcess(folder / "engine", engine="spark")
    try:
        other.run(JOBS, SESSIONS)
        yield other
    finally:
        other.engine.close()
