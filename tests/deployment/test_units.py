"""Units of systemd: understood, hardened, and what they start runs and says that it is well."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.sources import PROJECT

UNITS = PROJECT / "deployment" / "systemd"
TEMPLATE = UNITS / "indextracker@.service"
PROCESSES = ("code", "webserver", "daemon", "dashboard", "consumer", "monitor")
# As systemd has it, from 0 to 10: less than 2 is what it calls OK.
MOST_EXPOSED = 2.0

analysed = pytest.mark.skipif(
    not shutil.which("systemd-analyze") and os.environ.get("INDEXTRACKER_REQUIRE_SAMPLES") != "1",
    reason="systemd is not installed",
)


def analyse(*arguments: str, units: Path) -> str:
    done = subprocess.run(
        ["systemd-analyze", *arguments],
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{units}:", "LC_ALL": "C.UTF-8"},
        cwd=units,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The units where systemd finds them, of the sources that are here."""
    folder = tmp_path / "units"
    shutil.copytree(UNITS, folder)
    unit = folder / TEMPLATE.name
    unit.write_text(unit.read_text().replace("/opt/indextracker", str(PROJECT)))
    return folder


@analysed
def test_systemd_understands_the_units(installed: Path) -> None:
    instances = [f"indextracker@{process}.service" for process in PROCESSES]
    assert analyse("verify", "--man=no", *instances, "indextracker.target", units=installed) == ""


@analysed
def test_units_are_exposed_to_little(installed: Path) -> None:
    said = analyse("security", "--offline=true", f"./{TEMPLATE.name}", units=installed)
    [level] = re.findall(r"Overall exposure level for \S+: ([\d.]+)", said)
    assert float(level) < MOST_EXPOSED


def test_the_target_wants_every_process() -> None:
    text = (UNITS / "indextracker.target").read_text()
    assert tuple(re.findall(r"indextracker@(\w+)\.service", text)) == PROCESSES


# Six processes that begin on one empty SQLite: too uneven in time for every run.
@pytest.mark.exhaustive
def test_what_the_units_start_is_well(tmp_path: Path) -> None:
    """All of them; each says that it is ready, and that it is well until it is gone."""
    unit = TEMPLATE.read_text()
    [command] = re.findall(r"^ExecStart=/opt/indextracker/(\S+) %i$", unit, re.MULTILINE)
    assert os.access(PROJECT / command, os.X_OK)
    network = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"']
    if subprocess.run([*network, "sh", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody have a network of their own")
    program = [sys.executable, str(Path(__file__).with_name("started_units.py"))]
    done = subprocess.run(
        [*network, "sh", *program, str(tmp_path), *PROCESSES],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    logs = {path.stem: path.read_text()[-2000:] for path in tmp_path.glob("*.log")}
    assert said["healthy"] == dict.fromkeys(PROCESSES, ""), logs
    assert sorted(said["ready"]) == sorted(PROCESSES), logs
    assert said["handed"]
    assert said["gone"].startswith(f"{PROCESSES[0]}: ")
