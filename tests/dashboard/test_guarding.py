"""Who may see the dashboard, and what browsers are told about it."""

from __future__ import annotations

import base64
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from indextracker import Lakehouse
from indextracker.settings.dashboard import DashboardSettings
from indextracker_dashboard.app import app
from indextracker_dashboard.data import Data

PASSWORD = "correct horse battery"
HERE = "http://127.0.0.1:8050"


@pytest.fixture
def no_lake(tmp_path: Path) -> Data:
    return Data(partial(Lakehouse, tmp_path / "none"))


def client(data: Data, **settings: str) -> FlaskClient:
    named: dict[str, Any] = {f"dashboard_{name}": value for name, value in settings.items()}
    return app(data, DashboardSettings(**named)).server.test_client()


def basic(password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


def test_scripts_are_those_of_the_page_alone_and_nothing_is_framed(no_lake: Data) -> None:
    answer = client(no_lake).get("/", base_url=HERE)
    rules = dict(
        rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; ")
    )
    assert re.fullmatch(r"'self'( 'sha256-[\w+/=]+')+", rules["script-src"])
    assert (rules["frame-ancestors"], rules["default-src"]) == ("'none'", "'self'")
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8050", 200),
        ("localhost", 200),
        ("[::1]:8050", 200),
        ("10.1.2.3", 200),
        ("charts.example.org:443", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8050", 421),
        ("localhost.evil.example", 421),
    ],
)
def test_names_that_others_own_are_refused(no_lake: Data, host: str, status: int) -> None:
    """Whoever owns a name can make it mean this machine, and read what their page gets of it."""
    served = client(no_lake, names="charts.example.org")
    assert served.get("/", base_url=HERE, headers={"Host": host}).status_code == status


def test_other_sites_are_refused(no_lake: Data) -> None:
    served = client(no_lake)
    for origin, status in ((HERE, 200), ("http://evil.example", 403), ("null", 403)):
        answer = served.get("/", base_url=HERE, headers={"Origin": origin})
        assert answer.status_code == status, origin


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/download/today/index.csv", "/nowhere"])
def test_without_the_password_nothing_is_seen(no_lake: Data, path: str) -> None:
    served = client(no_lake, host="0.0.0.0", password=PASSWORD)
    for headers in ({}, basic("wrong"), basic(""), {"Authorization": "Bearer " + PASSWORD}):
        answer = served.get(path, base_url=HERE, headers=headers)
        assert (answer.status_code, answer.text) == (401, "a password is needed\n")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert served.get(path, base_url=HERE, headers=basic(PASSWORD)).status_code != 401
    assert served.get("/healthz", base_url=HERE).text == "ok\n"


def test_a_header_counts_from_the_trusted_proxy_alone(no_lake: Data) -> None:
    served = client(no_lake, host="0.0.0.0", proxy_header="X-User", proxies="10.0.0.5")

    def status(address: str, **headers: str) -> int:
        environment = {"REMOTE_ADDR": address}
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return served.get("/", base_url=HERE, headers=named, environ_base=environment).status_code

    assert status("10.0.0.5", X_User="ada") == 200
    assert status("10.0.0.5", X_User=" ") == 401
    assert status("10.0.0.5") == 401
    assert status("10.0.0.6", X_User="ada") == 401
    assert status("10.0.0.6", X_User="ada", X_Forwarded_For="10.0.0.5") == 401


@pytest.mark.parametrize(
    "path",
    [
        "/download/today/none.csv",
        "/download/today/index.exe",
        "/download/none/index.csv",
    ],
)
def test_a_download_that_there_is_not(no_lake: Data, path: str) -> None:
    assert client(no_lake).get(path, base_url=HERE).status_code == 404


def test_a_download_without_a_lakehouse_says_so(no_lake: Data) -> None:
    answer = client(no_lake).get("/download/today/index.csv", base_url=HERE)
    assert answer.status_code == 404
    assert "indextracker backfill makes one" in answer.text
