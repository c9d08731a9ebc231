"""Time lines: the units in which rows of a table, or documents of a feed, follow each other.

A time line says how its keys are written: as text, as a value in a column, in SQL, for people. The
keys themselves (when an exchange trades, how far ahead is known) are in `indextracker.calendars`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, ClassVar, Final

# A key is text, and keys of a time line sort as they follow each other.
Key = str
# What a column holds in the rows of a key: a date, an instant, or a name.
Value = Any
# A name is a folder of a table's files, and stands between quotes in SQL, as it is.
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@functools.lru_cache(maxsize=100_000)
def _instant(key: Key, form: str) -> datetime:
    """The instant that a key is written for; kept, for a read of years asks each several times."""
    return datetime.strptime(key, form).replace(tzinfo=UTC)


@dataclass(frozen=True)
class Timeline:
    """An ordered set of keys; equal by value. Its subclasses are the kinds.

    Attributes:
        column: The column that holds a row's key, where its table names no other; empty for a
            table in one piece.
        type: Type of that column, by the catalogue's own name.
        form: How a key is written, as strftime has it.
        at_once: Whether all of its documents are requested together, since they are few: Dagster
            shows the table of such a feed without partitions.
        is_dated: Whether its keys are times, so that there is a calendar of them. Of names, no one
            knows which there will be.
    """

    column: ClassVar[str]
    type: ClassVar[str] = "date"
    form: ClassVar[str] = "%Y-%m-%d"
    at_once: ClassVar[bool] = False
    is_dated: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """A name that no other time line has, of letters, digits and underscores."""
        which = (str(getattr(self, field.name)).replace("/", "_") for field in fields(self))
        return "_".join((self.unit, *which))

    @property
    def unit(self) -> str:
        """The common name of its keys, in the plural: sessions, hours."""
        return type(self).__name__.lower()

    @property
    def title(self) -> str:
        """What people call it: XTAI, hours, days in Asia/Taipei."""
        return self.unit

    def key_of(self, value: Value) -> Key:
        """The key of a value of the column; an instant without a zone is taken to be in UTC."""
        if isinstance(value, datetime) and value.tzinfo is not None:
            value = value.astimezone(UTC)
        return Key(value.strftime(self.form))

    def value_of(self, key: Key) -> Value:
        """What the column holds in the rows of a key: a date, or an instant in UTC.

        Raises:
            ValueError: It is no key of this time line.
        """
        value = _instant(key, self.form)
        if self.key_of(value) != key:
            raise ValueError(f"{key!r} is no key of {self.name}, {self.key_of(value)!r} would be")
        return value if self.type == "timestamp" else value.date()

    def day_of(self, key: Key) -> date:
        """The day in which a key begins; of an hour, that of UTC.

        Raises:
            ValueError: It is no key of this time line.
        """
        value = self.value_of(key)
        return value.date() if isinstance(value, datetime) else value

    def literal(self, key: Key) -> str:
        """The value of a key in SQL that Spark, DuckDB, DataFusion and Redshift read alike.

        An instant is a text, which each takes for the type of its column: delta-rs compares a typed
        literal of nanoseconds with no column of microseconds (1.6.6).
        """
        if self.type == "date":
            return f"date'{self.value_of(key):%Y-%m-%d}'"
        return f"'{self.value_of(key):%Y-%m-%dT%H:%M:%SZ}'"

    def label(self, key: Key) -> str:
        """The key as people write it."""
        return key

    def predicate(self, keys: Iterable[Key], column: str = "") -> str:
        """SQL that holds for exactly the rows of some keys; in a table in one piece, for all rows.

        Each key is listed: a range over a hole would take in what lies between.

        Args:
            keys: Which ones; of none, no row.
            column: Where the rows hold their key; the time line's own column by default.
        """
        if not self.column:
            return "true"
        listed = ", ".join(self.literal(key) for key in keys)
        return f"{column or self.column} in ({listed})" if listed else "false"


@dataclass(frozen=True)
class Sessions(Timeline):
    """The trading sessions of an exchange, by their date there: `2024-12-16`.

    Attributes:
        exchange: The exchange by its ISO 10383 code.
    """

    column: ClassVar[str] = "session_date"
    exchange: str

    @property
    def title(self) -> str:
        """The exchange."""
        return self.exchange


@dataclass(frozen=True)
class Days(Timeline):
    """The days of a zone, all of them: `2024-12-16`.

    Attributes:
        zone: The zone by its IANA name.
    """

    column: ClassVar[str] = "day"
    zone: str

    @property
    def title(self) -> str:
        """With the zone in which they begin."""
        return f"{self.unit} in {self.zone}"


@dataclass(frozen=True)
class Hours(Timeline):
    """The hours of UTC, by their beginning: `2024-12-16T09`."""

    column: ClassVar[str] = "hour"
    type: ClassVar[str] = "timestamp"
    form: ClassVar[str] = "%Y-%m-%dT%H"

    def label(self, key: Key) -> str:
        """The key as people write it, with its zone."""
        return f"{self.value_of(key):%Y-%m-%d %H:%M} UTC"


@dataclass(frozen=True)
class Years(Timeline):
    """The calendar years: `2024`. The column holds the first of January."""

    column: ClassVar[str] = "year_start"
    form: ClassVar[str] = "%Y"
    at_once: ClassVar[bool] = True


@dataclass(frozen=True)
class Whole(Timeline):
    """No time: a table in one piece, whose only key is the empty text."""

    column: ClassVar[str] = ""
    form: ClassVar[str] = ""


@dataclass(frozen=True)
class Names(Timeline):
    """Names that people or programs give: of a collection, of a run. They follow the alphabet.

    Nothing lists them ahead: those of a table are the ones that it has rows of.

    Attributes:
        column: The column that holds the name in a row, such as `collection`.
    """

    type: ClassVar[str] = "string"
    form: ClassVar[str] = ""
    is_dated: ClassVar[bool] = False
    # One of a class elsewhere: names differ in nothing but what has them.
    column: str  # type: ignore[misc]

    @property
    def name(self) -> str:
        """What has the names, in the plural."""
        return self.unit

    @property
    def unit(self) -> str:
        """What has the names, in the plural: collections."""
        return f"{self.column}s"

    def key_of(self, value: Value) -> Key:
        """The name itself."""
        return Key(value)

    def value_of(self, key: Key) -> Value:
        """The name itself.

        Raises:
            ValueError: It could be no folder, or end a text of SQL.
        """
        if not _NAME.fullmatch(key):
            raise ValueError(
                f"{key!r} is no name of a {self.column}: up to 64 letters of the Latin alphabet, "
                "digits, '_', '.' and '-', of which the first is a letter or a digit"
            )
        return key

    def day_of(self, key: Key) -> date:
        """There is none.

        Raises:
            ValueError: Always.
        """
        raise ValueError(f"{key!r} is the name of a {self.column}, which is of no day")

    def literal(self, key: Key) -> str:
        """The name as a text of SQL."""
        return f"'{self.value_of(key)}'"


def seen(keys: Iterable[Key], known: Iterable[Key], look_back: int) -> list[Key]:
    """Some keys and the ones before each of them, in order.

    Args:
        keys: Keys of a time line.
        known: Keys of it among which the earlier ones are found, those before the first of `keys`
            too.
        look_back: How many before each.
    """
    every = sorted({*known, *keys})
    position = {key: number for number, key in enumerate(every)}
    wanted = {
        number
        for key in keys
        for number in range(max(position[key] - look_back, 0), position[key] + 1)
    }
    return [every[number] for number in sorted(wanted)]
