"""The form of a document's cells, to hold a made document against a published one. No tests."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def foreign_shapes(
    made: Iterable[str], published: Iterable[str], words: Collection[int] = ()
) -> dict[int, set[str]]:
    """The forms, by column, that made lines have and published ones have not.

    Args:
        made: Lines of a made document.
        published: Lines of a published one, with as many cells.
        words: Columns of names, which are not compared.
    """
    ours, theirs = _shapes(made), _shapes(published)
    assert len(ours) == len(theirs)
    return {
        column: shapes - theirs[column]
        for column, shapes in ours.items()
        if column not in words and shapes - theirs[column]
    }


def _shapes(lines: Iterable[str]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    for line in lines:
        for column, cell in enumerate(line.split(",")):
            found[column].add(_shape(cell))
    return found


def _shape(cell: str) -> str:
    """A cell with one 9 for any digits before a point, and a 0 for each after it."""
    whole, point, decimals = cell.partition(".")
    return re.sub(r"\d+", "9", whole) + point + re.sub(r"\d", "0", decimals)
