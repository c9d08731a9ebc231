"""What copies and going back take by the gigabyte, on a lake of documents and of trades.

The lake is made in a temporary folder: half of its bytes are documents of 2 MB, half rows of trades
that do not compress well. The warehouse is left out: `performance.md` has what loading takes.

    python benchmarks/recovery.py [--gigabytes 2]
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa

from indextracker.lake import Lake, instants
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.digest import digest
from indextracker.lake.restoring import plan, restore
from indextracker.recovery import copies
from indextracker.system.documents import Document
from indextracker.system.places import place
from indextracker_catalogue import TABLES

DOCUMENT_BYTES = 2_000_000
ROWS = 1_000_000
TRADES = TABLES["silver/futures_trades"]
FIRST = date(2020, 1, 2)


def main() -> None:
    """Prints the seconds of each step, and those for a gigabyte."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    wanted = int(parser.parse_args().gigabytes * 1e9)
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        lake, to = Lake(f"{folder}/lake", "simulated"), place(f"{folder}/copies")
        _fill(lake, wanted)
        size = sum(file.bytes for file in lake.beside("").files())
        before = digest(lake, TRADES)
        with _timed("name an instant", size):
            instants.take(lake, "before", datetime.now(UTC))
        with _timed("first copy", size):
            copies.back_up(lake, to, datetime.now(UTC), {})
        with _timed("second copy, nothing new", size):
            copies.back_up(lake, to, datetime.now(UTC), {})
        copy = copies.latest(to, "simulated")
        with _timed("read a copy, comparing digests", size):
            assert not copies.verify(to, copy)
        with _timed("find that nothing is lost", size):
            assert not copies.look(lake, copy).is_any
        shutil.rmtree(lake.root)
        lost = Lake(lake.root, "simulated")
        with _timed("bring all of it back", size):
            copies.mend(lost, to, copy, copies.look(lost, copy))
        assert digest(lost, TRADES) == before
        lost.refill(TRADES, lambda: arrow_schema(TRADES, stored=True).empty_table())
        with _timed("go back to an instant, with what changes", size):
            number = instants.named(lost, "before").versions[TRADES.path]
            restore(lost, plan(lost, TRADES, number))
        assert digest(lost, TRADES) == before


def _fill(lake: Lake, wanted: int) -> None:
    """Documents and rows of so many bytes together."""
    dice, done = np.random.default_rng(7), 0
    for number in range(wanted // 2 // DOCUMENT_BYTES):
        lake.landing.put(Document.of(str(number), dice.bytes(DOCUMENT_BYTES)))
    for number in range(10_000):
        if done >= wanted // 2:
            return
        day = FIRST + timedelta(days=number)
        lake.replace(TRADES, _rows(dice, day), [str(day)])
        done = sum(f.stat().st_size for f in Path(lake.path(TRADES)).rglob("*.parquet"))


def _rows(dice: np.random.Generator, day: date) -> pa.Table:
    """Rows of a session, each column filled by its type."""
    columns: dict[str, pa.Array] = {}
    for field in arrow_schema(TRADES):
        if field.name == TRADES.key_column:
            columns[field.name] = pa.array([day] * ROWS, field.type)
        elif pa.types.is_timestamp(field.type):
            columns[field.name] = pa.array(dice.integers(1 << 50, 1 << 51, ROWS)).cast(field.type)
        elif pa.types.is_floating(field.type):
            columns[field.name] = pa.array(dice.random(ROWS), field.type)
        elif pa.types.is_integer(field.type):
            columns[field.name] = pa.array(dice.integers(0, 1 << 30, ROWS)).cast(field.type)
        elif pa.types.is_boolean(field.type):
            columns[field.name] = pa.array(dice.random(ROWS) < 0.5)
        else:
            columns[field.name] = pa.array(["TX"] * ROWS).cast(field.type)
    return pa.table(columns)


@contextmanager
def _timed(what: str, size: int) -> Iterator[None]:
    started, used = time.perf_counter(), time.process_time()
    yield
    seconds, cpu = time.perf_counter() - started, time.process_time() - used
    print(  # noqa: T201 - its result
        f"{what:42} {seconds:7.2f} s {cpu:7.2f} CPU s {seconds / size * 1e9:7.2f} s/GB"
    )


if __name__ == "__main__":
    main()
