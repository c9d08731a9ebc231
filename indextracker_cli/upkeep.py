"""`indextracker restore` and `indextracker maintain`: they run, and print what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indextracker.building import staleness
from indextracker.lake import Lake, instants
from indextracker.lake.restoring import Restoration, plan, restore
from indextracker.lake.upkeep import forget, maintain
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import Key, Table, subject_of
from indextracker_cli.show import bytes_in_words, console, grid, sessions_in_words
from indextracker_cli.worlds import tell_world

if TYPE_CHECKING:
    from indextracker.lake.versions import AsOf

SESSIONS_SHOWN = 10


def restore_table(settings: Settings, table: Table, as_of: AsOf | str, *, dry_run: bool) -> None:
    """Restores a table, and says what that changed and what to do next."""
    tell_world(settings, settings.lake.address)
    platform = Platform(settings)
    with platform.locks.table(table.path):
        if isinstance(as_of, str):
            as_of = version_of(platform.lake, table, as_of)
        planned = plan(platform.lake, table, as_of)
        if planned.changed and not dry_run:
            staleness.restate(platform.lake, table.path, planned.until)
            restore(platform.lake, planned)
    _tell(planned, dry_run=dry_run)


def maintain_tables(settings: Settings, tables: Sequence[Table] | None, retain_days: int) -> None:
    """Maintains tables one after the other, and says what became of their files."""
    platform = Platform(settings)
    found = platform.lake.tables()
    if missing := [table.path for table in tables or () if table not in found]:
        raise click.ClickException(
            f"the lake {settings.lake.address} has no {', '.join(missing)} yet"
        )
    rows, freed, kept = [], 0, 0
    keep_days = settings.stream.keep_days
    for table in tables or found:
        with platform.locks.table(table.path):
            if table.by_stream and keep_days:
                _forget(platform, table, keep_days)
            done = maintain(platform.lake, table, retain_days)
        freed += done.bytes_freed
        kept += done.bytes_kept
        rows.append(
            (
                table.path,
                f"{done.files_before:,}",
                f"{done.files_after:,}",
                bytes_in_words(done.bytes_before),
                bytes_in_words(done.bytes_after),
                bytes_in_words(done.bytes_freed) if done.bytes_freed else "",
                bytes_in_words(done.bytes_kept) if done.bytes_kept else "",
            )
        )
    columns = (
        *("table", "files\nbefore", "files\nafter", "size\nbefore", "size\nafter"),
        *("freed", "kept"),
    )
    console().print(grid(f"{settings.world} lake {settings.lake.address}", columns, rows))
    days = "the last day" if retain_days == 1 else f"the last {retain_days} days"
    click.echo(
        f"{bytes_in_words(freed)} freed; {bytes_in_words(kept)} kept so that every version of "
        f"{days} can be read and restored; documents are kept for good",
        err=True,
    )
    if not tables:
        _thin_history(settings, retain_days, days)


def version_of(lake: Lake, table: Table, name: str) -> int:
    """The version that a table had at an instant of a name."""
    instant = instants.named(lake, name)
    if table.path not in instant.versions:
        raise click.ClickException(f"{table.path} was not there at {instant}")
    return instant.versions[table.path]


def _forget(platform: Platform, table: Table, keep_days: int) -> None:
    """Deletes the events of days that are to be kept no longer."""
    before = (platform.clock() - timedelta(days=keep_days)).date()
    if deleted := forget(platform.lake, table, before):
        click.echo(
            f"{table.path}: {deleted:,} events from before {before} deleted, as "
            "INDEXTRACKER_STREAM_KEEP_DAYS has it; what was built from them stays",
            err=True,
        )


def _thin_history(settings: Settings, retain_days: int, days: str) -> None:
    """Tidies up after Dagster's runs, where there were any."""
    if not (Path(settings.dagster.home) / "dagster.yaml").exists():
        return
    from indextracker_assets.history import thin  # noqa: PLC0415 - Dagster takes seconds

    if done := thin(settings.dagster.home, retain_days, datetime.now(UTC)):
        click.echo(
            f"Dagster's history {settings.dagster.home}: {bytes_in_words(done.bytes_before)} -> "
            f"{bytes_in_words(done.bytes_after)}; the logs of {done.runs} runs from before {days} "
            "were removed, their materialisations and check results kept",
            err=True,
        )


def _tell(planned: Restoration, *, dry_run: bool) -> None:
    table, shown = planned.table, console()

    def say(line: str) -> None:
        shown.print(line, soft_wrap=True)

    if not planned.changed:
        say(f"{table.path} has the rows of {planned.target}: there is nothing to restore")
        return
    say(
        f"{table.path}: from {planned.current} {'would go' if dry_run else 'went'} back to "
        f"{planned.target}"
    )
    say(f"rows: {planned.rows_before:,} -> {planned.rows_after:,}")
    if planned.keys:
        say(f"sessions that differ: {len(planned.keys)} ({sessions_in_words(planned.keys)})")
        for session, (before, after) in list(planned.keys.items())[:SESSIONS_SHOWN]:
            say(f"  {session}: {before:,} rows -> {after:,}")
        if len(planned.keys) > SESSIONS_SHOWN:
            say(f"  and {len(planned.keys) - SESSIONS_SHOWN} more")
    if dry_run:
        say("nothing was changed: this was a dry run")
        return
    say(_consequence(table, list(planned.keys)))
    say(f"to undo it: indextracker restore {table.path} --as-of {planned.current.number}")


def _consequence(table: Table, sessions: Sequence[Key]) -> str:
    """What is now out of step with the table, and what to run."""
    subject = subject_of(table)
    again = f"indextracker backfill {subject.name}" if subject else ""
    if sessions:
        again += f" --from {sessions[0]} --to {sessions[-1]}"
    if table.path == "bronze/deliveries":
        return "the next backfill requests the documents that are no longer in the log"
    if table.path == "silver/builds":
        return "the next runs build the sessions that are no longer in the log"
    if table.is_whole:
        return f"tables made from it have not changed; a backfill makes all of them again: {again}"
    if table.layer == "bronze":
        return f"silver, gold and the marts have not changed; to compute them from it: {again}"
    return (
        "the tables made from it, the warehouse and the marts have not changed. To compute them "
        "from the restored rows, materialise the tables downstream of it in `indextracker ui`; to "
        f"compute everything from bronze again, this table too: {again}"
    )
