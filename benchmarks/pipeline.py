"""The pipeline over the same tick files as the script by hand: landing, bronze, silver and bars.

Library and engine alone: Dagster, checks, warehouse and marts are another benchmark's.

    python benchmarks/pipeline.py ARCHIVE OUT FIRST LAST
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from indextracker import settings as environment
from indextracker.acquiring.acquisition import acquire
from indextracker.building import jobs
from indextracker.building.jobs import JOBS
from indextracker.building.needs import ways_of
from indextracker.building.reference_tables import REFERENCES
from indextracker.calendars import trading_days
from indextracker.engines import Engine, engine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker_catalogue import TABLES

READ = ("taifex_futures", "taifex_options")
# The way of a tick file to its bars.
TERMS = ("silver/expiries", "silver/expire_codes")
FILLED = (
    *("silver/futures_trades", "silver/futures_spreads", "silver/option_trades"),
    "silver/rejects",
    *("silver/contracts/Futures", "silver/contracts/Options"),
    *("gold/futures_bars", "gold/spread_bars", "gold/option_bars"),
)
COUNTED = {
    "futures_bars": "contracts + spread_contracts",
    "spread_bars": "contracts",
    "option_bars": "contracts",
}


@dataclass
class Ran:
    """What a run over some sessions made, and how long it took.

    Attributes:
        found: Bars of each kind, and contracts in those of one minute.
        lines: Rows of bronze.
        seconds: By stage: a feed to bronze, a job, reference data.
    """

    found: dict[str, int] = field(default_factory=dict)
    lines: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts what is done inside as a stage."""
        started = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - started


def run(
    archive: Path,
    sessions: Sequence[date],
    place: Path,
    spark: Engine,
    feeds: Sequence[str] = READ,
) -> Ran:
    """Fills a new lake from the sessions' tick files.

    Args:
        archive: Folder of the zips.
        sessions: In order.
        place: Folder of the lake.
        spark: A running engine, or one that its first job starts.
        feeds: Of which feeds; the jobs that rest on others are left out.
    """
    lake, ran = Lake(str(place), "real"), Ran()
    keys = [str(session) for session in sessions]
    with ran.stage("reference data"):
        for table, reference in REFERENCES.items():
            lake.replace(table, reference.made())
        for name in TERMS:
            _fill(lake, spark, name, [])
    with ArchiveSource(archive) as source:
        for feed in feeds:
            with ran.stage(f"bronze/{feed}"):
                answers = acquire(lake, FEEDS[feed], keys, source)
            if refused := [answer for answer in answers.values() if not answer.accepted]:
                raise RuntimeError(f"not accepted: {refused[0]}")
            ran.lines += lake.total_rows(FEEDS[feed].table)
    for name in FILLED:
        if any(way.feeds.keys() <= set(feeds) for way in ways_of(JOBS[name])):
            with ran.stage(name):
                _fill(lake, spark, name, keys)
    for name, contracts in COUNTED.items():
        if lake.exists(TABLES[f"gold/{name}"]):
            with lake.sql([TABLES[f"gold/{name}"]]) as connection:
                [(bars, total)] = connection.execute(
                    f"select count(*), sum({contracts}) filter (scale_minutes = 1) from {name}"
                ).fetchall()
            ran.found |= {name: bars, f"contracts of {name}": int(total or 0)}
    return ran


def _fill(lake: Lake, spark: Engine, name: str, keys: Sequence[str]) -> None:
    job = JOBS[name]
    lake.ensure((job.writes, *job.reads))
    jobs.run(job, lake, spark, keys)


def main() -> None:
    """Runs over the sessions between two days."""
    archive, out = Path(sys.argv[1]), Path(sys.argv[2])
    first, last = (date.fromisoformat(day) for day in sys.argv[3:5])
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    ran = run(archive, trading_days("XTAI").sessions(first, last), out, spark)
    spark.close()
    sys.stdout.write(f"{ran.found}\n")


if __name__ == "__main__":
    main()
