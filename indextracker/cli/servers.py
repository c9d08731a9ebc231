"""`indextracker simulate` and `indextracker ui`: servers on 127.0.0.1 until interrupted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click

from indextracker.cli.backfilling import prepare_instance
from indextracker.settings import PROJECT, Settings


def simulate(port: int, seed: int | None, volume: str) -> int:
    """Runs the simulated exchange; it says where it listens."""
    command = [sys.executable, "-m", "indextracker_simulator", "serve", "--port", str(port)]
    command += ["--volume", volume, *(["--seed", str(seed)] if seed is not None else [])]
    return _until_interrupted(command)


def ui(settings: Settings, port: int) -> int:
    """Runs `dagster dev` on the project's workspace and instance."""
    from indextracker_assets.assets.marts import prepare  # noqa: PLC0415 - takes seconds

    prepare_instance(settings)
    prepare()
    click.echo(f"Dagster's UI will be at http://127.0.0.1:{port} in some twenty seconds", err=True)
    dagster = str(Path(sys.executable).parent / "dagster")
    workspace = str(PROJECT / "workspace.yaml")
    return _until_interrupted([dagster, "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)])


def _until_interrupted(command: list[str]) -> int:
    with subprocess.Popen(command, cwd=PROJECT) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            # The child got the terminal's interrupt too: it is left to end by itself.
            server.wait(timeout=30)
            return 0
