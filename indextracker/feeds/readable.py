"""Refuses documents with too many lines that cannot be read.

A line that silver cannot read becomes a reject and stops nothing. A document with many of them has
another layout, and is refused while the publisher still has it. Which lines silver can read is told
by the feed.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.feeds.model import Refusal, quote

# Original documents have none among 450,000 lines; a slip of a publisher spoils a few; another
# layout spoils all lines, or all of a kind. Fewer than the handful say nothing in a small document.
LARGEST_SHARE: Final = 0.01
HANDFUL: Final = 10


def refuse_unreadable(lines: pa.Table, well: pa.Array, document: str) -> None:
    """Refuse a document none or too few of whose lines silver can read.

    Args:
        lines: Its lines, `line`, the cells and `text`.
        well: Whether silver can read each; null for those that are not counted.
        document: Its name, for the reason.

    Raises:
        Refusal: refused where no line can be read, or not half of them, or where more than ten
            and more than 1 % cannot; with the first of them.
    """
    counted = len(well) - well.null_count
    bad = counted - (pc.sum(well).as_py() or 0)
    if not bad or not _too_many(bad, counted):
        return
    place = pc.index(well, False).as_py()
    row = lines.slice(place, 1).to_pylist()[0]
    text = row["text"] or ",".join(row[cell] or "" for cell in lines.column_names[1:-1])
    raise Refusal(
        "refused",
        f"{document}: {bad:,} of {counted:,} lines cannot be read; at most {HANDFUL} lines "
        f"or {LARGEST_SHARE:.0%} are tolerated, and never more than half. The first is line "
        f"{row['line']}: {quote(text)}",
    )


def _too_many(bad: int, lines: int) -> bool:
    return 2 * bad > lines or bad > max(HANDFUL, LARGEST_SHARE * lines)


def refuse_unsplit(lines: pa.Table, document: str, cells: int) -> None:
    """Refuse a document of which no line has as many cells as its header.

    Args:
        lines: `line` and `text`, which is null where the line splits.
        document: Its name, for the reason.
        cells: How many cells the header has.

    Raises:
        Refusal: refused, with the number of cells of the first line.
    """
    if not lines.num_rows or lines.column("text").null_count:
        return
    number, text = (lines.column(name)[0].as_py() for name in ("line", "text"))
    raise Refusal(
        "refused",
        f"{document}: no line splits into the cells of its header, which has {cells}; "
        f"line {number}, the first, has {text.count(',') + 1}: {quote(text)}",
    )
