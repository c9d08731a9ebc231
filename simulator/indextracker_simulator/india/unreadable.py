"""Damaged lines among those of a session's prices, as a publisher prints them now and then.

They belong to no instrument: nothing else that is published counts them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from indextracker_simulator.india.session import Row

Reason = Literal["cells", "price", "shares"]

_REASONS: tuple[Reason, ...] = ("cells", "price", "shares")
_SPOILT_SHARE = 0.3  # of the documents
_NO_PRICE, _NO_COUNT = "n/a", "12.5"
_CELLS_MISSING = 3


class UnreadableLine(NamedTuple):
    """A line that tells nothing.

    Attributes:
        before: Number of the rows that stand before it; there is one after it at least.
        text: The line as published, without its ending.
        reason: What is wrong with it: too few cells, a price or a number of shares that is none.
    """

    before: int
    text: str
    reason: Reason


class Layout(NamedTuple):
    """How the lines of a document are made.

    Attributes:
        line: Makes the line of a row.
        separator: Stands between its cells.
        price: Place of the opening price among them.
        shares: Place of the number of shares.
    """

    line: Callable[[Row], str]
    separator: str
    price: int
    shares: int


def unreadable_lines(
    rows: Sequence[Row], layout: Layout, random: np.random.Generator
) -> tuple[UnreadableLine, ...]:
    """Return the unreadable lines among rows, by where they stand; of most documents none."""
    if random.random() > _SPOILT_SHARE or not rows:
        return ()
    places = sorted(random.integers(len(rows), size=len(_REASONS)).tolist())
    return tuple(
        UnreadableLine(place, _spoilt(rows[place], layout, reason), reason)
        for place, reason in zip(places, _REASONS, strict=True)
    )


def with_unreadable(lines: Sequence[str], found: Sequence[UnreadableLine]) -> list[str]:
    """Return the rows of a document with its unreadable lines in their places."""
    placed = list(lines)
    for slip in reversed(found):
        placed.insert(slip.before, slip.text)
    return placed


def _spoilt(row: Row, layout: Layout, reason: Reason) -> str:
    # Of an instrument that there is not: symbol and series stand once in a document.
    stranger = replace(row, symbol=f"NO{reason.upper()}")
    cells = layout.line(stranger).split(layout.separator)
    if reason == "cells":
        return layout.separator.join(cells[:-_CELLS_MISSING])
    place, text = (layout.price, _NO_PRICE) if reason == "price" else (layout.shares, _NO_COUNT)
    cells[place] = text
    return layout.separator.join(cells)
