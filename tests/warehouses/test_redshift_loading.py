"""Loading into Redshift: slices, their checks, and what is noted of them."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import redshift_connector
from redshift_local import Cluster
from warehouses.loading import (
    BARS,
    CONTRACTS,
    DAYS,
    INDICES,
    KEYS,
    counts,
    database_of,
    loads,
    put,
    rows_of,
    staged,
)
from warehouses.markets import answer

from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse import Warehouse
from indextracker.warehouse.redshift import LoadError, RedshiftWarehouse
from indextracker.warehouse.slices import LOADED
from indextracker.warehouse.staging import StagingArea


def test_rows_arrive_as_they_are(lake: Lake, warehouse: RedshiftWarehouse) -> None:
    put(lake, BARS, DAYS[:1], mark=7, count=1)
    assert warehouse.load(lake, [BARS], KEYS[:1])[BARS.path] == 1
    [row] = answer(warehouse, "select * from futures_bars")
    named = dict(zip(BARS.column_names, row, strict=True))
    assert named["product"] == "product 0 臺"
    assert named["session_date"] == DAYS[0]
    assert named["bar_start"] == dt.datetime.fromisoformat(
        "2024-12-31T01:00:00.000001"
    )  # UTC, without a zone
    assert (named["open"], named["trades"], named["scale_minutes"]) == (7.0, 7, 7)
    assert named["price_sum"] == Decimal("7.0000")


def test_loading_replaces_the_asked_sessions_alone(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    assert warehouse.load(lake, [BARS], KEYS)[BARS.path] == 9
    put(lake, BARS, DAYS, mark=2, count=5)
    # The first and the last: what lies between them is not meant.
    assert warehouse.load(lake, [BARS], [KEYS[0], KEYS[2]])[BARS.path] == 10
    expected = [(DAYS[0], 5, 2, 2), (DAYS[1], 3, 1, 1), (DAYS[2], 5, 2, 2)]
    assert counts(warehouse, BARS) == expected
    # Once more changes nothing.
    warehouse.load(lake, [BARS], [KEYS[0], KEYS[2]])
    assert counts(warehouse, BARS) == expected


def test_a_session_that_is_empty_in_the_lake_becomes_empty(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    lake.replace(BARS, rows_of(BARS, [], 1), [KEYS[1]])
    assert warehouse.load(lake, [BARS], [KEYS[1]])[BARS.path] == 0
    assert [day for day, *_ in counts(warehouse, BARS)] == [DAYS[0], DAYS[2]]


def test_a_table_without_sessions_is_replaced_whole(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    for rows in (5, 2):
        lake.replace(INDICES, rows_of(INDICES, [DAYS[0]], 1, count=rows))
        assert warehouse.load(lake, [INDICES], [])[INDICES.path] == rows
    assert answer(warehouse, "select count(*) from indices") == [(2,)]


def test_a_table_of_another_shape_comes_with_all_its_sessions(
    lake: Lake, warehouse: RedshiftWarehouse, running: Cluster, settings: Settings
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = loads(warehouse)
    running.behind.sql(
        "update raw.definitions set ddl = 'of an older release'", database_of(settings)
    )
    warehouse.load(lake, [BARS], KEYS[:1])
    assert [count for _, count, *_ in counts(warehouse, BARS)] == [3, 3, 3]
    after = loads(warehouse)
    assert all(after[day] != before[day] for day in DAYS)


def test_only_what_was_loaded_is_noted_as_loaded_anew(
    lake: Lake, warehouse: RedshiftWarehouse
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    before = loads(warehouse)
    assert list(before) == list(DAYS)
    warehouse.load(lake, [BARS], KEYS[1:2])
    after = loads(warehouse)
    assert {day for day in DAYS if after[day] != before[day]} == {DAYS[1]}


def test_a_load_is_one_transaction_of_plain_copies(
    lake: Lake, warehouse: RedshiftWarehouse, running: Cluster
) -> None:
    put(lake, BARS, DAYS, mark=1)
    put(lake, CONTRACTS, DAYS, mark=1)
    warehouse.load(lake, [BARS, CONTRACTS], KEYS[:1])
    running.journal.clear()
    warehouse.load(lake, [BARS, CONTRACTS], KEYS[1:])
    sent = [statement.sent.lower() for statement in running.journal]
    copies = [text for text in sent if text.startswith("copy")]
    assert len(copies) == 2
    assert all("iam_role default format as parquet" in text for text in copies)
    # Never from a Delta table: its prefix holds removed files, and files have no partition columns.
    assert all("/staging/" in text for text in copies)
    first, last = sent.index(copies[0]), len(sent) - 1 - sent[::-1].index("commit")
    assert not [text for text in sent[first:last] if text.startswith(("commit", "begin"))]
    written = [text for text in sent if re.match(r'(delete from|insert into) "raw"', text)]
    assert {sent.index(text) > first for text in written[:4]} == {True}


def test_nothing_stays_staged(
    lake: Lake, warehouse: RedshiftWarehouse, settings: Settings, s3: Any
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    assert staged(s3, settings) == []


# What is wrong with the rows, and what the error says of it.
BROKEN = {
    "twice": (lambda rows: pa.concat_tables([rows, rows.slice(0, 1)]), "more than once"),
    "keyless": (
        lambda rows: rows.set_column(1, "product", pa.nulls(len(rows), pa.string())),
        "9 rows have nulls in their key",
    ),
    "wide": (
        lambda rows: rows.set_column(1, "product", pa.array(["臺" * 86] * len(rows))),
        "product",
    ),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_rows_that_break_the_table_are_not_loaded(
    kind: str,
    lake: Lake,
    warehouse: RedshiftWarehouse,
    settings: Settings,
    s3: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    broken, says = BROKEN[kind]
    rows = broken(rows_of(BARS, DAYS, mark=2))
    monkeypatch.setattr(
        "indextracker.warehouse.slices.rows",
        lambda *_: pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()),
    )
    with pytest.raises((LoadError, redshift_connector.Error), match=says):
        warehouse.load(lake, [BARS], KEYS)
    monkeypatch.undo()
    assert counts(warehouse, BARS) == [(day, 3, 1, 1) for day in DAYS]
    assert staged(s3, settings) == []


def test_rows_that_are_lost_on_the_way_are_missed(
    lake: Lake, warehouse: RedshiftWarehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(lake, BARS, DAYS, mark=1)
    warehouse.load(lake, [BARS], KEYS)
    export = StagingArea.export
    monkeypatch.setattr(
        StagingArea,
        "export",
        lambda self, table, rows: (export(self, table, rows)[0], 10),
    )
    with pytest.raises(LoadError, match="10 rows were exported and 9 arrived"):
        warehouse.load(lake, [BARS], KEYS)


def test_tables_are_spread_and_sorted_as_declared(
    in_cluster: Warehouse,
) -> None:
    """An empty table is not told of, here or by Redshift."""
    found = {
        (schema, name): (style, first, number)
        for schema, name, style, first, number in answer(
            in_cluster,
            'select schema, "table", diststyle, sortkey1, sortkey_num from svv_table_info',
        )
    }
    declared = {
        ("raw", table.name): (
            f"KEY({table.distribution_key})" if table.distribution_key else "ALL",
            table.sort_key[0],
            len(table.sort_key),
        )
        for table in LOADED
        if ("raw", table.name) in found
    }
    assert len(declared) > 15  # the tables with rows in the small market
    assert {key: found[key] for key in declared} == declared
    assert found["raw", "indices"][0] == found["raw", "products"][0] == "ALL"
    assert found["raw", "futures_bars"] == ("KEY(product)", "session_date", 2)
    assert found["raw", "option_bars"] == ("KEY(strike)", "session_date", 2)
    histories = {
        "int_index_history": "KEY(index_id)",
        "int_derivative_history": "KEY(derivative_detail_id)",
        "int_spread_history": "KEY(spread_id)",
    }
    for schema in ("intermediate", "published"):
        for name, style in histories.items():
            assert found[schema, name] == (style, "session_date", 2)
    for name in ("index", "derivative", "derivative_detail", "derivative_detail_code", "spread"):
        assert found["marts_building", name][0] == "ALL"
        assert found["marts", name][0] == "ALL"


def test_after_a_loss_everything_is_loaded_anew(lake: Lake, warehouse: RedshiftWarehouse) -> None:
    """What the lake has no more goes, and what was not loaded yet comes."""
    put(lake, BARS, DAYS[:2], mark=1)
    warehouse.load(lake, [BARS], KEYS[:2])
    put(lake, BARS, DAYS[:2], mark=2, count=0)
    put(lake, BARS, DAYS[2:], mark=3)
    put(lake, CONTRACTS, DAYS[2:], mark=3)
    warehouse.reload(lake)
    assert counts(warehouse, BARS) == [(DAYS[2], 3, 3, 3)]
    assert answer(warehouse, 'select count(*) from "raw".contracts')[0][0] == 3
    assert {*KEYS} <= {key for (key,) in answer(warehouse, 'select "key" from "raw".loads')}
    warehouse.verify()
