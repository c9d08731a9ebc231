"""Uses of DuckDB in one process do not see or disturb each other."""

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from indextracker.lake import scratch
from indextracker.lake.questions import asked

CATALOGS = "select count(*) from duckdb_databases()"


def put(connection: duckdb.DuckDBPyConnection, number: int) -> list[tuple[int]]:
    connection.execute(f"create view silver.numbers as select {number} as number")
    return connection.execute("select number from numbers").fetchall()


def test_two_uses_at_once_each_have_their_own_views() -> None:
    with scratch.catalog() as outer, scratch.catalog() as inner:
        assert (put(outer, 1), put(inner, 2)) == ([(1,)], [(2,)])
        assert outer.execute("select number from silver.numbers").fetchall() == [(1,)]


def test_threads_do_not_disturb_each_other() -> None:
    def use(number: int) -> list[tuple[int]]:
        with scratch.catalog() as connection:
            return put(connection, number)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(use, range(40))) == [[(number,)] for number in range(40)]


def test_a_catalog_is_gone_after_its_use_and_after_a_mistake_in_it() -> None:
    with scratch.catalog() as connection:
        before = connection.execute(CATALOGS).fetchall()
    with pytest.raises(duckdb.Error), scratch.catalog() as connection:
        connection.execute("select no_such_column from no_such_table")
    with scratch.catalog() as connection:
        assert connection.execute(CATALOGS).fetchall() == before


def test_times_are_in_utc_and_spark_s_name_of_a_function_is_known() -> None:
    query = "select current_setting('timezone'), regexp_like('abc', '^b')"
    for alone in (False, True):
        with scratch.catalog(alone=alone) as connection:
            assert connection.execute(query).fetchall() == [("UTC", False)]


def test_one_that_is_locked_for_a_question_was_alone() -> None:
    with scratch.catalog(alone=True) as connection, asked(connection, "select 1") as answer:
        assert next(answer.batches).num_rows == 1
    with scratch.catalog() as connection:
        assert put(connection, 1) == [(1,)]
