"""How many lines of a document may be beyond reading.

A document's form is judged by its publisher's module, a line by the forms of the catalogue.
"""

from __future__ import annotations

import pyarrow as pa

from indextracker.feeds.model import Refusal, quote


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
