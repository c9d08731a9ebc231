"""What a table in one piece says of each key, where its rows hold from a day on.

A list of instruments is made anew as a whole, and every session adds to it. What was built of a key
rests on what had begun by then. When a row ended does not count: a share that was not traded for
some days ends later once it is traded again, and nothing that was built in between changes.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from itertools import accumulate

from indextracker.lake import Lake
from indextracker_catalogue import Key, Table

_BITS = 64


def marks(lake: Lake, table: Table) -> Mapping[Key, str]:
    """A mark of each day, which changes where what has begun by then does.

    Args:
        lake: Where the table lies; one that is not there says nothing of any day.
        table: Has `holds`, and a column `valid_from`.
    """
    begun: dict[tuple[object, ...], date] = {}
    if lake.exists(table):
        rows = lake.rows(table).to_table(["valid_from", *table.holds])
        for begins, *what in zip(
            *(column.to_pylist() for column in rows.itercolumns()), strict=True
        ):
            one = tuple(what)
            begun[one] = min(begins, begun.get(one, begins))
    return _Marks(begun)


class _Marks(Mapping[Key, str]):
    """The sum of the numbers of all that has begun by a day: there is one of every day."""

    def __init__(self, begun: Mapping[tuple[object, ...], date]) -> None:
        ordered = sorted((day.isoformat(), _number(what)) for what, day in begun.items())
        self._days = [day for day, _ in ordered]
        self._sums = [0, *accumulate(number for _, number in ordered)]

    def __getitem__(self, key: Key) -> str:
        return f"{self._sums[bisect_right(self._days, key)]:x}"

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[Key]:
        raise TypeError("every day has a mark: they cannot be listed")

    def __len__(self) -> int:
        return len(self._days)


def _number(what: tuple[object, ...]) -> int:
    """A number that stands for a row: sums of them do not depend on order."""
    digest = hashlib.blake2b(repr(what).encode(), digest_size=_BITS // 8)
    return int.from_bytes(digest.digest())
