"""What the tests share: the fork server, a simulated exchange, and homes that nothing disturbed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from cli.homes import Home
from resilience.commands import Commands
from resilience.lakehouse import FRIDAY, LIGHT, MONDAY, Reference, backfill, copied, finish

from indextracker.warehouse.dbt_runs import prepare
from indextracker_simulator.exchange import Exchange
from indextracker_simulator.server import serving

T = TypeVar("T")

AT_ONCE = 2


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


def new_home(folder: Path, source: str) -> Home:
    folder.mkdir()
    return Home(folder, source)


@contextmanager
def worked_ahead(
    request: pytest.FixtureRequest, parameter: str, work: Callable[[str], T]
) -> Iterator[dict[str, Future[T]]]:
    """Does the work of a module's parametrized tests, two at a time, in their order.

    One run of the command keeps hardly more than one core busy. Only the tests that were selected
    are worked for.
    """
    wanted = [
        item.callspec.params[parameter]
        for item in request.session.items
        if item.path == request.path
        and isinstance(item, pytest.Function)
        and parameter in (item.callspec.params if hasattr(item, "callspec") else {})
    ]
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        yield {value: pool.submit(work, value) for value in wanted}
    finally:
        pool.shutdown(cancel_futures=True)
