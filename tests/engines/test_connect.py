"""A Spark Connect server: Sail's and Spark's own; lost during a job, and started again."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines.lakes import SESSIONS, TICKS, beside
from support import servers
from support.keys import keys
from support.market import MONDAY, Market

from indextracker.engines import EngineError, sessions
from indextracker.engines.connect import ConnectEngine
from indextracker.lake.digest import contents, digest
from indextracker_catalogue import TABLES
from indextracker_spark.jobs import JOBS

CHAIN = ("silver/expiries", "gold/index_bars", "gold/index_sessions")


@pytest.fixture
def sail_server(tmp_path: Path) -> Iterator[servers.Server]:
    server = servers.sail(tmp_path)
    server.start()
    yield server
    server.kill()


def run_and_compare(filled: Market, other: Market, engine: ConnectEngine) -> None:
    for job in CHAIN:
        engine.run(JOBS[job], other.lake.root, keys(SESSIONS))
    engine.close()
    for job in CHAIN:
        assert digest(other.lake, TABLES[job]) == digest(filled.lake, TABLES[job])


def test_sail_in_a_process_of_its_own(
    filled: Market, sail_server: servers.Server, tmp_path: Path
) -> None:
    run_and_compare(filled, beside(filled, tmp_path / "lake"), ConnectEngine(sail_server.engine))


def test_the_server_of_spark(java: int, filled: Market, tmp_path: Path) -> None:
    server = servers.spark(tmp_path)
    server.start()
    try:
        run_and_compare(filled, beside(filled, tmp_path / "lake"), ConnectEngine(server.engine))
    finally:
        server.kill()


def test_a_server_lost_in_the_middle_of_a_job_is_said_and_a_rerun_repairs_it(
    filled: Market,
    sail_server: servers.Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sessions, "KEYS_PER_COMMIT", 1)
    other, job = beside(filled, tmp_path / "lake"), "gold/option_bars"
    table = TABLES[job]
    engine = ConnectEngine(sail_server.engine)
    for before in ("silver/expiries", "silver/expire_codes", "silver/contracts/Options"):
        engine.run(JOBS[before], other.lake.root, keys([MONDAY, TICKS]))
    first = other.lake.open(table).version() + 1

    def strike() -> None:
        while other.lake.open(table).version() < first:
            time.sleep(0.01)
        sail_server.kill()

    watcher = threading.Thread(target=strike)
    watcher.start()
    with pytest.raises(EngineError, match="was lost in the middle of gold/option_bars"):
        # The second session is half a million rows: it is under way when the server dies.
        engine.run(JOBS[job], other.lake.root, keys([MONDAY, TICKS]))
    watcher.join()
    whole = contents(filled.lake, table)
    assert contents(other.lake, table) == {str(MONDAY): whole[str(MONDAY)]}

    with pytest.raises(EngineError, match=r"at 127\.0\.0\.1:\d+ does not answer: start it"):
        engine.run(JOBS[job], other.lake.root, keys([MONDAY, TICKS]))
    sail_server.start()
    engine.run(JOBS[job], other.lake.root, keys([MONDAY, TICKS]))
    engine.close()
    assert contents(other.lake, table) == whole
