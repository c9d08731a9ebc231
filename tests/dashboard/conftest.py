"""One filled lakehouse of all subjects, the dashboard over it, and a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright
from support import market_lake
from support.homes import RANGE, Home
from support.viewer import Viewer, Windows

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard.data import Data
from indextracker_dashboard.serving import serving

Opens = Callable[..., Viewer]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, source: str) -> Home:
    """A home with two simulated sessions of all subjects, up to gold."""
    home = Home(tmp_path_factory.mktemp("filled"), source)
    done = home.run("backfill", *RANGE, "--to-layer", "gold")
    # Articles of the future are missing.
    assert done.returncode in (0, 2), done.stderr
    return home


@pytest.fixture(scope="session")
def lakehouse(filled: Home) -> Lakehouse:
    """The reader of it, to compare what pages show."""
    return Lakehouse(filled.lake, warehouse=filled.warehouse)


@pytest.fixture(scope="session")
def address(lakehouse: Lakehouse) -> Iterator[str]:
    """Where the dashboard of the filled lakehouse is."""
    opening = partial(Lakehouse, lakehouse.place)
    with serving(Data(opening), DashboardSettings(), 0) as served:
        yield served


@pytest.fixture(scope="session")
def windows(chromium: str) -> Iterator[Windows]:
    """Chromium, without a window yet."""
    with sync_playwright() as playwright:
        # In one process a script is compiled once: a page then takes three quarters of the time.
        options = ["--no-sandbox", "--renderer-process-limit=1"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        yield Windows(browser)
        browser.close()


@pytest.fixture
def opens(windows: Windows, address: str) -> Iterator[Opens]:
    """Opens a page of the filled lakehouse: opens(path, size=PHONE, scheme="dark")."""
    with _opening(windows, address) as opens:
        yield opens


@pytest.fixture(scope="module")
def no_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboard of a lakehouse is that there is not."""
    opening = partial(Lakehouse, tmp_path_factory.mktemp("none") / "lake")
    with serving(Data(opening), DashboardSettings(), 0) as served:
        yield served


@pytest.fixture
def opens_none(windows: Windows, no_address: str) -> Iterator[Opens]:
    """Opens a page without a lakehouse."""
    with _opening(windows, no_address) as opens:
        yield opens


@pytest.fixture
def opens_lake(windows: Windows) -> Iterator[Callable[..., Viewer]]:
    """Opens a page over any other lakehouse: opens_lake(folder, path)."""
    with ExitStack() as held:

        def open_(folder: Path, path: str, **how: Any) -> Viewer:
            data = Data(partial(Lakehouse, folder))
            served = held.enter_context(serving(data, DashboardSettings(), 0))
            return held.enter_context(_opening(windows, served))(path, **how)

        yield open_


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """The reader of a small lake with a market, its news and its truth, on the evening of a day."""
    folder = tmp_path_factory.mktemp("market") / "lake"
    market_lake.fill(Lake(str(folder), "simulated"))
    return Lakehouse(folder, clock=lambda: market_lake.NOW)


@pytest.fixture(scope="session")
def market_address(market: Lakehouse) -> Iterator[str]:
    """Where the dashboard of the small lake is."""
    with serving(Data(lambda: market), DashboardSettings(), 0) as served:
        yield served


@pytest.fixture
def shows(windows: Windows, market_address: str) -> Iterator[Opens]:
    """Opens a page of the small lake: shows(path, size=PHONE)."""
    with _opening(windows, market_address) as opens:
        yield opens


@contextmanager
def _opening(windows: Windows, address: str) -> Iterator[Opens]:
    """Opens pages of a dashboard, each in a window of its own, until the end of a test."""
    with ExitStack() as held:

        def open_(path: str, **how: Any) -> Viewer:
            viewer = held.enter_context(windows.opened(address, **how))
            viewer.open(path)
            return viewer

        yield open_
