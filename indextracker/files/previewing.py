"""The first rows of a file as a layout would have them read, for a person to confirm it.

The lines as they stand are shown beside: what is read, and what of, comes from one reading.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from indextracker.files import careful, opening
from indextracker.files.confirmed import LayoutError, Reading, answered, document, reading_of
from indextracker.files.model import RefusedFileError

ROWS_SHOWN = 10


@dataclass(frozen=True)
class Preview:
    """The beginning of a file.

    Attributes:
        rows: Objects with the columns of `silver/file_prices`: ticker, at, open and so on, line.
        lines: The lines of a text from its first on, header included; of what is no text none.
    """

    rows: list[dict[str, Any]]
    lines: tuple[str, ...] = ()


def preview(
    layout: Path,
    folder: Path,
    answers: Mapping[str, str] | None = None,
    file: str | None = None,
    *,
    zone: str = "UTC",
    rows: int = ROWS_SHOWN,
) -> Preview:
    """The first rows of a file as they would be read.

    Args:
        layout: The YAML of the layout.
        folder: The folder of the files.
        answers: What is answered beside what the YAML says.
        file: Path of the file in the folder; by default the first that the YAML names.
        zone: Zone of times that name none.
        rows: How many.

    Raises:
        LayoutError: The YAML or an answer is none.
        RefusedFileError: The file cannot be read by it.
    """
    found = answered(document(layout), answers or {})
    named = [one["file"] for one in (found.get("files") or {}).get("first") or []]
    if file is None and not named:
        raise LayoutError(f"{layout} names no file: say which to show")
    name = file or str(named[0])
    path = folder / name.partition("!")[0]
    if not path.resolve().is_relative_to(folder.resolve()):
        raise RefusedFileError(f"{name} leaves the folder")
    if not path.is_file():
        raise RefusedFileError(f"{name} is no longer in {folder}")
    how = reading_of(found)
    with tempfile.TemporaryDirectory(prefix="indextracker-files-") as scratch:
        for part in opening.parts(path, path.relative_to(folder).as_posix(), Path(scratch)):
            if isinstance(part, opening.Part) and part.name == name:
                return _first(part, how, zone, rows)
    raise RefusedFileError(f"{name} is not in {path}")


def _first(part: opening.Part, how: Reading, zone: str, rows: int) -> Preview:
    if how.typed:
        found: list[dict[str, Any]] = []
        for table in islice(careful.typed_tables(part.path, how), rows):
            ticker = careful.ticker_of(table, how, part.name)
            prices, _ = careful.as_arrow(careful.readout_of(table, how, ticker), how, zone)
            found += prices.slice(0, rows - len(found)).to_pylist()
        return Preview(found)
    head = careful.head_of_text(part.path, how, part.name)
    if head is None:
        raise RefusedFileError(f"{part.name} has another header than the layout")
    prices, _ = careful.as_arrow(head.readout, how, zone)
    stand = (*head.table.before, *(row.text for row in (*head.table.header, *head.table.rows)))
    return Preview(prices.slice(0, rows).to_pylist(), stand[:rows])


def alike(layout: Mapping[str, Any]) -> Sequence[str]:
    """Names of columns that are called like a volume or a price and are not read as one."""
    from indextracker.files import words  # noqa: PLC0415 - loads the words of thirty languages

    return [
        str(column["header"])
        for column in layout["columns"]
        if column["role"] == "other" and column["header"] and words.role_of(column["header"])[1]
    ]
