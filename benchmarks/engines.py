"""The same backfill on Sail and on JVM Spark, side by side: what each stage costs per session.

All documents of sessions of real size, from an archive to the marts, by the command, cold: the
start of the engine is in it. Both have to make the same rows.

    python benchmarks/engines.py [--rounds 3] [--sessions 5]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import median

from measuring import OTHERS, TICKS, arguments, conclude, documents, process, scratch, show, spread

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import subject_of

ENGINES = ("sail", "spark")
STAGES = ("bronze", "silver", "gold", "warehouse", "marts")


def main() -> None:
    """Prints seconds per session of each stage on each engine, and the ratios of the whole."""
    chosen = arguments(__doc__, rounds=3, sessions=5)
    archive, sessions = documents(chosen.sessions, TICKS | OTHERS)
    command = Path(sys.executable).with_name("indextracker")
    feeds = ",".join((*TICKS, *OTHERS))
    words = ("backfill", "taiwan", "--from", sessions[0], "--to", sessions[-1], "--feeds", feeds)
    whole: dict[str, list[float]] = {engine: [] for engine in ENGINES}
    steps: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    with scratch() as folder:
        for number in range(chosen.rounds):
            held = {}
            for engine in ENGINES:
                home = folder / f"{engine}{number}"
                environment = {
                    "INDEXTRACKER_SOURCE": f"archive:{archive}",
                    "INDEXTRACKER_ENGINE": engine,
                    "INDEXTRACKER_LAKE": str(home / "lake"),
                    "INDEXTRACKER_WAREHOUSE": str(home / "warehouse.duckdb"),
                    "INDEXTRACKER_DAGSTER_HOME": str(home / "dagster"),
                }
                ended = process([command, *map(str, words), "--json"], environment)
                whole[engine].append(ended.seconds)
                steps[engine].append(json.loads(ended.said)["seconds"])
                held[engine] = _held(home / "lake")
            if held["sail"] != held["spark"]:
                raise RuntimeError("the engines made different rows")
    per_session = {
        engine: {stage: median(one[stage] for one in rounds) / len(sessions) for stage in STAGES}
        for engine, rounds in steps.items()
    }
    rows = [
        (stage, *(f"{per_session[engine][stage]:.2f}" for engine in ENGINES)) for stage in STAGES
    ]
    rest = {
        engine: median(whole[engine]) / len(sessions) - sum(per_session[engine].values())
        for engine in ENGINES
    }
    rows.append(("start, and between steps", *(f"{rest[engine]:.2f}" for engine in ENGINES)))
    rows.append(
        ("all", *(f"{median(whole[engine]) / len(sessions):.2f}" for engine in ENGINES)),
    )
    show(f"seconds per session, of {len(sessions)} at once", ("stage", "Sail", "JVM Spark"), rows)
    ratios = [jvm / sail for sail, jvm in zip(whole["sail"], whole["spark"], strict=True)]
    conclude(f"JVM Spark takes {spread(ratios)} times as long as Sail, over {chosen.rounds} rounds")


def _held(place: Path) -> dict[str, str]:
    """A word for what each table holds, but for the logs, which tell when."""
    lake = Lake(str(place), "real")
    return {table.path: digest(lake, table) for table in lake.tables() if subject_of(table)}


if __name__ == "__main__":
    main()
