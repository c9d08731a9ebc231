"""A job writes exactly its slice, in one commit, or nothing."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from deltalake import DeltaTable
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from spark.frames import Frames
from support.keys import keys

from indextracker.building.jobs import JOBS, sources
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import TABLES, Table, subject_of
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.job import Job
from indextracker_spark.job import SchemaMismatchError, SparkJob, conform, run

FRIDAY, MONDAY, TUESDAY = date(2024, 12, 13), date(2024, 12, 16), date(2024, 12, 17)
NEW_YEAR = date(2025, 1, 2)
EVERY = (FRIDAY, MONDAY, TUESDAY, NEW_YEAR)

SLICES = {"feed": "taifex_futures", "instrument": t.FUTURES}
KEYS: dict[Table, dict[str, object]] = {
    t.FUTURES_TRADES: {"line": 1},
    t.CONTRACTS: {"product": "TX", "instrument": t.FUTURES},
    t.REJECTS: {"feed": "taifex_futures", "line": 1},
}
MARKS = {t.FUTURES_TRADES: "product", t.CONTRACTS: "expiry", t.REJECTS: "reason"}
BY_LAYOUT = pytest.mark.parametrize("table", KEYS, ids=lambda table: f"{table.partitioned}")

Written = Callable[..., None]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(str(tmp_path / "lake"), "simulated")
    made.ensure([*KEYS, t.EXPIRIES, t.INDICES])
    return made


@pytest.fixture
def write(spark: SparkSession, frames: Frames, lake: Lake) -> Written:
    """Runs a job that gives a row with a mark for each of some sessions."""

    def written(
        table: Table, asked: list[date], mark: str, given: list[date] | None = None
    ) -> None:
        rows = [
            KEYS[table] | {"session_date": session, "expiry": mark, MARKS[table]: mark}
            for session in (asked if given is None else given)
        ]
        names = set(table.column_names)
        rows = [{name: cell for name, cell in row.items() if name in names} for row in rows]
        run(
            spark,
            lake.root,
            SparkJob(table, (), lambda: frames.of(table, rows), SLICES),
            keys(asked),
        )

    return written


def marks(lake: Lake, table: Table) -> dict[date, str]:
    rows = lake.rows(table).to_table().to_pylist()
    assert len(rows) == len({row["session_date"] for row in rows})
    return {row["session_date"]: row[MARKS[table]] for row in rows}


@BY_LAYOUT
def test_a_hole_between_sessions_is_left_alone(lake: Lake, write: Written, table: Table) -> None:
    write(table, list(EVERY), "first")
    write(table, [FRIDAY, TUESDAY], "second")
    assert marks(lake, table) == {
        FRIDAY: "second",
        MONDAY: "first",
        TUESDAY: "second",
        NEW_YEAR: "first",
    }


@BY_LAYOUT
def test_an_empty_result_empties_the_slice(lake: Lake, write: Written, table: Table) -> None:
    write(table, list(EVERY), "first")
    write(table, [MONDAY], "second", given=[])
    assert marks(lake, table) == dict.fromkeys((FRIDAY, TUESDAY, NEW_YEAR), "first")


@BY_LAYOUT
def test_rows_outside_the_slice_are_not_written(lake: Lake, write: Written, table: Table) -> None:
    write(table, [FRIDAY], "first")
    write(table, [MONDAY], "second", given=[FRIDAY, MONDAY, TUESDAY])
    assert marks(lake, table) == {FRIDAY: "first", MONDAY: "second"}


@BY_LAYOUT
def test_running_twice_changes_nothing_in_one_commit_each(
    lake: Lake, write: Written, table: Table
) -> None:
    write(table, list(EVERY), "first")
    before = DeltaTable(lake.path(table)).version()
    write(table, list(EVERY), "first")
    assert marks(lake, table) == dict.fromkeys(EVERY, "first")
    assert DeltaTable(lake.path(table)).version() == before + 1


def test_another_instruments_rows_are_left_alone(
    spark: SparkSession, frames: Frames, lake: Lake
) -> None:
    def of(instrument: str, expiry: str) -> list[dict[str, object]]:
        row = {"session_date": MONDAY, "instrument": instrument, "product": instrument}
        return [row | {"expiry": expiry}]

    def filled(instrument: str, rows: list[dict[str, object]]) -> None:
        own = {"instrument": instrument}
        job = SparkJob(t.CONTRACTS, (), lambda: frames.of(t.CONTRACTS, rows), own)
        run(spark, lake.root, job, keys([MONDAY]))

    filled("one", of("one", "first"))
    filled("other", of("other", "first"))
    filled("one", [*of("one", "second"), *of("other", "second")])
    found = lake.rows(t.CONTRACTS).to_table().to_pylist()
    found = {(row["instrument"], row["expiry"]) for row in found}
    assert found == {("one", "second"), ("other", "first")}


def test_a_job_reads_its_slice_of_a_sliced_table(
    spark: SparkSession, frames: Frames, lake: Lake
) -> None:
    def contracts(instrument: str) -> None:
        row = {"session_date": MONDAY, "product": instrument, "instrument": instrument}
        row["expiry"] = "202412"
        of_one = frames.of(t.CONTRACTS, [row])
        job = SparkJob(t.CONTRACTS, (), lambda: of_one, {"instrument": instrument})
        run(spark, lake.root, job, keys([MONDAY]))

    contracts(t.FUTURES)
    contracts(t.OPTIONS)
    seen: dict[str | None, set[str]] = {}
    for own in (t.FUTURES, t.OPTIONS, None):

        def transform(rows: DataFrame, own: str | None = own) -> DataFrame:
            seen[own] = {row["product"] for row in rows.collect()}
            return frames.of(t.FUTURES_TRADES, [])

        values = {"instrument": own} if own else {}
        run(
            spark,
            lake.root,
            SparkJob(t.FUTURES_TRADES, (t.CONTRACTS,), transform, values),
            keys([MONDAY]),
        )
    assert seen == {
        t.FUTURES: {t.FUTURES},
        t.OPTIONS: {t.OPTIONS},
        None: {t.FUTURES, t.OPTIONS},
    }


@pytest.mark.parametrize(
    ("feeds", "missing"),
    [
        ({"taifex_futures"}, {"gold/option_bars", "gold/reconciliation", "silver/daily_report"}),
        ({"taifex_options"}, {"gold/futures_bars", "gold/reconciliation", "silver/daily_report"}),
        ({"taifex_futures", "taifex_daily_futures"}, {"gold/option_bars"}),
    ],
    ids=lambda names: "+".join(sorted(names)),
)
def test_either_instrument_is_of_use_alone(feeds: set[str], missing: set[str]) -> None:
    def bronze(job: Job) -> list[set[str]]:
        return [{one.name for one in enough if one.layer == "bronze"} for enough in sources(job)]

    # Those of other subjects read Taiwan's tables too, and need more than an instrument of it.
    taiwan = subject_of(t.CONTRACTS)
    jobs = [job for job in JOBS.values() if subject_of(job.writes) is taiwan]
    filled = {job.writes.path for job in jobs if any(each <= feeds for each in bronze(job))}
    touched = {job.writes.path for job in jobs if any(each & feeds for each in bronze(job))}
    assert "silver/contracts" in filled
    assert touched - filled <= missing
    assert not missing & filled
    both = {"taifex_futures", "taifex_daily_futures"} <= feeds
    assert ("gold/reconciliation" in filled) == both


def test_a_table_without_sessions_is_replaced_whole(
    spark: SparkSession, frames: Frames, lake: Lake
) -> None:
    for expiry in ("202412", "202501"):
        row = {"expiry_rule": "third_wednesday", "expiry": expiry}
        run(
            spark, lake.root, SparkJob(t.EXPIRIES, (), lambda r=row: frames.of(t.EXPIRIES, [r])), []
        )
    assert lake.rows(t.EXPIRIES).to_table()["expiry"].to_pylist() == ["202501"]


def test_a_job_sees_the_sessions_asked_for(spark: SparkSession, lake: Lake, write: Written) -> None:
    write(t.FUTURES_TRADES, list(EVERY), "first")
    seen: list[date] = []

    def transform(trades: DataFrame) -> DataFrame:
        seen.extend(row["session_date"] for row in trades.collect())
        return trades

    run(
        spark,
        lake.root,
        SparkJob(t.FUTURES_TRADES, (t.FUTURES_TRADES,), transform),
        keys([FRIDAY, TUESDAY]),
    )
    assert sorted(seen) == [FRIDAY, TUESDAY]


OTHERS = {
    "a column missing": (
        lambda rows: rows.drop("line"),
        "declares {'line': 'bigint'}, its job gives {} instead",
    ),
    "a column too many": (
        lambda rows: rows.withColumn("venue", F.lit("XTAI")),
        "declares {}, its job gives {'venue': 'string'} instead",
    ),
    "another type": (
        lambda rows: rows.withColumn("contracts", F.col("contracts").cast("bigint")),
        "declares {'contracts': 'int'}, its job gives {'contracts': 'bigint'} instead",
    ),
    "another name": (
        lambda rows: rows.withColumnRenamed("price", "last"),
        "declares {'price': 'double'}, its job gives {'last': 'double'} instead",
    ),
}


@pytest.mark.parametrize(("change", "said"), OTHERS.values(), ids=OTHERS)
def test_another_schema_is_refused_and_nothing_written(
    spark: SparkSession,
    frames: Frames,
    lake: Lake,
    change: Callable[[DataFrame], DataFrame],
    said: str,
) -> None:
    rows = [{"session_date": MONDAY, "line": 1}]
    job = SparkJob(t.FUTURES_TRADES, (), lambda: change(frames.of(t.FUTURES_TRADES, rows)))
    with pytest.raises(SchemaMismatchError) as refusal:
        run(spark, lake.root, job, keys([MONDAY]))
    assert str(refusal.value) == f"silver/futures_trades: the table {said}"
    assert DeltaTable(lake.path(t.FUTURES_TRADES)).version() == 0


def test_columns_are_stored_in_the_declared_order(frames: Frames) -> None:
    rows = frames.of(t.CONTRACTS, [{"session_date": MONDAY, "product": "TX", "expiry": "202412"}])
    turned = rows.select(*reversed(rows.columns))
    assert conform(turned, t.CONTRACTS).columns == [*t.CONTRACTS.column_names, "year"]


UNWANTED = {"deletionVectors", "columnMapping", "v2Checkpoint"}


@BY_LAYOUT
def test_spark_leaves_the_protocol_as_it_was(lake: Lake, write: Written, table: Table) -> None:
    """Readers such as pyarrow refuse, or misread, tables with newer features."""
    before = DeltaTable(lake.path(table)).protocol()
    write(table, list(EVERY), "first")
    after = DeltaTable(lake.path(table)).protocol()
    assert after == before
    features = {*(after.reader_features or ()), *(after.writer_features or ())}
    assert not features & UNWANTED


@pytest.mark.parametrize("path", TABLES)
def test_every_table_reads_in_spark_as_declared(
    spark: SparkSession, tmp_path: Path, path: str
) -> None:
    table = TABLES[path]
    lake = Lake(str(tmp_path / "lake"), "simulated")
    lake.ensure([table])
    read = spark.read.format("delta").load(lake.path(table))
    declared = {column.name: column.spark_type for column in table.stored_columns}
    assert {field.name: field.dataType.simpleString() for field in read.schema} == declared
    assert set(arrow_schema(table, stored=True).names) == set(declared)
