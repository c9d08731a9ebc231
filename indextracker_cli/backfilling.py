"""`indextracker backfill`: which sessions, feeds and tables it names, and whether it can run.

The one command that imports the code location, and only after it has found something to do and
room for it: Dagster and dbt take seconds to load.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import click

from indextracker.acquiring.deliveries import unasked
from indextracker.building.reports import Report
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.installation import shipped
from indextracker.system.rooms import full, obstacles
from indextracker_catalogue import Subject, Table
from indextracker_catalogue.shared.builds import BUILDS
from indextracker_catalogue.timeline import Years
from indextracker_cli import interrupts, progress
from indextracker_cli.days import no_session, sessions_between, traded_without_session

RECENT_SESSIONS = 5
# So many are asked about first: a forgotten --to begins years of them.
MANY_SESSIONS = 250
# Real documents of all feeds, to the marts: 58 sessions in 220 s (November 2026, two cores).
SECONDS_PER_SESSION = 4
UNDONE = "nothing was started"


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a backfill.

    Attributes:
        subject: Whose sessions.
        first: First day; days without a session are passed over. Null for the last five.
        last: Last day; null for yesterday.
        feeds: Names of feeds; null for all.
        to_layer: The last layer to fill.
        tables: Tables that alone are to be built; null for all.
        everything: Every session of which the archive holds a file, instead of first and last.
        again: Ask anew for what was accepted before.
        yes: Ask nothing before an unusually long range.
        quiet: Say nothing on the way.
    """

    subject: Subject
    first: date | None
    last: date | None
    feeds: Sequence[str] | None
    to_layer: str
    tables: Sequence[Table] | None = None
    everything: bool = False
    again: bool = False
    yes: bool = False
    quiet: bool = False

    @property
    def wanted(self) -> list[str]:
        """The feeds that are meant."""
        return list(feeds_of(self.subject) if self.feeds is None else self.feeds)


def run(settings: Settings, wish: Wish) -> Report:
    """Runs a backfill.

    Raises:
        click.ClickException: The range or a table cannot be meant, or a place cannot be written or
            has too little room.
    """
    if kept := [t.path for t in wish.tables or () if t.layer == "bronze" or t == BUILDS]:
        raise click.BadParameter(
            f"--tables builds tables of silver and gold, and {', '.join(kept)} is not one of "
            "them: documents are requested by --feeds"
        )
    if wrong := obstacles(settings):
        raise click.ClickException("; ".join(wrong))
    stages = progress.Stages(lambda _: None)
    platform = Platform(settings, progress=stages, subject=wish.subject)
    sessions = _sessions(platform, wish)
    if not sessions or sessions[0] > platform.today:
        return _to_come(platform, wish, sessions)
    if _declined(wish, sessions):
        raise click.ClickException(UNDONE)
    platform.progress = stages = progress.shown(quiet=wish.quiet)
    stages.tell(_headline(settings, wish, sessions))
    stages.begin("loading Dagster and dbt")
    cancels: list[Callable[[], None]] = []
    try:
        with interrupts.farewell(lambda: _farewell(stages, cancels)):
            return _backfill(platform, stages, sessions, wish, cancels)
    except Exception as error:
        if sentence := full(settings, str(error)):
            raise click.ClickException(sentence) from error
        raise
    finally:
        stages.stop()


def prepare_instance(settings: Settings) -> None:
    """Puts the deployment's dagster.yaml into a DAGSTER_HOME that has none."""
    home = Path(settings.dagster.home)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "dagster.yaml").exists():
        ours = shipped(f"deployment/{settings.deployment.env}/dagster.yaml")
        shutil.copy(ours, home / "dagster.yaml")


def _backfill(
    platform: Platform,
    stages: progress.Stages,
    sessions: Sequence[date],
    wish: Wish,
    cancels: list[Callable[[], None]],
) -> Report:
    prepare_instance(platform.settings)
    with _stdout_to_stderr(silent=wish.quiet):
        from indextracker.warehouse.dbt_runs import prepare, prepared  # noqa: PLC0415 - seconds

        if not prepared():
            stages.begin("compiling the dbt project, some 20 s, once after each change of it")
        prepare()
        from indextracker_assets.backfill import backfill  # noqa: PLC0415 - takes seconds

        try:
            timeline = wish.subject.timeline
            report = backfill(
                platform,
                wish.subject,
                {timeline: [timeline.key_of(session) for session in sessions]},
                feeds=wish.wanted,
                to_layer=wish.to_layer,
                again=wish.again,
                tables=[table.path for table in wish.tables or ()],
                when_interrupted=cancels.append,
            )
        finally:
            platform.close()
    if report.failures and (sentence := full(platform.settings, "; ".join(report.failures))):
        report.failures = [sentence]
    return report


def _farewell(stages: progress.Stages, cancels: Sequence[Callable[[], None]]) -> str:
    """Ends what Dagster shows as running, and says what was done."""
    stages.stop()
    for cancel in cancels:
        cancel()
    return (
        f"interrupted {stages.so_far()}: what was done is kept, the marts are unchanged, and the "
        "same command continues from there"
    )


def _sessions(platform: Platform, wish: Wish) -> list[date]:
    """The sessions of the range; says so if there are none, or none yet."""
    if wish.everything:
        if wish.first or wish.last:
            raise click.BadParameter(
                "--all is every session of the archive: leave --from and --to out"
            )
        return _archived(platform, wish)
    calendar = platform.calendar
    start = max(platform.settings.lake.start, calendar.start)
    first, last = wish.first, wish.last or platform.today - timedelta(days=1)
    for day in filter(None, (first, wish.last)):
        if day < start:
            raise click.BadParameter(
                f"partitions begin on {start}: set INDEXTRACKER_START to reach back to {day}"
            )
    sessions = sessions_between(calendar, first or start, last)
    if first is None:
        sessions = sessions[-RECENT_SESSIONS:]
        first = sessions[0] if sessions else last
    elif not sessions:
        click.echo(f"nothing to do: {no_session(calendar, first, last)}", err=True)
    _tell_free_days(platform, wish, first, last)
    if sessions and sessions[0] > platform.today:
        click.echo(
            f"nothing to do yet: it is {platform.today} at the exchange, and the first session of "
            f"the range is {sessions[0]}",
            err=True,
        )
    return sessions


def _archived(platform: Platform, wish: Wish) -> list[date]:
    """The sessions of which an archive holds a file of a feed, from the first partition on."""
    source, calendar, start = platform.source, platform.calendar, platform.settings.lake.start
    if not isinstance(source, ArchiveSource):
        raise click.BadParameter(
            f"--all is for archives, and the source is {platform.settings.source.address}: "
            "name the sessions by --from and --to"
        )
    asked = [FEEDS[feed] for feed in wish.wanted if FEEDS[feed].timeline != Years()]
    held = source.holds(asked, calendar.sessions(calendar.start, platform.today))
    sessions = [session for session in held if session >= start]
    early = held[: len(held) - len(sessions)]
    earlier = (
        f"{source.place} has files of {len(early)} session{'s' if len(early) > 1 else ''} before "
        f"{start}, where partitions begin: set INDEXTRACKER_START={early[0]} to reach them"
        if early
        else ""
    )
    if not sessions:
        raise click.BadParameter(
            earlier or f"{source.place} has no file of {', '.join(wish.wanted)}"
        )
    if earlier:
        click.echo(earlier, err=True)
    _tell_free_days(platform, wish, start, platform.today)
    return sessions


def _tell_free_days(platform: Platform, wish: Wish, first: date, last: date) -> None:
    """Says of which days without a session an archive has documents."""
    if isinstance(platform.source, ArchiveSource) and first <= last:
        feeds = [FEEDS[feed] for feed in wish.wanted if FEEDS[feed].timeline != Years()]
        free = platform.calendar.non_sessions(first, last)
        now = platform.clock()
        for sentence in traded_without_session(platform.source, wish.subject, feeds, free, now):
            click.echo(sentence, err=True)


def _to_come(platform: Platform, wish: Wish, sessions: Sequence[date]) -> Report:
    now = platform.clock()
    feeds = [feed for feed in wish.wanted if FEEDS[feed].timeline != Years()]
    return Report(
        {str(day): {feed: unasked(feed, str(day), now) for feed in feeds} for day in sessions}
    )


def _declined(wish: Wish, sessions: Sequence[date]) -> bool:
    """Whether somebody at a terminal does not want so many sessions."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if wish.yes or wish.quiet or not at_terminal or len(sessions) <= MANY_SESSIONS:
        return False
    long = progress.duration(len(sessions) * SECONDS_PER_SESSION)
    return not click.confirm(
        f"{len(sessions):,} sessions, {sessions[0]} to {sessions[-1]}, may take {long} and more. "
        "Go on?",
        err=True,
    )


def _headline(settings: Settings, wish: Wish, sessions: Sequence[date]) -> str:
    """How much is to be done, of what and where."""
    days = f"{sessions[0]}" if len(sessions) == 1 else f"{sessions[0]} to {sessions[-1]}"
    number = f"{len(sessions):,} session{'' if len(sessions) == 1 else 's'}"
    if wish.tables:
        what = f"tables {', '.join(table.path for table in wish.tables)}"
    else:
        what = f"feeds {', '.join(wish.feeds)}" if wish.feeds else f"all {len(wish.wanted)} feeds"
    return (
        f"{number}, {days}, {what}: {settings.world} data from {settings.source.address} into "
        f"{settings.lake.address}"
    )


@contextlib.contextmanager
def _stdout_to_stderr(*, silent: bool) -> Iterator[None]:
    """Keeps standard output for the result: dbt and Dagster write there as they go.

    What they say is shown only where INDEXTRACKER's own lines are not enough: with --debug.
    """
    debug = "--debug" in sys.argv
    logging.getLogger("dagster").setLevel(logging.WARNING if debug else logging.CRITICAL)
    warnings.simplefilter("default" if debug else "ignore")
    # Multiprocessing's tracker removes what an interrupted dbt leaves, and would say so after our
    # last word.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    sink = sys.stderr if debug and not silent else open(os.devnull, "w")  # noqa: SIM115, PTH123
    with contextlib.redirect_stdout(sink):
        yield
