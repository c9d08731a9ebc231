"""Every job of Spark gives the same rows on Sail and on the JVM, to the last bit.

To the last bit is asked for bars alone; it holds for all, and so it is what is tested.
"""

from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from engines.engine_process import EngineProcess
from engines.lakes import ETF, MONDAY, REPORTS, SESSIONS, TICKS
from support import one_sail
from support.forecast_lake import ASKED, FORECASTING, SEEN, forecast_lake
from support.market import Market
from support.studied_lake import STUDY, studied_lake

from indextracker.building.jobs import run
from indextracker.lake import Lake
from indextracker.lake.digest import contents, digest
from indextracker_catalogue import TABLES, Table
from indextracker_spark.jobs import JOBS

WRITTEN = list(dict.fromkeys(job.writes for job in JOBS.values()))
SETTINGS = {
    "delta.checkpointInterval",
    "delta.dataSkippingStatsColumns",
    "delta.dataSkippingNumIndexedCols",
    # Of tables of streams, which get a commit a second.
    "delta.logRetentionDuration",
    "delta.deletedFileRetentionDuration",
}
# Right prices and announcements have no suspects, and in none of the sessions a future is rolled.
EMPTY = {
    "silver/corporate_action_lists",
    "gold/corporate_action_suspects",
    "gold/futures_rolls",
}
# Sessions of which a table has rows: what is empty on both sides proves nothing.
FILLED = {
    "gold/index_bars": {REPORTS, MONDAY},
    "gold/futures_bars": {TICKS, MONDAY},
    "gold/spread_bars": {TICKS, MONDAY},
    "gold/option_bars": {TICKS, MONDAY},
    "gold/etf_bars": {ETF, MONDAY},
    "gold/reconciliation": {TICKS, REPORTS, MONDAY},
}


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.path)
def test_both_engines_give_the_same_rows(filled: Market, by_jvm: Market, table: Table) -> None:
    sail, jvm = filled.lake, by_jvm.lake
    if not table.is_whole:
        assert contents(jvm, table) == contents(sail, table)
    assert jvm.total_rows(table) == sail.total_rows(table)
    assert (sail.total_rows(table) > 0) == (table.path not in EMPTY)
    assert digest(jvm, table) == digest(sail, table)


@pytest.mark.parametrize("table", FILLED)
def test_there_are_rows_to_compare(by_jvm: Market, table: str) -> None:
    assert contents(by_jvm.lake, TABLES[table], [*map(str, SESSIONS)]).keys() == {
        *map(str, FILLED[table])
    }


def test_a_second_run_changes_nothing_on_the_jvm(by_jvm: Market) -> None:
    table = TABLES["gold/index_bars"]
    before = digest(by_jvm.lake, table)
    version = by_jvm.lake.open(table).version()
    by_jvm.run([table.path], SESSIONS)
    assert by_jvm.lake.open(table).version() == version + 1
    assert digest(by_jvm.lake, table) == before


def test_figures_after_news_are_the_same_on_both_engines(by_jvm: Market, tmp_path: Path) -> None:
    """Of sessions with up to forty events, of which the lake of samples has none."""
    found: list[Lake] = []
    for engine in (one_sail.engine(), by_jvm.engine):
        lake = studied_lake(tmp_path / str(len(found)))
        run(STUDY, lake, engine, [])
        found.append(lake)
    with found[0].sql([STUDY.writes]) as connection:
        query = "select count(*), count(degrees_of_freedom) from sentiment_returns"
        assert connection.execute(query).fetchall() == [(16, 16)]
    assert digest(found[0], STUDY.writes) == digest(found[1], STUDY.writes)


def test_forecasts_are_the_same_on_both_engines(by_jvm: Market, tmp_path: Path) -> None:
    """Of sessions with enough before them to train on, of which the lake of samples has none."""
    found: list[Lake] = []
    for engine in (one_sail.engine(), by_jvm.engine):
        lake = forecast_lake(tmp_path / str(len(found)))
        for job in FORECASTING:
            run(job, lake, engine, ASKED, earlier=SEEN)
        found.append(lake)
    with found[0].sql([job.writes for job in FORECASTING]) as connection:
        query = "select count(ridge), count(boosting) from forecast_values"
        assert connection.execute(query).fetchall() == [(240, 240)]
        query = "select count(r2), count(pnl_points_low), count(*) from forecasts"
        assert connection.execute(query).fetchall() == [(12, 12, 12)]
    for job in FORECASTING:
        assert digest(found[0], job.writes) == digest(found[1], job.writes)


def test_the_session_of_dagster_pyspark_does_the_same(by_jvm: Market) -> None:
    """Asked last: the JVM's own session is closed for it."""
    table, process = TABLES["gold/index_sessions"], by_jvm.engine
    assert isinstance(process, EngineProcess)
    before = digest(by_jvm.lake, table)
    process.through_dagster = True
    for _ in range(2):
        by_jvm.run([table.path], SESSIONS)
    assert process.lent == 1
    assert digest(by_jvm.lake, table) == before


def test_no_table_has_a_feature_of_delta_on(filled: Market, by_jvm: Market) -> None:
    """With deletion vectors, column mapping or checkpoints of version 2, readers here give up."""
    for market in (filled, by_jvm):
        tables = market.lake.tables()
        assert {table.path for table in WRITTEN} < {table.path for table in tables}
        assert {"bronze/taifex_options", "silver/products"} < {table.path for table in tables}
        for table in tables:
            delta = DeltaTable(market.lake.path(table))
            protocol = delta.protocol()
            assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2), table.path
            assert not (protocol.reader_features or protocol.writer_features), table.path
            assert delta.metadata().configuration.keys() <= SETTINGS, table.path
        # No rows in place of none need no commit.
        written = [table for table in WRITTEN if table.path not in EMPTY]
        assert all(market.lake.open(table).version() > 0 for table in written)


@pytest.mark.parametrize("table", WRITTEN, ids=lambda table: table.path)
def test_commits_tell_the_extremes_of_what_leaves_files_out(
    filled: Market, by_jvm: Market, table: Table
) -> None:
    for market in (filled, by_jvm):
        files = pa.table(market.lake.open(table).get_add_actions(flatten=True))
        recorded = sum(files["num_records"].to_pylist())
        assert recorded == market.lake.total_rows(table)
        told = {name.removeprefix("min.") for name in files.column_names if name.startswith("min.")}
        assert told == set(table.pruning_columns) or not recorded
