"""Dagster's event log in SQLite: over connections that stay open, and without plans by session.

Before a run, Dagster stores what it intends to do: a row per session and table or check. None of
our checks is of a session, so nothing ever replaced the rows of theirs: they stayed "in progress"
for good, each with the calendar's definition in it (16 kB; 46,165 rows of one acquiring run of
1,150 sessions, November 2026). What a run intends is stored once per table, and of checks not at
all: what they find is stored when they find it.

Dagster's own opens and closes a database twice or thrice per event, and SQLite writes its log back
into the file whenever the last connection closes: 22 ms an event, where a kept connection takes 5
(November 2026, two cores). A run of all tables has some thousand events. Files and layout are
Dagster's own, so either class reads what the other wrote.
"""

from __future__ import annotations

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from dagster import DagsterEventType, EventLogEntry
from sqlalchemy.pool import StaticPool

from indextracker_assets.internals import (
    INDEX_SHARD_NAME,
    AssetMaterializationPlannedData,
    SqliteEventLogStorage,
)

# Each run has a database of its own; the UI reads a few at a time.
RUNS_KEPT_OPEN = 4
WAIT_SECONDS = 20.0
# What Dagster knows tables, their sessions and checks by: the last of each.
LAST_EVENTS = """
    select max(id) from event_logs
    where dagster_event_type in ('ASSET_MATERIALIZATION', 'ASSET_OBSERVATION')
    group by dagster_event_type, asset_key, partition
    union all
    select evaluation_event_storage_id from asset_check_executions
    where execution_status <> 'PLANNED' and evaluation_event_storage_id is not null
"""
# In this order: an evaluation is needed as long as its check's record is there.
THIN = (
    """
    delete from asset_check_executions
    where execution_status = 'PLANNED' or run_id in (select run_id from ended) and id not in (
        select max(id) from asset_check_executions
        where execution_status <> 'PLANNED' group by asset_key, check_name, partition
    )
    """,
    f"""
    delete from event_logs
    where dagster_event_type = 'ASSET_CHECK_EVALUATION_PLANNED'
        or run_id in (select run_id from ended) and id not in ({LAST_EVENTS})
    """,
    "delete from asset_event_tags where event_id not in (select id from event_logs)",
)


class KeptEventLog(SqliteEventLogStorage):
    """The event log below DAGSTER_HOME, which dagster.yaml names as `base_dir`."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: OrderedDict[str, sqlalchemy.Engine] = OrderedDict()
        self._turn = threading.Lock()
        self._there: set[str] = set()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """The place where Dagster keeps it by default."""
        return cls(str(Path(config_value["base_dir"]) / "history" / "runs"), inst_data)

    @property
    def supports_partition_subset_in_asset_materialization_planned_events(self) -> bool:
        """Has Dagster plan a table's sessions in one event."""
        return True

    def has_table(self, table_name: str) -> bool:
        """Whether the records across runs have a table, of which none is ever taken away.

        Asked at every check, by Dagster's own over a connection that it opens for it.
        """
        if table_name not in self._there and super().has_table(table_name):
            self._there.add(table_name)
        return table_name in self._there

    def store_event(self, event: EventLogEntry) -> None:
        """Stores an event, unless it plans a check; a plan of a table without its sessions."""
        told = event.dagster_event
        if told and told.event_type == DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED:
            return
        plan = told.event_specific_data if told else None
        if told and isinstance(plan, AssetMaterializationPlannedData):
            told = told._replace(event_specific_data=plan._replace(partitions_subset=None))
            event = event._replace(dagster_event=told)
        super().store_event(event)

    def run_connection(self, run_id: str | None = None) -> Any:
        """A connection to the events of one run."""
        return self._kept(run_id or "")

    def index_connection(self) -> AbstractContextManager[sqlalchemy.Connection]:
        """A connection to what is known across runs."""
        return self._kept(INDEX_SHARD_NAME)

    def thin(self, ended: Collection[str]) -> None:
        """Deletes what ended runs recorded, but for the last of each table, session and check.

        Plans of checks go whatever run they are of: nothing makes them any more.

        Args:
            ended: Ids of the runs.
        """
        with self.index_connection() as index:
            index.execute(sqlalchemy.text("create temp table ended (run_id text primary key)"))
            if ended:
                ids = [{"id": run_id} for run_id in ended]
                index.execute(sqlalchemy.text("insert into ended values (:id)"), ids)
            for statement in THIN:
                index.execute(sqlalchemy.text(statement))
            index.execute(sqlalchemy.text("drop table ended"))
        self._close()
        for run_id in ended:
            for ending in ("", "-wal", "-shm"):
                Path(f"{self.path_for_shard(run_id)}{ending}").unlink(missing_ok=True)
        # Busy, or no room to write it anew: the next time does it.
        with (
            suppress(sqlite3.OperationalError),
            closing(sqlite3.connect(self.path_for_shard(INDEX_SHARD_NAME))) as index_file,
        ):
            index_file.execute("vacuum")
            index_file.execute("pragma wal_checkpoint(truncate)")

    def wipe(self) -> None:
        """Deletes everything."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Closes what is open."""
        self._close()
        super().dispose()

    @contextmanager
    def _kept(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._turn:
            engine = self._engines.get(shard)
            if engine is None:
                if shard != INDEX_SHARD_NAME:
                    self._copy_index(shard)
                # Creates the database where it is not there yet.
                with super()._connect(shard):
                    pass
                engine = self._engines[shard] = self._engine(shard)
            self._engines.move_to_end(shard)
            while len(self._engines) > RUNS_KEPT_OPEN + 1:
                least = next(name for name in self._engines if name != INDEX_SHARD_NAME)
                self._engines.pop(least).dispose()
            with engine.begin() as connection:
                yield connection

    def _copy_index(self, shard: str) -> None:
        """Creates the database of a run like that across runs, without rows, unless it is there.

        Dagster's own has forty transactions for it, each of which waits for the disk, and reads the
        eighty files of its migrations.
        """
        with closing(sqlite3.connect(self.path_for_shard(INDEX_SHARD_NAME))) as index:
            tables = index.execute("select sql from sqlite_master where sql is not null").fetchall()
            version = index.execute("select version_num from alembic_version").fetchall()
        path = self.path_for_shard(shard)
        with closing(sqlite3.connect(path, WAIT_SECONDS, isolation_level=None)) as made:
            made.execute("pragma journal_mode = wal")
            made.execute("begin immediate")
            if made.execute("select 1 from sqlite_master").fetchall():
                return
            for (statement,) in tables:
                made.execute(statement)
            made.executemany("insert into alembic_version values (?)", version)
            made.execute("commit")
        self._initialized_dbs.add(shard)

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,
            # One thread at a time, whichever: `_turn` sees to it.
            connect_args={"timeout": WAIT_SECONDS, "check_same_thread": False},
        )
        with engine.connect() as connection:
            # A power cut may cost the last events; a kill costs none, and the data lies elsewhere.
            connection.execute(sqlalchemy.text("pragma synchronous = normal"))
        return engine

    def _close(self) -> None:
        with self._turn:
            while self._engines:
                self._engines.popitem()[1].dispose()
