"""Rows of one partition by ticker or by time, in bounded memory: what is too much goes to files.

Not Spark's own means: `applyInArrow` by groups of Sail 0.7.2 keeps all groups in memory until the
last row is read, and a sort before `mapInArrow` it leaves out, since the function declares no order
that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Rows = dict[str, Any]

INSTANT = pa.timestamp("us", "UTC")
# Some 100 MB of rows are kept in memory, and as much again while they are put in order.
MOST_ROWS = 2_000_000
# Into so many files tickers are divided.
_PARTS = 64


class Spool:
    """Rows, added in any order and given by ticker or by time.

    Args:
        columns: Columns of numbers beside `ticker` and `at`.
        by: Whether files are of some tickers, or of a month.
    """

    def __init__(self, columns: Sequence[str], by: Literal["ticker", "month"]) -> None:
        self._columns, self._by = columns, by
        kinds = {"at": np.int64, "place": np.int32} | dict.fromkeys(columns, np.float64)
        self._kinds = {name: np.dtype(kind) for name, kind in kinds.items()}
        self._places: dict[str, int] = {}
        self._kept: list[Rows] = []
        self._number = 0
        self._folder: TemporaryDirectory[str] | None = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._folder:
            self._folder.cleanup()

    def add(self, batch: pa.RecordBatch) -> None:
        """Keeps the rows of a batch."""
        rows = {
            "at": batch["at"].cast(INSTANT).cast(pa.int64()).to_numpy(),
            "place": self._coded(batch["ticker"]),
            **{name: _numbers(batch[name]) for name in self._columns},
        }
        self._kept.append(rows)
        self._number += batch.num_rows
        if self._number >= MOST_ROWS:
            self._spill()

    def tickers(self) -> list[str]:
        """The tickers in their order, that of `place` in the rows given."""
        return sorted(self._places)

    def in_time(self) -> Iterator[Rows]:
        """The rows in the order of time and ticker, in parts of months; once all are added."""
        for rows in self._parts():
            yield _taken(rows, np.lexsort((rows["place"], rows["at"])))

    def by_ticker(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each ticker with its rows as they were added, an array a column; once all are added."""
        tickers = self.tickers()
        for part in self._parts():
            rows, places = part, part["place"]
            if (places[1:] < places[:-1]).any():
                rows = _taken(part, np.argsort(places, kind="stable"))
                places = rows["place"]
            starts = _starts(places)
            for start, end in zip(starts, np.append(starts[1:], len(places)), strict=True):
                columns = {name: rows[name][start:end] for name in ("at", *self._columns)}
                yield tickers[int(places[start])], columns

    def _parts(self) -> Iterator[Rows]:
        # Numbered by name, not as they came, which differs from run to run: sums of doubles follow.
        ranks = np.empty(len(self._places), np.int32)
        for rank, ticker in enumerate(self.tickers()):
            ranks[self._places[ticker]] = rank
        if self._folder is None:
            parts: Iterator[Rows] = iter([_joined(self._kept)] if self._kept else [])
        else:
            self._spill()
            parts = (self._read(path) for path in sorted(Path(self._folder.name).iterdir()))
        for rows in parts:
            yield rows | {"place": ranks[rows["place"]]}

    def _coded(self, column: pa.Array) -> Any:
        coded = column.cast(pa.string()).dictionary_encode()
        places = self._places
        known = [places.setdefault(name, len(places)) for name in coded.dictionary.to_pylist()]
        return np.array(known, np.int32)[coded.indices.to_numpy()]

    def _spill(self) -> None:
        if not self._kept:
            return
        self._folder = self._folder or TemporaryDirectory(prefix="indextracker-strategy-")
        rows = _joined(self._kept)
        self._kept, self._number = [], 0
        if self._by == "ticker":
            parts = (rows["place"] % _PARTS).astype(np.uint8)
        else:
            parts = rows["at"].astype("datetime64[us]").astype("datetime64[M]")
        order = np.argsort(parts, kind="stable")
        rows, parts = _taken(rows, order), parts[order]
        starts = _starts(parts)
        for start, end in zip(starts, np.append(starts[1:], len(parts)), strict=True):
            with (Path(self._folder.name) / str(parts[start])).open("ab") as file:
                np.array([end - start], np.int64).tofile(file)
                for name in self._kinds:
                    rows[name][start:end].tofile(file)

    def _read(self, path: Path) -> Rows:
        blocks: list[Rows] = []
        with path.open("rb") as file:
            while len(number := np.fromfile(file, np.int64, 1)):
                sizes = self._kinds.items()
                blocks.append(
                    {name: np.fromfile(file, kind, int(number[0])) for name, kind in sizes}
                )
        return _joined(blocks)


def _joined(blocks: list[Rows]) -> Rows:
    return {name: np.concatenate([rows[name] for rows in blocks]) for name in blocks[0]}


def _taken(rows: Rows, order: Any) -> Rows:
    return {name: column[order] for name, column in rows.items()}


def _starts(values: Any) -> Any:
    """Where runs of the same value begin."""
    return np.flatnonzero(np.append(len(values) > 0, values[1:] != values[:-1]))


def _numbers(column: pa.Array) -> Any:
    """The numbers as doubles, NaN where there is none."""
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    doubles = column.cast(pa.float64())
    if doubles.null_count:
        doubles = pc.fill_null(doubles, np.nan)
    return doubles.to_numpy(zero_copy_only=False)
