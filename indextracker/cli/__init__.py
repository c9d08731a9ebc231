"""The `indextracker` command: what it says on a terminal, and the codes it ends with.

A thin layer: each command calls the library, or lazily the code location. 0 means done, 2 that
some sessions lack a document, 1 that something broke or that the command line is wrong. Errors are
sentences; `--debug` shows where they come from.
"""

from __future__ import annotations

import sys
import traceback
from datetime import date, datetime

import click

from indextracker import settings as environment
from indextracker.cli import show
from indextracker.settings import Settings

BROKEN = 1


class Day(click.ParamType[date]):
    """A date, YYYY-MM-DD."""

    name = "date"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Reads the date or fails with a sentence."""
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a bare date
        except ValueError:
            self.fail(f"{value!r} is not a date like 2024-12-13", param, ctx)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="indextracker")
@click.pass_context
def indextracker(context: click.Context, debug: bool) -> None:
    """Every trade behind an index: kept, typed, reconciled."""
    context.meta["debug"] = debug
    if context.invoked_subcommand:
        context.obj = environment.load()
        environment.export(context.obj)


@indextracker.command()
@click.argument("subject", type=click.Choice(["taiwan"]))
@click.option("--from", "first", type=Day(), help="First session; the last five by default.")
@click.option("--to", "last", type=Day(), help="Last session; yesterday's by default.")
@click.option("--feeds", help="Only these feeds, separated by commas.")
@click.option(
    "--to-layer",
    type=click.Choice(["bronze", "silver", "gold", "warehouse", "marts"]),
    default="marts",
    show_default=True,
    help="The last layer to fill.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_obj
def backfill(
    settings: Settings,
    *,
    subject: str,
    first: date | None,
    last: date | None,
    feeds: str | None,
    to_layer: str,
    as_json: bool,
) -> int:
    """Bring sessions from their publishers to the marts.

    Each session that lacks a document is named with its reason, and stops no other. Running it
    again changes nothing but what is new.
    """
    from indextracker.cli import backfilling  # noqa: PLC0415 - Dagster takes seconds to import

    del subject  # the only one so far
    report = backfilling.run(settings, first, last, feeds=feeds, to_layer=to_layer, quiet=as_json)
    if as_json:
        click.echo(show.report_json(report))
    else:
        show.report(report, settings)
    return report.exit_code


@indextracker.command()
@click.option("--from", "first", type=Day(), help="First session; the last 30 by default.")
@click.option("--to", "last", type=Day(), help="Last session; today by default.")
@click.pass_obj
def status(settings: Settings, first: date | None, last: date | None) -> None:
    """Say per session and feed what is there, and what is missing and why."""
    show.status(settings, first, last)


@indextracker.command()
@click.argument("sql")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.pass_obj
def query(settings: Settings, sql: str, as_csv: bool) -> None:
    """Ask the warehouse in SQL; the marts need no schema before their names."""
    show.query(settings, sql, as_csv=as_csv)


@indextracker.command()
@click.pass_obj
def tables(settings: Settings) -> None:
    """List the tables of lake and warehouse with their rows and meaning."""
    show.tables(settings)


@indextracker.command()
@click.option("--port", default=8700, show_default=True, help="Port on 127.0.0.1; 0 for any.")
@click.option("--seed", type=int, help="Another world: another index path, other trades.")
@click.option("--volume", type=click.Choice(["demo", "real"]), default="demo", show_default=True)
def simulate(port: int, seed: int | None, volume: str) -> None:
    """Run the simulated exchange until interrupted."""
    from indextracker.cli import servers  # noqa: PLC0415

    servers.simulate(port, seed, volume)


@indextracker.command()
@click.option("--port", default=3000, show_default=True, help="Port on 127.0.0.1.")
@click.pass_obj
def ui(settings: Settings, port: int) -> None:
    """Run Dagster's UI and daemon until interrupted."""
    from indextracker.cli import servers  # noqa: PLC0415

    servers.ui(settings, port)


def main() -> None:
    """Entry point: runs a command and turns what goes wrong into a sentence and a code."""
    try:
        code = indextracker(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = BROKEN
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted; running it again goes on where it stopped", err=True)
        code = BROKEN
    except Exception as error:  # noqa: BLE001 - the last net: people get a sentence
        if "--debug" in sys.argv:
            traceback.print_exc()
        else:
            click.echo(f"error: {error}", err=True)
        code = BROKEN
    sys.exit(code or 0)
