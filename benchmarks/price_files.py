"""Price files into the lake, against DuckDB's own reader of CSV writing Parquet, in turns.

Each turn is a process of its own, with the same generated files. What is timed of the lake is a
load of a confirmed layout, from the start of reading to the last commit: digests, rows with their
lines, Delta. Seconds of processors and memory are those of the process and its workers together:
they tell more than the time does where something else runs.

    python benchmarks/price_files.py [--megabytes 500] [--rounds 3]
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from threading import Event, Thread

import duckdb
from measuring import DOCUMENTS, arguments, conclude, process, scratch, script, show, spread

from indextracker.files import confirm, confirmed_in, detect, grouped, write
from indextracker.files.loading import load
from indextracker.lake import Lake
from indextracker_catalogue.files import FILE_PRICES


def main() -> None:
    """Prints the seconds and the peaks of memory of both, and their ratio."""
    if len(sys.argv) > 3 and sys.argv[1] in _TURNS:
        _TURNS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        return
    chosen = arguments(__doc__, megabytes=500, rounds=3)
    prices = _generated(chosen.megabytes)
    told: dict[str, list[_Told]] = {name: [] for name in _TURNS}
    with scratch() as folder:
        for _ in range(chosen.rounds):
            for name in _TURNS:
                place = folder / name
                process(script(Path(__file__).name, name, prices, place))
                told[name].append(_Told(**json.loads((place / "told.json").read_text())))
                shutil.rmtree(place)
    [rows] = {one.rows for some in told.values() for one in some}
    show(
        f"{chosen.megabytes} MB, {rows:,} rows",
        ("turn", "seconds", "CPU seconds", "peak GiB"),
        [
            (
                name,
                spread([one.seconds for one in some]),
                spread([one.cpu_seconds for one in some]),
                spread([one.peak_gib for one in some]),
            )
            for name, some in told.items()
        ],
    )
    ours, theirs = (median(one.seconds for one in told[name]) for name in ("lake", "duckdb"))
    cpu, their_cpu = (median(one.cpu_seconds for one in told[name]) for name in ("lake", "duckdb"))
    conclude(
        f"ratio {ours / theirs:.2f}, of CPU {cpu / their_cpu:.2f}, "
        f"{chosen.megabytes / ours:.0f} MB/s"
    )


@dataclass(frozen=True)
class _Told:
    """What a turn took."""

    seconds: float
    cpu_seconds: float
    peak_gib: float
    rows: int


class _Watch:
    """What this process and those that it started take until it is asked."""

    def __init__(self) -> None:
        self._started, self._cpu = time.perf_counter(), _cpu_seconds()
        self._peak, self._ended = 0, Event()
        Thread(target=self._look, daemon=True).start()

    def told(self, rows: int) -> _Told:
        """What was taken until now."""
        seconds, cpu = time.perf_counter() - self._started, _cpu_seconds() - self._cpu
        self._ended.set()
        return _Told(seconds, cpu, self._peak / 2**30, rows)

    def _look(self) -> None:
        while not self._ended.wait(0.1):
            self._peak = max(self._peak, _memory(os.getpid()))


def _cpu_seconds() -> float:
    """Of this process, and of those that it started and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _memory(pid: int) -> int:
    """Bytes that a process and its children hold; what they share counts in each of them."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = [
            int(child)
            for task in Path(f"/proc/{pid}/task").iterdir()
            for child in (task / "children").read_text().split()
        ]
    except OSError:
        return 0  # it has ended
    return pages * resource.getpagesize() + sum(map(_memory, children))


def _generated(megabytes: int) -> Path:
    """Files of so many megabytes with their layout confirmed, made where they are not there yet."""
    folder = DOCUMENTS / f"price-files-{megabytes}"
    if not folder.exists():
        made = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(made, ignore_errors=True)
        words = ("-m", "indextracker_simulator.files", str(made), "--megabytes", str(megabytes))
        process([sys.executable, *words])
        for path in write(grouped([one.brief() for one in detect(made)]), made / "layouts"):
            confirm(path, {})
        made.rename(folder)
    return folder


def _lake(prices: Path, into: Path) -> None:
    layouts, lake = confirmed_in(prices / "layouts"), Lake(str(into / "lake"), "simulated")
    into.mkdir(parents=True)
    watch = _Watch()
    found = load(
        lake,
        prices,
        "made",
        layouts,
        zone="UTC",
        now=lambda: datetime.now(UTC),
        besides=prices / "layouts",
    )
    told = watch.told(lake.total_rows(FILE_PRICES))
    assert not found.broken
    _tell(into, told)


def _duckdb(prices: Path, into: Path) -> None:
    into.mkdir(parents=True)
    watch = _Watch()
    with duckdb.connect() as connection:
        [[rows]] = connection.execute(
            f"copy (select * from read_csv('{prices}/*.csv')) to '{into}/prices.parquet'"
        ).fetchall()
    _tell(into, watch.told(rows))


def _tell(into: Path, told: _Told) -> None:
    (into / "told.json").write_text(json.dumps(asdict(told)))


_TURNS = {"lake": _lake, "duckdb": _duckdb}


if __name__ == "__main__":
    main()
