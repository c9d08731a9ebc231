"""A step that refines a table reads each log once: in a bucket, each read is many requests."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.good_rows import put, rows

from indextracker.acquiring import deliveries
from indextracker.acquiring.deliveries import Delivery
from indextracker.building import staleness
from indextracker.building.earlier import known
from indextracker.building.jobs import writers
from indextracker.building.needs import need
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker_assets.assets.silver_gold import run_jobs
from indextracker_catalogue import TABLES, Key
from indextracker_catalogue.shared.builds import BUILDS
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_spark.job import SparkJob

KEY = "2024-12-16"
BARS = TABLES["gold/etf_bars"]


class Recorded:
    """An engine that notes what it is to run."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, list[Key]]] = []

    def run(self, job: SparkJob, lake: str, keys: list[Key], *_: object) -> None:
        self.ran.append((job.name, keys))


def test_a_refined_step_reads_each_log_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    now = datetime(2024, 12, 17, tzinfo=UTC)
    deliveries.record(lake, [Delivery("finmind_trades", KEY, "accepted", now, sha256="0" * 64)])
    inputs = dict.fromkeys(read for job in writers(BARS) for read in job.reads)
    for read in inputs:
        if read.is_whole:
            put(lake, read, rows(read, {}))
        else:
            made_of = staleness.accepted(lake, {read.path: need(read)}, [KEY])
            staleness.record(lake, made_of)
    reads: Counter[str] = Counter()
    read_rows = Lake.rows

    def counted(self: Lake, table: Any, *more: Any) -> Any:
        reads[table.path] += 1
        return read_rows(self, table, *more)

    monkeypatch.setattr(Lake, "rows", counted)
    engine = Recorded()
    # As a step begins: this lake's own answers of before are not kept by another.
    lake = Lake(lake.root, "simulated")
    platform: Any = SimpleNamespace(lake=lake, engine=engine)
    host: Any = None
    run_jobs(platform, BARS, [KEY], host, known(lake, calendar))
    assert engine.ran == [(BARS.path, [KEY])]
    assert {path: reads[path] for path in (DELIVERIES.path, BUILDS.path)} == {
        DELIVERIES.path: 1,
        BUILDS.path: 1,
    }
