"""Lakes that several engines fill from the same bronze."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engines.engine_process import EngineProcess
from engines.lakes import REAL, SESSIONS, beside, fill_news, of_sessions
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
    market.run(of_sessions(JOBS), SESSIONS)
    return market


@pytest.fixture(scope="session")
def by_jvm(java: int, filled: Market, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    """The same lake, filled by JVM Spark."""
    folder = tmp_path_factory.mktemp("jvm")
    other = beside(filled, folder / "lake")
    other.engine = EngineProcess(folder / "engine", engine="spark")
    try:
        other.run(of_sessions(OF_SPARK), SESSIONS)
        yield other
    finally:
        other.engine.close()
