"""One session of real size through `indextracker backfill`, cold: what each layer and Dagster add.

All documents of the session, from an archive. Beside the command stands the library alone, which
fills the same tables up to gold without Dagster, and without the checks that every asset runs.

    python benchmarks/layers.py [--rounds 3]
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from statistics import median

from measuring import OTHERS, TICKS, arguments, conclude, documents, process, scratch, script, show

from indextracker import settings as environment
from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.engines import engine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS, subject_of

LAYERS = ("bronze", "silver", "gold", "warehouse", "marts")
ALONE = "library alone, to gold"


def main() -> None:
    """Prints the seconds to each layer, and what the command's steps took in the last."""
    if sys.argv[1:2] == ["library"]:
        _library(Path(sys.argv[2]), Path(sys.argv[3]), date.fromisoformat(sys.argv[4]))
        return
    chosen = arguments(__doc__, rounds=3)
    archive, [session] = documents(1, TICKS | OTHERS)
    feeds = ",".join((*TICKS, *OTHERS))
    command = Path(sys.executable).with_name("indextracker")
    range_of_one = ("--from", session, "--to", session, "--feeds", feeds)
    taken: dict[str, list[float]] = {name: [] for name in (ALONE, *LAYERS)}
    steps: dict[str, float] = {}
    with scratch() as folder:
        for number in range(chosen.rounds):
            library = script("layers.py", "library", archive, folder / f"lake{number}", session)
            taken[ALONE].append(process(library).seconds)
            for layer in LAYERS:
                home = folder / f"{layer}{number}"
                words = map(str, ("backfill", "taiwan", *range_of_one, "--to-layer", layer))
                ended = process([command, *words, "--json"], _environment(home, archive))
                taken[layer].append(ended.seconds)
                steps = json.loads(ended.said)["seconds"]
    seconds = {name: median(rounds) for name, rounds in taken.items()}
    rows = [(ALONE, f"{seconds[ALONE]:.1f}", "", "")]
    before = 0.0
    for layer in LAYERS:
        added = seconds[layer] - before
        before = seconds[layer]
        rows.append((f"to {layer}", f"{before:.1f}", f"{added:.1f}", f"{steps[layer]:.1f}"))
    show("one session, cold", ("what", "seconds", "added", "in its steps"), rows)
    ratio = seconds["gold"] / seconds[ALONE]
    conclude(f"to the marts in {seconds['marts']:.1f} s; to gold {ratio:.2f} of the library alone")


def _environment(home: Path, archive: Path) -> dict[str, str]:
    return {
        "INDEXTRACKER_SOURCE": f"archive:{archive}",
        "INDEXTRACKER_LAKE": str(home / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
    }


def _library(archive: Path, place: Path, session: date) -> None:
    """Fills the tables of a session up to gold without Dagster."""
    settings = environment.load()
    environment.export(settings)
    spark, lake = engine(settings), Lake(str(place), "real")
    for table, reference in REFERENCES.items():
        lake.replace(table, reference.made())
    with ArchiveSource(archive) as source:
        for feed in (*TICKS, *OTHERS):
            acquire(lake, FEEDS[feed], [str(session)], source)
    for job in (one for one in JOBS.values() if subject_of(one.writes) is SUBJECTS["taiwan"]):
        lake.ensure((job.writes, *job.reads))
        run(job, lake, spark, [str(session)])
    spark.close()


if __name__ == "__main__":
    main()
