"""What Dagster shows after backfills of good, refused, missing and wrong documents."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import dagster as dg
import duckdb
import pytest
from support.archives import Archive, MakePlatform
from support.backfills import backfill_sessions

from indextracker.building.reports import Report
from indextracker.calendars import trading_days
from indextracker.platform import Platform
from indextracker.warehouse.slices import LOADED
from indextracker_assets.assets.freshness import CHECK
from indextracker_assets.definitions import build_defs
from indextracker_assets.specs import key_at
from indextracker_catalogue import SUBJECTS, TABLES, tables_of
from indextracker_simulator.taiwan.taifex import NO_DATA_PAGE

OF_TAIWAN = {table.path for table in tables_of(SUBJECTS["taiwan"])}
# Tuesday to the Tuesday after.
DAYS = [date(2024, 12, day) for day in (10, 11, 12, 13, 16, 17)]
PAGE, MISSING = DAYS[2], DAYS[4]
GOOD = [day for day in DAYS if day not in (PAGE, MISSING)]
OF_FUTURES = (
    "bronze/taifex_futures",
    "silver/futures_trades",
    "silver/futures_spreads",
    "gold/futures_bars",
    "gold/futures_sessions",
    "gold/spread_bars",
    "gold/spread_sessions",
)
OF_THE_OTHERS = (
    "bronze/twse_index",
    "silver/index_levels",
    "gold/index_bars",
    "gold/index_sessions",
    "bronze/taifex_options",
    "silver/option_trades",
    "silver/contracts",
    "silver/rejects",
    "silver/daily_report",
    "gold/option_bars",
    "gold/etf_bars",
    "gold/reconciliation",
)


@dataclass
class Lakehouse:
    """A platform, what its last backfill reported, and the instance that saw it."""

    platform: Platform
    report: Report
    instance: dg.DagsterInstance

    def materialised(self, path: str) -> list[date]:
        keys = self.instance.get_materialized_partitions(key_at(path))
        return sorted(date.fromisoformat(key) for key in keys)

    def stored(self, path: str) -> list[date]:
        """The sessions with rows, in the lake or the warehouse."""
        layer, name = path.split("/")
        query = f"select distinct session_date from {name} order by 1"
        if layer == "raw":
            with duckdb.connect(self.platform.settings.warehouse.private) as connection:
                return [day for (day,) in connection.execute(f"use raw; {query}").fetchall()]
        with self.platform.lake.sql([TABLES[path]]) as connection:
            return [day for (day,) in connection.execute(query).fetchall()]

    def check(self, path: str, name: str) -> dg.AssetCheckEvaluation:
        """The last evaluation of a check."""
        key = dg.AssetCheckKey(key_at(path), name)
        records = self.instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
        event = records[0].event
        assert event
        assert event.dagster_event
        return event.dagster_event.asset_check_evaluation_data


@pytest.fixture(scope="module")
def with_holes(make_platform: MakePlatform, archive: Archive) -> Iterator[Lakehouse]:
    """Six sessions to the warehouse: a web page instead of one futures file, another missing."""
    for day in DAYS:
        archive.add(day)
    archive.put(f"Daily_{PAGE:%Y_%m_%d}.zip", NO_DATA_PAGE)
    (archive.folder / f"Daily_{MISSING:%Y_%m_%d}.zip").unlink()
    platform = make_platform(archive.source)
    with dg.DagsterInstance.from_config(platform.settings.dagster.home) as instance:
        report = backfill_sessions(platform, DAYS, to_layer="warehouse")
        yield Lakehouse(platform, report, instance)


def raw_of(paths: tuple[str, ...]) -> list[str]:
    loaded = {table.path: f"raw/{table.name}" for table in LOADED}
    return [loaded[path] for path in paths if path in loaded]


def test_exactly_the_good_sessions_are_materialised(with_holes: Lakehouse) -> None:
    for path in (*OF_FUTURES, *raw_of(OF_FUTURES)):
        assert with_holes.materialised(path) == GOOD, path
        assert with_holes.stored(path) == GOOD, path
    for path in (*OF_THE_OTHERS, *raw_of(OF_THE_OTHERS)):
        assert with_holes.materialised(path) == DAYS, path
        assert with_holes.stored(path) == DAYS, path


def test_what_is_missing_is_reported_with_its_reason(with_holes: Lakehouse) -> None:
    report = with_holes.report
    assert (report.failures, report.exit_code) == ([], 2)
    missing = {day: list(answers) for day, answers in report.incomplete.items()}
    assert missing == {str(PAGE): ["taifex_futures"], str(MISSING): ["taifex_futures"]}
    page, missing = (report.sessions[str(day)]["taifex_futures"] for day in (PAGE, MISSING))
    assert page.state == "missing"
    assert "HTML page" in str(page.reason)
    assert missing.state == "missing"
    assert "holds no Daily_2024_12_16.zip" in str(missing.reason)


def test_the_report_counts_the_rows_of_the_sessions(with_holes: Lakehouse) -> None:
    lake = with_holes.platform.lake
    assert set(OF_FUTURES + OF_THE_OTHERS) < set(with_holes.report.tables)
    for path, rows in with_holes.report.tables.items():
        assert rows == lake.total_rows(TABLES[path]), path


def test_the_report_tells_warnings_and_rejects(with_holes: Lakehouse) -> None:
    report, lake = with_holes.report, with_holes.platform.lake
    rejected = sum(one.lines for one in report.rejects)
    with lake.sql([TABLES["silver/rejects"]]) as connection:
        [(lines,)] = connection.execute(
            "select count(*) from (select distinct session_date, feed, line from rejects)"
        ).fetchall()
    assert rejected == lines > 0
    assert {one.feed for one in report.rejects} >= {"taifex_futures", "taifex_options"}
    known = [one for one in report.warnings if one.check == "product_known"]
    assert {one.table for one in known} == {"silver/contracts"}
    # The product that nobody knows is in the file of futures.
    assert sorted(key for one in known for key in one.sessions) == list(map(str, GOOD))
    assert all(one.bad_rows > 0 for one in report.warnings)
    # What is missing stands in the report by itself.
    assert "documents_accepted" not in {one.check for one in report.warnings}


def test_rejects_are_a_warning_with_a_count(with_holes: Lakehouse) -> None:
    shown = with_holes.check("silver/rejects", "no_rejects")
    assert (shown.passed, shown.severity) == (False, dg.AssetCheckSeverity.WARN)
    # A check shows what the last run found: that of the session after the last hole.
    rows = with_holes.platform.lake.row_counts(TABLES["silver/rejects"], [str(DAYS[-1])])
    assert shown.metadata["bad_rows"].value == rows[str(DAYS[-1])] > 0
    assert "reason the line does not split" in str(shown.metadata["examples"].value)


def test_every_check_of_what_ran_has_a_result(with_holes: Lakehouse) -> None:
    graph = build_defs(with_holes.platform).resolve_asset_graph()
    failed = set()
    for check in graph.asset_check_keys:
        if "/".join(check.asset_key.path) in OF_TAIWAN and check.name != CHECK:
            shown = with_holes.check("/".join(check.asset_key.path), check.name)
            if not shown.passed:
                failed.add((check.name, shown.severity.name))
    # What the simulated exchange has on purpose: lines, a product and an index that nobody knows,
    # and two documents that are not in the archive; and what compares those with the others.
    assert {severity for _, severity in failed} == {"WARN"}
    on_purpose = {"line_splits", "no_rejects", "product_known", "expiry_dated", "name_mapped"}
    assert on_purpose | {"documents_accepted"} <= {name for name, _ in failed}


def test_a_materialisation_tells_its_rows_and_its_document(with_holes: Lakehouse) -> None:
    [latest] = with_holes.instance.fetch_materializations(
        dg.AssetRecordsFilter(
            dg.AssetKey(["bronze", "taifex_futures"]), asset_partitions=[str(DAYS[0])]
        ),
        limit=1,
    ).records
    assert latest.asset_materialization
    noted: dict[str, Any] = {
        name: value.value for name, value in latest.asset_materialization.metadata.items()
    }
    lake = with_holes.platform.lake
    futures = TABLES["bronze/taifex_futures"]
    assert (
        noted["dagster/partition_row_count"]
        == lake.row_counts(futures, [*map(str, DAYS)])[str(DAYS[0])]
    )
    assert noted["url"] == "archive:Daily_2024_12_10.zip"
    assert noted["world"] == "real"
    assert lake.landing.get(noted["document"]).read().startswith(b"PK")


def test_a_document_that_comes_later_fills_its_hole(
    with_holes: Lakehouse, archive: Archive, make_platform: MakePlatform
) -> None:
    archive.add(PAGE)
    # An archive is walked once: a later backfill is a process of its own.
    with_holes.platform.close()
    report = backfill_sessions(with_holes.platform, [PAGE, MISSING], to_layer="gold")
    assert (report.failures, report.exit_code) == ([], 2)
    assert list(report.incomplete) == [str(MISSING)]
    filled = [day for day in DAYS if day != MISSING]
    for path in OF_FUTURES:
        assert with_holes.materialised(path) == filled, path
        assert with_holes.stored(path) == filled, path


@pytest.fixture
def wrong_total(make_platform: MakePlatform, archive: Archive) -> Platform:
    """An archive whose control totals count one MTX contract more than its trades."""
    day = DAYS[0]
    archive.add(day)
    name = f"Daily_{day:%Y_%m_%d}_B.zip"
    with zipfile.ZipFile(archive.folder / name) as totals:
        [entry] = totals.namelist()
        lines = totals.read(entry).decode("cp950").split("\r\n")
    [row] = [number for number, line in enumerate(lines) if line.split(",")[1:2] == ["MTX    "]]
    cells = lines[row].split(",")
    cells[3] = str(int(cells[3]) + 2)
    lines[row] = ",".join(cells)
    body = BytesIO()
    with zipfile.ZipFile(body, "w") as totals:
        totals.writestr(entry, "\r\n".join(lines).encode("cp950"))
    archive.put(name, body.getvalue())
    return make_platform(archive.source)


def test_trades_that_contradict_the_exchange_are_not_published(wrong_total: Platform) -> None:
    feeds = ("taifex_futures", "taifex_volume_totals")
    report = backfill_sessions(wrong_total, DAYS[:1], feeds=feeds)
    assert report.exit_code == 1
    [failure] = report.failures
    # Table, session, what should hold, example and remedy, and no name of Python's.
    assert failure.startswith("silver/futures_trades of 2024-12-10: 1 row breaks the rule")
    assert "(volume_equals_control_totals), such as session_date 2024-12-10, product" in failure
    assert "run the same command again" in failure
    assert "Error" not in failure
    assert "marts" not in report.seconds
    assert not wrong_total.warehouse.published.exists()
    # What rests on the trades was not built from them.
    assert wrong_total.lake.total_rows(TABLES["silver/futures_trades"]) > 0
    assert wrong_total.lake.total_rows(TABLES["gold/futures_bars"]) == 0


def test_a_value_that_no_check_would_bear_stops_nothing(
    make_platform: MakePlatform, archive: Archive
) -> None:
    """A price of nothing is a reject of its session, whose other trades reach the bars."""
    day = DAYS[0]
    trade = {"date": f"{day}", "stock_id": "006204", "volume": 2, "TickType": 1}
    prices = (("09:00:01.5", 90.05), ("09:00:02.000000000", 0.0), ("09:00:03", 90.1))
    data = [trade | {"Time": at, "deal_price": price} for at, price in prices]
    said = {"msg": "success", "status": 200, "data": data}
    archive.put(archive.name("finmind_trades", day), json.dumps(said).encode())
    platform = make_platform(archive.source)
    report = backfill_sessions(platform, [day], feeds=("finmind_trades",), to_layer="gold")
    assert (report.exit_code, report.failures) == (0, [])
    counts = {
        path: platform.lake.total_rows(TABLES[path])
        for path in ("silver/etf_trades", "silver/rejects", "gold/etf_bars")
    }
    assert counts == {"silver/etf_trades": 2, "silver/rejects": 1, "gold/etf_bars": 5}


def materialise(
    platform: Platform, session: date, *layers: str, instance: dg.DagsterInstance
) -> dg.ExecuteInProcessResult:
    """One run over the subject's assets of the layers, as the UI starts it for one session."""
    definitions = build_defs(platform)
    graph = definitions.resolve_asset_graph()
    groups = {f"taiwan_{layer}" for layer in layers}
    selection = [
        key
        for key in graph.get_all_asset_keys()
        if key.path[0] in layers and graph.get(key).group_name in groups
    ]
    job = definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance,
        partition_key=session.isoformat(),
        asset_selection=sorted(selection),
        raise_on_error=False,
    )


def sentences(result: dg.ExecuteInProcessResult) -> str:
    failures = result.filter_events(lambda event: event.is_step_failure)
    return " ".join(str(event.step_failure_data) for event in failures)


def test_one_session_in_one_run_as_from_the_ui(
    make_platform: MakePlatform, archive: Archive
) -> None:
    day, refused = DAYS[1], DAYS[3]
    archive.add(day)
    archive.add(refused)
    archive.put(f"Daily_{refused:%Y_%m_%d}.zip", NO_DATA_PAGE)
    platform = make_platform(archive.source)
    with dg.DagsterInstance.ephemeral() as instance:
        early = materialise(platform, day, "gold", instance=instance)
        assert not early.success
        assert "materialise it first" in sentences(early)

        whole = materialise(platform, day, "bronze", "silver", "gold", instance=instance)
        assert whole.success
        lakehouse = Lakehouse(platform, Report(), instance)
        for path in OF_FUTURES + OF_THE_OTHERS:
            assert lakehouse.materialised(path) == lakehouse.stored(path) == [day], path

        # A refusal is no failure: what rests on it is left out, all else is made.
        holed = materialise(platform, refused, "bronze", "silver", "gold", instance=instance)
        for path in OF_FUTURES:
            assert lakehouse.materialised(path) == lakehouse.stored(path) == [day], path
        assert lakehouse.materialised("bronze/twse_index") == [day, refused]
        assert holed.success, sentences(holed)

        alone = materialise(platform, refused, "gold", instance=instance)
        assert not alone.success
        assert "there is none for 2024-12-13: materialise bronze first" in sentences(alone)


def test_a_session_to_come_is_not_asked_for(make_platform: MakePlatform) -> None:
    platform = make_platform()
    calendar = trading_days("XTAI")
    coming = calendar.sessions(datetime.now(calendar.timezone).date(), calendar.horizon)[-1:]
    report = backfill_sessions(platform, coming)
    answers = report.sessions[str(coming[0])]
    assert {answer.state for answer in answers.values()} == {"not_yet"}
    assert report.exit_code == 2
    assert not platform.lake.tables()
