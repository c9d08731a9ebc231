"""`indextracker backfill`: whether it can run, and its run, a subject after the other.

What breaks in one subject stops no other. The one command that imports the code location, and only
after it has found something to do and room for it: Dagster and dbt take seconds to load. What it is
asked for is read in wishes.py.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indextracker.acquiring.deliveries import Delivery, unasked
from indextracker.building.reports import Report
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.installation import shipped
from indextracker.system.rooms import full
from indextracker_catalogue import Key
from indextracker_cli import interrupts, progress
from indextracker_cli.reporting import Reports
from indextracker_cli.wishes import Keys, Wish, begun, counted, each, keys_of_each, span
from indextracker_cli.writing import need_room, telling_full_disks

if TYPE_CHECKING:
    from indextracker_assets.backfill import Backfills

# So many are asked about first: a forgotten --to begins years of them.
MANY_KEYS = 250
# Real documents of all feeds, to the marts: 58 sessions in 220 s (November 2026, two cores).
SECONDS_PER_KEY = 4
UNDONE = "nothing was started"


def run(settings: Settings, wished: Sequence[Wish]) -> Reports:
    """Runs a backfill of each of some subjects, one after the other.

    What breaks in one is in its report, and holds up no other.

    Raises:
        click.ClickException: No range can be meant, or a place cannot be written or has too little
            room.
    """
    need_room(settings)
    platform = Platform(settings)
    # Opened first: a lake of the other world is refused before anything begins.
    _ = platform.lake.world
    keys = keys_of_each(platform, wished)
    meant = [wish for wish in wished if wish.subject.name in keys]
    todo = [wish for wish in meant if begun(platform, keys[wish.subject.name])]
    reports = {
        wish.subject.name: _to_come(platform, wish, keys[wish.subject.name])
        for wish in meant
        if wish not in todo
    }
    if not todo:
        return reports
    if _declined(todo, keys):
        raise click.ClickException(UNDONE)
    return reports | build(platform, todo, keys)


def build(platform: Platform, todo: Sequence[Wish], keys: Mapping[str, Keys]) -> dict[str, Report]:
    """Brings keys of some subjects to a layer, and shows how far it is.

    Args:
        platform: Source, lake, engine and warehouse.
        todo: What is asked of each.
        keys: The keys of each, by its name.

    Raises:
        click.ClickException: A place has too little room.
    """
    settings, world = platform.settings, platform.lake.world
    platform.progress = stages = progress.shown(quiet=any(wish.quiet for wish in todo))
    for wish in todo:
        stages.tell(_headline(world, settings, wish, keys[wish.subject.name]))
    stages.begin("loading Dagster and dbt")
    cancels: list[Callable[[], None]] = []
    try:
        with (
            telling_full_disks(settings),
            interrupts.farewell(lambda: _farewell(stages, cancels, todo)),
        ):
            return _backfill(platform, stages, keys, todo, cancels)
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
    keys: Mapping[str, Keys],
    wished: Sequence[Wish],
    cancels: list[Callable[[], None]],
) -> dict[str, Report]:
    prepare_instance(platform.settings)
    reports: dict[str, Report] = {}
    with _stdout_to_stderr(silent=any(wish.quiet for wish in wished)):
        from indextracker.warehouse.dbt_runs import prepare, prepared  # noqa: PLC0415 - seconds

        if not prepared():
            stages.begin("compiling the dbt project, some 20 s, once after each change of it")
        prepare()
        from indextracker_assets.backfill import Backfills  # noqa: PLC0415 - takes seconds

        try:
            with closing(Backfills(platform)) as backfills:
                cancels.append(backfills.cancel)
                for wish in wished:
                    name = wish.subject.name
                    if wish.beside:
                        stages.begin(name)
                    reports[name] = _backfill_of(backfills, wish, keys[name])
        finally:
            platform.close()
    for report in reports.values():
        if report.failures and (said := full(platform.settings, "; ".join(report.failures))):
            report.failures = [said]
    return reports


def _backfill_of(backfills: Backfills, wish: Wish, keys: Keys) -> Report:
    """The backfill of a subject; beside others, an error of the program is its failure alone."""
    try:
        return backfills.run(
            wish.subject,
            keys,
            feeds=wish.wanted,
            to_layer=wish.to_layer,
            again=wish.again,
            tables=[table.path for table in wish.tables or ()],
            asking=wish.asking,
        )
    except Exception as error:
        if not wish.beside:
            raise
        if "--debug" in sys.argv:
            traceback.print_exc()
        said = str(error).strip() or f"{type(error).__name__} without a message"
        return Report(failures=[f"{wish.subject.name} broke off: {said}"])


def _farewell(
    stages: progress.Stages, cancels: Sequence[Callable[[], None]], todo: Sequence[Wish]
) -> str:
    """Ends what Dagster shows as running, and says what was done."""
    stages.stop()
    for cancel in cancels:
        cancel()
    several = "marts are published whole or not at all"
    marts = "the marts are unchanged" if len(todo) == 1 else several
    return (
        f"interrupted {stages.so_far()}: what was done is kept, {marts}, and the same command "
        "continues from there"
    )


def _to_come(platform: Platform, wish: Wish, keys: Keys) -> Report:
    now = platform.clock()
    states: dict[Key, dict[str, Delivery]] = {}
    for line, key in each(keys):
        feeds = [feed for feed in wish.keyed if FEEDS[feed].timeline == line]
        states.setdefault(key, {}).update({feed: unasked(feed, key, now) for feed in feeds})
    return Report(states)


def _declined(wished: Sequence[Wish], keys: Mapping[str, Keys]) -> bool:
    """Whether somebody at a terminal does not want so many keys."""
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    every = _together(keys[wish.subject.name] for wish in wished)
    number = sum(map(len, every.values()))
    spared = any(wish.yes or wish.quiet for wish in wished)
    if spared or not at_terminal or number <= MANY_KEYS:
        return False
    long = progress.duration(number * SECONDS_PER_KEY)
    first, last = span(every)
    return not click.confirm(
        f"{counted(every)}, {first} to {last}, may take {long} and more. Go on?", err=True
    )


def _together(found: Iterable[Keys]) -> Keys:
    """The keys of several subjects, which share no time line but that of an exchange."""
    every: Keys = {}
    for keys in found:
        for line, of_line in keys.items():
            every.setdefault(line, []).extend(of_line)
    return every


def _headline(world: str, settings: Settings, wish: Wish, keys: Keys) -> str:
    """How much is to be done, of what and where."""
    if wish.tables:
        what = f"tables {', '.join(table.path for table in wish.tables)}"
    elif not wish.asking:
        what = "what was imported"
    else:
        what = f"feeds {', '.join(wish.feeds)}" if wish.feeds else f"all {len(wish.wanted)} feeds"
    first, last = span(keys)
    days = f"{first}" if first == last else f"{first} to {last}"
    whose = f"{wish.subject.name}: " if wish.beside else ""
    return (
        f"{whose}{counted(keys)}, {days}, {what}: {world} data from {settings.source.address} "
        f"into {settings.lake.address}"
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
