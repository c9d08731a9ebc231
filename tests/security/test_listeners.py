"""The commands listen at addresses of this machine alone, and answer no page of another site."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path

import psutil
import pytest
import requests
from support.homes import Home
from support.sources import PROJECT

pytestmark = pytest.mark.slow

EVIL = "http://evil.example"
# Asked with a picture or a form of another site, as Dagster's own server would do it.
LAUNCH = "/graphql?query=mutation{__typename}"
TRIES = 600


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    """Free ports, by what listens on them."""
    with ExitStack() as stack:
        taken = {}
        for name in ("ui", "dashboard", "simulate", "metrics", "live", "monitor"):
            one = stack.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            taken[name] = one.getsockname()[1]
    return taken


@pytest.fixture(scope="module")
def servers(
    ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[subprocess.Popen[str]]]:
    """Every command that listens, at work in one home."""
    home = Home(tmp_path_factory.mktemp("listening"))
    chosen = {
        "INDEXTRACKER_DASHBOARD_PORT": str(ports["dashboard"]),
        "INDEXTRACKER_LIVE_PORT": str(ports["live"]),
        "INDEXTRACKER_MONITOR_PORT": str(ports["monitor"]),
    }
    commands = (
        ("ui", "--port", str(ports["ui"])),
        ("simulate", "--port", str(ports["simulate"])),
        ("stream", "run", "--metrics-port", str(ports["metrics"])),
        ("monitor",),
    )
    began = [home.start(*command, **chosen) for command in commands]
    try:
        for name in ("ui", "dashboard", "simulate", "metrics", "monitor"):
            _await(ports[name])
        yield began
    finally:
        for one in began:
            one.terminate()
        for one in began:
            one.communicate(timeout=120)


def _await(port: int) -> None:
    for _ in range(TRIES):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError(f"nothing listens on port {port}")


def listened(began: list[subprocess.Popen[str]]) -> set[tuple[str, int]]:
    """The addresses on which commands and what they have started listen."""
    family = [
        process
        for one in began
        for process in (psutil.Process(one.pid), *psutil.Process(one.pid).children(recursive=True))
    ]
    return {
        (connection.laddr.ip, connection.laddr.port)
        for process in family
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }


def test_every_listener_is_of_this_machine_alone(
    servers: list[subprocess.Popen[str]], ports: dict[str, int]
) -> None:
    found = listened(servers)
    assert {port for _, port in found} >= {*ports.values()} - {ports["live"]}
    assert [address for address, _ in found if not ip_address(address).is_loopback] == []


@pytest.mark.parametrize("server", ["ui", "dashboard", "metrics", "monitor"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": EVIL}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
    ],
    ids=["another site's script", "a name made to mean this machine", "another site's picture"],
)
def test_no_other_site_is_answered(
    servers: list[subprocess.Popen[str]],
    ports: dict[str, int],
    server: str,
    headers: dict[str, str],
    status: int,
) -> None:
    path = {
        "ui": LAUNCH,
        "dashboard": "/download/sql/answer.csv?sql=select+1",
        "metrics": "/metrics",
        "monitor": "/metrics",
    }
    asked = f"http://127.0.0.1:{ports[server]}{path[server]}"
    assert requests.get(asked, headers=headers, timeout=60).status_code == status
    if server == "ui":
        posted = requests.post(asked, headers=headers, timeout=60)
        assert posted.status_code == status
        assert requests.get(asked, timeout=60).json()["data"]["__typename"]


def test_no_source_names_an_address_of_all_networks() -> None:
    """What listens beyond this machine is told to by a setting that asks for a login with it."""
    folders = ("indextracker", "indextracker_assets", "indextracker_cli", "dashboard", "simulator")
    files = [path for folder in folders for path in Path(PROJECT, folder).rglob("*.py")]
    every = re.compile(r"""["'](0\.0\.0\.0|::)["']|INADDR_ANY|\(["']["'],\s*\w*port""")
    assert [path.name for path in files if every.search(path.read_text(encoding="utf-8"))] == []
