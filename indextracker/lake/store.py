"""Delta tables below one root: created from their declaration, read and replaced by slices.

Tables that Spark writes are created, read and counted here; all others are written here too. The
meaning of rows does not belong here.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

import duckdb
import pyarrow as pa
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction

from indextracker.lake import scratch, shapes, ways
from indextracker.lake.arrow import arrow_schema, arrow_type
from indextracker.lake.landing import Landing, name_of
from indextracker.lake.marks import AppendedMarks
from indextracker.lake.opened import OpenTables
from indextracker.lake.versions import AsOf, verify_files, version_at
from indextracker.lake.ways import Once
from indextracker.system import places
from indextracker.system.places import Place
from indextracker_catalogue import TABLES, Key, Table, Timeline
from indextracker_catalogue.model import Writes

if TYPE_CHECKING:
    import pyarrow.dataset as ds

T = TypeVar("T")

# A loser of two replacements tries again; of eight writers to one table in a bucket one lost its
# turn fifteen times.
COMMIT_TRIES = 100
# Versions of a log. Two hundred sessions, a day at a time, append 1,600 files of a few rows, which
# take 3 s to be read; put together at every 32nd version they never take 0.1 s.
TIDIED_EVERY = 32
# By default a hundred for delta-rs and Sail, ten for Delta Lake. Every commit since the last one is
# read by who opens a table: those of 200 sessions took `tables` 2.6 times as long as those of five.
COMMITS_PER_CHECKPOINT = 10
# Of a table with a commit a second: each commit reads those since the last checkpoint (in a bucket
# 38 requests where there was one a minute), and a checkpoint notes the files that were removed in
# the last hour (a week of them, as by default, would be 600,000). A day of the log is kept: 30 of
# them would be 2.6 million files. The numbers of writers are in every checkpoint, unless
# `delta.setTransactionRetentionDuration` is set.
_OF_STREAMS = {
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 1 days",
    "delta.deletedFileRetentionDuration": "interval 1 hours",
}
# Delta's default: of so many columns, the first of a table, extremes are read.
COLUMNS_WITH_EXTREMES = 32
# No time line is limited to some of its keys.
EVERYTHING: Mapping[Timeline, Sequence[Key]] = MappingProxyType({})
# Name of the file, beside the layers, that says which world's data a lake holds.
_MARK = "world"


class WorldMismatchError(ValueError):
    """A lake of one world was opened for the other."""


class TableMissingError(LookupError):
    """A table of the catalogue has not been made in this lake."""


# Makes the rows of a write: anew at each try, since who loses a race begins again.
Rows = Callable[[], pa.Table | pa.RecordBatchReader]
_LANDING = "landing"


class TableUnreadableError(DeltaError):
    """A table is there and its log cannot be read; the message names the table and its log."""


class Lake:
    """The Delta tables and the landing zone of one world.

    Args:
        root: Folder or s3 prefix of the lake; made at the first write.
        world: `simulated` or `real`.
        place: The same place as an object, such as a bucket with a client of its own.
        landing: The documents, where they lie elsewhere than in the lake.

    A lake that holds the other world's data is refused, with WorldMismatchError, by the first
    read or write.
    """

    def __init__(
        self,
        root: str,
        world: str,
        place: Place | None = None,
        landing: Landing | None = None,
    ) -> None:
        self.root = root
        self.world = world
        self._place = place or places.place(root)
        self._landing = landing
        self._open = OpenTables()
        self._is_marked = False
        self._appended = AppendedMarks()

    @property
    def address(self) -> str:
        """The root as Delta and engines get it; a link if they cannot open a path of its name."""
        return places.plain(self.root)

    @cached_property
    def landing(self) -> Landing:
        """The documents; a bucket is asked when they are first needed."""
        return self._landing or Landing(self._place.below(_LANDING))

    def landed_at(self, digest: str) -> str:
        """Where the bytes of a document are kept, for people: a path, or an address of S3."""
        return f"{self.root}/{_LANDING}/{name_of(digest)}"

    def path(self, table: Table) -> str:
        """Where the table lies, for Delta."""
        return f"{self.address}/{table.path}"

    def place(self, table: Table) -> Place:
        """Where the table's files lie."""
        return self._place.below(table.path)

    def beside(self, name: str) -> Place:
        """A place in the lake that is no table's, such as that of its named instants.

        Args:
            name: Where it is below the root; empty for all of the lake.
        """
        return self._place.below(name) if name else self._place

    def exists(self, table: Table) -> bool:
        """Whether the table has been created."""
        return self._open.exists(self.place(table), self.path(table))

    def open(self, table: Table, as_of: AsOf | None = None) -> DeltaTable:
        """The Delta table at its latest version, or as it was.

        Args:
            table: Which one.
            as_of: A version number, or an aware instant.

        Raises:
            TableMissingError: The table is not there.
            TableUnreadableError: Its log cannot be read.
            NoSuchVersionError: It was not there then, or what it was is forgotten.
        """
        self._verify_world()
        latest = self._latest(table)
        if latest is None:
            raise TableMissingError(f"the lake {self.root} has no {table.path} yet: backfill first")
        if as_of is None:
            return latest
        version = version_at(self.place(table), table.path, as_of)
        with self._readable(table):
            return DeltaTable(self.path(table), version.number)

    def ensure(self, tables: Iterable[Table]) -> None:
        """Creates the tables that are not there yet, and marks the lake with its world.

        A declared column that the table does not have is added, where it may be null.

        Raises:
            TableShapeError: A table was made from another declaration.
        """
        if not self._verify_world():
            self._place.keep(_MARK, f"{self.world}\n".encode())
            self._verify_world()
        for table in tables:
            self._ensured(table)

    def replace(
        self, table: Table, rows: pa.Table, keys: Sequence[Key] = (), **slice_values: str
    ) -> None:
        """Replaces the slice of the given keys (all of a table in one piece) in one commit.

        Raises:
            ValueError: Rows lie outside the slice, or the table is written in another way; nothing
                was written.
        """
        rows = _slice(table, rows, keys, slice_values)
        self.ensure([table])
        self.commit(table, self._written(table, rows), keys, **slice_values)

    def write(
        self, table: Table, rows: pa.Table, keys: Sequence[Key] = (), **slice_values: str
    ) -> list[AddAction]:
        """Writes the rows of a slice, which no reader sees before `commit` puts them in its place.

        The half of `replace` that takes the time, for any number of threads at once.

        Args:
            table: A table that is there.
            rows: Its rows; strings may be dictionary-encoded.
            keys: The keys of the slice.
            **slice_values: The value of each slicing column; without them, whatever its value.

        Raises:
            ValueError: As of `replace`.
        """
        return self._written(table, _slice(table, rows, keys, slice_values))

    def commit(
        self,
        table: Table,
        written: Sequence[AddAction],
        keys: Sequence[Key] = (),
        **slice_values: str,
    ) -> None:
        """Puts what was written in the place of a slice, in one commit."""
        from indextracker.lake.replacing import replace  # noqa: PLC0415 - slow, not for who reads

        place = self.place(table)
        self._commit(table, lambda delta: replace(delta, table, place, written, keys, slice_values))

    def add(self, table: Table, written: Sequence[AddAction]) -> None:
        """Adds files of rows to what there is, in one commit.

        Args:
            table: One that is replaced by slices; the slices that these rows are of have none yet.
            written: The files, as `described` tells them.
        """
        _verify_way(table, "replace")
        self._commit(
            table,
            lambda delta: delta.create_write_transaction(
                list(written),
                "append",
                delta.schema(),
                list(table.partition_columns),
                commit_properties=ways.COMMITS,
            ),
        )

    def described(self, table: Table, name: str, key: Key) -> AddAction:
        """What a commit says to make a file part of a table.

        Args:
            table: One whose files lie by key.
            name: Path of the Parquet file in the table's folder.
            key: The key of all of its rows.
        """
        from indextracker.lake.replacing import described  # noqa: PLC0415 - as above

        return described(self.place(table), name, {table.key_column: key})

    def exchange(self, table: Table, rows: Rows | None, where: str) -> None:
        """Puts rows in the place of those for which a predicate holds, in one commit.

        Args:
            table: One that is replaced by slices.
            rows: Makes the new rows, with all stored columns, of which the predicate holds too;
                none where some are only to go.
            where: SQL that holds for the rows that go.
        """
        _verify_way(table, "replace")
        self._commit(table, lambda delta: ways.exchange(delta, rows() if rows else None, where))

    def refill(self, table: Table, rows: Rows) -> None:
        """Puts rows in the place of all that a table holds, in one commit, however it is written.

        For who has the whole table anew, such as after a loss.

        Args:
            table: The table; made where it is not there.
            rows: Makes the rows, with all stored columns.
        """
        self._commit(table, lambda delta: ways.refill(delta, rows()))

    def append(self, table: Table, rows: pa.Table, once: Once | None = None) -> None:
        """Appends to a log, in one commit; another puts its small files together now and then.

        Args:
            table: One that is declared to be appended to.
            rows: Its new rows.
            once: By what a repeat is known, which then adds nothing; without it, all is added.

        Raises:
            ValueError: The table is written in another way; nothing was written.
        """
        _verify_way(table, "append")
        rows = _stored(table, rows)
        self._commit(table, lambda delta: ways.append(delta, rows, once))
        if (delta := self.open(table)).version() % TIDIED_EVERY == 0:
            # Who lost against another process leaves it to the next one.
            with suppress(CommitFailedError):
                ways.compact(delta)

    def merge(self, table: Table, rows: pa.Table) -> None:
        """Puts each row in the place of the one with its key, in one commit; the last one wins.

        Raises:
            ValueError: The table is written in another way; nothing was written.
        """
        _verify_way(table, "merge")
        rows = _stored(table, rows)
        self._commit(table, lambda delta: ways.merge(delta, rows, table))

    def rows(
        self,
        table: Table,
        keys: Sequence[Key] | None = None,
        as_of: AsOf | None = None,
        encoded: Iterable[str] = (),
    ) -> ds.Dataset:
        """The table as an Arrow dataset, its files pruned to the keys where given.

        Args:
            table: Which one.
            keys: Files without a row of these are left out; others may remain.
            as_of: A version number, or an aware instant.
            encoded: Columns of strings that stay dictionary-encoded, as they are stored.

        Raises:
            LookupError: It is not there, or cannot be had as of then.
        """
        delta = self.open(table, as_of)
        # By their statistics too: of a table that is partitioned by years, the files of the keys.
        wanted = None if keys is None or table.is_whole else table.keys_predicate(keys)
        if as_of is not None:
            files = delta.file_uris(file_pruning_predicate=wanted)
            verify_files(self.place(table), delta, table.path, files)
        files_of = self.place(table).arrow()
        stored = _as_stored(encoded)
        return delta.to_pyarrow_dataset(
            filesystem=files_of, file_pruning_predicate=wanted, parquet_read_options=stored
        )

    @contextmanager
    def sql(
        self,
        tables: Iterable[Table],
        keys: Mapping[Timeline, Sequence[Key]] = EVERYTHING,
        as_of: AsOf | None = None,
        *,
        alone: bool = False,
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection in which each table is a view, by its leaf name and as layer.name.

        Args:
            tables: The tables; of one that is not there yet, a view without rows.
            keys: The keys that the views hold, by time line; of a time line that is not named,
                all rows.
            as_of: The version of each table, by number or instant; the latest by default.
            alone: Whether in a DuckDB of its own, which may be locked or set up otherwise.

        Raises:
            LookupError: A table cannot be had as of then.
        """
        with scratch.catalog(alone=alone) as connection:
            for table in tables:
                self._view(connection, table, keys.get(table.timeline), as_of)
            yield connection

    def answer(self, table: Table, question: Hashable, find: Callable[[], T]) -> T:
        """What a question finds in a table, which is asked once of each version of it.

        Args:
            table: Which one.
            question: What tells it from others, by what it is asked with too.
            find: Reads the table; what it finds is never changed by anybody.

        Raises:
            TableUnreadableError: Its log cannot be read.
        """
        self._verify_world()
        self._latest(table)
        return self._open.answer(self.path(table), question, find)

    def keys(self, table: Table, as_of: AsOf | None = None) -> list[Key]:
        """The keys that a table has rows of, of one that is partitioned by key: from its log."""
        if not self.exists(table):
            return []
        files = pa.table(self.open(table, as_of).get_add_actions(flatten=True))
        values = files[f"partition.{table.key_column}"].unique().to_pylist()
        return sorted(table.timeline.key_of(value) for value in values)

    def row_counts(self, table: Table, keys: Sequence[Key]) -> dict[Key, int]:
        """Rows of each key; a key without rows counts none.

        A table partitioned by key is counted from its log, at no cost in its size.
        """
        found: Counter[Key] = Counter()
        if not table.is_whole and not table.derived_partition and self.exists(table):
            files = pa.table(self.open(table).get_add_actions(flatten=True))
            value = f"partition.{table.key_column}"
            for file in files.select([value, "num_records"]).to_pylist():
                found[table.timeline.key_of(file[value])] += file["num_records"]
        else:
            with self.sql([table], {table.timeline: keys}) as connection:
                query = f"select {table.key_column}, count(*) from {table.name} group by 1"
                rows = connection.execute(query).fetchall()
            found.update({table.timeline.key_of(value): count for value, count in rows})
        return {key: found[key] for key in keys}

    def documents(self, table: Table, keys: Sequence[Key]) -> dict[Key, set[str]]:
        """The digests of the documents that the rows of each key come from.

        For a table partitioned by key they are read from its log, at no cost in its size.
        """
        found: dict[Key, set[str]] = {key: set() for key in keys}
        if not keys or not self.exists(table):
            return found
        value, ends = f"partition.{table.key_column}", ("min.document", "max.document")
        by_key = not table.is_whole and not table.derived_partition
        files = pa.table(self.open(table).get_add_actions(flatten=True)) if by_key else None
        # Of a wide table that was made without a setting for it Delta reads no extremes of the last
        # columns.
        if files is not None and {*ends} <= {*files.column_names}:
            listed = files.select([value, *ends]).to_pylist()
            rows = [(file[value], file[end]) for file in listed for end in ends]
        else:
            with self.sql([table], {table.timeline: keys}) as connection:
                query = f"select distinct {table.key_column}, document from {table.name}"
                rows = connection.execute(query).fetchall()
        for value, document in rows:
            if (key := table.timeline.key_of(value)) in found:
                found[key].add(document)
        return found

    def marks(self, table: Table) -> dict[Key, str]:
        """A mark per key with rows, another one whenever its rows may have changed.

        It is made of the names of the files of the key's partition: compaction changes it too. Of a
        table that is only appended to it tells the key's rows; see `marks`.
        """
        if not self.exists(table):
            return {}
        if table.writes == "append":
            return self._appended.of(table, self.open(table), self.place(table))
        partition = f"partition.{table.partition_columns[0]}"
        files: dict[str, list[str]] = {}
        listed = pa.table(self.open(table).get_add_actions(flatten=True))
        for file in listed.select(["path", partition]).to_pylist():
            files.setdefault(str(file[partition]), []).append(file["path"])
        with self.sql([table]) as connection:
            query = f"select distinct {table.key_column} from {table.name}"
            keys = [
                table.timeline.key_of(value) for (value,) in connection.execute(query).fetchall()
            ]
        return {
            key: hashlib.sha256("\n".join(sorted(files[of])).encode()).hexdigest()
            for key in sorted(keys)
            for of in table.partition_values([key])
        }

    def total_rows(self, table: Table) -> int:
        """Rows of the whole table, counted from its log."""
        if not self.exists(table):
            return 0
        files = pa.table(self.open(table).get_add_actions())
        return sum(files["num_records"].to_pylist())

    def tables(self) -> list[Table]:
        """The tables of the catalogue that are there."""
        return [table for table in TABLES.values() if self.exists(table)]

    def _verify_world(self) -> bool:
        """Whether the lake is marked; raises where it is marked with the other world."""
        if self._is_marked:  # for good
            return True
        try:
            found = self._place.read(_MARK).decode().strip()
        except FileNotFoundError:
            return False
        if found != self.world:
            raise WorldMismatchError(
                f"the lake {self.root} holds {found} data and this run is of the {self.world} "
                "world: set INDEXTRACKER_LAKE to another folder or prefix"
            )
        self._is_marked = True
        return True

    def _create(self, table: Table) -> None:
        try:
            DeltaTable.create(
                self.path(table),
                schema=arrow_schema(table, stored=True),
                mode="ignore",
                partition_by=list(table.partition_columns) or None,
                configuration=_configuration(table),
                description=table.meaning,
                commit_properties=ways.AT_ONCE,
            )
        except CommitFailedError:
            # Of two processes at the same instant one creates it, and the other gets this error.
            if not self.exists(table):
                raise

    def _view(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: Table,
        keys: Sequence[Key] | None,
        as_of: AsOf | None,
    ) -> None:
        declared = arrow_schema(table, stored=True)
        try:
            source = self.rows(table, keys, as_of)
        except TableMissingError:
            source = declared.empty_table()
        connection.register(table.path, source)
        rows = f'"{table.path}"'
        if not set(declared.names) <= set(source.schema.names):
            # Rows of before a column was declared: it is null in them.
            connection.register(f"{table.path} declared", declared.empty_table())
            rows = f'(from "{table.path} declared" union all by name from {rows})'
        where = "true" if keys is None else table.keys_predicate(keys)
        # Some are words of SQL: `at`, `interval`.
        columns = ", ".join(f'"{name}"' for name in table.column_names)
        connection.execute(
            f"create view {table.layer}.{table.name} as select {columns} from {rows} where {where}"
        )

    def _written(self, table: Table, rows: pa.Table) -> list[AddAction]:
        from indextracker.lake.replacing import write  # noqa: PLC0415 - slow, not for who reads

        return write(self.place(table), table, rows)

    def _ensured(self, table: Table) -> DeltaTable:
        """The table at its latest version, made or completed where it has to be."""
        delta = self._latest(table)
        if delta is None:
            self._create(table)
            delta = self.open(table)
        shapes.complete(delta, table)
        return delta

    def _latest(self, table: Table) -> DeltaTable | None:
        with self._readable(table):
            return self._open.latest(self.place(table), self.path(table))

    @contextmanager
    def _readable(self, table: Table) -> Iterator[None]:
        try:
            yield
        except DeltaError as error:
            says = str(error).strip().splitlines()[0]
            raise TableUnreadableError(
                f"{table.path} cannot be opened ({says}): look at {self.root}/{table.path}/"
                "_delta_log; where a file of it is damaged, bring the table's folder back from a "
                "copy, or move it away and backfill its sessions again"
            ) from error

    def _commit(self, table: Table, write: Callable[[DeltaTable], None]) -> None:
        self.ensure([])
        for attempt in range(1, COMMIT_TRIES + 1):
            # Brought up to date each time: a loser of two commits starts from the winner's.
            delta = self._ensured(table)
            try:
                write(delta)
            except CommitFailedError:
                if attempt == COMMIT_TRIES:
                    raise
            else:
                return


def _as_stored(encoded: Iterable[str]) -> ds.ParquetReadOptions | None:
    """How Parquet is read so that some columns stay encoded."""
    if not (names := {*encoded}):
        return None
    import pyarrow.dataset as ds  # noqa: PLC0415 - what only reads does without its 0.1 s

    return ds.ParquetReadOptions(dictionary_columns=names)


def _verify_way(table: Table, way: Writes) -> None:
    if table.writes != way:
        raise ValueError(f"{table.path} is declared to be written by {table.writes}, not {way}")


def _slice(
    table: Table, rows: pa.Table, keys: Sequence[Key], slice_values: Mapping[str, str]
) -> pa.Table:
    """The rows with exactly the stored columns, all of them of the slice."""
    _verify_way(table, "replace")
    if not set(slice_values) <= set(table.slice_by):
        raise ValueError(f"{table.path} is sliced by {table.slice_by}, not {tuple(slice_values)}")
    rows = _stored(table, rows)
    for name, value in slice_values.items():
        if outside := {*rows[name].unique().to_pylist()} - {value}:
            raise ValueError(f"{table.path}: rows of {sorted(outside)} are not of the slice")
    if not table.is_whole:
        of_slice = {table.timeline.value_of(key) for key in keys}
        outside = set(rows[table.key_column].unique().to_pylist()) - of_slice
        if outside:
            raise ValueError(f"{table.path}: rows of {sorted(outside)} are not of the slice")
    return rows


def _configuration(table: Table) -> dict[str, str]:
    """Delta's settings of a table, which all that write it obey."""
    common = {"delta.checkpointInterval": str(COMMITS_PER_CHECKPOINT)}
    return common | _statistics(table) | (_OF_STREAMS if table.by_stream else {})


def _statistics(table: Table) -> dict[str, str]:
    """Delta's setting for which columns a commit tells extremes; none where its default is all.

    Of tables that jobs fill, those by which files are left out: JVM Spark works extremes out beside
    Parquet's own, for a seventh of the seconds of its tasks. Of bronze they tell the documents.
    """
    if table.layer == "bronze" or not table.by_job:
        wide = len(table.columns) > COLUMNS_WITH_EXTREMES
        return {"delta.dataSkippingNumIndexedCols": "-1"} if wide else {}
    if names := table.pruning_columns:
        return {"delta.dataSkippingStatsColumns": ",".join(names)}
    return {"delta.dataSkippingNumIndexedCols": "0"}


def _stored(table: Table, rows: pa.Table) -> pa.Table:
    """The rows with exactly the stored columns; encoded strings stay encoded."""
    derived = table.derived_partition
    if derived and derived.name not in rows.column_names:
        import pyarrow.compute as pc  # noqa: PLC0415 - what only reads does without its 0.1 s

        value = rows[table.key_column]
        follows = pc.year(value) if derived.name == "year" else value
        rows = rows.append_column(derived.name, follows.cast(arrow_type(derived)))
    schema = arrow_schema(table, stored=True)
    if set(rows.column_names) != set(schema.names):
        raise ValueError(
            f"{table.path} has the columns {schema.names}, not {sorted(rows.column_names)}"
        )
    for place, field in enumerate(schema):
        encoded = pa.dictionary(pa.int32(), field.type)
        if rows.schema.field(field.name).type == encoded:
            schema = schema.set(place, field.with_type(encoded))
    return rows.select(schema.names).cast(schema)
