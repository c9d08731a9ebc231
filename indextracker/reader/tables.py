"""Reads rows of the lake's tables for the reader: pruned, in the declared types, as of an instant.

Each call reads one version of a table, whatever is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import Lake, NoSuchVersionError
from indextracker.lake.arrow import arrow_schema
from indextracker.reader.names import known
from indextracker_catalogue import Key, Table
from indextracker_catalogue.shared.builds import BUILDS
from indextracker_catalogue.shared.deliveries import DELIVERIES


@dataclass(frozen=True)
class Tables:
    """The tables of a lake, as they are or were.

    Attributes:
        lake: The lake.
        as_of: The instant at which they are read; the present by default.
    """

    lake: Lake
    as_of: datetime | None = None

    def exists(self, table: Table) -> bool:
        """Whether the table has been made."""
        return self.lake.exists(table)

    def edition(self) -> str:
        """The versions of the logs to which all writes of rows are told."""
        there = (log for log in (DELIVERIES, BUILDS) if self.lake.exists(log))
        return " ".join(f"{log.path} {self.lake.open(log).version()}" for log in there)

    def was(self, table: Table) -> bool:
        """Whether the table had been made at the instant that is read."""
        if self.as_of is None or not self.exists(table):
            return self.exists(table)
        try:
            self.lake.open(table, self.as_of)
        except NoSuchVersionError:
            return False
        return True

    def read(
        self,
        table: Table,
        keys: Sequence[Key] | None = None,
        where: pc.Expression | None = None,
        columns: Iterable[str] | None = None,
    ) -> pa.Table:
        """Rows of a table, in no order.

        Args:
            table: Which one.
            keys: The keys of its time line; None for all.
            where: Which of their rows.
            columns: Which columns; all by default.

        Raises:
            LookupError: The table is not there, or was not then.
        """
        chosen = list(table.column_names if columns is None else columns)
        schema = arrow_schema(table)
        dataset = self.lake.rows(table, keys, self.as_of)
        wanted = where
        if keys is not None and not table.is_whole:
            of_keys = of(table, keys)
            wanted = of_keys if where is None else of_keys & where
        # A column that was declared after the last write is not in the files.
        stored = [name for name in chosen if name in dataset.schema.names]
        rows = dataset.to_table(stored, filter=wanted)
        for name in chosen:
            if name not in stored:
                rows = rows.append_column(name, pa.nulls(rows.num_rows, schema.field(name).type))
        return rows.select(chosen).cast(pa.schema([schema.field(name) for name in chosen]))


def of(table: Table, keys: Iterable[Key]) -> pc.Expression:
    """The rows of some keys."""
    values = [table.timeline.value_of(key) for key in keys]
    kind = arrow_schema(table).field(table.key_column).type
    return pc.field(table.key_column).isin(pa.array(values, kind))


def having(table: Table, values: Mapping[str, object]) -> pc.Expression | None:
    """The rows whose columns have some values, each one or several; None where all are meant.

    Raises:
        UnknownNameError: The table has no such column.
        ValueError: A value is none of its column.
    """
    found = None
    for column, value in values.items():
        name = known(column, table.column_names, "column", table.path)
        several = value if isinstance(value, list | tuple | set) else [value]
        try:
            listed = pa.array(list(several), arrow_schema(table).field(name).type)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ValueError(f"{value!r} is no value of {table.path}.{name}: {error}") from None
        of_column = pc.field(name).isin(listed)
        found = of_column if found is None else found & of_column
    return found


def keys_in(rows: pa.Table, table: Table) -> set[Key]:
    """The keys of a table that some of its rows have."""
    values = rows[table.key_column].unique().to_pylist()
    return {table.timeline.key_of(value) for value in values}


def newest(lake: Lake, table: Table, up_to: date) -> Key | None:
    """The newest key of a table up to a day; None where it has none."""
    line, column = table.timeline, table.key_column
    # Told by the log: by the partitions, or by the greatest value of each file.
    told = f"max.{column}" if table.derived_partition else f"partition.{column}"
    files = pa.table(lake.open(table).get_add_actions(flatten=True))
    if told in files.column_names:
        values = files[told].unique().to_pylist()
    else:
        values = lake.rows(table).to_table([column])[column].unique().to_pylist()
    keys = (line.key_of(value) for value in values if value is not None)
    found = [key for key in keys if line.day_of(key) <= up_to]
    return max(found, default=None)
