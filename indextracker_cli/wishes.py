"""Which subjects, keys, feeds and tables a backfill is asked for on the command line.

Without a subject each is meant. Running it does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import click

from indextracker.building.jobs import in_order
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.platform import Platform
from indextracker_catalogue import (
    Key,
    Sessions,
    Subject,
    Table,
    Timeline,
    subject_of,
    timelines_of,
)
from indextracker_catalogue.shared.builds import BUILDS
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


@dataclass(frozen=True)
class Wish:
    """What somebody asks of the backfill of a subject.

    Attributes:
        subject: Whose keys.
        first: First day; days without a key are passed over. Null for the last five keys.
        last: Last day; null for yesterday, of which keys that are not due yet are left out.
        feeds: Names of feeds; null for all.
        to_layer: The last layer to fill.
        tables: Tables that alone are to be built; null for all.
        everything: Every key of which the archive holds a file, instead of first and last.
        again: Ask anew for what was accepted before.
        yes: Ask nothing before an unusually long range.
        asking: Whether documents are asked for; without, all is built from what is there.
        quiet: Say nothing on the way.
        beside: Whether it is one of several subjects, so that a sentence has to name it.
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
    asking: bool = True
    quiet: bool = False
    beside: bool = False

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

    def say(self, sentence: str) -> None:
        """Says on standard error what there is to say before anything begins."""
        click.echo(f"{self.subject.name}: {sentence}" if self.beside else sentence, err=True)


def wishes(
    subject: Subject | None,
    *,
    feeds: Sequence[str] | None,
    tables: Sequence[Table] | None,
    **more: Any,
) -> list[Wish]:
    """What is asked of each subject: of the one that is named, else of all that are meant.

    Feeds and tables mean the subjects that have them. A subject comes after those whose tables its
    own are computed of.

    Args:
        subject: The subject that is named; None where none is.
        feeds: Names of feeds; None for all.
        tables: Tables that alone are to be built; None for all.
        more: What else a `Wish` holds, the same for each.

    Raises:
        click.BadParameter: A table is none of those that are built, or a feed or table is of
            another subject than the one that is named.
    """
    if kept := [t.path for t in tables or () if t.layer == "bronze" or t == BUILDS]:
        raise click.BadParameter(
            f"--tables builds tables of silver and gold, and {', '.join(kept)} is not one of "
            "them: documents are requested by --feeds"
        )
    found = []
    for one in [subject] if subject else in_order():
        own_feeds = feeds and [name for name in feeds if name in feeds_of(one)]
        own_tables = tables and [table for table in tables if subject_of(table) == one]
        named, own = _names(feeds, tables), _names(own_feeds, own_tables)
        if subject and own != named:
            strange = ", ".join(name for name in named if name not in own)
            raise click.BadParameter(f"{strange}: {subject.name} has nothing of this name")
        if own_feeds != [] and own_tables != []:
            found.append(Wish(one, feeds=own_feeds, tables=own_tables, **more))
    if not found:
        raise click.BadParameter(f"no subject has all of {', '.join(_names(feeds, tables))}")
    return [replace(wish, beside=len(found) > 1) for wish in found]


def _names(feeds: Sequence[str] | None, tables: Sequence[Table] | None) -> list[str]:
    return [*(feeds or ()), *(table.path for table in tables or ())]


def keys_of_each(platform: Platform, wished: Sequence[Wish]) -> dict[str, Keys]:
    """The keys of each subject; one whose range cannot be meant is left out, and it is said why.

    Raises:
        click.BadParameter: It can be meant of none.
    """
    found: dict[str, Keys] = {}
    wrong: dict[str, click.BadParameter] = {}
    for wish in wished:
        try:
            found[wish.subject.name] = _keys(platform, wish)
        except click.BadParameter as error:
            wrong[wish.subject.name] = error
    for wish in wished:
        if why := wrong.get(wish.subject.name):
            if not found:
                raise why
            wish.say(f"left out: {why.message}")
    return found


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
    if not (wish.first or wish.last):
        # Where a subject is, a day may be over of which hours of UTC are still to come.
        keys = {line: _due(wish, line, of_line, platform.clock()) for line, of_line in keys.items()}
    if wish.first and not any(keys.values()):
        wish.say(f"nothing to do: {_why_none(platform, wish, first, last)}")
    _tell_free_days(platform, wish, first, last)
    if any(keys.values()) and not begun(platform, keys):
        line, key = next(each(keys))
        where = " at the exchange" if isinstance(line, Sessions) else ""
        wish.say(
            f"nothing to do yet: it is {today_of(platform, wish.subject)}{where}, and the first "
            f"{line.unit.removesuffix('s')} of the range is {key}"
        )
    return keys


def _due(wish: Wish, line: Timeline, keys: list[Key], now: datetime) -> list[Key]:
    """The keys of which every document is due."""
    feeds = [FEEDS[name] for name in wish.keyed if FEEDS[name].timeline == line]
    return [key for key in keys if all(feed.due(key) <= now for feed in feeds)]


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
        f"{source.place} has files of {counted(early)} before {start}, where partitions begin: "
        f"set INDEXTRACKER_START={span(early)[0]} to reach them"
        if any(early.values())
        else ""
    )
    if not any(keys.values()):
        raise click.BadParameter(
            earlier or f"{source.place} has no file of {', '.join(wish.wanted)}"
        )
    if earlier:
        wish.say(earlier)
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
            wish.say(sentence)


def begun(platform: Platform, keys: Keys) -> bool:
    """Whether any key is not still to come."""
    now = platform.clock()
    return any(key <= platform.calendar_of(line).key_at(now) for line, key in each(keys))


def each(keys: Mapping[Timeline, Sequence[Key]]) -> Iterator[tuple[Timeline, Key]]:
    """Each key with its time line."""
    return ((line, key) for line, of_line in keys.items() for key in of_line)


def counted(keys: Keys) -> str:
    """How many keys there are of each time line."""
    return " and ".join(
        f"{len(of_line):,} {line.unit if len(of_line) != 1 else line.unit.removesuffix('s')}"
        for line, of_line in keys.items()
        if of_line
    )


def span(keys: Keys) -> tuple[date, date]:
    """The first and the last day of the keys, of which there is one at least."""
    days = [line.day_of(key) for line, key in each(keys)]
    return min(days), max(days)
