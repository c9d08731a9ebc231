"""`indextracker snapshot` and `restore --everything`: they ask, run, and print what was changed."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indextracker.lake import instants
from indextracker.platform import Platform
from indextracker.recovery import copies, going_back, records, returning
from indextracker.recovery.copies import Copy, Damage
from indextracker.recovery.going_back import Plan
from indextracker.settings import Settings
from indextracker.system.places import place
from indextracker_cli import progress
from indextracker_cli.show import bytes_in_words, console, grid
from indextracker_cli.worlds import tell_world

if TYPE_CHECKING:
    from indextracker.lake import Lake
    from indextracker.lake.instants import Instant
    from indextracker.lake.versions import AsOf

NOTHING_DONE = "nothing was changed"


def take_snapshot(settings: Settings, name: str) -> None:
    """Names the present instant of the lake."""
    tell_world(settings, settings.lake.address)
    instant = instants.take(Platform(settings).lake, name, datetime.now(UTC))
    click.echo(
        f"{instant}: {len(instant.versions)} tables; maintenance keeps them until "
        f"indextracker snapshot --remove {name}"
    )


def remove_snapshot(settings: Settings, name: str) -> None:
    """Forgets a named instant."""
    instants.remove(Platform(settings).lake, name)
    click.echo(f"{name} is forgotten: maintenance may free what it alone kept")


def list_snapshots(settings: Settings) -> None:
    """Shows the named instants, the oldest first."""
    found = instants.every(Platform(settings).lake)
    rows = [(one.name, f"{one.at:%Y-%m-%d %H:%M:%S}", f"{len(one.versions)}") for one in found]
    title = f"{settings.world} lake {settings.lake.address}"
    console().print(grid(title, ("instant", "UTC", "tables"), rows))


def restore_everything(settings: Settings, as_of: AsOf | str, *, dry_run: bool, yes: bool) -> None:
    """Takes lake and warehouse back to an instant, once it was shown what that changes.

    Raises:
        click.ClickException: No instant is meant, or nobody agreed.
    """
    tell_world(settings, settings.lake.address)
    platform = Platform(settings)
    go_back(platform, instant_of(platform.lake, as_of), dry_run=dry_run, yes=yes)


def go_back(platform: Platform, instant: Instant, *, dry_run: bool, yes: bool) -> None:
    """Shows what going back changes, asks, and does it."""
    with going_back.alone(platform):
        planned = going_back.plan(platform, instant)
        _show(planned)
        if not planned.is_needed:
            click.echo(f"the lake is as it was at {instant}: there is nothing to restore")
            return
        if dry_run:
            click.echo(f"{NOTHING_DONE}: this was a dry run")
            return
        agree(f"Take the lake and its warehouse back to {instant}?", yes=yes)
        now = datetime.now(UTC)
        platform.progress = stages = progress.shown(quiet=False)
        try:
            going_back.go_back(platform, planned)
        finally:
            stages.stop()
    click.echo(
        f"everything is as it was at {instant}. Documents that came later stay in landing. To undo "
        f'it: indextracker restore --everything --as-of "{now:%Y-%m-%dT%H:%M:%S.%f}"'
    )


def back_up(settings: Settings, to: str, *, check: bool) -> None:
    """Makes a copy of lake and records in another place, and says what was new in it."""
    tell_world(settings, settings.lake.address)
    platform = Platform(settings)
    target = place(to)
    stages = progress.shown(quiet=False)
    dagster = settings.dagster
    try:
        with records.copied(dagster.home, dagster.database) as found:
            done = copies.back_up(platform.lake, target, datetime.now(UTC), found, stages)
        damaged = copies.verify(target, done.copy) if check else []
    finally:
        stages.stop()
    click.echo(
        f"copy {done.copy.name} in {to}: {len(done.copy.files):,} files, "
        f"{bytes_in_words(done.copy.bytes)}; new were {done.new_files:,} files, "
        f"{bytes_in_words(done.new_bytes)}"
    )
    if damaged:
        raise click.ClickException(
            f"{len(damaged)} files of the copy are damaged, such as {damaged[0]}: make it anew in "
            "another place"
        )
    if check:
        click.echo("every file of it was read, and has its digest")


def restore_from(
    settings: Settings, origin: str, *, name: str, everything: bool, dry_run: bool, yes: bool
) -> None:
    """Brings back what the lake has lost from a copy, and then the warehouse."""
    tell_world(settings, settings.lake.address)
    platform = Platform(settings)
    lake, source = platform.lake, place(origin)
    copy = copies.latest(source, lake.world, name)
    with going_back.alone(platform):
        damage = copies.look(lake, copy, everything=everything)
        _tell_damage(damage, copy)
        if dry_run:
            click.echo(f"{NOTHING_DONE}: this was a dry run")
            return
        if damage.is_any:
            agree("Bring this back?", yes=yes)
            platform.progress = stages = progress.shown(quiet=False)
            try:
                returning.bring_back(platform, source, copy, damage)
            finally:
                stages.stop()
    if everything:
        go_back(platform, copy.instant, dry_run=False, yes=yes)
        return
    with going_back.alone(platform):
        returning.mend_warehouse(platform)
    if damage.tables:
        paths = ", ".join(table.path for table in damage.tables)
        click.echo(
            f"{paths}: as of {copy.instant}. What came since is built again from the documents by "
            "indextracker backfill"
        )


def restore_records(settings: Settings, origin: str, name: str, *, yes: bool) -> None:
    """Puts Dagster's records back as they were when a copy was made."""
    source = place(origin)
    copy = copies.latest(source, settings.world, name)
    files = {file: document.read() for file, document in copies.records(source, copy)}
    agree(f"Put Dagster's records of {copy.instant} in the place of those there?", yes=yes)
    records.put_back(settings.dagster.home, files, settings.dagster.database)
    click.echo(f"Dagster's records are those of {copy.instant}: start its processes again")


def _tell_damage(damage: Damage, copy: Copy) -> None:
    """What is lost, and what will come back of it."""
    lines = [
        (len(damage.documents), "documents and marks"),
        (len(damage.files), "files of tables"),
        (len(damage.tables), "whole tables"),
    ]
    for count, what in lines:
        if count:
            click.echo(f"comes back from copy {copy.name}: {count:,} {what}")
    for table in damage.tables:
        click.echo(f"  {table.path}: as of {copy.instant}")
    for sentence in damage.beyond:
        click.echo(f"  not in the copy: {sentence}; rebuild or backfill it")
    if not damage.is_any:
        click.echo(f"nothing is missing that copy {copy.name} has")


def agree(question: str, *, yes: bool) -> None:
    """Asks at a terminal, and elsewhere wants `--yes`.

    Raises:
        click.ClickException: Nobody agreed.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.ClickException(f"{NOTHING_DONE}: say --yes where nobody can be asked")
    if not click.confirm(question, err=True):
        raise click.ClickException(NOTHING_DONE)


def instant_of(lake: Lake, as_of: AsOf | str) -> Instant:
    """The instant that is meant by a name or a time."""
    if isinstance(as_of, str):
        return instants.named(lake, as_of)
    if isinstance(as_of, int):
        raise click.ClickException(
            "versions are of one table each: name an instant or a time for everything"
        )
    begun = going_back.unfinished(lake)
    return begun if begun and begun.at == as_of else instants.at(lake, as_of)


def _show(planned: Plan) -> None:
    """The tables that change, with the rows that they have and will have."""
    rows = []
    for one in planned.tables:
        if one.changed:
            gained = sum(max(after - before, 0) for before, after in one.keys.values())
            lost = sum(max(before - after, 0) for before, after in one.keys.values())
            if not one.keys:
                gained = max(one.rows_after - one.rows_before, 0)
                lost = max(one.rows_before - one.rows_after, 0)
            target = one.target.number if one.target else "none"
            versions = f"{one.current.number} -> {target}"
            numbers = (f"{n:,}" if n else "" for n in (gained, lost, len(one.keys)))
            rows.append((one.table.path, versions, f"{one.rows_after:,}", *numbers))
    if rows:
        columns = ("table", "version", "rows", "gained", "lost", "keys that\ndiffer")
        console().print(grid(f"back to {planned.instant}", columns, rows))
    if planned.begun:
        click.echo("an earlier run has begun this: it is ended now", err=True)
    if planned.loaded:
        click.echo("the warehouse is made anew from these tables", err=True)
