"""`indextracker rebuild`: all layers of a lake anew from its documents, beside what is there."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from indextracker import settings as environment
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker.platform import Platform
from indextracker.recovery import going_back, rebuilding
from indextracker.recovery.rebuilding import Difference
from indextracker.recovery.warehouses import remake
from indextracker_catalogue import SUBJECTS
from indextracker_cli import backfilling, progress
from indextracker_cli.recovering import NOTHING_DONE, agree
from indextracker_cli.show import console, grid
from indextracker_cli.wishes import Wish
from indextracker_cli.worlds import tell_world

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indextracker.settings import Settings
    from indextracker_catalogue import Table

DIFFERENT = 2
KEYS_SHOWN = 5


def run(settings: Settings, into: str | None, *, replace: bool, yes: bool) -> int:
    """Makes the lake anew, says where it differs, and takes that over if it is wished.

    Returns:
        0 where nothing differs, or what differs was taken over; else 2.
    """
    tell_world(settings, settings.lake.address)
    here = Platform(settings)
    address = into or f"{settings.lake.address}-rebuilt"
    # Its runs are in records of their own, whatever the deployment.
    home = f"{settings.dagster.home}-rebuilt"
    anew = environment.load(lake=address, dagster_home=home, env="local", dagster_database="")
    environment.export(anew)
    old = here.lake
    with TemporaryDirectory() as nothing:
        made = rebuilding.Anew(anew, old, ArchiveSource(nothing))
        try:
            given = rebuilding.seed(old, made.lake)
            _build(made, old)
        finally:
            made.close()
            environment.export(settings)
        new = Lake(made.lake.address, settings.world)
    differing, equal = [], 0
    stages = progress.shown(quiet=False)
    stages.begin("comparing", len(new.tables()), "tables")
    for found in rebuilding.compared(old, new, given):
        stages.advance()
        if isinstance(found, Difference):
            differing.append(found)
        else:
            equal += 1
    stages.stop()
    _tell(differing, equal, rebuilding.left(old, new, given), address)
    if not differing:
        return 0
    if not replace:
        click.echo(f"{NOTHING_DONE}; --replace takes over what differs")
        return DIFFERENT
    agree(f"Put these {len(differing)} tables in the place of those there?", yes=yes)
    here.progress = stages = progress.shown(quiet=False)
    try:
        with going_back.alone(here):
            for difference in differing:
                rebuilding.take_over(old, new, difference)
            if here.warehouse.published_yet():
                remake(here)
    finally:
        stages.stop()
    click.echo(f"{len(differing)} tables were taken over; remove {address} when all is well")
    return 0


def _build(made: rebuilding.Anew, old: Lake) -> None:
    """Has backfills build what the documents give, of one subject after the other."""
    for subject in SUBJECTS.values():
        if keys := rebuilding.keys_of(old, subject):
            wish = Wish(subject, None, None, None, "gold", yes=True, beside=True)
            report = backfilling.build(made, [wish], {subject.name: keys})[subject.name]
            if report.failures:
                raise click.ClickException(
                    f"{subject.name} could not be made anew, and nothing was replaced: "
                    f"{'; '.join(report.failures)}"
                )


def _tell(differing: Sequence[Difference], equal: int, left: Sequence[Table], address: str) -> None:
    """What is equal, what differs and in which rows, and what was not made."""
    rows = []
    for one in differing:
        there = sum(count for count, _ in one.keys.values())
        anew = sum(count for _, count in one.keys.values())
        keys = ", ".join(key for key in list(one.keys)[:KEYS_SHOWN] if key)
        rows.append((one.table.path, f"{there:,}", f"{anew:,}", one.unreadable or keys))
    if rows:
        columns = ("table", "rows there", "made anew", "keys that differ")
        console().print(grid(f"made anew in {address}", columns, rows))
    for one in differing:
        for where, found in (("there alone", one.there), ("made anew alone", one.anew)):
            for row in found:
                told = ", ".join(f"{name}={value}" for name, value in row.items())
                click.echo(f"  {one.table.path} {where}: {told}")
    click.echo(f"{equal} tables made from documents are equal to those there, row by row")
    if left:
        click.echo(f"left as they are: {', '.join(table.path for table in left)}")
