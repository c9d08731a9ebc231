"""DuckDB without rows of its own: one for the process, and for each use an empty catalog in it.

What is shown in a catalog does not belong here.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

LAYERS = ("bronze", "silver", "gold")

_numbers = itertools.count(1)


@contextmanager
def catalog(*, alone: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a catalog with a schema for each layer, which nothing else uses.

    To start DuckDB takes 20 ms of CPU, a catalog one (November 2026, two cores); a backfill of one
    session has a hundred of them.

    Args:
        alone: Whether in a DuckDB of its own, whose settings concern nobody else.
    """
    name = f"lake{next(_numbers)}"
    schemas = [f"{name}.{schema}" for schema in ("main", *LAYERS)]
    with _started() if alone else _shared().cursor() as connection:
        connection.execute(f"attach ':memory:' as {name}")
        try:
            for schema in schemas[1:]:
                connection.execute(f"create schema {schema}")
            # Macros are where DuckDB started.
            connection.execute(f"set search_path = '{','.join(schemas)},memory.main'")
            yield connection
        finally:
            if not alone:
                connection.execute(f"use memory; detach {name}")


@functools.cache
def _shared() -> duckdb.DuckDBPyConnection:
    return _started()


def _started() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set global timezone = 'UTC'")
    connection.execute("create macro regexp_like(s, p) as regexp_matches(s, p)")
    return connection
