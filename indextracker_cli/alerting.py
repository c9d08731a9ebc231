"""The commands `alerts check`, `test` and `routes`, and alerting beside `stream run`.

What rules mean and decide is in `indextracker.alerts`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indextracker_catalogue import SUBJECTS
from indextracker_cli.arguments import Day
from indextracker_cli.configured import with_settings

if TYPE_CHECKING:
    from indextracker.alerts.rules import Rules
    from indextracker.alerts.trying import Tried
    from indextracker.alerts.watching import Watcher
    from indextracker.lake import Lake
    from indextracker.lake.questions import Answer
    from indextracker.metrics import Metrics
    from indextracker.settings import Settings
    from indextracker.streams.consuming import Consumer

# What of an alert is printed; the message has the rest in words.
_SHOWN = ("window_end", "rule", "symbol", "kind", "change_percent", "volume", "message")

RULES = click.option(
    "--rules",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file of rules; by default that of INDEXTRACKER_ALERT_RULES.",
)


@click.group()
def alerts() -> None:
    """Check the rules of alerts on quotes, and try them on stored sessions."""


@alerts.command()
@RULES
@with_settings
def check(settings: Settings, /, *, rules: Path | None) -> int:
    """Check a file of rules, and say who is told of what.

    \b
    indextracker alerts check --rules alerts.toml
    """  # noqa: D301 - click keeps the lines below its mark as they are
    found = _rules(settings, rules)
    for rule in found.rules:
        told = ", ".join(found.of(rule)) or "nobody"
        click.echo(f"{rule.name}: {rule.kind} of {', '.join(rule.symbols)}, told to {told}")
    number = len(found.rules)
    click.echo(f"{number} rule{'' if number == 1 else 's'}", err=True)
    return 0


@alerts.command("test")
@click.argument("subject", type=click.Choice(tuple(SUBJECTS)))
@click.argument("session", type=Day())
@RULES
@click.option("--json", "as_json", is_flag=True, help="Print all fields as JSON.")
@with_settings
def try_out(
    settings: Settings, /, *, subject: str, session: date, rules: Path | None, as_json: bool
) -> int:
    """Try rules on the stored prints of a SESSION of a SUBJECT; nobody is told.

    \b
    indextracker alerts test taiwan 2024-12-16 --rules alerts.toml
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.alerts.trying import tried  # noqa: PLC0415 - Arrow takes a second
    from indextracker.platform import Platform  # noqa: PLC0415
    from indextracker_cli import answers  # noqa: PLC0415
    from indextracker_cli.worlds import tell_world  # noqa: PLC0415

    wanted = _rules(settings, rules)
    lake = Platform(settings).lake
    tell_world(settings, lake.root)
    found = tried(lake, wanted, SUBJECTS[subject], session)
    if as_json:
        answers.write_json(_answer(found), sys.stdout)
    else:
        answers.print_table(_answer(found, _SHOWN))
    for rule in found.without_close:
        click.echo(f"{rule}: some of these prints do not tell their previous close", err=True)
    number = len(found.alerts)
    said = f"{number} alert{'' if number == 1 else 's'}"
    click.echo(f"{said} on {found.events:,} events, sent to nobody", err=True)
    return 0


@alerts.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@RULES
@with_settings
def routes(settings: Settings, /, *, folder: Path, rules: Path | None) -> int:
    """Write what Alertmanager needs to tell people of what is wrong with the lakehouse.

    Into FOLDER go its configuration and, each in a file of its own, the secrets. Who is told, by
    which server, is in the file of rules: `to` and `[mail]`.

    \b
    indextracker alerts routes /etc/indextracker
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import watching  # noqa: PLC0415 - Arrow takes a second

    found = _rules(settings, rules)
    for file in watching.write_routes(settings, found, folder):
        click.echo(f"written: {file}")
    click.echo(f"told: {', '.join(found.to) or 'nobody'}", err=True)
    return 0


def watcher(settings: Settings, lake: Lake, consumer: Callable[[], Consumer]) -> Watcher | None:
    """What alerts beside a consumer of quotes, where there are rules.

    Args:
        settings: Name the rules.
        lake: Where quotes and alerts are.
        consumer: Gives the consumer; it is made after this.

    Raises:
        click.ClickException: The rules cannot be used.
    """
    if not settings.alerting.rules:
        return None
    from indextracker.alerts.sending import Receiver, receiver  # noqa: PLC0415
    from indextracker.alerts.watching import Watcher  # noqa: PLC0415
    from indextracker.platform import now  # noqa: PLC0415

    found = _rules(settings, None)
    secrets = settings.alerting

    def named(name: str) -> Receiver:
        return receiver(name, found, secrets.mail_password, secrets.webhook)

    return Watcher(lake, found, named, lambda: consumer().complete_until, now)


def measure(metrics: Metrics, watching: Watcher) -> None:
    """Declares the figures of alerts."""
    begins, outbox = "indextracker_alerts", watching.outbox
    metrics.counter(
        f"{begins}_decided_total", "Alerts that were decided.", lambda: watching.decided
    )
    metrics.gauge(
        f"{begins}_waiting",
        "Alerts that a receiver has not accepted yet.",
        lambda: outbox.waiting,
        "receiver",
    )
    metrics.counter(
        f"{begins}_sent_total",
        "Alerts that a receiver has accepted.",
        lambda: outbox.sent,
        "receiver",
    )
    metrics.counter(
        f"{begins}_failures_total",
        "How often a receiver did not accept one.",
        lambda: outbox.failures,
        "receiver",
    )


def _rules(settings: Settings, file: Path | None) -> Rules:
    """The rules of a file, else of the one that is set."""
    from indextracker.alerts.rules import RulesError, read  # noqa: PLC0415 - pydantic is slow

    if file is None and not settings.alerting.rules:
        raise click.UsageError("name a file of rules: --rules FILE, or INDEXTRACKER_ALERT_RULES")
    try:
        return read(file or Path(settings.alerting.rules))
    except RulesError as error:
        raise click.ClickException("\n".join(error.sentences)) from error


def _answer(found: Tried, names: tuple[str, ...] | None = None) -> Answer:
    """Alerts as rows."""
    import pyarrow as pa  # noqa: PLC0415 - Arrow takes a second

    from indextracker.alerts.deciding import Alert  # noqa: PLC0415
    from indextracker.lake.arrow import arrow_schema  # noqa: PLC0415
    from indextracker.lake.questions import Answer  # noqa: PLC0415
    from indextracker_catalogue.markets import ALERTS  # noqa: PLC0415

    stored = arrow_schema(ALERTS)
    schema = pa.schema([stored.field(name) for name in names or [f.name for f in fields(Alert)]])
    rows = pa.Table.from_pylist([asdict(alert) for alert in found.alerts], schema)
    return Answer(schema, iter(rows.to_batches()))
