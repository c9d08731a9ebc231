"""A lake of two sessions: an instant is named and a copy made between them, and one after both."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.commands import Commands, commands
from support.homes import Home
from support.lakehouse import (
    FRIDAY,
    LIGHT,
    MONDAY,
    Contents,
    backfill,
    copied,
    finish,
    new_home,
)

from indextracker.lake import Lake
from indextracker.lake.digest import digest


@dataclass(frozen=True)
class World:
    """A home and where copies of it lie.

    Attributes:
        friday: What it held when the instant `friday` was named.
        monday: What it holds.
    """

    home: Home
    copies: Path
    friday: Contents
    monday: Contents


@pytest.fixture(scope="session", name="commands")
def fork_server() -> Commands:
    return commands()


@pytest.fixture(scope="session")
def room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(scope="session")
def world(commands: Commands, source: str, room: Path) -> World:
    home, copies = new_home(room / "world", source), room / "copies"
    finish(commands, home, backfill(FRIDAY, FRIDAY, LIGHT))
    friday = every(home)
    finish(commands, home, ["snapshot", "friday"])
    finish(commands, home, ["backup", str(copies)])
    finish(commands, home, backfill(MONDAY, MONDAY, LIGHT))
    finish(commands, home, ["backup", str(copies)])
    return World(home, copies, friday, every(home))


@pytest.fixture
def home(world: World, tmp_path: Path) -> Home:
    """The same, to be damaged."""
    return copied(world.home, tmp_path / "home")


def every(home: Home) -> Contents:
    """What all tables hold: of the lake with its logs, raw, and the marts."""
    lake = Lake(str(home.lake), "simulated")
    logs = {
        f"log {table.path}": digest(lake, table)
        for table in lake.tables()
        if table.writes == "append"
    }
    return home.contents() | logs
