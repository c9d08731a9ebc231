"""What all engines with a Spark session do alike, on a session that computes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake

from indextracker.engines import EngineError, Host, sessions
from indextracker.engines.sessions import SessionEngine
from indextracker_catalogue import Key
from indextracker_spark.jobs import JOBS

JOB = JOBS["gold/index_bars"]
DAYS = [f"2024-12-{day:02}" for day in range(2, 25)]


class FakeSession:
    """Answers as long as it lives."""

    def __init__(self) -> None:
        self.lives, self.stopped = True, False
        self.conf = self
        self.settings: dict[str, str] = {}

    def set(self, name: str, value: str) -> None:
        self.settings[name] = value

    def range(self, rows: int) -> FakeSession:
        return self

    def count(self) -> int:
        if not self.lives:
            raise ConnectionError("gone")
        return 1

    def stop(self) -> None:
        self.stopped = True


class FakeEngine(SessionEngine):
    name = "the fake"

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[FakeSession] = []
        self.freed = 0

    def _open(self, host: Host | None) -> Any:
        self.opened.append(FakeSession())
        return self.opened[-1]

    def _free(self) -> None:
        self.freed += 1


@pytest.fixture
def lake(tmp_path: Path) -> str:
    write_deltalake(tmp_path / JOB.writes.path, pa.table({"a": [0]}))
    return str(tmp_path)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[Key]]:
    """The sessions of each commit, instead of the commits."""
    found: list[Sequence[Key]] = []

    def run(spark: Any, lake: str, job: Any, batch: Sequence[Key], known: set[Key]) -> None:
        spark.count()
        found.append(batch)

    monkeypatch.setattr(sessions.jobs_of_spark, "run", run)
    return found


def test_ten_sessions_are_one_commit_and_one_session_serves_all(
    lake: str, batches: list[Sequence[Key]]
) -> None:
    engine = FakeEngine()
    engine.run(JOB, lake, DAYS)
    engine.run(JOB, lake, [])
    assert batches == [DAYS[:10], DAYS[10:20], DAYS[20:], []]
    (session,) = engine.opened
    assert session.settings == {"spark.sql.session.timeZone": "UTC"}
    engine.close()
    assert (session.stopped, engine.freed) == (True, 1)


def test_a_wrong_job_leaves_the_session_open(
    lake: str, batches: list[Sequence[Key]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*arguments: object) -> None:
        raise ValueError("no such column")

    monkeypatch.setattr(sessions.jobs_of_spark, "run", wrong)
    engine = FakeEngine()
    for _ in range(2):
        with pytest.raises(ValueError, match="no such column"):
            engine.run(JOB, lake, DAYS)
    assert len(engine.opened) == 1
    assert not engine.opened[0].stopped


def test_a_lost_session_is_said_and_the_next_job_opens_another(
    lake: str, batches: list[Sequence[Key]]
) -> None:
    engine = FakeEngine()
    engine.run(JOB, lake, DAYS[:1])
    engine.opened[0].lives = False
    with pytest.raises(EngineError, match=r"the fake was lost in the middle of gold/index_bars\."):
        engine.run(JOB, lake, DAYS[:1])
    assert engine.freed == 1
    engine.run(JOB, lake, DAYS[:1])
    assert len(engine.opened) == 2
    assert batches == [DAYS[:1], DAYS[:1]]
