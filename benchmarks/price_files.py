"""Price files into the lake, against DuckDB's own reader of CSV writing Parquet, in turns.

Each turn is a process of its own, with the same generated files. What is timed of the lake is a
load of a confirmed layout, from the start of reading to the last commit: digests, rows with their
lines, Delta.

    python benchmarks/price_files.py [--megabytes 500] [--rounds 3]
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import duckdb
from measuring import DOCUMENTS, arguments, conclude, process, scratch, script, show, spread

from indextracker.files import confirm, confirmed_in, detect, grouped, load, write
from indextracker.lake import Lake
from indextracker_catalogue.files import FILE_PRICES


def main() -> None:
    """Prints the seconds and the peaks of memory of both, and their ratio."""
    if len(sys.argv) > 3 and sys.argv[1] in _TURNS:
        _TURNS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
        return
    chosen = arguments(__doc__, megabytes=500, rounds=3)
    prices = _generated(chosen.megabytes)
    seconds: dict[str, list[float]] = {name: [] for name in _TURNS}
    peaks: dict[str, list[float]] = {name: [] for name in _TURNS}
    rows = set()
    with scratch() as folder:
        for _ in range(chosen.rounds):
            for name in _TURNS:
                told = folder / name
                ended = process(script(Path(__file__).name, name, prices, told))
                said = json.loads((told / "told.json").read_text())
                seconds[name].append(said["seconds"])
                peaks[name].append(ended.peak_gib)
                rows.add(said["rows"])
                shutil.rmtree(told)
    [number] = rows
    show(
        f"{chosen.megabytes} MB, {number:,} rows",
        ("turn", "seconds", "peak GiB"),
        [(name, spread(seconds[name]), spread(peaks[name])) for name in _TURNS],
    )
    ours, theirs = (median(seconds[name]) for name in ("lake", "duckdb"))
    conclude(f"ratio {ours / theirs:.2f}, {chosen.megabytes / ours:.0f} MB/s")


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
    started = time.perf_counter()
    found = load(
        lake,
        prices,
        "made",
        layouts,
        zone="UTC",
        now=lambda: datetime.now(UTC),
        besides=prices / "layouts",
    )
    seconds = time.perf_counter() - started
    assert not found.broken
    _tell(into, seconds, lake.total_rows(FILE_PRICES))


def _duckdb(prices: Path, into: Path) -> None:
    into.mkdir(parents=True)
    started = time.perf_counter()
    with duckdb.connect() as connection:
        [[rows]] = connection.execute(
            f"copy (select * from read_csv('{prices}/*.csv')) to '{into}/prices.parquet'"
        ).fetchall()
    _tell(into, time.perf_counter() - started, rows)


def _tell(into: Path, seconds: float, rows: int) -> None:
    (into / "told.json").write_text(json.dumps({"seconds": seconds, "rows": rows}))


_TURNS = {"lake": _lake, "duckdb": _duckdb}


if __name__ == "__main__":
    main()
