"""The small market, loaded once and built once."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from support.small_market import Build, load_raw, run_dbt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def raw_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the raw tables alone."""
    database = tmp_path_factory.mktemp("raw") / "warehouse.duckdb"
    load_raw(database)
    return database


@pytest.fixture(scope="session")
def database(raw_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database that `build` builds the marts in."""
    return Path(shutil.copy(raw_database, tmp_path_factory.mktemp("build")))


@pytest.fixture(scope="session")
def build(database: Path) -> Build:
    """The small market, built once; what dbt will drop from its language is an error."""
    strict = ("--warn-error-options", '{"error": ["Deprecations"]}')
    return run_dbt(database, database.parent / "target", "build", *strict)


@pytest.fixture
def query(build: Build, database: Path) -> Iterator[Callable[[str], list[tuple[Any, ...]]]]:
    """Ask the built warehouse, as a reader in Taipei does: read-only, by the search path."""
    assert build.exit_code == 0, build.output
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'Asia/Taipei'")
        connection.execute("set search_path = 'marts,staging,raw'")
        yield lambda sql: connection.execute(sql).fetchall()
