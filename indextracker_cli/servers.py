"""`indextracker simulate`, `dashboard` and `ui`: servers of this machine until interrupted.

Where one server is all, the command becomes it, so that signals and exit codes are its own.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
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


def dashboard(settings: Settings, metrics_port: int | None) -> None:
    """Serves the dashboard, and says where."""
    from indextracker_cli import streaming  # noqa: PLC0415 - Arrow takes a second
    from indextracker_dashboard.data import Data  # noqa: PLC0415
    from indextracker_dashboard.serving import Server  # noqa: PLC0415

    at = settings.dashboard
    _claim(at.port, at.host)
    serving = Server(Data(), at)

    def interrupted(*_: object) -> NoReturn:
        serving.end_live()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)
    click.echo(f"the dashboard is at {serving.address}; Ctrl-C stops it", err=True)
    with suppress(KeyboardInterrupt), streaming.measured(serving.metrics, metrics_port):
        serving.run()


def ui(settings: Settings, port: int, metrics_port: int | None) -> int:
    """Runs `dagster dev` on the project's workspace and the settings' instance, and the dashboard.

    Returns:
        The exit code of `dagster dev`, with which the dashboard ends too.
    """
    from indextracker.warehouse.dbt_runs import prepare  # noqa: PLC0415 - takes seconds

    _claim(port)
    prepare_instance(settings)
    prepare()
    tell_world(settings, settings.lake.address)
    click.echo(f"runs and their records: {settings.dagster.home}", err=True)
    workspace = shipped("deployment/local/workspace.yaml")
    command = ["-m", "indextracker_assets.webserver", "dev", "-w", str(workspace)]
    command += ["-h", "127.0.0.1", "-p", str(port)]
    with _beside(settings, metrics_port) as beside:
        click.echo(
            f"Dagster's UI will be at http://127.0.0.1:{port} in some twenty seconds; {beside}; "
            "Ctrl-C stops them",
            err=True,
        )
        # Dagster imports from the working folder first: from one without modules. In a group of its
        # own it gets a signal once, by way of this process.
        with subprocess.Popen(
            [sys.executable, "-W", SILENT, *command], cwd=workspace.parent, process_group=0
        ) as running:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda said, _: running.send_signal(said))
            return running.wait()


@contextmanager
def _beside(settings: Settings, metrics_port: int | None) -> Iterator[str]:
    """The dashboard in a thread, where it is installed; yields what is said of it."""
    if find_spec("dash") is None:
        yield "without the dashboard, which pip install 'indextracker[dashboard]' adds"
        return
    from indextracker_cli import streaming  # noqa: PLC0415 - Arrow takes a second
    from indextracker_dashboard.data import Data  # noqa: PLC0415
    from indextracker_dashboard.serving import Server, running  # noqa: PLC0415

    _claim(settings.dashboard.port, settings.dashboard.host)
    made = Server(Data(), settings.dashboard)
    with running(made), streaming.measured(made.metrics, metrics_port):
        yield f"the dashboard is at {made.address}"


def _claim(port: int, host: str = "127.0.0.1") -> None:
    """Refuses a port that cannot be listened on: Dagster would run on without its UI.

    Raises:
        click.ClickException: It is taken, or reserved by the system.
    """
    with socket.socket() as probe:
        # As the servers do: what a server that ended left waiting does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"port {port} of {host} cannot be used ({error.strerror}): name another by "
                "--port, or stop what listens there"
            ) from error
