"""Reference tables whose rows people write: a CSV file of the table's name beside its declaration.

The columns, their types and the key are those of the table in the catalogue; what is declared here
is what a type does not say of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from indextracker.reference.rows import Row, read

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import timedelta
    from importlib.resources.abc import Traversable

    from indextracker_catalogue import Table

Fact = dict[str, Any]
Reader: TypeAlias = "Callable[[Row, str], object]"

_OF_TYPE: Final[Mapping[str, Reader]] = MappingProxyType(
    {
        "string": Row.text,
        "date": Row.day,
        "boolean": Row.flag,
        "double": Row.number,
        "bigint": Row.count,
    }
)


def matching(pattern: str) -> Reader:
    """Reads a cell of a form."""
    return lambda row, column: row.matching(column, pattern)


def one_of(words: Collection[str]) -> Reader:
    """Reads a cell that is one of some words."""
    return lambda row, column: row.one_of(column, words)


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """A reference table and the file of its rows, `<name of the table>.csv`.

    Attributes:
        table: The table.
        folder: Where the subject's reference files are.
        good_for: For how long after its last day a review of the file is good.
        optional: The columns of which a cell may be empty, and what stands in the table then.
        readers: How cells are read of which the type does not say enough.
        check: Raises a ValueError for a row that contradicts itself.
        check_all: Raises a ValueError for rows that contradict each other, which come with their
            lines; it names file and line.
    """

    table: Table
    folder: Traversable
    good_for: timedelta
    optional: Mapping[str, object] = field(default_factory=dict)
    readers: Mapping[str, Reader] = field(default_factory=dict)
    check: Callable[[Fact], None] | None = None
    check_all: Callable[[Sequence[tuple[int, Fact]]], None] | None = None

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.table.name}.csv"

    def read(self, folder: Traversable | None = None) -> list[Fact]:
        """The rows of the table, in the order of the file.

        Args:
            folder: Where the file is; the subject's own folder by default.

        Raises:
            ValueError: The file breaks a rule; the message names file and line.
        """
        entries = read(
            folder or self.folder,
            self.file,
            tuple(column.name for column in self.table.columns),
            self._fact,
            lambda fact: tuple(fact[name] for name in self.table.key),
        )
        if self.check_all:
            self.check_all(entries)
        return [fact for _, fact in entries]

    def _fact(self, row: Row) -> Fact:
        fact = {}
        for column in self.table.columns:
            if column.name in self.optional and row.is_empty(column.name):
                fact[column.name] = self.optional[column.name]
            else:
                reader = self.readers.get(column.name, _OF_TYPE[column.type])
                fact[column.name] = reader(row, column.name)
        if self.check:
            self.check(fact)
        return fact
