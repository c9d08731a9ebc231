"""Reads a reference file: its cells by column, each checked, each error with its file and line.

The meaning of rows does not belong here.
"""

from __future__ import annotations

import csv
import math
import re
from datetime import date
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator
    from importlib.resources.abc import Traversable

Entry = TypeVar("Entry")


def read(
    folder: Traversable,
    file_name: str,
    columns: tuple[str, ...],
    build: Callable[[Row], Entry],
    key: Callable[[Entry], Hashable],
) -> list[tuple[int, Entry]]:
    """Reads one file into entries with their line numbers, each key once.

    Args:
        folder: Where the file is.
        file_name: Its name.
        columns: The columns that it must have, in any order.
        build: Makes an entry of a row; a ValueError is raised again with file and line.
        key: What no two entries may share.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    entries: list[tuple[int, Entry]] = []
    lines: dict[Hashable, int] = {}
    for line, row in _rows(folder, file_name, columns):
        try:
            entry = build(row)
        except ValueError as error:
            raise ValueError(f"{file_name}, line {line}: {error}") from error
        earlier = lines.setdefault(key(entry), line)
        if earlier != line:
            raise ValueError(f"{file_name}, line {line}: the same key stands in line {earlier}.")
        entries.append((line, entry))
    return entries


def _rows(
    folder: Traversable, file_name: str, columns: tuple[str, ...]
) -> Iterator[tuple[int, Row]]:
    with folder.joinpath(file_name).open("r", encoding="utf-8") as file:
        reader = csv.reader(file, strict=True)
        header = tuple(next(reader, ()))
        if sorted(header) != sorted(columns):
            raise ValueError(
                f"{file_name}, line 1: the columns are {', '.join(header)}; "
                f"they must be {', '.join(columns)}."
            )
        for cells in reader:
            if len(cells) != len(columns):
                raise ValueError(
                    f"{file_name}, line {reader.line_num}: "
                    f"{len(cells)} cells stand in {len(columns)} columns."
                )
            yield reader.line_num, Row(dict(zip(header, cells, strict=True)))


class Row:
    """The cells of one line by column; every reader raises a ValueError that is a sentence."""

    def __init__(self, cells: dict[str, str]) -> None:
        self._cells = cells

    def is_empty(self, column: str) -> bool:
        """Whether nothing stands in the cell."""
        return not self._cells[column]

    def optional_text(self, column: str) -> str | None:
        """The cell, None where it is empty."""
        cell = self._cells[column]
        if cell != cell.strip():
            raise ValueError(f"{column} has blanks around {cell.strip()!r}.")
        return cell or None

    def text(self, column: str) -> str:
        """The cell, which is not empty."""
        return self._required(column, self.optional_text(column))

    def matching(self, column: str, pattern: str) -> str:
        """A cell of a form."""
        cell = self.text(column)
        if not re.fullmatch(pattern, cell):
            raise ValueError(f"{column} {cell!r} does not have the form {pattern}.")
        return cell

    def one_of(self, column: str, allowed: Collection[str]) -> str:
        """A cell that is one of some words."""
        cell = self.text(column)
        if cell not in allowed:
            raise ValueError(f"{column} {cell!r} is none of {', '.join(sorted(allowed))}.")
        return cell

    def flag(self, column: str) -> bool:
        """A cell that is false or true."""
        return self.one_of(column, ("false", "true")) == "true"

    def optional_day(self, column: str) -> date | None:
        """A date, None where the cell is empty."""
        cell = self.optional_text(column)
        if cell is None:
            return None
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", cell):  # fromisoformat also takes 20240131
            raise ValueError(f"{column} {cell!r} is not a date of the form YYYY-MM-DD.")
        try:
            return date.fromisoformat(cell)
        except ValueError as error:
            raise ValueError(f"{column} {cell!r} is not a date of the calendar.") from error

    def day(self, column: str) -> date:
        """A date."""
        return self._required(column, self.optional_day(column))

    def clock(self, column: str) -> str:
        """A time of day, HH:MM:SS."""
        cell = self.text(column)
        if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", cell):
            raise ValueError(f"{column} {cell!r} is not a time of the form HH:MM:SS.")
        return cell

    def number(self, column: str) -> float:
        """A number above zero."""
        cell = self.text(column)
        try:
            number = float(cell)
        except ValueError as error:
            raise ValueError(f"{column} {cell!r} is not a number.") from error
        if not 0 < number < math.inf:
            raise ValueError(f"{column} {cell!r} is not above zero.")
        return number

    def count(self, column: str) -> int:
        """A whole number above zero."""
        return int(self.matching(column, r"[1-9][0-9]*"))

    @staticmethod
    def _required(column: str, value: Entry | None) -> Entry:
        if value is None:
            raise ValueError(f"{column} is empty.")
        return value
