"""Rows into the order of time, in bounded memory: what is too much goes to files, a month each.

Not a sort of Spark's: Sail 0.7.2 leaves it out before a function over Arrow batches, which declares
no order that it needs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from indextracker_spark.strategies.by_ticker import arrays

# Some 180 MB of rows are kept in memory, and as much again while they are put in order.
MOST_ROWS = 4_000_000
_COLUMNS = ("open", "close", "dividend", "target")
_ROW = np.dtype([("at", "i8"), ("place", "i4"), *((name, "f8") for name in _COLUMNS)])


class Spool:
    """Bars and decisions, added in any order and given in that of time and ticker."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._kept: list[Any] = []
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
        table = pa.Table.from_batches([batch])
        found = arrays(table, _COLUMNS)
        rows = np.empty(table.num_rows, _ROW)
        rows["place"] = self._coded(table)
        for name in ("at", *_COLUMNS):
            rows[name] = found[name]
        self._kept.append(rows)
        self._number += len(rows)
        if self._number >= MOST_ROWS:
            self._spill()

    def tickers(self) -> list[str]:
        """The tickers in their order, that of `place` in the rows given."""
        return sorted(self._places)

    def in_time(self) -> Iterator[Any]:
        """The rows in parts, each of whole months; once all are added."""
        # Numbered by name, not as they came, which differs from run to run: sums of doubles follow.
        ranks = np.empty(len(self._places), np.int32)
        for rank, ticker in enumerate(self.tickers()):
            ranks[self._places[ticker]] = rank
        if not self._folder:
            if self._kept:
                yield self._ordered(self._taken(), ranks)
            return
        self._spill()
        for path in sorted(Path(self._folder.name).iterdir()):
            yield self._ordered(np.fromfile(path, _ROW), ranks)

    def _coded(self, table: pa.Table) -> Any:
        coded = table["ticker"].cast(pa.string()).combine_chunks().dictionary_encode()
        places = self._places
        known = [places.setdefault(name, len(places)) for name in coded.dictionary.to_pylist()]
        return np.array(known, np.int32)[coded.indices.to_numpy()]

    def _taken(self) -> Any:
        rows = np.concatenate(self._kept)
        self._kept, self._number = [], 0
        return rows

    def _spill(self) -> None:
        if not self._kept:
            return
        self._folder = self._folder or TemporaryDirectory(prefix="indextracker-strategy-")
        rows = self._taken()
        months = rows["at"].astype("datetime64[us]").astype("datetime64[M]")
        order = np.argsort(months, kind="stable")
        months = months[order]
        starts = np.flatnonzero(np.append(True, months[1:] != months[:-1]))
        for start, end in zip(starts, np.append(starts[1:], len(rows)), strict=True):
            with (Path(self._folder.name) / str(months[start])).open("ab") as file:
                file.write(rows[order[start:end]].tobytes())

    @staticmethod
    def _ordered(rows: Any, ranks: Any) -> Any:
        rows["place"] = ranks[rows["place"]]
        return rows[np.lexsort((rows["place"], rows["at"]))]
