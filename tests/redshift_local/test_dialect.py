"""The SQL of Redshift: what runs, with which meaning, and what is refused."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from typing import Any

import pytest
import redshift_connector
from redshift_connector.error import ProgrammingError

from redshift_local import Cluster
from redshift_local.dialect import translate

Cursor = redshift_connector.Cursor
TAIEX_ID = int(hashlib.md5(b"index|TAIEX").hexdigest()[:15], 16)
TEXT = 'on conflict, "open" and numeric; -- /* kept'


def value(cursor: Cursor, expression: str) -> Any:
    cursor.execute(f"select {expression}")
    return cursor.fetchone()[0]


def refusal(cursor: Cursor, statement: str) -> str:
    with pytest.raises(ProgrammingError) as raised:
        cursor.execute(statement)
    assert raised.value.args[0]["C"] == "0A000", raised.value
    return str(raised.value.args[0]["M"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("strtol(substring(md5('index|TAIEX'), 1, 15), 16)", TAIEX_ID),
        ("strtol('7fffffffffffffff', 16)", 2**63 - 1),
        ("strtol('-12', 10)", -12),
        ("len('臺灣x')", 3),
        ("nvl(null, 2)", 2),
        ("getdate() = date_trunc('second', sysdate)", True),
        ("dateadd(day, -1, cast('2022-03-01' as date))", datetime.fromisoformat("2022-02-28")),
        ("dateadd(quarter, 1, cast('2022-01-31' as date))", datetime.fromisoformat("2022-04-30")),
        ("datediff(year, cast('2021-12-31' as date), cast('2022-01-01' as date))", 1),
        ("datediff(month, cast('2022-02-28' as date), cast('2021-12-31' as date))", -2),
        ("datediff(hour, cast('2022-03-03 01:59' as timestamp), '2022-03-03 02:00')", 1),
        ("datediff(day, cast('2022-03-03 23:59' as timestamp), '2022-03-04 00:00')", 1),
        ("cast('ab' as varchar)", "ab"),
        ("len(cast(rpad('', 300, 'x') as varchar))", 256),
        ("len(cast(rpad('', 300, 'x') as varchar(max)))", 300),
        (f"'{TEXT}'", TEXT),
    ],
)
def test_an_expression_has_the_value_of_redshift(
    cursor: Cursor, expression: str, expected: Any
) -> None:
    assert value(cursor, expression) == expected


@pytest.mark.parametrize(
    "statement",
    [
        "insert into t values (1) on conflict do nothing",
        "insert into t values (1) returning n",
        "select distinct on (n) n from t",
        "select count(*) filter (where n > 1) from t",
        "select * from t, lateral (select 1) as x",
        "select string_agg(n, ',') from t",
        "select array_agg(n) from t",
        "select '{}'::jsonb",
        "select cast('{}' as json)",
        "create table u (n bigint, j jsonb)",
        "create table u (n serial)",
        "select array[1, 2]",
        "select n from generate_series(1, 3) as s (n)",
        "select now()",
        "with a as materialized (select 1) select * from a",
        "select * from t for update",
        "create index i on t (n)",
        "create unique index i on t (n)",
        "create table u (n bigint check (n > 0))",
        "create sequence s",
        "truncate t",
        "create table u (n numeric)",
        "select cast(1.5 as decimal)",
        "select n from t qualify row_number() over (order by n) = 1",
        "select top 1 n from t",
        "create materialized view v as select 1",
        "unload ('select 1') to 's3://bucket/x' iam_role 'arn' parquet",
        "grant select on t to group readers",
        "alter table t alter diststyle all",
        "select\n-- a comment\nopen from t",
        "create schema raw",
        "select * from raw.bars",
        "copy raw.bars from 's3://bucket/x' iam_role 'arn' format as parquet",
    ],
)
def test_what_redshift_or_the_stand_in_cannot_do_is_refused(cursor: Cursor, statement: str) -> None:
    cursor.execute("create table t (n integer)")
    refusal(cursor, statement)


def test_a_refusal_says_what_to_do(cursor: Cursor) -> None:
    said = refusal(cursor, "insert into t values (1) ON  CONFLICT do nothing")
    assert said == "Redshift has no ON CONFLICT: delete, then insert (at 'on conflict')"


def test_a_refusal_ends_the_transaction_like_any_error(cursor: Cursor) -> None:
    cursor.execute("begin")
    refusal(cursor, "truncate t")
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        cursor.execute("select 1")
    cursor.execute("rollback")


@pytest.mark.parametrize(
    "statement",
    [
        """select "open", t.open, 1 as open from (select 1 as "open") as t""",
        "select 'truncate t' /* on conflict */ -- lateral",
        "select uuid, json from (select 1 as uuid, 2 as json) as names",
        "select decimal_places from (select 1 as decimal_places) as names",
    ],
)
def test_words_of_texts_and_names_are_no_words_of_the_language(
    cursor: Cursor, statement: str
) -> None:
    cursor.execute(statement)


def test_literals_are_left_as_they_are() -> None:
    literals = ["'It''s'", r"E'a\'b'", """$x$"C" 'D'$x$""", '"A ""B"""', "'0'"]
    assert translate(f"SELECT {', '.join(literals)}") == (f"select {', '.join(literals)}", None)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("", ("AUTO(ALL)", "AUTO(SORTKEY)", 0)),
        ("diststyle all", ("ALL", "AUTO(SORTKEY)", 0)),
        ("DISTSTYLE EVEN SORTKEY (b)", ("EVEN", "b", 1)),
        ("distkey (a) interleaved sortkey (b, a)", None),
        ('diststyle key distkey ("a") compound sortkey ("b", a)', ("KEY(a)", "b", 2)),
    ],
)
def test_keys_of_a_table_are_shown(
    cursor: Cursor, keys: str, shown: tuple[str, str, int] | None
) -> None:
    statement = f"create table keyed (a bigint encode zstd, b varchar(9)) {keys}"
    if shown is None:
        assert "INTERLEAVED" in refusal(cursor, statement)
        return
    cursor.execute(statement)
    query = (
        """select diststyle, sortkey1, sortkey_num from svv_table_info where "table" = 'keyed'"""
    )
    cursor.execute(query)
    assert cursor.fetchall() == ()  # of an empty table Redshift tells nothing
    cursor.execute("insert into keyed values (1, 'x')")
    cursor.execute(query)
    assert [tuple(row) for row in cursor.fetchall()] == [shown]


def test_keys_are_shown_by_column_and_outlive_a_new_name(cursor: Cursor) -> None:
    cursor.execute(
        "create table old_name distkey (a) sortkey (b, a) as (select 1 as a, 2 as b, 3 as c)"
    )
    cursor.execute("alter table old_name rename to new_name")
    cursor.execute(
        "select column_name, distkey, sortkey from svv_redshift_columns"
        " where schema_name = 'here' and table_name = 'new_name' order by ordinal_position"
    )
    assert cursor.fetchall() == (["a", True, 2], ["b", False, 1], ["c", False, 0])


def test_a_table_made_like_another_has_its_keys(redshift: Cluster, cursor: Cursor) -> None:
    cursor.execute("create table one (a bigint not null, b bigint) distkey (b) sortkey (a)")
    cursor.execute(f'create table two (like "{redshift.database}"."here"."one")')
    cursor.execute(
        "select column_name, is_nullable, distkey, sortkey from svv_redshift_columns"
        " where schema_name = 'here' and table_name = 'two' order by ordinal_position"
    )
    assert cursor.fetchall() == (["a", "NO", False, 1], ["b", "YES", True, 0])


@pytest.mark.parametrize(
    "keys",
    ["distkey (z)", "sortkey (z)", "diststyle key", "diststyle all distkey (a)", "diststyle odd"],
)
def test_keys_that_cannot_be_are_refused(cursor: Cursor, keys: str) -> None:
    with pytest.raises(ProgrammingError):
        cursor.execute(f"create table keyed (a bigint) {keys}")


def test_keys_of_integrity_are_declared_and_not_enforced(cursor: Cursor) -> None:
    cursor.execute("create table loose (a bigint primary key, b bigint unique)")
    cursor.execute("insert into loose values (1, 1), (1, 1)")
    with pytest.raises(ProgrammingError, match="not-null"):
        cursor.execute("insert into loose values (null, 1)")


def test_a_bare_text_holds_256(cursor: Cursor) -> None:
    cursor.execute("create table texts (a text, b varchar)")
    with pytest.raises(ProgrammingError, match=r"too long for type character varying\(256\)"):
        cursor.execute("insert into texts (a) values (rpad('', 257, 'x'))")


def test_a_role_is_granted_what_it_may_read(redshift: Cluster, cursor: Cursor) -> None:
    cursor.execute("create table read (n integer)")
    cursor.execute("create role readers")
    cursor.execute("grant select on here.read to role readers")
    query = (
        "select privilege_type, identity_type from svv_relation_privileges"
        " where relation_name = 'read' and identity_name = 'readers'"
    )
    cursor.execute(query)
    assert cursor.fetchall() == (["SELECT", "role"],)
    cursor.execute("alter default privileges in schema here grant select on tables to role readers")
    cursor.execute("revoke select on here.read from role readers")
    cursor.execute(query)
    assert cursor.fetchall() == ()


def test_texts_are_ordered_by_their_bytes(cursor: Cursor) -> None:
    cursor.execute("select 'b' as n union all select 'B' union all select 'a' order by n")
    assert [n for (n,) in cursor.fetchall()] == ["B", "a", "b"]


def test_days_are_days_of_utc(cursor: Cursor) -> None:
    assert value(cursor, "cast(getdate() as date)") == value(cursor, "cast(sysdate as date)")
    assert value(cursor, "cast(cast('2022-03-03 23:30:00+00' as timestamptz) as date)") == date(
        2022, 3, 3
    )
