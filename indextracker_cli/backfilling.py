"""`indextracker backfill`: which keys, feeds and tables it names, and whether it can run.

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

from indextracker.acquiring.deliveries import Delivery, unasked
from indextracker.building.reports import Report
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.installation import shipped
from indextracker.system.rooms import full, obstacles
from indextracker_catalogue import Key, Sessions, Subject, Table, Timeline, timelines_of
from indextracker_catalogue.shared.builds import BUILDS
from indextracker_cli import interrupts, progress
from indextracker_cli.days import (
    first_day,
    keys_within,
    no_session,
    reached,
    today_of,
    traded_without_session,
)

Keys = dict[Timeline, list[Key]]

RECENT_KEYS = 5
# So many are asked about first: a forgotten --to begins years of them.
MANY_KEYS = 250
# Real documents of all feeds, to the marts: 58 sessions in 220 s (November 2026, two cores).
SECONDS_PER_KEY = 4
UNDONE = "nothing was started"


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a backfill.

    Attributes:
        subject: Whose keys.
        first: First day; days without a key are passed over. Null for the last five keys.
        last: Last day; null for yesterday.
        feeds: Names of feeds; null for all.
        to_layer: The last layer to fill.
        tables: Tables that alone are to be built; null for all.
        everything: Every key of which the archive holds a file, instead of first and last.
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

    @property
    def keyed(self) -> list[str]:
        """Those of them whose documents are requested by key, and not all at once."""
        return [feed for feed in self.wanted if not FEEDS[feed].timeline.at_once]

    @property
    def timelines(self) -> list[Timeline]:
        """The time lines whose keys are meant: of chosen feeds, theirs."""
        lines = [one for one in timelines_of(self.subject) if one.column and not one.at_once]
        chosen = {FEEDS[feed].timeline for feed in self.keyed}
        return [line for line in lines if not self.feeds or line in chosen] or lines[:1]


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
    platform = Platform(settings, progress=stages)
    keys = _keys(platform, wish)
    if not _begun(platform, keys):
        return _to_come(platform, wish, keys)
    if _declined(wish, keys):
        raise click.ClickException(UNDONE)
    platform.progress = stages = progress.shown(quiet=wish.quiet)
    stages.tell(_headline(settings, wish, keys))
    stages.begin("loading Dagster and dbt")
    cancels: list[Callable[[], None]] = []
    try:
        with interrupts.farewell(lambda: _farewell(stages, cancels)):
            return _backfill(platform, stages, keys, wish, cancels)
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
    keys: Keys,
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
            report = backfill(
                platform,
                wish.subject,
                keys,
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


def _keys(platform: Platform, wish: Wish) -> Keys:
    """The keys of the range; says so if there are none, or none yet."""
    if wish.everything:
        if wish.first or wish.last:
            raise click.BadParameter(
                "--all is every session of the archive: leave --from and --to out"
            )
        return _archived(platform, wish)
    first, last = _days(platform, wish)
    calendars = [platform.calendar_of(line) for line in wish.timelines]
    keys = {calendar.timeline: keys_within(calendar, first, last) for calendar in calendars}
    if wish.first and not any(keys.values()):
        click.echo(f"nothing to do: {_why_none(platform, wish, first, last)}", err=True)
    _tell_free_days(platform, wish, first, last)
    if any(keys.values()) and not _begun(platform, keys):
        line, key = next(_each(keys))
        where = " at the exchange" if isinstance(line, Sessions) else ""
        click.echo(
            f"nothing to do yet: it is {today_of(platform, wish.subject)}{where}, and the first "
            f"{line.unit.removesuffix('s')} of the range is {key}",
            err=True,
        )
    return keys


def _days(platform: Platform, wish: Wish) -> tuple[date, date]:
    """The first and the last day of the range: by default those of the last keys until yesterday.

    Raises:
        click.BadParameter: A day is outside of the calendar or the partitions, or the range ends
            before it begins.
    """
    calendar = platform.calendar_of(wish.subject.timeline)
    start = max(platform.settings.lake.start, first_day(calendar))
    last = wish.last or today_of(platform, wish.subject) - timedelta(days=1)
    for day in filter(None, (wish.first, wish.last)):
        if day < start:
            raise click.BadParameter(
                f"partitions begin on {start}: set INDEXTRACKER_START to reach back to {day}"
            )
    reached(calendar, wish.first or start, last)
    if wish.first:
        return wish.first, last
    recent = keys_within(calendar, start, last)[-RECENT_KEYS:]
    return calendar.timeline.day_of(recent[0]) if recent else last, last


def _why_none(platform: Platform, wish: Wish, first: date, last: date) -> str:
    line = wish.subject.timeline
    if isinstance(line, Sessions):
        return no_session(platform.trading_days(line), first, last)
    return f"no {line.unit.removesuffix('s')} begins from {first} to {last}"


def _archived(platform: Platform, wish: Wish) -> Keys:
    """The keys of which an archive holds a file of a feed, from the first partition on."""
    source, start = platform.source, platform.settings.lake.start
    if not isinstance(source, ArchiveSource):
        raise click.BadParameter(
            f"--all is for archives, and the source is {platform.settings.source.address}: "
            "name the sessions by --from and --to"
        )
    today = today_of(platform, wish.subject)
    keys: Keys = {}
    early: Keys = {}
    for line in wish.timelines:
        calendar = platform.calendar_of(line)
        feeds = [FEEDS[feed] for feed in wish.keyed if FEEDS[feed].timeline == line]
        held = source.holds(feeds, keys_within(calendar, first_day(calendar), today))
        keys[line] = [key for key in held if line.day_of(key) >= start]
        early[line] = held[: len(held) - len(keys[line])]
    earlier = (
        f"{source.place} has files of {_counted(early)} before {start}, where partitions begin: "
        f"set INDEXTRACKER_START={_span(early)[0]} to reach them"
        if any(early.values())
        else ""
    )
    if not any(keys.values()):
        raise click.BadParameter(
            earlier or f"{source.place} has no file of {', '.join(wish.wanted)}"
        )
    if earlier:
        click.echo(earlier, err=True)
    _tell_free_days(platform, wish, start, today)
    return keys


def _tell_free_days(platform: Platform, wish: Wish, first: date, last: date) -> None:
    """Says of which days without a session an archive has documents."""
    line = wish.subject.timeline
    if isinstance(platform.source, ArchiveSource) and isinstance(line, Sessions) and first <= last:
        feeds = [FEEDS[feed] for feed in wish.keyed if FEEDS[feed].timeline == line]
        free = platform.trading_days(line).non_sessions(first, last)
        now = platform.clock()
        for sentence in traded_without_session(platform.source, wish.subject, feeds, free, now):
            click.echo(sentence, err=True)


def _begun(platform: Platform, keys: Keys) -> bool:
    """Whether any key is not still to come."""
    now = platform.clock()
    return any(key <= platform.calendar_of(line).key_at(now) for line, key in _each(keys))


def _each(keys: Keys) -> Iterator[tuple[Timeline, Key]]:
    return ((line, key) for line, of_line in keys.items() for key in of_line)


def _to_come(platform: Platform, wish: Wish, keys: Keys) -> Report:
    now = platform.clock()
    states: dict[Key, dict[str, Delivery]] = {}
    for line, key in _each(keys):
        feeds = [feed for feed in wish.keyed if FEEDS[feed].timeline == line]
        states.setdefault(key, {}).update({feed: unasked(feed, key, now) for feed in feeds})
    return Report(states)


def _declined(wish: Wish, keys: Keys) -> bool:
    """Whether somebody at a terminal does not want so many keys."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    number = sum(map(len, keys.values()))
    if wish.yes or wish.quiet or not at_terminal or number <= MANY_KEYS:
        return False
    long = progress.duration(number * SECONDS_PER_KEY)
    first, last = _span(keys)
    return not click.confirm(
        f"{_counted(keys)}, {first} to {last}, may take {long} and more. Go on?", err=True
    )


def _headline(settings: Settings, wish: Wish, keys: Keys) -> str:
    """How much is to be done, of what and where."""
    if wish.tables:
        what = f"tables {', '.join(table.path for table in wish.tables)}"
    else:
        what = f"feeds {', '.join(wish.feeds)}" if wish.feeds else f"all {len(wish.wanted)} feeds"
    first, last = _span(keys)
    days = f"{first}" if first == last else f"{first} to {last}"
    return (
        f"{_counted(keys)}, {days}, {what}: {settings.world} data from {settings.source.address} "
        f"into {settings.lake.address}"
    )


def _counted(keys: Keys) -> str:
    """How many keys there are of each time line."""
    return " and ".join(
        f"{len(of_line):,} {line.unit if len(of_line) != 1 else line.unit.removesuffix('s')}"
        for line, of_line in keys.items()
        if of_line
    )


def _span(keys: Keys) -> tuple[date, date]:
    """The first and the last day of the keys, of which there is one at least."""
    days = [line.day_of(key) for line, key in _each(keys)]
    return min(days), max(days)


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
