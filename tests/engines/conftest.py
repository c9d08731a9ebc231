"""Lakes that several engines fill from the same bronze."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engines.engine_process import EngineProcess
from engines.lakes import REAL, SESSIONS, beside, fill_news, fill_streams, of_sessions, run_hours
from support import one_sail
from support.market import MONDAY, Market, source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker_catalogue import SUBJECTS
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_spark.jobs import JOBS as OF_SPARK


@pytest.fixture(scope="session")
def filled(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> Market:
    """A simulated session of each exchange and a document of each feed of real ones, by Sail.

    A real lake never holds both; a table of trades does not mind, and one JVM does both at once.
    """
    exchange = Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    market = Market(tmp_path_factory.mktemp("sail") / "lake", one_sail.engine(), exchange)
    with ArchiveSource(str(samples)) as archive:
        for feed, session in REAL.items():
            (answer,) = acquire(market.lake, FEEDS[feed], [str(session)], archive).values()
            assert answer.accepted
    market.fill([MONDAY])
    nse = Nse(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    with source(nse) as http:
        for feed in feeds_of(SUBJECTS["india"]).values():
            acquire(market.lake, feed, sorted({feed.timeline.key_of(s) for s in SESSIONS}), http)
    market.lake.ensure(table for job in JOBS.values() for table in (job.writes, *job.reads))
    fill_news(market, nse)
    fill_streams(market.lake)
    market.run(of_sessions(JOBS), SESSIONS)
    run_hours(market, JOBS)
    return market


@pytest.fixture(scope="session")
def jvm(java: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EngineProcess]:
    """JVM Spark, started at the first thing that it is asked for."""
    process = EngineProcess(tmp_path_factory.mktemp("engine"), engine="spark")
    try:
        yield process
    finally:
        process.close()


@pytest.fixture(scope="session")
def by_jvm(jvm: EngineProcess, filled: Market, tmp_path_factory: pytest.TempPathFactory) -> Market:
    """The same lake, filled by JVM Spark."""
    other = beside(filled, tmp_path_factory.mktemp("jvm") / "lake")
    other.engine = jvm
    other.run(of_sessions(OF_SPARK), SESSIONS)
    run_hours(other, OF_SPARK)
    return other
