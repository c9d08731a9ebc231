"""Starts what the units of systemd start, waits until each says that it is ready, and asks each.

    unshare --map-root-user --net sh -c 'ip link set lo up && exec python ... FOLDER'

In a network of its own, since their ports are those of a machine. Prints what they said as JSON.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

# Not of `support`: this is a program.
PROJECT = Path(__file__).parents[2]
UNITS = PROJECT / "deployment" / "systemd"
SERVE = PROJECT / "deployment" / "serve"
SECONDS = 420
# What systemd would be told, written down.
NOTIFY = """#!/bin/sh
echo "$PROCESS $1" >>"$TOLD"
"""


def environment(home: Path) -> dict[str, str]:
    """What the unit and its example of settings say, below another folder than the machine's."""
    unit = (UNITS / "indextracker@.service").read_text()
    told = dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.MULTILINE))
    example = (UNITS / "settings.example").read_text()
    told |= dict(re.findall(r"^(INDEXTRACKER_\w+)=(.*)$", example, re.MULTILINE))
    placed = {name: text.replace("/var/lib/indextracker", str(home)) for name, text in told.items()}
    # Compiling the dbt project anew would take twenty seconds.
    cache = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    return placed | {"INDEXTRACKER_AUTOMATION": "stopped", "XDG_CACHE_HOME": cache}


def main(home: Path, processes: list[str]) -> None:
    """Starts, waits, asks, and ends all of them."""
    notify = home / "bin" / "systemd-notify"
    notify.parent.mkdir()
    notify.write_text(NOTIFY)
    notify.chmod(0o755)
    secrets = home / "secrets"
    secrets.mkdir()
    (secrets / "indextracker_finmind_token").write_text("of-nobody")
    told = home / "told"
    told.touch()
    given = environment(home) | {
        "PATH": f"{notify.parent}:/usr/bin:/bin",
        "TOLD": str(told),
        "WATCHDOG_USEC": "30000000",
        "CREDENTIALS_DIRECTORY": str(secrets),
    }
    with ExitStack() as running:

        def start(process: str) -> subprocess.Popen[bytes]:
            log = running.enter_context((home / f"{process}.log").open("a"))
            begun = running.enter_context(
                subprocess.Popen(
                    [SERVE, process],
                    env=given | {"PROCESS": process},
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )
            running.callback(_end, begun)
            return begun

        begun = {process: start(process) for process in processes}
        until = time.monotonic() + SECONDS
        while len(_ready(told)) < len(processes) and time.monotonic() < until:
            time.sleep(0.5)
            # As Restart= has it: several that make the first tables of one SQLite may end so.
            ended = [one for one, its in begun.items() if its.poll() is not None]
            begun |= {process: start(process) for process in ended}
        started = begun[processes[-1]]
        healthy = {one: _healthy(one, given) for one in processes}
        ready = sorted(_ready(told))
        token = Path(f"/proc/{started.pid}/environ").read_bytes()
        was_handed = b"INDEXTRACKER_FINMIND_TOKEN=of-nobody" in token.split(b"\0")
    gone = _healthy(processes[0], given)
    said = {"ready": ready, "healthy": healthy, "handed": was_handed, "gone": gone}
    print(json.dumps(said))  # noqa: T201


def _ready(told: Path) -> set[str]:
    """Those that have said that they are ready."""
    return {line.split()[0] for line in told.read_text().splitlines() if "--ready" in line}


def _healthy(process: str, given: dict[str, str]) -> str:
    """What it says of itself; nothing where it is well."""
    done = subprocess.run(
        [SERVE, "healthy", process], env=given, capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
