"""One backfilled home for all who only look, and empty ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from support.homes import RANGE, Home


@pytest.fixture(scope="session")
def backfilled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home with two simulated sessions up to the marts, and what the backfill printed."""
    home = Home(tmp_path_factory.mktemp("backfilled"))
    done = home.run("backfill", "taiwan", *RANGE)
    assert done.returncode == 0, done.stderr
    return home, done.stdout


@pytest.fixture(scope="session")
def home(backfilled: tuple[Home, str]) -> Home:
    """The backfilled home."""
    return backfilled[0]


@pytest.fixture
def new_home(tmp_path: Path) -> Callable[..., Home]:
    """Makes empty homes of a source."""

    def make(source: str = "simulated", name: str = "new") -> Home:
        folder = tmp_path / name
        folder.mkdir()
        return Home(folder, source)

    return make


@pytest.fixture
def empty(new_home: Callable[..., Home]) -> Home:
    """An empty home of the simulated world."""
    return new_home()
