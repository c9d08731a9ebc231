"""A table that was made from another declaration: completed where that is safe, else refused."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from support.good_rows import SESSION, rows

from indextracker.engines.sail import SailEngine
from indextracker.lake import Lake, TableShapeError
from indextracker.lake.restoring import plan, restore
from indextracker_catalogue import Column, Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.shared.deliveries import DELIVERIES

TUESDAY = date(2024, 12, 17)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def without(table: Table, name: str) -> Table:
    """The table as it was declared before a column was added."""
    columns = tuple(column for column in table.columns if column.name != name)
    return dataclasses.replace(table, columns=columns, checks=())


def retyped(table: Table, name: str, kind: str) -> Table:
    columns = tuple(
        dataclasses.replace(column, type=kind) if column.name == name else column
        for column in table.columns
    )
    return dataclasses.replace(table, columns=columns)


def old_rows(table: Table, added: str) -> pa.Table:
    return rows(table, {}).drop_columns([added])


@pytest.mark.parametrize(
    ("table", "added"),
    [(t.FUTURES_TRADES, "opening_auction"), (t.CONTRACTS, "product_assumed")],
    ids=["by_session", "by_year"],
)
def test_a_new_column_is_added_and_null_in_old_rows(lake: Lake, table: Table, added: str) -> None:
    lake.replace(without(table, added), old_rows(table, added), [str(SESSION)])
    with lake.sql([table]) as connection:
        assert connection.execute(f"select {added} from {table.name}").fetchall() == [(None,)]

    changed = {"session_date": TUESDAY, added: True}
    lake.replace(table, rows(table, changed), [str(TUESDAY)])
    query = f"select session_date, {added} from {table.name} order by 1"
    with lake.sql([table]) as connection:
        assert connection.execute(query).fetchall() == [(SESSION, None), (TUESDAY, True)]
    protocol = DeltaTable(lake.path(table)).protocol()
    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)

    # Back to before the column was there, and on from there.
    restore(lake, plan(lake, table, 1))
    with lake.sql([table]) as connection:
        assert connection.execute(query).fetchall() == [(SESSION, None)]
    lake.replace(table, rows(table, changed), [str(TUESDAY)])
    with lake.sql([table]) as connection:
        assert connection.execute(query).fetchall() == [(SESSION, None), (TUESDAY, True)]


@pytest.fixture
def sail() -> Iterator[SailEngine]:
    engine = SailEngine()
    yield engine
    engine.close()


def test_sail_reads_and_writes_a_table_with_a_new_column(lake: Lake, sail: SailEngine) -> None:
    """One engine adds the column, the other fills it."""
    table, added = t.INDEX_BARS, "std"
    lake.replace(without(table, added), old_rows(table, added), [str(SESSION)])
    lake.ensure([table])
    spark = sail._start()
    old = spark.read.format("delta").load(lake.path(table))
    assert [row[added] for row in old.collect()] == [None]
    new = old.selectExpr(
        *(name for name in table.column_names if name not in ("session_date", added)),
        f"date'{TUESDAY}' as session_date",
        f"cast(1.5 as double) as {added}",
    )
    slice_of_tuesday = table.keys_predicate([TUESDAY.isoformat()])
    writer = new.select(*table.column_names).write.format("delta").mode("overwrite")
    writer.option("replaceWhere", slice_of_tuesday).save(lake.path(table))
    with lake.sql([table]) as connection:
        query = f"select session_date, {added} from gold.index_bars order by 1"
        assert connection.execute(query).fetchall() == [(SESSION, None), (TUESDAY, 1.5)]


SHAPES: dict[str, tuple[Callable[[], Table], Table, str]] = {
    "another type": (
        lambda: retyped(t.FUTURES_TRADES, "contracts", "bigint"),
        t.FUTURES_TRADES,
        r"contracts is stored as int64 and declared as int32\. Move its folder away .* bronze",
    ),
    "a column too many": (
        lambda: dataclasses.replace(
            t.INDICES, columns=(*t.INDICES.columns, Column("venue", "string", "Where."))
        ),
        t.INDICES,
        "venue is stored and no longer declared",
    ),
    "another key": (
        lambda: dataclasses.replace(t.INDICES, key=(*t.INDICES.key, "market")),
        t.INDICES,
        "market is stored as string not null and declared as string",
    ),
    "a new key": (
        lambda: without(
            dataclasses.replace(t.CONTRACTS, key=("session_date", "product")), "expiry"
        ),
        t.CONTRACTS,
        "expiry is new and may not be null",
    ),
    "other partitions": (
        lambda: dataclasses.replace(t.INDEX_SESSIONS, partitioned="key"),
        t.INDEX_SESSIONS,
        "stored by session_date and declared to be by year",
    ),
    "a feed": (
        lambda: retyped(t.TAIFEX_FUTURES, "price", "double"),
        t.TAIFEX_FUTURES,
        "price is stored as double .* come again from landing",
    ),
    "the log": (
        lambda: retyped(DELIVERIES, "bytes", "int"),
        DELIVERIES,
        "bytes is stored as int32 .* a log that cannot be made again",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_any_other_change_is_refused_with_a_sentence(lake: Lake, shape: str) -> None:
    before, table, sentence = SHAPES[shape]
    lake.ensure([before()])
    written = {
        "replace": lambda: lake.replace(table, rows(table, {}), [str(SESSION)]),
        "append": lambda: lake.append(table, rows(table, {})),
    }
    for use in (lambda: lake.ensure([table]), written[table.writes]):
        with pytest.raises(
            TableShapeError, match=f"{table.path} was made from another.*{sentence}"
        ):
            use()
    assert DeltaTable(lake.path(table)).version() == 0
