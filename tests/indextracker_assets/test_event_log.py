"""What Dagster records of a run over sessions: no plan by session, no check without an end."""

# Annotations stay as they are: Dagster reads those of the asset.
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from support.calendars import taiwan
from support.sources import PROJECT

from indextracker_assets.history import thin
from indextracker_assets.internals import SqliteEventLogStorage
from indextracker_assets.partitions import session_partitions
from indextracker_assets.runs import run_here

SESSIONS = ["2024-12-09", "2024-12-10", "2024-12-11", "2024-12-12", "2024-12-13"]
TABLE = dg.AssetKey(["bronze", "documents"])
CHECKS = ["line_splits", "documents_accepted"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An instance as on one machine."""
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    text = (PROJECT / "deployment" / "local" / "dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def acquiring(ending: str) -> dg.JobDefinition:
    """A job of one table with two checks, whose step ends as told."""

    @dg.asset(
        key=TABLE,
        partitions_def=session_partitions(taiwan(date(2024, 12, 16)), date(2020, 1, 2)),
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[dg.AssetCheckSpec(name, asset=TABLE) for name in CHECKS],
        output_required=False,
    )
    def documents(context: dg.AssetExecutionContext) -> Iterator[object]:
        if ending == "broken":
            raise RuntimeError("no space left on device")
        if ending == "interrupted":
            raise KeyboardInterrupt
        if ending == "refused":
            context.log_event(dg.AssetMaterialization(TABLE, partition=SESSIONS[0]))
        else:
            yield dg.MaterializeResult()
        for name in CHECKS:
            yield dg.AssetCheckResult(passed=True, asset_key=TABLE, check_name=name)

    definitions = dg.Definitions(
        assets=[documents],
        jobs=[dg.define_asset_job("acquire")],
        executor=dg.in_process_executor,
    )
    return definitions.resolve_job_def("acquire")


def run(instance: dg.DagsterInstance, ending: str) -> dg.DagsterRun:
    """A run over all of SESSIONS."""
    run_id = str(uuid.uuid4())
    tags = {
        "dagster/asset_partition_range_start": SESSIONS[0],
        "dagster/asset_partition_range_end": SESSIONS[-1],
    }
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    job = acquiring(ending)
    try:
        run_here(instance, job, run_id, env="local", keys=None, tags=tags, config=quiet)
    except dg.DagsterExecutionInterruptedError:
        assert ending == "interrupted"
    done = instance.get_run_by_id(run_id)
    assert done
    return done


def records(home: Path, query: str) -> list[tuple[object, ...]]:
    """What Dagster's database across runs answers."""
    with closing(sqlite3.connect(home / "history" / "runs" / "index.db")) as index, index:
        return index.execute(query).fetchall()


@pytest.mark.parametrize("ending", ["complete", "refused", "broken", "interrupted"])
def test_every_check_in_the_records_has_an_end(home: Path, ending: str) -> None:
    """Whatever became of the run; what was not examined is no failure either."""
    with dg.DagsterInstance.get() as instance:
        run(instance, ending)
        there = {"complete": SESSIONS, "refused": SESSIONS[:1]}.get(ending, [])
        assert instance.get_materialized_partitions(TABLE) == set(there)
    examined = CHECKS if there else []
    assert sorted(
        records(home, "select check_name, execution_status from asset_check_executions")
    ) == sorted((name, "SUCCEEDED") for name in examined)


def test_a_run_is_planned_in_one_small_row_per_table(home: Path) -> None:
    """However many sessions it is of, and without the calendar's closed days."""
    with dg.DagsterInstance.get() as instance:
        run(instance, "broken")
    planned = records(
        home,
        "select dagster_event_type, length(event), event from event_logs "
        "where dagster_event_type like '%PLANNED'",
    )
    [(kind, length, event)] = planned
    assert kind == "ASSET_MATERIALIZATION_PLANNED"
    assert "exclusions" not in str(event)
    assert int(str(length)) < 1000


def test_runs_of_this_process_say_which_code_they_are_of(home: Path) -> None:
    """The UI's timeline shows no others."""
    with dg.DagsterInstance.get() as instance:
        done = run(instance, "complete")
    assert done.remote_job_origin
    assert done.remote_job_origin.location_name == "indextracker"
    assert done.remote_job_origin.repository_origin.repository_name == "__repository__"


# As Dagster's own storage leaves it of each session.
PLANNED = """
    insert into asset_check_executions (asset_key, check_name, partition, run_id, execution_status)
    values ('["bronze", "documents"]', 'line_splits', '2024-12-09', 'another', 'PLANNED')
"""


def test_thinning_keeps_what_tables_and_checks_are_known_by(home: Path) -> None:
    """Of runs that ended long ago; plans of checks go whenever they are of."""
    with dg.DagsterInstance.get() as instance:
        done = [run(instance, ending).run_id for ending in ("complete", "broken", "complete")]

        def known() -> object:
            log = instance.event_log_storage
            keys = [dg.AssetCheckKey(TABLE, name) for name in CHECKS]
            found = log.get_latest_asset_check_execution_by_key(keys)
            last = instance.get_latest_materialization_event(TABLE)
            return (
                instance.get_materialized_partitions(TABLE),
                {key: (record.run_id, record.status) for key, record in found.items()},
                last and (last.run_id, last.timestamp),
                {run_id: instance.get_run_by_id(run_id) for run_id in done},
            )

        before = known()
        records(home, PLANNED)
        soon = thin(str(home), 1, datetime.now(UTC) + timedelta(hours=23))
        assert soon
        assert soon.runs == 0
        assert instance.all_logs(done[0])
        assert known() == before
        late = thin(str(home), 1, datetime.now(UTC) + timedelta(hours=25))
        assert late
        assert late.runs == len(done)
        assert late.bytes_after < late.bytes_before / 2
        assert known() == before
    assert not any((home / "history" / "runs" / f"{run_id}.db").exists() for run_id in done)
    counted = "select dagster_event_type, count(*) from event_logs group by 1 order by 1"
    assert records(home, counted) == [
        ("ASSET_CHECK_EVALUATION", len(CHECKS)),
        ("ASSET_MATERIALIZATION", len(SESSIONS)),
    ]
    assert records(home, "select count(*) from asset_check_executions") == [(len(CHECKS),)]


def test_the_database_of_a_run_is_made_as_dagster_makes_it(home: Path, tmp_path: Path) -> None:
    """Its tables, indexes and the state of its migrations."""

    def made(folder: Path, run_id: str) -> object:
        with closing(sqlite3.connect(folder / f"{run_id}.db")) as database:
            tables = database.execute(
                "select name, sql from sqlite_master order by name"
            ).fetchall()
            version = database.execute("select version_num from alembic_version").fetchall()
            mode = database.execute("pragma journal_mode").fetchall()
        return tables, version, mode

    with dg.DagsterInstance.get() as instance:
        ours = run(instance, "complete").run_id
    theirs = tmp_path / "theirs"
    storage = SqliteEventLogStorage(str(theirs))
    with storage.run_connection("another"):
        pass
    assert made(home / "history" / "runs", ours) == made(theirs, "another")
