"""Sessions of real size to stored bars, engine warm: the pipeline against a script by hand.

Both run in this process in turns on the same documents, and must find the same bars and contracts.
A session that is not counted goes first.

    python benchmarks/warm.py [--sessions 30] [--rounds 3]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import by_hand
import pipeline
from measuring import arguments, conclude, documents, scratch, show, spread

from indextracker import settings as environment
from indextracker.engines import engine

Work = Callable[[Path], dict[str, int]]


def main() -> None:
    """Prints a line per round and the median ratio."""
    chosen = arguments(__doc__, sessions=30, rounds=3)
    archive, sessions = documents(chosen.sessions + 1)
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    counted = sessions[1:]
    rows, ratios = [], []
    with scratch() as folder:
        pipeline.run(archive, sessions[:1], folder / "warm", spark)
        by_hand.run(archive, sessions[:1], folder / "warm by hand")
        for number in range(1, chosen.rounds + 1):
            ours, found = _timed(
                lambda place: pipeline.run(archive, counted, place, spark), folder / f"ours{number}"
            )
            theirs, expected = _timed(
                lambda place: by_hand.run(archive, counted, place), folder / f"theirs{number}"
            )
            if found != expected:
                spark.close()
                sys.exit(f"the pipeline found {found}, the script {expected}: nothing is compared")
            ratios.append(ours / theirs)
            rows.append((str(number), f"{ours:.2f}", f"{theirs:.2f}", f"{ratios[-1]:.2f}"))
        spark.close()
    bars = sum(found[name] for name in pipeline.COUNTED)
    show(f"{len(counted)} sessions", ("round", "pipeline s", "by hand s", "ratio"), rows)
    conclude(f"{bars:,} bars, ratio {spread(ratios)}")


def _timed(work: Work, place: Path) -> tuple[float, dict[str, int]]:
    started = time.perf_counter()
    found = work(place)
    return time.perf_counter() - started, found


if __name__ == "__main__":
    main()
