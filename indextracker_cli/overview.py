"""`indextracker status`: one screen of what is there, what is missing, and what is deleted soon."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import TypeVar

import click

from indextracker.feeds import FEEDS, feeds_of
from indextracker.lake.arrow import without_pandas
from indextracker.monitoring.missing import Gap, ranges, where_in_words
from indextracker.monitoring.states import Series, States
from indextracker.platform import Platform
from indextracker.reference import old_reviews
from indextracker.settings import Settings
from indextracker_catalogue import SUBJECTS, Key, Subject, rejects_tables, tables_of
from indextracker_cli.days import looked_at
from indextracker_cli.show import console
from indextracker_cli.states_json import told
from indextracker_cli.worlds import newer_elsewhere

KEYS_SHOWN = 30
# What fits with the rest on a screen of forty lines.
LINES_OF_GAPS = 8
BEHIND_SHOWN = 2
SOON_SHOWN = 3
COUNT_WIDTH = 7

# One character per key and feed: what is there is light, what is missing a letter.
SYMBOLS = {
    "accepted": (".", "there"),
    "closed": ("c", "closed: no session"),
    "never": ("x", "never published"),
    "not_yet": ("n", "not yet published"),
    "partial": ("p", "partial: such as the file published at dawn"),
    "blocked": ("b", "blocked"),
    "refused": ("r", "refused"),
    "missing": ("m", "missing"),
    "gone": ("g", "gone: deleted by the publisher"),
    "unasked": ("-", "not asked for yet"),
}
NAMES = {"unasked": "not asked for yet", "not_yet": "not yet"}

Lines = Iterable[str]
T = TypeVar("T")


def show(
    settings: Settings,
    subjects: Iterable[Subject],
    first: date | None,
    last: date | None,
    *,
    feeds: Sequence[str] | None,
    as_json: bool,
) -> int:
    """Prints the states of the sessions from `first` to `last`; of the last 30 by default.

    Of several subjects, one whose states cannot be read is named with the reason and hides no
    other.

    Args:
        settings: Where everything is.
        subjects: Whose sessions; those without any of the feeds are left out.
        first: First day; null for the thirtieth last session.
        last: Last day; null for today.
        feeds: Names of feeds; null for all.
        as_json: Print one JSON object instead.

    Returns:
        The exit code: 1 where the states of a subject cannot be read, else 0.

    Raises:
        click.BadParameter: The range ends before it begins.
    """
    without_pandas()
    meant = [one for one in subjects if feeds is None or not feeds_of(one).keys().isdisjoint(feeds)]
    platform, shown = Platform(settings), console()
    # Opened first: a lake of the other world is an error of no subject.
    world = platform.lake.world

    def look(subject: Subject) -> States:
        return _states(platform, subject, first, last, feeds)

    if as_json:
        objects, broken = _of_each(meant, lambda subject: told(look(subject), settings))
        every = objects | {name: {"failure": why} for name, why in broken.items()}
        one = next(iter(every.values())) if len(every) == 1 else {"subjects": every}
        click.echo(json.dumps(one, ensure_ascii=False))
        return 1 if broken else 0
    screens, broken = _of_each(meant, lambda subject: _screen(look(subject), shown.width))
    shown.print(f"{world} data: lake {settings.lake.address}", soft_wrap=True)
    for name, (_, screen) in screens.items():
        if len(meant) > 1:
            shown.print(f"\n{name}: {SUBJECTS[name].title}", soft_wrap=True)
        for line in screen:
            shown.print(line, soft_wrap=True)
    begin = first or settings.lake.start
    if any(begin > (last or today) for today, _ in screens.values()):
        shown.print(f"sessions are kept from INDEXTRACKER_START={begin} on", soft_wrap=True)
    if other := newer_elsewhere(settings):
        shown.print(other, soft_wrap=True)
    for name, why in broken.items():
        click.echo(f"failed: {name}: {why}", err=True)
    return 1 if broken else 0


def _of_each(
    subjects: Sequence[Subject], tell: Callable[[Subject], T]
) -> tuple[dict[str, T], dict[str, str]]:
    """What there is to tell of each subject, and of which of several there is nothing, and why."""
    found: dict[str, T] = {}
    broken: dict[str, str] = {}
    for subject in subjects:
        try:
            found[subject.name] = tell(subject)
        except click.ClickException:
            raise
        except Exception as error:
            if len(subjects) == 1:
                raise
            said = str(error).strip().partition("\n")[0]
            broken[subject.name] = said or type(error).__name__
    return found, broken


def _screen(states: States, width: int) -> tuple[date, list[str]]:
    """The day where the subject is, and its part of the screen."""
    return states.today, [*lines(states, width)]


def _states(
    platform: Platform,
    subject: Subject,
    first: date | None,
    last: date | None,
    feeds: Sequence[str] | None,
) -> States:
    """The states of a subject in the range."""
    keys = looked_at(platform, subject, first, last, KEYS_SHOWN)
    own = feeds_of(subject)
    return States(platform, subject, keys, [name for name in feeds or own if name in own])


def lines(states: States, width: int) -> Lines:
    """The screen, line by line, none wider than `width`."""
    for one in states.series:
        yield from _counts(states, one)
    left = [name for name in feeds_of(states.subject) if name not in states.every_feed]
    if left and states.keys:
        yield from _wrapped(f"not looked at: {', '.join(left)}", width, "  ")
    for one in states.series:
        yield from _earlier(states, one, width)
    if states.series and not states.keys:
        return
    yield ""
    for one in states.series:
        if one.feeds and one.keys:
            yield from _matrix(states, one, width)
            yield ""
    yield from _missing(states, width)
    yield from _expiring(states, width)
    yield from _layers(states, width)


def _counts(states: States, one: Series) -> Lines:
    if not one.keys:
        yield f"no {one.timeline.unit.removesuffix('s')} in this range"
        return
    if not one.feeds:
        by_stream = any(table.by_stream for table in tables_of(states.subject))
        how = "events come by a stream" if by_stream else "no document is requested"
        yield f"{_span(one.keys)}: {len(one.keys)} {one.timeline.unit}; {how}"
        return
    there = states.count(one, "accepted")
    wanted = len(one.keys) * len(one.feeds) - states.count(one, "closed", "never")
    yield (
        f"{_span(one.keys)}: {len(one.keys)} {one.timeline.unit}, {len(states.complete(one))} "
        f"complete; {there} of {wanted} documents"
    )


def _earlier(states: States, one: Series, width: int) -> Lines:
    earlier = states.earlier(one)
    if there := earlier.keys:
        yield from _wrapped(
            f"before that: {len(there)} {one.timeline.unit} with documents, {_span(there)}, "
            f"{earlier.complete} of them complete: indextracker status --from "
            f"{one.timeline.day_of(there[0])}{_only(states)}",
            width,
            "  ",
        )


def _only(states: States) -> str:
    """The option that chooses these feeds, where they are not all."""
    chosen = states.every_feed
    return "" if len(chosen) == len(feeds_of(states.subject)) else f" --feeds {','.join(chosen)}"


def _matrix(states: States, one: Series, width: int) -> Lines:
    """A line per feed, a character per key; what is complete makes room where it must."""
    margin = max(map(len, one.feeds)) + 2
    keys, room, unit = one.keys, width - margin - COUNT_WIDTH, one.timeline.unit
    if len(keys) > room:
        complete = set(states.complete(one))
        incomplete = [key for key in keys if key not in complete]
        keys = incomplete[-room:]
        if complete:
            yield f"not shown: {len(complete)} complete {unit}"
        if older := len(incomplete) - len(keys):
            yield f"not shown: {older} older {unit} that are not complete"
    if not keys:
        return
    yield " " * margin + _headings(keys)
    for digit in (-2, -1):
        yield " " * margin + "".join(key[digit] for key in keys)
    used = set()
    for feed in one.feeds:
        found = [states.of(feed, key).state for key in keys]
        used.update(found)
        symbols = "".join(SYMBOLS[state][0] for state in found)
        yield f"{feed:<{margin}}{symbols}{found.count('accepted'):>{COUNT_WIDTH - 2}}"
    legend = (f"{symbol} {says}" for state, (symbol, says) in SYMBOLS.items() if state in used)
    yield from _wrapped(", ".join(legend), width, "  ")


def _headings(keys: Sequence[Key]) -> str:
    """What stands before the last two digits of keys, above the first of them where it has room.

    That is the month of a day, and the day of an hour.
    """
    line, before = "", None
    for number, key in enumerate(keys):
        heading = key[:-3]
        if heading != before and len(line) <= number:
            line = f"{line:<{number}}{heading} "
        before = heading
    return line.rstrip()


def _missing(states: States, width: int) -> Lines:
    if not any(one.feeds for one in states.series):
        return
    if not states.gaps:
        behind = any(layer.behind for layer in states.layers)
        yield "no document is missing" if behind else "nothing is missing"
        return
    yield "what is missing, and why:"
    left = LINES_OF_GAPS
    for position, gap in enumerate(states.gaps):
        told = [
            *_wrapped(f"{gap.number:>5} {_why(gap, states)}", width, "      ", most=2),
            *_wrapped(
                f"      {where_in_words(gap.where, states.feeds, states.platform.calendar_of)}",
                width,
                "      ",
                most=1,
            ),
        ]
        if len(told) > left:
            hidden = states.gaps[position:]
            number = sum(gap.number for gap in hidden)
            yield f"{number:>5} for {len(hidden)} other reasons: indextracker status --json"
            return
        yield from told
        left -= len(told)


def _why(gap: Gap, states: States) -> str:
    name = NAMES.get(gap.state, gap.state)
    if gap.state != "unasked":
        return f"{name}{', the newest' if gap.varies else ''}: {gap.reason}"
    lines = {feed: FEEDS[feed].timeline for feed in gap.where}
    days = [
        lines[feed].day_of(key)
        for feed, keys in gap.where.items()
        for key in keys
        if not lines[feed].at_once
    ]
    span = f" --from {min(days)} --to {max(days)}" if days else ""
    return f"{name}: indextracker backfill {states.subject.name}{span}{_only(states)}"


def _expiring(states: States, width: int) -> Lines:
    if not states.expiring:
        return
    found = list(states.expiring.items())
    yield f"the exchange will delete what is missing here ({_documents(found)} documents):"
    for left, feeds in found[:SOON_SHOWN]:
        when = f"{left} trading days left"
        if left == 1:
            last = states.last_day(next(iter(feeds)))
            free = last > states.today.isoformat()
            when = f"{last if free else 'today'} is the last day"
        where = where_in_words(feeds, states.feeds, states.platform.calendar_of)
        yield from _wrapped(f"  {when}: {where}", width, "    ", most=1)
    if later := found[SOON_SHOWN:]:
        until = f" to {later[-1][0]}" if len(later) > 1 else ""
        yield f"  {later[0][0]}{until} trading days left: {_documents(later)} more"


def _documents(found: Iterable[tuple[int, Mapping[str, Sequence[Key]]]]) -> int:
    return sum(len(keys) for _, feeds in found for keys in feeds.values())


def _layers(states: States, width: int) -> Lines:
    newest: dict[str, list[str]] = {}
    for layer in states.layers:
        newest.setdefault(str(layer.newest or "nothing"), []).append(layer.name)
    said = "; ".join(f"{day} in {', '.join(names)}" for day, names in newest.items())
    yield from _wrapped(f"newest: {said}", width, "  ")
    yield from _behind(states, width)
    if old := old_reviews(states.today):
        said = ", ".join(review.kind for review in old)
        yield f"reference data whose review is outdated: {said} (see doctor)"
    if states.rejects:
        tables = ", ".join(table.path for table in rejects_tables(states.subject))
        yield f"lines that could not be read: {states.rejects:,} ({tables})"


def _behind(states: States, width: int) -> Lines:
    """The tables that are not of their documents, those of the same keys together."""
    layers = states.layers
    same: dict[tuple[Key, ...], list[str]] = {}
    for layer in layers:
        for keys in dict.fromkeys(tuple(keys) for keys in layer.tables.values() if keys):
            paths = [path for path, found in layer.tables.items() if tuple(found) == keys]
            whole = len(paths) == len(layer.tables) > 1
            same.setdefault(keys, []).extend([f"all of {layer.name}"] if whole else paths)
    if not same:
        return
    line = {key: one.timeline for one in states.series for key in one.keys}
    days = [line[key].day_of(key) for keys in same for key in keys]
    number = sum(bool(keys) for layer in layers for keys in layer.tables.values())
    yield from _wrapped(
        f"{number} table{'s are' if number > 1 else ' is'} not made from the documents that are "
        f"there: indextracker backfill {states.subject.name} --from {min(days)} --to {max(days)}"
        f"{_only(states)}",
        width,
        "    ",
    )
    for keys, names in list(same.items())[:BEHIND_SHOWN]:
        said = ranges(keys, states.platform.calendar_of(line[keys[0]]))
        yield from _wrapped(f"  {', '.join(names)}: {said}", width, "    ", most=1)
    if len(same) > BEHIND_SHOWN:
        yield "  and others: indextracker status --json"


def _span(keys: Sequence[Key]) -> str:
    return f"{keys[0]}" if len(keys) == 1 else f"{keys[0]} to {keys[-1]}"


def _wrapped(text: str, width: int, indent: str, most: int | None = None) -> list[str]:
    """A text in lines that begin with `indent` but for the first, cut after so many."""
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=indent,
        max_lines=most,
        placeholder=" ...",
        break_long_words=False,
        break_on_hyphens=False,
    )
