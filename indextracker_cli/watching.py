"""The commands `monitor`, `status --watch` and `alerts routes`.

What is watched is in `indextracker.monitoring`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import click
import yaml
from rich.console import Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from indextracker.alerts.rules import Rules
from indextracker.lake.arrow import without_pandas
from indextracker.metrics import Metrics
from indextracker.monitoring import health, routes
from indextracker.monitoring.asking import UnansweredError
from indextracker.monitoring.monitor import Monitor, monitor
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_cli import streaming
from indextracker_cli.show import console
from indextracker_cli.worlds import tell_world

_SHOWS_EVERY_SECONDS = 2.0
_OWNER_ALONE = 0o600


def run(settings: Settings) -> None:
    """Watches, and serves figures, until told to stop."""
    without_pandas()
    platform = Platform(settings)
    watched = monitor(platform)
    metrics = Metrics()
    metrics.registry.register(watched)
    metrics.is_hindered_by(watched.hindrance)
    tell_world(settings, platform.lake.root)
    port = settings.dashboard.monitor_port
    with (
        streaming.measured(metrics, port, "INDEXTRACKER_MONITOR_PORT"),
        streaming.stopping() as stop,
        watched.running(),
    ):
        stop.wait()
    platform.close()


def watch(settings: Settings) -> None:
    """Shows how all of it is on the terminal, again and again, until told to stop.

    Raises:
        click.UsageError: There is no terminal.
    """
    shown = console()
    if not shown.is_terminal:
        raise click.UsageError("--watch shows itself on a terminal: take --json elsewhere")
    without_pandas()
    # The screen says it.
    logging.getLogger("indextracker.monitoring").setLevel(logging.ERROR)
    platform = Platform(settings)
    watched = monitor(platform)
    with (
        streaming.stopping() as stop,
        watched.running(),
        Live(console=shown, screen=True, auto_refresh=False) as live,
    ):
        while True:
            live.update(Group(*_screen(platform, watched)), refresh=True)
            if stop.wait(_SHOWS_EVERY_SECONDS):
                break
    platform.close()


def write_routes(settings: Settings, rules: Rules, folder: Path) -> list[Path]:
    """Writes what Alertmanager is told into a folder, secrets in files of their owner alone.

    Raises:
        click.ClickException: Nobody can be told as the rules and settings are.
    """
    alerting = settings.alerting
    try:
        config = routes.config(rules.to, rules.mail, secrets_in=folder.absolute())
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    secrets = routes.secrets(alerting.mail_password, alerting.webhook)
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    for name, variable in routes.NEEDED.items():
        if f"/{name}\n" in text and name not in secrets:
            raise click.ClickException(f"{variable} is not set")
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / routes.CONFIG]
    for name, secret in secrets.items():
        file = folder / name
        file.touch(_OWNER_ALONE)
        file.chmod(_OWNER_ALONE)
        file.write_text(secret, encoding="utf-8")
        written.append(file)
    written[0].write_text(text, encoding="utf-8")
    return written


def _screen(platform: Platform, watched: Monitor) -> Iterator[RenderableType]:
    settings, now = platform.settings, platform.clock()
    yield Text(
        f"Ctrl-C ends this; {now:%Y-%m-%d %H:%M:%S} UTC; "
        f"{settings.world} data: lake {settings.lake.address}"
    )
    try:
        first = [health.alerts(health.open_alerts(settings.dashboard.alertmanager))]
    except UnansweredError as error:
        first = []
        yield Text(str(error))
    for part in (*first, *health.parts(watched.readings(), now)):
        if part.rows:
            # Without boxes: all of it is to have room.
            shown = Table(
                title=part.title,
                title_justify="left",
                title_style="bold",
                box=None,
                pad_edge=False,
                header_style="dim",
            )
            for name in part.columns:
                shown.add_column(name, overflow="fold")
            for row in part.rows:
                shown.add_row(*row)
            yield shown
        else:
            yield Text(part.otherwise)
