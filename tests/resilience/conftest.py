"""What the tests share: the fork server, and homes that nothing disturbed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.commands import Commands, commands
from support.lakehouse import (
    FRIDAY,
    LIGHT,
    MONDAY,
    Reference,
    backfill,
    copied,
    finish,
    new_home,
)


@pytest.fixture(scope="session", name="commands")
def fork_server() -> Commands:
    return commands()


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where homes are made."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session")
def light_friday(commands: Commands, source: str, room: Path) -> Reference:
    """One session of the small feeds, up to the marts."""
    home = new_home(room / "light_friday", source)
    finish(commands, home, backfill(FRIDAY, FRIDAY, LIGHT))
    return Reference(home, home.contents())


@pytest.fixture(scope="session")
def light_monday(commands: Commands, light_friday: Reference, room: Path) -> Reference:
    """The session after it added; how long that took, too."""
    home = copied(light_friday.home, room / "light_monday")
    started = time.monotonic()
    finish(commands, home, backfill(MONDAY, MONDAY, LIGHT))
    return Reference(home, home.contents(), time.monotonic() - started)


@pytest.fixture(scope="session")
def whole_friday(commands: Commands, source: str, room: Path) -> Reference:
    """One session of all feeds, up to the marts."""
    home = new_home(room / "whole_friday", source)
    finish(commands, home, backfill(FRIDAY, FRIDAY))
    return Reference(home, home.contents())


@pytest.fixture(scope="session")
def whole_monday(commands: Commands, whole_friday: Reference, room: Path) -> Reference:
    """The session after it added; how long that took, too."""
    home = copied(whole_friday.home, room / "whole_monday")
    started = time.monotonic()
    finish(commands, home, backfill(MONDAY, MONDAY))
    return Reference(home, home.contents(), time.monotonic() - started)


@pytest.fixture(scope="session")
def india_friday(commands: Commands, source: str, room: Path) -> Reference:
    """One session of India, up to the marts: of its documents several make one row."""
    home = new_home(room / "india_friday", source)
    finish(commands, home, backfill(FRIDAY, FRIDAY, subject="india"))
    return Reference(home, home.contents())


@pytest.fixture(scope="session")
def india_monday(commands: Commands, india_friday: Reference, room: Path) -> Reference:
    """The session after it added, on which prices and instruments of both rest."""
    home = copied(india_friday.home, room / "india_monday")
    started = time.monotonic()
    finish(commands, home, backfill(MONDAY, MONDAY, subject="india"))
    return Reference(home, home.contents(), time.monotonic() - started)
