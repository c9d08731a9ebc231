"""`indextracker simulate` and `indextracker ui`: servers on 127.0.0.1 until interrupted.

Each becomes the server it starts, so that signals and exit codes are the server's own.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import click

from indextracker.cli.backfilling import prepare_instance
from indextracker.settings import PROJECT, Settings


def simulate(port: int, seed: int | None, volume: str) -> NoReturn:
    """Becomes the simulated exchange, which says where it listens."""
    arguments = ["-m", "indextracker_simulator", "serve", "--port", str(port), "--volume", volume]
    arguments += [] if seed is None else ["--seed", str(seed)]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell is wanted


def ui(settings: Settings, port: int) -> NoReturn:
    """Becomes `dagster dev` on the project's workspace and the settings' instance."""
    from indextracker.warehouse.dbt_runs import prepare  # noqa: PLC0415 - takes seconds

    prepare_instance(settings)
    prepare()
    click.echo(f"Dagster's UI will be at http://127.0.0.1:{port} in some twenty seconds", err=True)
    dagster = str(Path(sys.executable).parent / "dagster")
    workspace = str(PROJECT / "workspace.yaml")
    os.chdir(PROJECT)
    os.execv(dagster, [dagster, "dev", "-w", workspace, "-h", "127.0.0.1", "-p", str(port)])  # noqa: S606
