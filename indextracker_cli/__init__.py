"""The `indextracker` command: its subcommands, their output on a terminal, and their exit codes.

A thin layer: each command calls the library, or lazily the code location. 0 means done, 2 that
some documents are missing, 1 that something broke or that the command line is wrong, 130 that it
was interrupted (143 by SIGTERM). Errors are sentences; `--debug` shows where they come from.
Settings are read by the commands that need them, so that help and the doctor work when a setting
is wrong.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import signal
import sys
import traceback
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indextracker_catalogue import SUBJECTS
from indextracker_cli import (
    alerting,
    consuming,
    detecting,
    interrupts,
    producing,
    reader_commands,
    strategies,
    stream_upkeep,
)
from indextracker_cli.arguments import (
    ENDINGS,
    FEEDS,
    ZONE,
    Day,
    FeedNames,
    Instant,
    Moment,
    OutputFile,
    TableName,
    TableNames,
    Zone,
)
from indextracker_cli.configured import with_settings
from indextracker_cli.interrupts import GOES_ON, NOTHING_CHANGED
from indextracker_cli.saying import plain

if TYPE_CHECKING:
    from indextracker.lake.versions import AsOf
    from indextracker.settings import Settings
    from indextracker_catalogue import Table

BROKEN = 1
LAST_PORT = 65535
RESTORED_OR_NOT = "each table is unchanged or completely restored; the same command ends it"
# By default 700: what is imported stays, a million objects, and a backfill looked through them two
# thousand times for two of its CPU seconds (November 2026).
OBJECTS_BETWEEN_COLLECTIONS = 20_000
# By default 0.005: what Spark or DuckDB has ended waited so long for a thread that loads dbt, each
# time: 16.5 s for one session, and 15.7 now (November 2026).
SECONDS_BETWEEN_THREADS = 0.0005


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="indextracker")
def indextracker(debug: bool) -> None:
    """Every trade in an index and its derivatives: kept, typed, reconciled."""
    del debug  # read where errors end up


@indextracker.command()
@click.argument("subject", type=click.Choice(tuple(SUBJECTS)), required=False)
@click.option("--from", "first", type=Day(), help="First session; the last five by default.")
@click.option("--to", "last", type=Day(), help="Last session; yesterday's by default.")
@click.option(
    "--feeds",
    type=FeedNames(),
    metavar="FEED,FEED",
    help=f"Only these feeds; all by default, which are {', '.join(FEEDS)}.",
)
@click.option(
    "--to-layer",
    type=click.Choice(["bronze", "silver", "gold", "warehouse", "marts"]),
    default="marts",
    show_default=True,
    help="The last layer to fill.",
)
@click.option(
    "--tables",
    type=TableNames(),
    metavar="TABLE,TABLE",
    help="Only these tables of silver and gold: no document is requested, and no other table, "
    "upstream or downstream, is built.",
)
@click.option(
    "--archive",
    metavar="DIR",
    help="Take documents from this folder or s3 prefix instead of INDEXTRACKER_SOURCE: original "
    "files at any depth, in zips too. Every session of it, unless --from or --to is given.",
)
@click.option(
    "--all", "everything", is_flag=True, help="Every session of which the archive has a file."
)
@click.option(
    "--again", is_flag=True, help="Request accepted documents again; take corrected ones."
)
@click.option("--yes", is_flag=True, help="Start an unusually long range without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(GOES_ON)
@with_settings
def backfill(
    settings: Settings, /, *, subject: str | None, archive: str | None, as_json: bool, **wish: Any
) -> int:
    """Bring sessions from their publishers to the marts.

    Of one SUBJECT, or of each, one after the other. Each missing document is named with its
    reason, and holds up no other; what breaks in one subject stops no other. Running it again
    changes only what is new; --again replaces documents that were corrected since.
    """
    from indextracker_cli import backfilling, reporting, wishes  # noqa: PLC0415 - Arrow: a second

    if archive and not (wish["first"] or wish["last"]):
        wish["everything"] = True
    named = SUBJECTS[subject] if subject else None
    reports = backfilling.run(settings, wishes.wishes(named, quiet=as_json, **wish))
    if as_json:
        click.echo(reporting.as_json(reports))
    else:
        reporting.show(reports, settings)
    return reporting.exit_code(reports)


@indextracker.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--to-layer",
    type=click.Choice(["bronze", "silver", "gold", "warehouse", "marts"]),
    default="marts",
    show_default=True,
    help="The last layer to fill.",
)
@interrupts.interruptible(GOES_ON)
@with_settings
def import_files(settings: Settings, *, files: tuple[Path, ...], to_layer: str) -> int:
    """Import FILES that no publisher is asked for: what they hold is found by what is in them.

    Spreadsheets of daily prices of NSE (CSV, XLSX) and the exchange's lists of corporate actions
    of the past (JSON). What cannot be decided is refused with a reason; importing a file again
    changes nothing.
    """
    from indextracker_cli import importing  # noqa: PLC0415 - Arrow takes a second

    return importing.run(settings, files, to_layer)


@indextracker.command()
@click.argument("subject", type=click.Choice(tuple(SUBJECTS)), required=False)
@click.option("--from", "first", type=Day(), help="First session; the last 30 by default.")
@click.option("--to", "last", type=Day(), help="Last session; today by default.")
@click.option(
    "--feeds",
    type=FeedNames(),
    metavar="FEED,FEED",
    help=f"Only these feeds, such as {','.join(FEEDS[:2])}, where others are not kept.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.option(
    "--watch",
    is_flag=True,
    help="Show how all of it is now, Dagster, streams and disks too, until Ctrl-C.",
)
def status(*, watch: bool, **wish: Any) -> int:
    """Show what is there, what is missing and why, and what will be deleted.

    Of one SUBJECT, or of each. A line per feed, a character per session; below, the missing
    documents by reason, then those that the exchange is about to delete, with the trading days
    left; then how far each layer is, and the tables that were not made from the documents that are
    there.
    """
    if not watch:
        return _status(**wish)
    if given := [name for name, value in wish.items() if value]:
        raise click.UsageError(f"--watch shows everything as it is now: leave out {given[0]}")
    return _watch()


@interrupts.interruptible(NOTHING_CHANGED)
@with_settings
def _status(
    settings: Settings,
    *,
    subject: str | None,
    first: date | None,
    last: date | None,
    feeds: list[str] | None,
    as_json: bool,
) -> int:
    from indextracker_cli import overview  # noqa: PLC0415

    subjects = [SUBJECTS[subject]] if subject else list(SUBJECTS.values())
    return overview.show(settings, subjects, first, last, feeds=feeds, as_json=as_json)


@with_settings
def _watch(settings: Settings) -> int:
    from indextracker_cli import watching  # noqa: PLC0415

    watching.watch(settings)
    return 0


@indextracker.command()
@with_settings
def monitor(settings: Settings) -> None:
    """Watch the lake, the streams and Dagster, and serve what is found to Prometheus.

    At http://127.0.0.1:8070/metrics, or the port of `INDEXTRACKER_MONITOR_PORT`, until interrupted.
    """
    from indextracker_cli import watching  # noqa: PLC0415

    watching.run(settings)


@indextracker.command()
@click.argument("sql", required=False)
@click.option("--file", type=click.Path(path_type=Path), help="Take the SQL from this file.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@click.option("--output", type=OutputFile(), help=f"Write this file: its ending is {ENDINGS}.")
@click.option("--tz", "zone", type=Zone(), help=f"Convert times to this zone, such as {ZONE}.")
@click.option("--lake", "of_lake", is_flag=True, help="Query the lake: its tables are layer.table.")
@click.option(
    "--as-of", type=Moment(), help="Query the lake as it was at a time, or at a table's version."
)
@interrupts.interruptible(NOTHING_CHANGED)
@with_settings
def query(
    settings: Settings,
    /,
    *,
    sql: str | None,
    file: Path | None,
    of_lake: bool,
    as_of: AsOf | None,
    **form: Any,
) -> None:
    """Run SQL on the warehouse, or on the lake.

    In the warehouse the marts need no schema before their names. With --lake the tables of the
    lake are named layer.table, and --as-of queries them as they were:

    \b
    indextracker query "select * from index"
    indextracker query --tz Asia/Taipei --output bars.parquet "select ..."
    indextracker query --lake "select count(*) from silver.futures_trades"
    indextracker query --lake --as-of 2024-12-16T18:00+08:00 "select ..."

    With - the SQL is read from standard input. Stored times are UTC, and so is a time without an
    offset. In CSV a null is an empty cell and an empty text is "".
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import querying  # noqa: PLC0415 - Arrow takes a second

    if as_of is not None and not of_lake:
        raise click.UsageError("only the lake keeps earlier versions: add --lake")
    wanted = querying.Form(**form)
    asked = querying.text_of(sql, file)
    querying.query(settings, asked, wanted, of_lake=of_lake, as_of=as_of)


@indextracker.command()
@click.argument("names", nargs=-1)
@click.option("--columns", is_flag=True, help="With the columns of each: types, units, meaning.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(NOTHING_CHANGED)
@with_settings
def tables(settings: Settings, *, names: tuple[str, ...], columns: bool, as_json: bool) -> None:
    """List the tables of lake and warehouse with their rows and meaning.

    NAMES are what to list: a table, layer/name or schema.name; a layer or a schema; a part of a
    name; with * and ? for any letters. One table alone comes with its columns.
    """
    from indextracker_cli import catalogue  # noqa: PLC0415

    catalogue.show(settings, names, columns=columns, as_json=as_json)


@indextracker.command()
@click.argument("name", required=False)
@click.option("--list", "listed", is_flag=True, help="Show the instants that have a name.")
@click.option("--remove", "removed", metavar="NAME", help="Forget this instant.")
@interrupts.interruptible("the instant has its name or has not; --list shows which")
@with_settings
def snapshot(settings: Settings, *, name: str | None, listed: bool, removed: str | None) -> None:
    """Name the present instant of the lake, to which `restore --everything` goes back.

    Others may be writing meanwhile. What the instant needs is kept until it is removed.
    """
    from indextracker_cli import recovering  # noqa: PLC0415

    if sum(map(bool, (name, listed, removed))) != 1:
        raise click.UsageError("give a NAME, --list, or --remove NAME")
    if name:
        recovering.take_snapshot(settings, name)
    elif removed:
        recovering.remove_snapshot(settings, removed)
    else:
        recovering.list_snapshots(settings)


@indextracker.command()
@click.argument("table", type=TableName(), required=False)
@click.option("--everything", is_flag=True, help="The whole lake, and the warehouse with it.")
@click.option(
    "--as-of",
    type=Instant(),
    help="A named instant, a time, or of one table the number of a version.",
)
@click.option(
    "--from",
    "origin",
    metavar="COPY",
    help="Bring back from this folder or s3 prefix of copies what is lost or damaged, documents "
    "first; with --everything, take all to the instant of the copy.",
)
@click.option("--copy", "name", default="", help="Which copy of --from; the newest by default.")
@click.option("--records", is_flag=True, help="With --from: Dagster's records, and they alone.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@interrupts.interruptible(RESTORED_OR_NOT)
@with_settings
def restore(
    settings: Settings,
    /,
    *,
    table: Table | None,
    as_of: AsOf | str | None,
    origin: str | None,
    records: bool,
    dry_run: bool,
    **wish: Any,
) -> None:
    """Take a TABLE of the lake, layer/name, or --everything back to how it was.

    A restore is a commit like any other and can be undone too. A time without an offset is UTC.
    Which loss needs which command is told in docs/recovery.md.
    """
    from indextracker_cli import recovering, upkeep  # noqa: PLC0415

    if origin and (table or as_of is not None):
        raise click.UsageError("--from brings back what is lost: it takes no TABLE and no --as-of")
    if origin and records:
        recovering.restore_records(settings, origin, wish["name"], yes=wish["yes"])
    elif origin:
        recovering.restore_from(settings, origin, dry_run=dry_run, **wish)
    elif (table is None) != wish["everything"] or as_of is None:
        raise click.UsageError("name a TABLE, or say --everything, and --as-of when")
    elif table is None:
        recovering.restore_everything(settings, as_of, dry_run=dry_run, yes=wish["yes"])
    else:
        upkeep.restore_table(settings, table, as_of, dry_run=dry_run)


@indextracker.command()
@click.option(
    "--into",
    metavar="DIR",
    help="Where it is made; by default in <lake>-rebuilt.",
)
@click.option("--replace", is_flag=True, help="Take over the tables that differ.")
@click.option("--yes", is_flag=True, help="Take them over without asking.")
@interrupts.interruptible("what was made stays, and the same command continues from there")
@with_settings
def rebuild(settings: Settings, *, into: str | None, replace: bool, yes: bool) -> int:
    """Make bronze, silver and gold anew from the documents, beside the lake, and compare them.

    Rows are compared by their hashes, whatever their order, files or engine. No publisher is asked.
    Exits with 2 where tables differ and are not taken over.
    """
    from indextracker_cli import rebuilding  # noqa: PLC0415

    return rebuilding.run(settings, into, replace=replace, yes=yes)


@indextracker.command()
@click.argument("to")
@click.option("--check", is_flag=True, help="Read all of the copy again, and compare digests.")
@interrupts.interruptible("there is no new copy; what was copied is not copied again")
@with_settings
def backup(settings: Settings, *, to: str, check: bool) -> None:
    """Copy the lake and Dagster's records TO a folder or s3 prefix, while others may be writing.

    Only what is new since earlier copies is copied. A copy is complete, or not there. The warehouse
    is made from the lake, and not copied.
    """
    from indextracker_cli import recovering  # noqa: PLC0415

    recovering.back_up(settings, to, check=check)


@indextracker.command()
@click.option("--tables", type=TableNames(), help="Only these, separated by commas.")
@click.option(
    "--retain-days",
    type=click.IntRange(1, 30),
    default=30,
    show_default=True,
    help="How many days back every version, and every run's log, is kept.",
)
@interrupts.interruptible(GOES_ON)
@with_settings
def maintain(settings: Settings, *, tables: list[Table] | None, retain_days: int) -> None:
    """Compact the lake's small files, and remove those that no version needs.

    Rows stay as they are, but for events of streams that are older than
    INDEXTRACKER_STREAM_KEEP_DAYS, and documents are never touched. Unless tables are named, all are
    maintained, and old logs are removed from Dagster's history.
    """
    from indextracker_cli import upkeep  # noqa: PLC0415

    upkeep.maintain_tables(settings, tables, retain_days)


@indextracker.command()
@interrupts.interruptible(NOTHING_CHANGED)
def doctor() -> int:
    """Find what would keep it from working, and say what to do.

    Exits with 1 if there is a problem.
    """
    from indextracker_cli import checkup  # noqa: PLC0415

    return checkup.doctor()


@indextracker.command()
@click.option(
    "--port",
    type=click.IntRange(0, LAST_PORT),
    default=8700,
    show_default=True,
    help="Port on 127.0.0.1; 0 for any.",
)
@click.option("--seed", type=int, help="Another seed makes other index levels and trades.")
@click.option("--volume", type=click.Choice(["demo", "real"]), default="demo", show_default=True)
def simulate(port: int, seed: int | None, volume: str) -> None:
    """Run the simulated exchange until interrupted."""
    from indextracker_cli import servers  # noqa: PLC0415

    servers.simulate(port, seed, volume)


@indextracker.command()
@click.option(
    "--port", "dashboard_port", type=click.IntRange(1, LAST_PORT), help="Its port; 8050 by default."
)
@producing.METRICS_PORT
@with_settings
def dashboard(settings: Settings, *, metrics_port: int | None) -> None:
    """Run the dashboard until interrupted.

    Where it listens, and who may see it, is set: `INDEXTRACKER_DASHBOARD_HOST` and the others that
    begin so.
    """
    from indextracker_cli import servers  # noqa: PLC0415

    servers.dashboard(settings, metrics_port)


@indextracker.command()
@click.option(
    "--port",
    type=click.IntRange(1, LAST_PORT),
    default=3000,
    show_default=True,
    help="Port on 127.0.0.1.",
)
@producing.METRICS_PORT
@with_settings
def ui(settings: Settings, *, port: int, metrics_port: int | None) -> int:
    """Run Dagster's UI and daemon, and the dashboard, until interrupted.

    Figures are those of the dashboard; of Dagster `indextracker monitor` tells.
    """
    from indextracker_cli import servers  # noqa: PLC0415

    return servers.ui(settings, port, metrics_port)


indextracker.add_command(reader_commands.export)
indextracker.add_command(reader_commands.chart)
producing.stream.add_command(consuming.run)
producing.stream.add_command(stream_upkeep.status)
producing.stream.add_command(stream_upkeep.redrive)
indextracker.add_command(producing.stream)
indextracker.add_command(alerting.alerts)
indextracker.add_command(detecting.files)
indextracker.add_command(strategies.strategy)


def main() -> None:
    """Entry point: runs a command, and ends the process with its code."""
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    sys.setswitchinterval(SECONDS_BETWEEN_THREADS)
    codes: list[int] = []
    # Registered first, it is called last: when all else was done that others want at the end.
    atexit.register(_end, codes)
    codes.append(_run())
    sys.exit(codes[0])


def _run() -> int:
    """Runs a command, and turns what goes wrong into a sentence and a code."""
    try:
        code = indextracker(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.message = plain(error.message)  # type: ignore[misc]  # it may quote a stranger
        error.show()
        code = BROKEN
    except (KeyboardInterrupt, click.Abort):
        # Before a command began, or while it asked something.
        interrupts.leave(signal.SIGINT, NOTHING_CHANGED, sys.stderr)
    except Exception as error:  # noqa: BLE001 - the last net: people get a sentence
        if "--debug" in sys.argv:
            traceback.print_exc()
        else:
            click.echo(plain(f"error: {_sentence(error)}"), err=True)
        code = BROKEN
    return code or 0


def _end(codes: Sequence[int]) -> None:
    """Ends a process that has its code before the interpreter takes its objects apart.

    A backfill leaves a million, which took 1.6 CPU seconds (November 2026); the system takes them
    back at once.
    """
    if codes:
        sys.stderr.flush()
        os._exit(codes[0])


def _sentence(error: Exception) -> str:
    """What an error says, without the class and the SQL that SQLAlchemy puts around it."""
    if isinstance(error, ModuleNotFoundError) and error.name and not _is_ours(error.name):
        return (
            f"this needs {error.name.partition('.')[0]}, which comes with the pipeline and is not "
            "installed: pip install 'indextracker[pipeline]'"
        )
    said = re.sub(r"^\([\w.]+\) ", "", str(error).partition("\n[SQL:")[0].strip())
    return said or "it failed without a message; --debug shows where"


def _is_ours(module: str) -> bool:
    return module.startswith("indextracker")
