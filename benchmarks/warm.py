"""Sessions of real size to stored bars, engine warm: the pipeline against a script by hand.

Both run in this process in turns on the same documents, and must find the same bars and contracts.
A session that is not counted goes first. With an archive of original files the pipeline runs alone
over all of its sessions, and the seconds of each stage are told.

    python benchmarks/warm.py [--sessions 30] [--rounds 3]
    python benchmarks/warm.py --archive DIR [--feeds taifex_futures,taifex_options] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import by_hand
import pipeline
from measuring import conclude, documents, scratch, show, spread

from indextracker import settings as environment
from indextracker.calendars import calendar
from indextracker.engines import Engine, engine
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource

Made = TypeVar("Made")


def main() -> None:
    """Prints a line per round and the median ratio, or the stages of an archive."""
    chosen = _arguments()
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    try:
        if chosen.archive:
            _stages(chosen, spark)
        else:
            _rounds(chosen, spark)
    finally:
        spark.close()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--sessions", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--archive", type=Path, help="folder of the publishers' own files")
    parser.add_argument(
        "--feeds",
        type=lambda names: names.split(","),
        default=list(pipeline.READ),
        help="of the archive, separated by commas",
    )
    parser.add_argument("--json", action="store_true", help="of the archive, as one object")
    chosen = parser.parse_args()
    if unknown := set(chosen.feeds) - set(pipeline.READ):
        parser.error(f"of {', '.join(sorted(unknown))} no bars are made here")
    return chosen


def _rounds(chosen: argparse.Namespace, spark: Engine) -> None:
    archive, sessions = documents(chosen.sessions + 1)
    counted = sessions[1:]
    rows, ratios = [], []
    with scratch() as folder:
        pipeline.run(archive, sessions[:1], folder / "warm", spark)
        by_hand.run(archive, sessions[:1], folder / "warm by hand")
        for number in range(1, chosen.rounds + 1):
            ours, ran = _timed(
                lambda place: pipeline.run(archive, counted, place, spark), folder / f"ours{number}"
            )
            theirs, expected = _timed(
                lambda place: by_hand.run(archive, counted, place), folder / f"theirs{number}"
            )
            if ran.found != expected:
                sys.exit(f"the pipeline found {ran.found}, the script {expected}: not compared")
            ratios.append(ours / theirs)
            rows.append((str(number), f"{ours:.2f}", f"{theirs:.2f}", f"{ratios[-1]:.2f}"))
    bars = sum(ran.found[name] for name in pipeline.COUNTED)
    show(f"{len(counted)} sessions", ("round", "pipeline s", "by hand s", "ratio"), rows)
    show("stages of the last round", ("stage", "seconds"), _rows(ran.seconds))
    conclude(f"{ran.lines:,} lines, {bars:,} bars, ratio {spread(ratios)}")


def _stages(chosen: argparse.Namespace, spark: Engine) -> None:
    """The pipeline over all sessions of an archive of which each feed has a document."""
    sessions = _held(chosen.archive, chosen.feeds)
    if not sessions:
        sys.exit(f"{chosen.archive} holds no session with {' and '.join(chosen.feeds)}")
    with scratch() as folder:
        pipeline.run(chosen.archive, sessions[:1], folder / "warm", spark, chosen.feeds)
        seconds, ran = _timed(
            lambda place: pipeline.run(chosen.archive, sessions, place, spark, chosen.feeds),
            folder / "ours",
        )
    if chosen.json:
        told = {
            "sessions": len(sessions),
            "lines": ran.lines,
            "seconds": seconds,
            "stages": ran.seconds,
            "found": ran.found,
        }
        sys.stdout.write(f"{json.dumps(told)}\n")
        return
    show(f"{len(sessions)} sessions", ("stage", "seconds"), _rows(ran.seconds))
    conclude(f"{ran.lines:,} lines in {seconds:.1f} s, {ran.lines / seconds:,.0f} a second")


def _held(archive: Path, feeds: Sequence[str]) -> list[date]:
    timeline = FEEDS[feeds[0]].timeline
    days = calendar(timeline)
    keys = days.keys(days.start, timeline.key_of(datetime.now(UTC)))
    with ArchiveSource(archive) as source:
        for feed in feeds:
            keys = source.holds([FEEDS[feed]], keys)
    return [date.fromisoformat(key) for key in keys]


def _rows(seconds: dict[str, float]) -> list[tuple[str, str]]:
    return [(stage, f"{taken:.2f}") for stage, taken in seconds.items()]


def _timed(work: Callable[[Path], Made], place: Path) -> tuple[float, Made]:
    started = time.perf_counter()
    made = work(place)
    return time.perf_counter() - started, made


if __name__ == "__main__":
    main()
