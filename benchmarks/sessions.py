"""Tick files of real size to stored bars: the pipeline against a script written by hand.

Both run in this process one after the other, in turns, on the same documents of the simulated
exchange, and must find the same bars and contracts; what counts is the ratio. The engine is warm:
a session that is not counted goes first.

    python benchmarks/sessions.py [--sessions 5] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from statistics import median

import by_hand
from rich.console import Console
from rich.progress import track
from rich.table import Table as Grid

from indextracker import settings as environment
from indextracker.acquisition import acquire
from indextracker.calendars import taiwan
from indextracker.engines import Engine, engine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker.reference_tables import REFERENCES
from indextracker_simulator.exchange import Exchange
from indextracker_spark.tables import TABLES
from indextracker_spark.tables.taiwan import FUTURES_BARS

FIRST = date(2024, 12, 2)  # sessions without a holiday near: the script by hand knows none
BATCH = 10
JOBS = (
    "silver/futures_trades",
    "silver/futures_spreads",
    "silver/rejects/taifex_futures",
    "silver/contracts",
    "gold/futures_bars",
)


def main() -> None:
    """Prints a line per round and the median ratio."""
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--sessions", type=int, default=5)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    console = Console()
    settings = environment.load()
    environment.export(settings)
    calendar = taiwan()
    sessions = calendar.sessions(FIRST, calendar.horizon)[: chosen.sessions + 1]
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "archive"
        archive.mkdir()
        exchange = Exchange(volume="real", clock=lambda: datetime.now(UTC))
        for session in track(sessions, "publishing", console=console):
            body = exchange.futures_zip(session)
            (archive / f"Daily_{session:%Y_%m_%d}.zip").write_bytes(body or b"")
        warm, counted = sessions[:1], sessions[1:]
        spark = engine(settings)
        _pipeline(Path(folder) / "warm", archive=archive, sessions=warm, spark=spark)
        by_hand.run(archive, warm, Path(folder) / "warm_by_hand")
        pipeline = partial(_pipeline, archive=archive, sessions=counted, spark=spark)
        script = partial(_by_hand, archive=archive, sessions=counted)
        grid = Grid("round", "pipeline s", "by hand s", "ratio")
        ratios = []
        for number in range(1, chosen.rounds + 1):
            ours, found = _timed(pipeline, Path(folder) / f"lake{number}")
            theirs, expected = _timed(script, Path(folder) / f"hand{number}")
            if found != expected:
                sys.exit(f"the pipeline found {found}, the script {expected}: nothing is compared")
            ratios.append(ours / theirs)
            grid.add_row(str(number), f"{ours:.2f}", f"{theirs:.2f}", f"{ours / theirs:.2f}")
        spark.close()
        console.print(grid)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
        console.print(
            f"{len(counted)} sessions, {found['bars']:,} bars, median ratio {median(ratios):.2f}, "
            f"peak of the process {peak:.2f} GiB, load {os.getloadavg()[0]:.1f}"
        )


def _timed(work: Callable[[Path], dict[str, int]], place: Path) -> tuple[float, dict[str, int]]:
    started = time.perf_counter()
    found = work(place)
    return time.perf_counter() - started, found


def _pipeline(
    place: Path, archive: Path, sessions: Sequence[date], spark: Engine
) -> dict[str, int]:
    lake = Lake(str(place), "real")
    for table, rows in REFERENCES.items():
        lake.replace(table, rows(taiwan()))
    acquire(lake, FEEDS["taifex_futures"], sessions, ArchiveSource(archive))
    for job in ("silver/expiries", "silver/expire_codes", *JOBS):
        lake.ensure([TABLES["/".join(job.split("/")[:2])]])
        spark.run(job, lake.root, sessions)
    with lake.sql([FUTURES_BARS]) as connection:
        bars, contracts = connection.execute(
            "select count(*), sum(contracts + spread_contracts) filter (scale_minutes = 1)"
            " from futures_bars"
        ).fetchall()[0]
    return {"bars": bars, "contracts": int(contracts)}


def _by_hand(place: Path, archive: Path, sessions: Sequence[date]) -> dict[str, int]:
    found = {"bars": 0, "contracts": 0}
    for first in range(0, len(sessions), BATCH):
        part = by_hand.run(archive, sessions[first : first + BATCH], place / str(first))
        found = {name: found[name] + part[name] for name in found}
    return found


if __name__ == "__main__":
    main()
