"""The pipeline over the same tick files as the script by hand: landing, bronze, silver and bars.

Library and engine alone: Dagster, checks, warehouse and marts are another benchmark's.

    python benchmarks/pipeline.py ARCHIVE OUT FIRST LAST
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from indextracker import settings as environment
from indextracker.acquiring.acquisition import acquire
from indextracker.building.reference_tables import REFERENCES
from indextracker.calendars import trading_days
from indextracker.engines import Engine, engine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker_catalogue import TABLES
from indextracker_spark.jobs import JOBS

READ = ("taifex_futures", "taifex_options")
FILLED = (
    "silver/expiries",
    "silver/expire_codes",
    "silver/futures_trades",
    "silver/futures_spreads",
    "silver/option_trades",
    *(f"silver/rejects/{feed}" for feed in READ),
    *(f"silver/contracts/{instrument}" for instrument in ("Futures", "Options")),
    "gold/futures_bars",
    "gold/spread_bars",
    "gold/option_bars",
)
COUNTED = {
    "futures_bars": "contracts + spread_contracts",
    "spread_bars": "contracts",
    "option_bars": "contracts",
}


def run(archive: Path, sessions: Sequence[date], place: Path, spark: Engine) -> dict[str, int]:
    """Fills a new lake from the sessions' tick files.

    Args:
        archive: Folder of the zips.
        sessions: In order.
        place: Folder of the lake.
        spark: A running engine, or one that its first job starts.

    Returns:
        Bars of each kind, and contracts in those of one minute.
    """
    lake = Lake(str(place), "real")
    for table, reference in REFERENCES.items():
        lake.replace(table, reference.made())
    with ArchiveSource(archive) as source:
        for feed in READ:
            answers = acquire(lake, FEEDS[feed], [*map(str, sessions)], source)
            assert all(answer.accepted for answer in answers.values()), answers
    for name in FILLED:
        lake.ensure((JOBS[name].writes, *JOBS[name].reads))
        spark.run(JOBS[name], lake.root, [*map(str, sessions)])
    found = {}
    for name, contracts in COUNTED.items():
        with lake.sql([TABLES[f"gold/{name}"]]) as connection:
            [(bars, total)] = connection.execute(
                f"select count(*), sum({contracts}) filter (scale_minutes = 1) from {name}"
            ).fetchall()
        found |= {name: bars, f"contracts of {name}": int(total)}
    return found


def main() -> None:
    """Runs over the sessions between two days."""
    archive, out = Path(sys.argv[1]), Path(sys.argv[2])
    first, last = (date.fromisoformat(day) for day in sys.argv[3:5])
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    found = run(archive, trading_days("XTAI").sessions(first, last), out, spark)
    spark.close()
    sys.stdout.write(f"{found}\n")


if __name__ == "__main__":
    main()
