"""`indextracker backfill`: sessions and feeds from the command line, progress on the terminal.

The one command that imports the code location.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import time
import warnings
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.platform import Platform
from indextracker.settings import PROJECT, Settings

if TYPE_CHECKING:
    from indextracker_assets.backfill import Report


RECENT_SESSIONS = 5


def run(  # noqa: PLR0913 - the options of the command
    settings: Settings,
    first: date | None,
    last: date | None,
    *,
    everything: bool,
    feeds: list[str] | None,
    to_layer: str,
    again: bool,
    quiet: bool,
) -> Report:
    """Runs a backfill of the sessions from `first` to `last`.

    Args:
        settings: Where everything is.
        first: First day; days without a session are passed over. Null for the last five.
        last: Last day; null for yesterday.
        everything: Every session of which the archive holds a file, instead of first and last.
        feeds: Names of feeds; null for all.
        to_layer: The last layer to fill.
        again: Ask anew for what was accepted before.
        quiet: Say nothing on the way.

    Raises:
        click.BadParameter: The range cannot be meant.
    """
    names = feeds or list(FEEDS)
    platform = Platform(settings)
    if everything and (first or last):
        raise click.BadParameter("--all is every session of the archive: leave --from and --to out")
    sessions = _archived(platform, names) if everything else _sessions(platform, first, last)
    prepare_instance(settings)
    started = time.monotonic()

    def tell(what: str) -> None:
        if not quiet:
            click.echo(f"{time.monotonic() - started:6.1f} s  {what}", err=True)

    tell("starting")
    with _stdout_to_stderr(silent=quiet):
        from indextracker.warehouse.dbt_runs import prepare  # noqa: PLC0415 - takes seconds
        from indextracker_assets.backfill import backfill  # noqa: PLC0415

        prepare()
        try:
            return backfill(
                platform, sessions, feeds=names, to_layer=to_layer, again=again, progress=tell
            )
        finally:
            platform.close()


def prepare_instance(settings: Settings) -> None:
    """Puts the deployment's dagster.yaml into a DAGSTER_HOME that has none."""
    home = Path(settings.dagster_home)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        shutil.copy(PROJECT / "deployment" / settings.env / "dagster.yaml", home / "dagster.yaml")


def _sessions(platform: Platform, first: date | None, last: date | None) -> list[date]:
    calendar, start = platform.calendar, platform.settings.start
    if last is None:
        last = datetime.now(calendar.timezone).date() - timedelta(days=1)
    if first is None:
        return calendar.sessions(start, last)[-RECENT_SESSIONS:]
    if last < first:
        raise click.BadParameter(f"the range ends on {last}, before it begins on {first}")
    if first < start:
        raise click.BadParameter(
            f"partitions begin on {start}: set INDEXTRACKER_START to reach back to {first}"
        )
    return calendar.sessions(first, last)


def _archived(platform: Platform, feeds: list[str]) -> list[date]:
    """The sessions of which an archive holds a file of a feed, from the first partition on."""
    source, calendar, start = platform.source, platform.calendar, platform.settings.start
    if not isinstance(source, ArchiveSource):
        raise click.BadParameter(
            f"--all is for archives, and the source is {platform.settings.source}: name the "
            "sessions by --from and --to"
        )
    today = platform.clock().astimezone(calendar.timezone).date()
    asked = [FEEDS[feed] for feed in feeds if not FEEDS[feed].yearly]
    held = source.holds(asked, calendar.sessions(calendar.start, today))
    sessions = [session for session in held if session >= start]
    early = held[: len(held) - len(sessions)]
    earlier = (
        f"{source.place} has files of {len(early)} sessions before {start}, where partitions "
        f"begin: set INDEXTRACKER_START={early[0]} to reach them"
        if early
        else ""
    )
    if not sessions:
        raise click.BadParameter(earlier or f"{source.place} has no file of {', '.join(feeds)}")
    if earlier:
        click.echo(earlier, err=True)
    return sessions


@contextlib.contextmanager
def _stdout_to_stderr(*, silent: bool) -> Iterator[None]:
    """Keeps standard output for the result: dbt and Dagster write there as they go.

    What they say is shown only where INDEXTRACKER's own lines are not enough: with --debug.
    """
    debug = "--debug" in sys.argv
    logging.getLogger("dagster").setLevel(logging.WARNING if debug else logging.CRITICAL)
    warnings.simplefilter("default" if debug else "ignore")
    sink = sys.stderr if debug and not silent else open(os.devnull, "w")  # noqa: SIM115, PTH123
    with contextlib.redirect_stdout(sink):
        yield
