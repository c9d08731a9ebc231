"""The image and the containers of one machine: linted, and each of them as little as it can be.

No image can be built here; what the image's processes do is tested in test_units.py.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from support.sources import PROJECT
from support.waiting import eventually

COMPOSE = PROJECT / "deployment" / "compose"
BIN = Path(sys.executable).parent
WAY_IN = "proxy"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((COMPOSE / "compose.yaml").read_text())[
    "services"
]
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+\.\d+[\w.-]*|[\w./-]+:\d+\.\d+-[\w.]+")


def checked(*command: str) -> str:
    """What a program finds fault with."""
    done = subprocess.run([*command], capture_output=True, text=True, check=False, cwd=PROJECT)
    return f"{done.stdout}{done.stderr}" if done.returncode else ""


def test_the_linter_of_dockerfiles_finds_nothing() -> None:
    assert checked(str(BIN / "hadolint"), "--failure-threshold", "info", "Dockerfile") == ""


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "deployment/compose/compose.yaml"),
        ("vendor.github-workflows", ".github/workflows/deploy.yml"),
    ],
)
def test_files_are_of_their_schema(schema: str, file: str) -> None:
    assert checked(str(BIN / "check-jsonschema"), "--builtin-schema", schema, file) == ""


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_is_nobody_and_changes_nothing(name: str) -> None:
    service = SERVICES[name]
    user = service["user"].partition(":")[0]
    assert int(user) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert "privileged" not in service
    mounted = [volume for volume in service.get("volumes", []) if volume.startswith((".", "/"))]
    written = {volume for volume in mounted if not volume.endswith(":ro")}
    assert written == ({"./secrets/authority:/data"} if name == WAY_IN else set())
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == WAY_IN else [])


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_bounds_a_version_and_is_asked(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()


def test_only_the_way_in_is_reached_and_from_this_machine_alone() -> None:
    for name, service in SERVICES.items():
        if name == WAY_IN:
            assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        else:
            assert service["network_mode"] == f"service:{WAY_IN}"
            assert "ports" not in service
    ours = SERVICES["code"]["environment"]
    assert "LISTEN" not in ours
    assert "INDEXTRACKER_DASHBOARD_HOST" not in ours


def test_each_way_in_asks_for_a_login() -> None:
    text = (COMPOSE / "Caddyfile").read_text()
    sites = re.findall(r"^https://\S+:(\d+) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL)
    published = {port.rpartition(":")[2] for port in SERVICES[WAY_IN]["ports"]}
    assert {port for port, _ in sites} == published
    for _, site in sites:
        assert site.lstrip().startswith("import login\n")
        assert len(re.findall(r"reverse_proxy 127\.0\.0\.1:\d+", site)) == 1


def test_secrets_are_files() -> None:
    kept = yaml.safe_load((COMPOSE / "compose.yaml").read_text())["secrets"]
    assert all(secret["file"].startswith("secrets/") for secret in kept.values())
    used = {name for service in SERVICES.values() for name in service.get("secrets", [])}
    assert used == set(kept)
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert "PASSWORD" not in name or str(value).startswith("/run/secrets/")
    ignored = (PROJECT / ".gitignore").read_text().splitlines()
    assert "/deployment/compose/secrets/" in ignored


def test_secrets_are_made_once(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets"
    script.write_bytes((COMPOSE / "make-secrets").read_bytes())
    script.chmod(0o755)
    caddy = tmp_path / "caddy"
    caddy.write_text("#!/bin/sh\necho hashed\n")
    caddy.chmod(0o755)
    made = []
    for _ in range(2):
        environment = {"PATH": "/usr/bin:/bin", "CADDY": str(caddy)}
        subprocess.run([str(script), "somebody"], env=environment, check=True)
        folder = tmp_path / "secrets"
        made.append({path.name: path.read_text() for path in folder.glob("[a-z]*_*")})
        made[-1]["logins"] = (folder / "logins").read_text()
    assert made[0] == made[1]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made[0]["logins"].strip() == "somebody hashed"
    password = made[0]["records_password"]
    assert re.fullmatch(r"[0-9a-f]{48}", password)
    assert f":{password}@" in made[0]["indextracker_dagster_database"]


def test_the_image_installs_what_is_tested() -> None:
    """Its lock is the project's, without what only developers need."""

    def pins(file: Path) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)==([\w.+-]+)", file.read_text(), re.MULTILINE))

    ours, all_of_them = (
        pins(PROJECT / name) for name in ("deployment/requirements.lock", "requirements.lock")
    )
    assert len(ours) > 150
    assert {name: all_of_them.get(name) for name in ours} == ours
    assert not ours.keys() & {"pytest", "moto", "vectorbt", "playwright", "mypy"}


def test_dagster_in_containers_differs_from_one_machine_in_its_records_alone() -> None:
    local, composed = (
        yaml.safe_load((PROJECT / "deployment" / kind / "dagster.yaml").read_text())
        for kind in ("local", "compose")
    )
    del local["event_log_storage"]
    assert composed.pop("storage") == {
        "postgres": {"postgres_url": {"env": "INDEXTRACKER_DAGSTER_DATABASE"}}
    }
    assert composed == local


def test_the_image_holds_what_runs_and_nothing_else() -> None:
    """Each source that Git keeps and the Dockerfile needs passes .dockerignore; tests do not."""
    lines = (PROJECT / ".dockerignore").read_text().splitlines()
    let_in = [line[1:] for line in lines if line.startswith("!")]
    assert all((PROJECT / name).exists() for name in let_in)
    wheel = re.search(
        r"\[tool.hatch.build.targets.wheel\]\npackages = \[(.*?)\]",
        (PROJECT / "pyproject.toml").read_text(),
        re.DOTALL,
    )
    assert wheel
    for package in re.findall(r'"([\w/]+)"', wheel[1]):
        top = package.partition("/")[0]
        assert top in let_in or any(name.startswith(f"{top}/") for name in let_in), package
    assert not {"tests", "docs", "data", ".git"} & set(let_in)


@pytest.mark.skipif(not shutil.which("caddy"), reason="Debian's Caddy is not installed")
def test_the_proxy_lets_in_who_has_a_login(tmp_path: Path) -> None:
    """Caddy itself, by the file of the containers, but for its ports."""
    hashed = subprocess.run(
        ["caddy", "hash-password", "--plaintext", "of-somebody"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (tmp_path / "logins").write_text(f"somebody {hashed}\n")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as page, free_ports(4) as (healthy, *sites):
        threading.Thread(target=page.serve_forever, daemon=True).start()
        text = (COMPOSE / "Caddyfile").read_text().replace(":2019", f":{healthy}")
        for port, other in zip(("8443", "8444", "8445"), sites, strict=True):
            text = text.replace(f":{port} {{", f":{other} {{")
        text = re.sub(r"(reverse_proxy 127\.0\.0\.1):\d+", rf"\1:{page.server_port}", text)
        # Nobody here is to trust a new authority for good.
        text = text.replace("\tadmin off", "\tadmin off\n\tskip_install_trust")
        (tmp_path / "Caddyfile").write_text(text)
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LOGINS": str(tmp_path / "logins"),
        }
        command = ["caddy", "run", "--config", str(tmp_path / "Caddyfile")]
        with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as caddy:
            try:
                eventually(lambda: asked(f"http://127.0.0.1:{healthy}/") == (200, "ok"))
                for port in sites:
                    address = f"https://localhost:{port}/"
                    eventually(lambda at=address: asked(at) == (401, ""))
                    assert asked(address, ("somebody", "of-nobody")) == (401, "")
                    assert asked(address, ("somebody", "of-somebody"))[0] == 200
                # The dashboard would take the login for its own.
                dashboard = f"https://localhost:{sites[1]}/"
                assert asked(dashboard, ("somebody", "of-somebody")) == (200, "[]")
            finally:
                caddy.terminate()
        page.shutdown()


class _Page(BaseHTTPRequestHandler):
    """A page that says with which logins it was asked."""

    def do_GET(self) -> None:
        body = json.dumps(self.headers.get_all("Authorization", [])).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def asked(address: str, login: tuple[str, str] | None = None) -> tuple[int, str]:
    """Status and text of a page; 0 where nobody answers."""
    try:
        answer = requests.get(address, auth=login, verify=False, timeout=60)
    except requests.RequestException:
        return 0, ""
    return answer.status_code, answer.text


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports that nobody listens at."""
    with ExitStack() as probes:
        found = [probes.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        ports = [probe.getsockname()[1] for probe in found]
    yield ports
