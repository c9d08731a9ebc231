"""Platforms in temporary folders, one engine for all of them, and documents to fill archives."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest
from support.archives import Archive, MakePlatform

from indextracker import settings as environment
from indextracker.engines.sail import SailEngine
from indextracker.platform import Platform, now
from indextracker.settings import Settings
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets.definitions import build_defs
from indextracker_cli.backfilling import prepare_instance
from indextracker_simulator.taiwan.exchange import Exchange


@pytest.fixture(scope="session")
def engine() -> Iterator[SailEngine]:
    """Started once: a server and a session take as long as several jobs."""
    engine = SailEngine()
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def make_platform(
    tmp_path_factory: pytest.TempPathFactory, engine: SailEngine
) -> Iterator[MakePlatform]:
    """Makes platforms; the environment becomes that of the last one, and is restored at the end."""
    before = _ours()
    made: list[Platform] = []

    def make(
        source: str = "simulated",
        *,
        clock: Callable[[], datetime] = now,
        **more: Any,
    ) -> Platform:
        folder = tmp_path_factory.mktemp("platform")
        settings = Settings(
            source=source,
            **more,
            lake=str(folder / "lake"),
            warehouse=str(folder / "warehouse" / "warehouse.duckdb"),
            dagster_home=str(folder / "dagster"),
        )
        environment.export(settings)
        prepare_instance(settings)
        platform = Platform(settings, clock, engine=engine)
        made.append(platform)
        return platform

    yield make
    for platform in made:
        platform.close()
    # Others keep theirs: PySpark notes in the environment which kind of session is open.
    for name in _ours():
        del os.environ[name]
    os.environ.update(before)


def _ours() -> dict[str, str]:
    prefixes = ("INDEXTRACKER_", "DAGSTER_")
    return {name: value for name, value in os.environ.items() if name.startswith(prefixes)}


@pytest.fixture(scope="module")
def definitions(make_platform: MakePlatform) -> dg.Definitions:
    """The code location over a platform that nothing is asked of."""
    prepare()
    return build_defs(make_platform())


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """The simulated exchange, long after the sessions of the tests."""
    return Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, exchange: Exchange) -> Archive:
    """An empty archive."""
    return Archive(tmp_path_factory.mktemp("archive"), exchange)
