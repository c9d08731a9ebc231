"""The interface of a warehouse: it is loaded, built, published and read.

`warehouse()` of this package chooses one by the settings; each is implemented in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from indextracker.lake import Lake
from indextracker.lake.questions import Answer
from indextracker_catalogue import Key, Table

# The schemas in which readers' names without a schema are looked up, in this order.
SEARCH_PATH = ("marts", "staging", "raw")
# All that is published, as a list of SQL.
PUBLISHED = "('marts', 'intermediate', 'staging', 'raw')"


class WarehouseMissingError(FileNotFoundError):
    """Nothing has been published yet."""


class WarehouseError(RuntimeError):
    """The warehouse cannot be opened; the message says what to do."""


class Cursor(Protocol):
    """An answer."""

    @property
    def description(self) -> Sequence[Sequence[Any]] | None:
        """A sequence per column, which begins with its name."""

    def fetchall(self) -> Sequence[Any]:
        """The rows, as sequences."""


class Connection(Protocol):
    """What one asks in SQL."""

    def execute(self, sql: str, /) -> Cursor:
        """The answer of one statement."""


class Warehouse(Protocol):
    """Tables of schema `raw`, what dbt builds upon them, and what is published of it.

    Attributes:
        address: Where it is, as people know it; without a secret.
    """

    @property
    def address(self) -> str:
        """Where it is."""

    def published_yet(self) -> bool:
        """Whether there is anything to read."""

    def writing(self) -> AbstractContextManager[object]:
        """Keeps other writers out; they wait. A killed process frees it at once."""

    def load(self, lake: Lake, tables: Sequence[Table], keys: Sequence[Key]) -> dict[str, int]:
        """Replaces the slices of the keys in `raw`, of all tables in one transaction.

        `raw.loads` tells, by an id in the row of each key of a subject, that it was loaded anew:
        what is built from `raw` renews those keys and no others. A table that is new, or of another
        shape than declared, comes with all that the lake has.

        Args:
            lake: Where the tables come from.
            tables: What to load: tables of one time line; one in one piece is replaced whole.
            keys: The slices.

        Returns:
            Rows loaded, by table path.

        Raises:
            WorldMismatchError: The warehouse holds the other world's data.
        """

    def reload(self, lake: Lake) -> dict[str, int]:
        """Replaces all of `raw` by what the lake holds, whatever the warehouse holds or has become.

        Everything in it is to be built anew.

        Args:
            lake: Where the tables come from.

        Returns:
            Rows loaded, by table path.
        """

    def verify(self) -> None:
        """Reads all that is published.

        Raises:
            WarehouseError: Some of it cannot be read.
            WarehouseMissingError: Nothing is published yet.
        """

    def dbt(self) -> AbstractContextManager[str]:
        """What dbt needs as long as one call of it lasts; yields the target of its profile."""

    def built(self) -> AbstractContextManager[Connection]:
        """A connection to what dbt has built, for who holds `writing`, before it is published."""

    def publish(self, relations: Mapping[str, Sequence[str]]) -> None:
        """Has readers see what was built, all at once; call it while holding `writing`.

        Of a subject of which not everything passed since it was loaded, they see what was there
        before.

        Args:
            relations: By subject the relations that dbt builds, each as `schema.name`.
        """

    def reading(self) -> AbstractContextManager[Connection]:
        """A read-only connection to what is published, marts first in the search path.

        Raises:
            WarehouseError: It cannot be opened.
            WarehouseMissingError: Nothing is published yet.
            WorldMismatchError: The warehouse holds the other world's data.
        """

    def ask(
        self, sql: str, values: Mapping[str, str] | None = None
    ) -> AbstractContextManager[Answer]:
        """The answer of one statement that only reads what is published.

        Args:
            sql: The statement.
            values: What its parameters stand for: `$name` in it is the value of `name`.

        Raises:
            QuestionError: It cannot be asked or answered.
            WarehouseError: As of `reading`, and the others of that.
        """

    def relations(self) -> list[tuple[str, int, str]]:
        """Name, rows and description of each relation that is published, views among them."""

    def columns(self) -> dict[str, list[tuple[str, str, str]]]:
        """Name, type and description of the columns of each such relation, in their order."""
