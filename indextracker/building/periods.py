"""What a table in one piece says of each key, where its rows hold from one day to another.

A list of instruments is made anew as a whole, and every session ends another row of it later. What
was built of a key rests on the rows that hold in it alone.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate

from indextracker.lake import Lake
from indextracker_catalogue import Key, Table

_BITS = 64


def marks(lake: Lake, table: Table) -> Mapping[Key, str]:
    """A mark of each day, which changes where the rows that hold in it do.

    Args:
        lake: Where the table lies; one that is not there says nothing of any day.
        table: Has `holds`, and columns `valid_from` and `valid_to`, both inclusive.
    """
    found: list[tuple[date, date, int]] = []
    if lake.exists(table):
        rows = lake.rows(table).to_table(["valid_from", "valid_to", *table.holds])
        for begins, ends, *what in zip(
            *(column.to_pylist() for column in rows.itercolumns()), strict=True
        ):
            found.append((begins, ends, _number(what)))
    return _Marks(found)


class _Marks(Mapping[Key, str]):
    """The sum of the numbers of the rows that hold in a day: there is one of every day."""

    def __init__(self, rows: list[tuple[date, date, int]]) -> None:
        begun = sorted((begins.isoformat(), number) for begins, _, number in rows)
        ended = sorted((ends.isoformat(), number) for _, ends, number in rows)
        self._begins = [day for day, _ in begun]
        self._ends = [day for day, _ in ended]
        self._begun = [0, *accumulate(number for _, number in begun)]
        self._ended = [0, *accumulate(number for _, number in ended)]

    def __getitem__(self, key: Key) -> str:
        begun = self._begun[bisect_right(self._begins, key)]
        return f"{begun - self._ended[bisect_left(self._ends, key)]:x}"

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[Key]:
        raise TypeError("every day has a mark: they cannot be listed")

    def __len__(self) -> int:
        return len(self._begins)


def _number(what: list[object]) -> int:
    """A number that stands for a row: sums of them do not depend on order."""
    digest = hashlib.blake2b(repr(what).encode(), digest_size=_BITS // 8)
    return int.from_bytes(digest.digest())
