"""One backfilled home for the tests that only read, and empty homes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.homes import RANGE, Home


@pytest.fixture(scope="session")
def backfilled(tmp_path_factory: pytest.TempPathFactory, source: str) -> tuple[Home, str]:
    """A home with two simulated sessions up to the marts, and what the backfill printed."""
    home = Home(tmp_path_factory.mktemp("backfilled"), source)
    # By its path, and with the exchange that the command starts itself.
    done = home.run_by_path("backfill", "taiwan", *RANGE, INDEXTRACKER_SOURCE="simulated")
    assert done.returncode == 0, done.stderr
    return home, done.stdout


@pytest.fixture(scope="session")
def home(backfilled: tuple[Home, str]) -> Home:
    """The backfilled home."""
    return backfilled[0]


@pytest.fixture
def new_home(tmp_path: Path, source: str) -> Callable[..., Home]:
    """Makes empty homes of a source; by default of the one exchange that all share."""

    def make(source: str = source, name: str = "new") -> Home:
        folder = tmp_path / name
        folder.mkdir()
        return Home(folder, source)

    return make


@pytest.fixture
def empty(new_home: Callable[..., Home]) -> Home:
    """An empty home of the simulated world."""
    return new_home()
