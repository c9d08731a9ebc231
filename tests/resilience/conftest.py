"""What the tests share: the fork server, a simulated exchange, and homes that nothing disturbed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.commands import Commands
from support.lakehouse import FRIDAY, LIGHT, MONDAY, Reference, backfill, copied, finish, new_home

from indextracker.warehouse.dbt_runs import prepare
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange


@pytest.fixture(scope="session")
def commands() -> Iterator[Commands]:
    prepare()
    with Commands() as server:
        yield server


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """As the command starts its own, by the clock of today: schedules of years come out by it."""
    return Exchange()


@pytest.fixture(scope="session")
def source(exchange: Exchange) -> Iterator[str]:
    """The setting of one exchange for all runs, which makes each document once."""
    with serving(exchange) as address:
        yield f"simulated:{address}"


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
