"""The page Health: what a monitor tells and Alertmanager has, and what is said without them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.viewer import DESKTOP, PHONE, Viewer, Windows

from indextracker import Lakehouse
from indextracker.metrics import Metrics, serving
from indextracker.monitoring import figures as f
from indextracker.monitoring.figures import Readings
from indextracker.monitoring.monitor import Monitor, Part
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard.data import Data
from indextracker_dashboard.serving import serving as dashboard

# As Alertmanager 0.25 answered.
ALERT = {
    "labels": {"alertname": "MissedSession", "severity": "warning", "cause": "taifex"},
    "annotations": {
        "summary": "taifex_futures of 2024-12-16 is not there.",
        "todo": "Run `indextracker status` and read the reason of the document.",
    },
    "startsAt": "2024-12-16T10:35:00.042Z",
}
OF_FEED = ("taiwan", "taifex", "taifex_futures")


def read() -> Readings:
    now = time.time()
    return {
        f.DAEMON_HEARTBEAT: {("SENSOR",): now - 20, ("SCHEDULER",): now - 20},
        f.RUNS: {("acquire", "STARTED"): 2},
        f.OLDEST_RUN: {("acquire", "STARTED"): now - 90},
        f.ACCEPTED: {OF_FEED: now - 86_400 - 7200},
        f.DEADLINE: {(*OF_FEED, "2024-12-16"): now - 600},
        f.DAYS_LEFT: {(*OF_FEED, "2024-11-05"): 2},
        f.DOCUMENTS: {
            ("taiwan", "taifex_futures", "accepted"): 28,
            ("taiwan", "taifex_futures", "refused"): 2,
        },
        f.BEHIND: {("taiwan", "gold/futures_bars"): 3},
        f.STREAM_UP: {("markets",): 1},
        f.STREAM_LAG: {("markets",): 0.4},
        f.DISK_FREE: {("/srv/lake",): 79e9},
        f.DISK_NEEDED: {("/srv/lake",): 2e9},
    }


class Alertmanager(BaseHTTPRequestHandler):
    def answer(self) -> None:
        body = json.dumps([ALERT]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def shown(folder: Path, **settings: object) -> Iterator[str]:
    data = Data(partial(Lakehouse, folder / "none"))
    with dashboard(data, DashboardSettings(**settings), 0) as address:
        yield address


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a dashboard is beside a monitor and an Alertmanager."""
    part = Part("all", 60, read)
    part.renew()
    metrics = Metrics()
    metrics.registry.register(Monitor([part]))
    alerts = {"/api/v2/alerts": Alertmanager.answer}
    with (
        serving(metrics, 0, alerts) as both,  # type: ignore[arg-type]
        shown(
            tmp_path_factory.mktemp("health"),
            monitor_port=int(both.rpartition(":")[2]),
            alertmanager=both,
        ) as served,
    ):
        yield served


Opens = Callable[..., Viewer]


def row(viewer: Viewer, table: str, number: int = 0) -> list[str]:
    """The cells of a row of a table, by its name."""
    section = viewer.page.locator("section", has=viewer.page.get_by_role("heading", name=table))
    found = section.locator("tbody tr").nth(number).locator("td")
    expect(found.first).to_be_visible()
    return found.all_inner_texts()


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (DESKTOP, "dark"), (PHONE, "light")]
)
def test_all_of_it_is_shown(windows: Windows, address: str, size: object, scheme: str) -> None:
    with windows.opened(address, size=size, scheme=scheme) as viewer:
        viewer.open("/health")
        assert row(viewer, "Open alerts")[:3] == [
            "warning",
            "MissedSession",
            "taifex_futures of 2024-12-16 is not there.",
        ]
        assert row(viewer, "Daemons")[0] == "SCHEDULER"
        assert row(viewer, "Feeds")[:4] == ["taiwan", "taifex_futures", "1 d 2 h ago", "1"]
        assert row(viewer, "Missing, and deleted soon") == ["taifex_futures", "2024-11-05", "2"]
        assert row(viewer, "Streams") == ["markets", "yes", "0 s"]
        assert row(viewer, "Disks") == ["/srv/lake", "79.0 GB", "2.0 GB"]
        viewer.assert_usable()


def test_without_monitor_and_alertmanager_it_says_what_to_run(
    windows: Windows, tmp_path: Path
) -> None:
    with (
        shown(tmp_path, monitor_port=9, alertmanager="http://127.0.0.1:9") as served,
        windows.opened(served) as viewer,
    ):
        viewer.open("/health")
        expect(viewer.page.get_by_text("The monitor does not run")).to_be_visible()
        expect(viewer.page.get_by_text("indextracker monitor")).to_be_visible()
        expect(viewer.page.get_by_text("Alertmanager does not run")).to_be_visible()
        viewer.assert_usable()
