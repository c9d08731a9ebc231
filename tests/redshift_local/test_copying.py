"""COPY of Parquet from S3, as the driver of Redshift asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
import redshift_connector
from redshift_connector.error import ProgrammingError

from redshift_local import Cluster, cluster

Cursor = redshift_connector.Cursor
Put = Callable[..., None]
COPY = "copy {} from 's3://bucket/{}' iam_role 'arn:aws:iam::1:role/copy' format as parquet"

EVERY_TYPE = pa.schema(
    [
        ("flag", pa.bool_()),
        ("small", pa.int16()),
        ("medium", pa.int32()),
        ("big", pa.int64()),
        ("price", pa.float64()),
        ("strike", pa.decimal128(12, 4)),
        ("day", pa.date32()),
        ("at", pa.timestamp("us")),
        ("instant", pa.timestamp("us", "UTC")),
        ("name", pa.string()),
    ]
)
COLUMNS = (
    "flag boolean, small smallint, medium integer, big bigint, price double precision,"
    " strike decimal(12, 4), day date, at timestamp, instant timestamptz, name varchar(16)"
)
ROWS: list[tuple[Any, ...]] = [
    (
        *(True, -1, 2**31 - 1, -(2**63), 0.1 + 0.2, Decimal("17500.2500"), date(2022, 3, 3)),
        *(
            datetime.fromisoformat("2022-03-03 00:45:00.000001"),
            datetime(2022, 3, 3, 1, tzinfo=UTC),
        ),
        '臺灣, "x"\n',
    ),
    (False, None, None, None, float("inf"), None, None, None, None, ""),
    (None, 0, 0, 0, -1e-300, Decimal("-0.0001"), date(1999, 12, 31), None, None, None),
]


def table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    by_column = zip(*rows, strict=True) if rows else [[] for _ in schema]
    arrays = [pa.array(v, t) for v, t in zip(by_column, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)


IDS = pa.schema([("id", pa.int64()), ("name", pa.string())])


@pytest.fixture
def ids(cursor: Cursor) -> Cursor:
    cursor.execute("create table ids (id bigint not null, name varchar(8))")
    return cursor


def refusal(cursor: Cursor, statement: str) -> str:
    with pytest.raises(ProgrammingError) as raised:
        cursor.execute(statement)
    return str(raised.value.args[0]["M"])


def rows(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return [tuple(row) for row in cursor.fetchall()]


def test_every_type_arrives_as_it_was(cursor: Cursor, put: Put) -> None:
    put("every/1.parquet", table(ROWS, EVERY_TYPE))
    cursor.execute(f"create table every ({COLUMNS})")
    cursor.execute(COPY.format("every", "every/"))
    assert rows(cursor, "select * from every") == ROWS


def test_all_files_of_the_prefix_are_loaded_and_hidden_ones_are_not(ids: Cursor, put: Put) -> None:
    put("several/1.parquet", table([(1, "a")], IDS))
    put("several/2.parquet", table([(2, "b"), (3, None)], IDS))
    put("several/none.parquet", table([], IDS))
    put("several/_hidden.parquet", table([(4, "d")], IDS))
    ids.execute(COPY.format("ids", "several/"))
    assert rows(ids, "select * from ids order by id") == [(1, "a"), (2, "b"), (3, None)]


def test_columns_go_by_position_and_not_by_name(ids: Cursor, put: Put) -> None:
    schema = pa.schema([("name", pa.int64()), ("id", pa.string())])
    put("swapped.parquet", table([(7, "seven")], schema))
    ids.execute(COPY.format("ids", "swapped.parquet"))
    assert rows(ids, "select id, name from ids") == [(7, "seven")]


def test_named_columns_alone_are_loaded(ids: Cursor, put: Put) -> None:
    put("one.parquet", table([(7,)], pa.schema([("id", pa.int64())])))
    ids.execute(COPY.format("here.ids (id)", "one.parquet"))
    assert rows(ids, "select id, name from ids") == [(7, None)]


def test_a_copy_is_part_of_its_transaction(
    redshift: Cluster, ids: Cursor, connect: Callable[..., redshift_connector.Connection], put: Put
) -> None:
    put("kept/1.parquet", table([(1, "a")], IDS))
    connection = connect()
    loading = connection.cursor()
    loading.execute("create temp table staged (like here.ids)")
    for _ in range(2):  # the driver prepares a statement once and executes it twice
        loading.execute(COPY.format("staged", "kept/"))
    loading.execute("insert into here.ids select * from staged")
    assert rows(loading, "select count(*) from here.ids") == [(2,)]
    assert rows(ids, "select count(*) from ids") == [(0,)]
    connection.rollback()
    assert rows(loading, "select count(*) from here.ids") == [(0,)]
    copies = [one for one in redshift.journal if one.sent.startswith("copy")]
    assert [one.run for one in copies] == ["copy staged from stdin (format csv)"] * 2


@pytest.mark.parametrize(
    ("schema", "row", "said"),
    [
        (pa.schema([("id", pa.int64())]), (1,), "Table columns: 2, Data columns: 1"),
        (
            pa.schema([("id", pa.int32()), ("name", pa.string())]),
            (1, "a"),
            "incompatible Parquet schema for column 'id'",
        ),
        (IDS, (1, "臺灣證"), "Table: 8, Data: 9"),
        (IDS, (None, "a"), "violates not-null constraint"),
    ],
)
def test_what_does_not_fit_loads_nothing_and_leaves_the_session_usable(
    ids: Cursor, put: Put, schema: pa.Schema, row: tuple[Any, ...], said: str
) -> None:
    put("unfit/1.parquet", table([(0, "good")], IDS))
    put("unfit/2.parquet", table([row], schema))
    assert said in refusal(ids, COPY.format("ids", "unfit/"))
    assert rows(ids, "select count(*) from ids") == [(0,)]


def test_a_torn_file_loads_nothing(ids: Cursor, put: Put) -> None:
    put("torn/1.parquet", table([(0, "good")], IDS))
    put("torn/2.parquet", table([(1, "a")], IDS), 100)
    assert "Parquet magic bytes not found" in refusal(ids, COPY.format("ids", "torn/"))
    assert rows(ids, "select count(*) from ids") == [(0,)]


@pytest.mark.parametrize("unit", ["ns", "ms"])
def test_only_microseconds_are_taken(cursor: Cursor, put: Put, unit: str) -> None:
    cursor.execute("create table moments (at timestamp)")
    schema = pa.schema([("at", pa.timestamp(unit))])
    put(f"{unit}.parquet", table([(datetime.fromisoformat("2022-03-03"),)], schema))
    said = refusal(cursor, COPY.format("moments", f"{unit}.parquet"))
    assert f"the column takes timestamp[us], the file has timestamp[{unit}]" in said


@pytest.mark.parametrize("other", [(12, 2), (18, 4)])
def test_a_decimal_has_the_precision_and_scale_of_its_column(
    cursor: Cursor, put: Put, other: tuple[int, int]
) -> None:
    cursor.execute("create table strikes (strike decimal(12, 4))")
    put("other.parquet", table([(Decimal("1.5"),)], pa.schema([("s", pa.decimal128(*other))])))
    said = refusal(cursor, COPY.format("strikes", "other.parquet"))
    assert "the column takes decimal128(12, 4)" in said


def test_a_prefix_without_files_is_said(ids: Cursor) -> None:
    said = refusal(ids, COPY.format("ids", "nothing/here"))
    assert "The specified S3 prefix 'nothing/here' does not exist" in said


def test_a_bucket_that_is_not_there_is_said(ids: Cursor) -> None:
    said = refusal(ids, COPY.format("ids", "x").replace("//bucket", "//nowhere"))
    assert "NoSuchBucket" in said


def test_a_table_that_is_not_there_is_said(
    connect: Callable[..., redshift_connector.Connection], put: Put
) -> None:
    put("nowhere.parquet", table([(1, "a")], IDS))
    connection = connect()
    cursor = connection.cursor()
    statement = COPY.format("nowhere", "nowhere.parquet")
    assert 'relation "nowhere" does not exist' in refusal(cursor, statement)
    assert "current transaction is aborted" in refusal(cursor, statement)
    connection.rollback()
    assert rows(cursor, "select 1") == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "copy ids from 's3://bucket/x' format as parquet",  # who reads it?
        "copy ids from 's3://bucket/x' iam_role 'arn' csv",
        "copy ids from 's3://bucket/x' iam_role 'arn' format parquet manifest",
        "copy ids from '/tmp/x' iam_role 'arn' format parquet",
        "copy ids from stdin",
    ],
)
def test_another_copy_is_refused(ids: Cursor, statement: str) -> None:
    assert "COPY" in refusal(ids, statement)


def test_without_an_s3_nothing_is_copied() -> None:
    with cluster() as alone:
        connection = redshift_connector.connect(
            host=alone.host,
            port=alone.port,
            database=alone.database,
            user=alone.user,
            password=alone.password,
            ssl=False,
        )
        cursor = connection.cursor()
        cursor.execute("create table ids (id bigint, name varchar(8))")
        assert "started without an S3" in refusal(cursor, COPY.format("ids", "x"))
        connection.close()
