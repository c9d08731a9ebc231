"""Delta tables below one root: created from their declaration, read and replaced by slices.

Bronze and the reference tables are written here, by delta-rs. Silver and gold are written by
Spark; they are created, read and counted here. What the rows mean is not known here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import ColumnProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError

from indextracker.lake.arrow import arrow_schema
from indextracker.lake.landing import Landing
from indextracker_spark.tables import TABLES, Table

COMMIT_TRIES = 5
# zstd's first level is as quick as no compression at half the size of Snappy; line numbers grow
# by one, which delta encoding stores in next to nothing.
_PROPERTIES = WriterProperties(
    compression="ZSTD",
    compression_level=1,
    column_properties={
        "line": ColumnProperties(dictionary_enabled=False, encoding="DELTA_BINARY_PACKED")
    },
)


class WorldMismatchError(ValueError):
    """A lake of one world was opened for the other."""


class Lake:
    """The Delta tables and the landing zone of one world.

    Args:
        root: Folder of the lake; made at the first write.
        world: `simulated` or `real`.

    A folder that holds the other world's data is refused, with WorldMismatchError, by the first
    read or write.
    """

    def __init__(self, root: str, world: str) -> None:
        self.root = root
        self.world = world
        self.landing = Landing(Path(root) / "landing")
        self._mark = Path(root) / "world"

    def path(self, table: Table) -> str:
        """Where the table lies."""
        return f"{self.root}/{table.path}"

    def exists(self, table: Table) -> bool:
        """Whether the table has been created."""
        return DeltaTable.is_deltatable(self.path(table))

    def ensure(self, tables: Iterable[Table]) -> None:
        """Creates the tables that are not there yet, and marks the lake with its world."""
        self._verify_world()
        if not self._mark.exists():
            self._mark.parent.mkdir(parents=True, exist_ok=True)
            self._mark.write_text(f"{self.world}\n")
        for table in tables:
            if not self.exists(table):
                DeltaTable.create(
                    self.path(table),
                    schema=arrow_schema(table, stored=True),
                    mode="ignore",
                    partition_by=list(table.partition_columns) or None,
                    description=table.meaning,
                )

    def replace(self, table: Table, rows: pa.Table, sessions: Sequence[date] = ()) -> None:
        """Replaces the slice of the given sessions (all of a table without) in one commit.

        Raises:
            ValueError: Rows lie outside the slice; nothing was written.
        """
        rows = _stored(table, rows)
        keys = [session.isoformat() for session in sessions]
        if table.storage != "whole":
            outside = set(pc.unique(rows["session_date"]).to_pylist()) - set(sessions)
            if outside:
                raise ValueError(f"{table.path}: rows of {sorted(outside)} are not of the slice")
        predicate = None if table.storage == "whole" else table.sessions_predicate(keys)
        self._commit(table, rows, predicate)

    def append(self, table: Table, rows: pa.Table) -> None:
        """Appends to a log."""
        self.ensure([table])
        write_deltalake(
            self.path(table), _stored(table, rows), mode="append", writer_properties=_PROPERTIES
        )

    def rows(self, table: Table, sessions: Sequence[date] | None = None) -> ds.Dataset:
        """The table as an Arrow dataset, its files pruned to the sessions where given."""
        self._verify_world()
        delta = DeltaTable(self.path(table))
        partitions = None
        if sessions is not None and table.storage == "by_session":
            partitions = [("session_date", "in", [s.isoformat() for s in sessions])]
        elif sessions is not None and table.storage == "by_year":
            partitions = [("year", "in", sorted({str(s.year) for s in sessions}))]
        return delta.to_pyarrow_dataset(file_pruning_predicate=partitions)

    @contextmanager
    def sql(
        self, tables: Iterable[Table], sessions: Sequence[date] | None = None
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in which each table is a view of its leaf name.

        A view holds the given sessions only, and no row of a table that is not there yet.
        """
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("create macro regexp_like(s, p) as regexp_matches(s, p)")
            for table in tables:
                if self.exists(table):
                    source = self.rows(table, sessions)
                else:
                    source = arrow_schema(table, stored=True).empty_table()
                connection.register(f"{table.name}_files", source)
                where = "true"
                if sessions is not None:
                    where = table.sessions_predicate(
                        [s.isoformat() for s in sessions] or ["0001-01-01"]
                    )
                columns = ", ".join(table.column_names)
                connection.execute(
                    f"create view {table.name} as select {columns} from {table.name}_files"
                    f" where {where}"
                )
            yield connection

    def row_counts(self, table: Table, sessions: Sequence[date]) -> dict[date, int]:
        """Rows of each session; a session without rows counts none.

        A table partitioned by session is counted from its log, at no cost in its size.
        """
        if table.storage == "by_session" and self.exists(table):
            self._verify_world()
            found: Counter[date] = Counter()
            files = pa.table(DeltaTable(self.path(table)).get_add_actions(flatten=True))
            counted = files.select(["partition.session_date", "num_records"])
            for file in counted.to_pylist():
                found[file["partition.session_date"]] += file["num_records"]
        else:
            with self.sql([table], sessions) as connection:
                query = f"select session_date, count(*) from {table.name} group by 1"
                found = Counter(dict(connection.execute(query).fetchall()))
        return {session: found[session] for session in sessions}

    def total_rows(self, table: Table) -> int:
        """Rows of the whole table."""
        return int(self.rows(table).count_rows()) if self.exists(table) else 0

    def tables(self) -> list[Table]:
        """The tables of the catalogue that are there."""
        return [table for table in TABLES.values() if self.exists(table)]

    def _verify_world(self) -> None:
        if self._mark.exists() and (found := self._mark.read_text().strip()) != self.world:
            raise WorldMismatchError(
                f"the lake {self.root} holds {found} data and this run is of the {self.world} "
                "world: set INDEXTRACKER_LAKE to another folder"
            )

    def _commit(self, table: Table, rows: pa.Table, predicate: str | None) -> None:
        self.ensure([table])
        for attempt in range(1, COMMIT_TRIES + 1):
            # The handle is opened anew: a loser of two commits starts from the winner's snapshot.
            try:
                write_deltalake(
                    DeltaTable(self.path(table)),
                    rows,
                    mode="overwrite",
                    predicate=predicate,
                    writer_properties=_PROPERTIES,
                )
            except CommitFailedError:
                if attempt == COMMIT_TRIES:
                    raise
            else:
                return


def _stored(table: Table, rows: pa.Table) -> pa.Table:
    """The rows with exactly the stored columns."""
    if table.storage == "by_year":
        rows = rows.append_column("year", pc.year(rows["session_date"]).cast(pa.int32()))
    schema = arrow_schema(table, stored=True)
    if set(rows.column_names) != set(schema.names):
        raise ValueError(
            f"{table.path} has the columns {schema.names}, not {sorted(rows.column_names)}"
        )
    return rows.select(schema.names).cast(schema)
