"""`indextracker simulate` and `indextracker ui`: servers on 127.0.0.1 until interrupted.

Each becomes the server it starts, so that signals and exit codes are the server's own.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import NoReturn

import click

from indextracker.settings import Settings
from indextracker.system.installation import shipped
from indextracker_cli.backfilling import prepare_instance
from indextracker_cli.worlds import tell_world

# `dagster dev` advises another command of Dagster's, which knows neither workspace nor settings.
SILENT = "ignore:Function `dev_command` is superseded"


def simulate(port: int, seed: int | None, volume: str) -> NoReturn:
    """Becomes the simulated exchange, which says where it listens."""
    _claim(port)
    click.echo("Ctrl-C stops the simulated exchange", err=True)
    arguments = ["-m", "indextracker_simulator", "serve", "--port", str(port), "--volume", volume]
    arguments += [] if seed is None else ["--seed", str(seed)]
    os.execv(sys.executable, [sys.executable, *arguments])  # noqa: S606 - no shell is wanted


def ui(settings: Settings, port: int) -> NoReturn:
    """Becomes `dagster dev` on the project's workspace and the settings' instance."""
    from indextracker.warehouse.dbt_runs import prepare  # noqa: PLC0415 - takes seconds

    _claim(port)
    prepare_instance(settings)
    prepare()
    tell_world(settings, settings.lake.address)
    click.echo(f"runs and their records: {settings.dagster.home}", err=True)
    click.echo(
        f"Dagster's UI will be at http://127.0.0.1:{port} in some twenty seconds; Ctrl-C stops it",
        err=True,
    )
    dagster = str(Path(sys.executable).parent / "dagster")
    workspace = shipped("deployment/local/workspace.yaml")
    # Dagster imports from the working folder first: from one without modules.
    os.chdir(workspace.parent)
    command = [dagster, "dev", "-w", str(workspace), "-h", "127.0.0.1", "-p", str(port)]
    os.execv(sys.executable, [sys.executable, "-W", SILENT, *command])  # noqa: S606


def _claim(port: int) -> None:
    """Refuses a port that cannot be listened on: Dagster would run on without its UI.

    Raises:
        click.ClickException: It is taken, or reserved by the system.
    """
    with socket.socket() as probe:
        # As the servers do: what a server that ended left waiting does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): name another by "
                "--port, or stop what listens there"
            ) from error
