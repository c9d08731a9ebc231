"""`indextracker status`: one screen of what is there, what is missing, and what is deleted soon."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import click

from indextracker.calendars import TradingDays
from indextracker.feeds import FEEDS, feeds_of
from indextracker.platform import Platform
from indextracker.reference import old_reviews
from indextracker.settings import Settings
from indextracker_catalogue import SUBJECTS, Sessions, Subject
from indextracker_catalogue.timeline import Years
from indextracker_cli.missing import Gap, ranges, where_in_words
from indextracker_cli.show import console
from indextracker_cli.states import State, States
from indextracker_cli.worlds import newer_elsewhere

SESSIONS_SHOWN = 30
# What fits with the rest on a screen of forty lines.
LINES_OF_GAPS = 8
BEHIND_SHOWN = 2
SOON_SHOWN = 3
COUNT_WIDTH = 7

# One character per session and feed: what is there is light, what is missing a letter.
SYMBOLS = {
    "accepted": (".", "there"),
    "closed": ("c", "closed: no session"),
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


def show(
    settings: Settings,
    first: date | None,
    last: date | None,
    *,
    feeds: Sequence[str] | None,
    as_json: bool,
) -> None:
    """Prints the states of the sessions from `first` to `last`; of the last 30 by default.

    Args:
        settings: Where everything is.
        first: First day; null for the thirtieth last session.
        last: Last day; null for today.
        feeds: Names of feeds; null for all.
        as_json: Print one JSON object instead.

    Raises:
        click.BadParameter: The range ends before it begins.
    """
    subjects = [one for one in SUBJECTS.values() if isinstance(one.timeline, Sessions)]
    found = [_states(settings, subject, first, last, feeds) for subject in subjects]
    found = [states for states in found if states.every_feed or len(subjects) == 1]
    if as_json:
        told = [_told(states, settings) for states in found]
        names = [states.subject.name for states in found]
        one = told[0] if len(told) == 1 else {"subjects": dict(zip(names, told, strict=True))}
        click.echo(json.dumps(one, ensure_ascii=False))
        return
    shown = console()
    shown.print(f"{settings.world} data: lake {settings.lake.address}", soft_wrap=True)
    for states in found:
        if len(found) > 1:
            shown.print(f"\n{states.subject.name}: {states.subject.title}", soft_wrap=True)
        for line in lines(states, states.calendar, shown.width):
            shown.print(line, soft_wrap=True)
    begin = first or settings.lake.start
    if any(begin > (last or states.today) for states in found):
        shown.print(f"sessions are kept from INDEXTRACKER_START={begin} on", soft_wrap=True)
    if other := newer_elsewhere(settings):
        shown.print(other, soft_wrap=True)


def _states(
    settings: Settings,
    subject: Subject,
    first: date | None,
    last: date | None,
    feeds: Sequence[str] | None,
) -> States:
    """The states of a subject in the range."""
    platform = Platform(settings, subject=subject)
    last = last or platform.today
    if first and last < first:
        raise click.BadParameter(f"the range ends on {last}, before it begins on {first}")
    begin = max(first or settings.lake.start, platform.calendar.start)
    sessions = platform.calendar.sessions(begin, last) if begin <= last else []
    sessions = sessions if first else sessions[-SESSIONS_SHOWN:]
    own = feeds_of(subject)
    return States(platform, sessions, [name for name in feeds or own if name in own])


def lines(states: States, calendar: TradingDays, width: int) -> Lines:
    """The screen, line by line, none wider than `width`."""
    if states.sessions:
        yield from _counts(states, width)
    else:
        yield "no session in this range"
    if there := states.earlier.sessions:
        yield from _wrapped(
            f"before that: {len(there)} sessions with documents, {_span(there)}, "
            f"{states.earlier.complete} of them complete: indextracker status --from {there[0]}"
            f"{_only(states)}",
            width,
            "  ",
        )
    if not states.sessions:
        return
    yield ""
    if states.feeds:
        yield from _matrix(states, width)
        yield ""
    yield from _missing(states, calendar, width)
    yield from _expiring(states, calendar, width)
    yield from _layers(states, calendar, width)


def _counts(states: States, width: int) -> Lines:
    there = states.count("accepted")
    wanted = len(states.sessions) * len(states.feeds) - states.count("closed")
    yield (
        f"{_span(states.sessions)}: {len(states.sessions)} sessions, {len(states.complete)} "
        f"complete; {there} of {wanted} documents"
    )
    if left := [name for name in feeds_of(states.subject) if name not in states.every_feed]:
        yield from _wrapped(f"not looked at: {', '.join(left)}", width, "  ")


def _only(states: States) -> str:
    """The option that chooses these feeds, where they are not all."""
    chosen = states.every_feed
    return "" if len(chosen) == len(feeds_of(states.subject)) else f" --feeds {','.join(chosen)}"


def _matrix(states: States, width: int) -> Lines:
    """A line per feed, a character per session; what is complete makes room where it must."""
    margin = max(map(len, states.feeds)) + 2
    sessions, room = states.sessions, width - margin - COUNT_WIDTH
    if len(sessions) > room:
        complete = set(states.complete)
        incomplete = [session for session in sessions if session not in complete]
        sessions = incomplete[-room:]
        if complete:
            yield f"not shown: {len(complete)} complete sessions"
        if older := len(incomplete) - len(sessions):
            yield f"not shown: {older} older sessions that are not complete"
    if not sessions:
        return
    yield " " * margin + _months(sessions)
    for digit in (0, 1):
        yield " " * margin + "".join(f"{session:%d}"[digit] for session in sessions)
    used = set()
    for feed in states.feeds:
        found = [states.of(feed, session).state for session in sessions]
        used.update(found)
        symbols = "".join(SYMBOLS[state][0] for state in found)
        yield f"{feed:<{margin}}{symbols}{found.count('accepted'):>{COUNT_WIDTH - 2}}"
    legend = (f"{symbol} {says}" for state, (symbol, says) in SYMBOLS.items() if state in used)
    yield from _wrapped(", ".join(legend), width, "  ")


def _months(sessions: Sequence[date]) -> str:
    """Each month above its first session, where it has the room."""
    line, before = "", None
    for number, session in enumerate(sessions):
        month = f"{session:%Y-%m}"
        if month != before and len(line) <= number:
            line = f"{line:<{number}}{month} "
        before = month
    return line.rstrip()


def _missing(states: States, calendar: TradingDays, width: int) -> Lines:
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
                f"      {where_in_words(gap.where, states.feeds, calendar)}",
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
    days = [
        day for feed, days in gap.where.items() for day in days if FEEDS[feed].timeline != Years()
    ]
    span = f" --from {min(days)} --to {max(days)}" if days else ""
    return f"{name}: indextracker backfill {states.subject.name}{span}{_only(states)}"


def _expiring(states: States, calendar: TradingDays, width: int) -> Lines:
    if not states.expiring:
        return
    found = list(states.expiring.items())
    yield f"the exchange will delete what is missing here ({_documents(found)} documents):"
    for left, feeds in found[:SOON_SHOWN]:
        when = f"{left} trading days left"
        if left == 1:
            free = states.last_day > states.today
            when = f"{states.last_day if free else 'today'} is the last day"
        where = where_in_words(feeds, states.feeds, calendar)
        yield from _wrapped(f"  {when}: {where}", width, "    ", most=1)
    if later := found[SOON_SHOWN:]:
        until = f" to {later[-1][0]}" if len(later) > 1 else ""
        yield f"  {later[0][0]}{until} trading days left: {_documents(later)} more"


def _documents(found: Iterable[tuple[int, Mapping[str, Sequence[date]]]]) -> int:
    return sum(len(days) for _, feeds in found for days in feeds.values())


def _layers(states: States, calendar: TradingDays, width: int) -> Lines:
    newest: dict[str, list[str]] = {}
    for layer in states.layers:
        newest.setdefault(str(layer.newest or "nothing"), []).append(layer.name)
    said = "; ".join(f"{day} in {', '.join(names)}" for day, names in newest.items())
    yield from _wrapped(f"newest: {said}", width, "  ")
    yield from _behind(states, calendar, width)
    if old := old_reviews(states.today):
        said = ", ".join(review.kind for review in old)
        yield f"reference data whose review is outdated: {said} (see doctor)"
    if states.rejects:
        yield f"lines that could not be read: {states.rejects:,} (silver/rejects)"


def _behind(states: States, calendar: TradingDays, width: int) -> Lines:
    """The tables that are not of their documents, those of the same sessions together."""
    layers = states.layers
    same: dict[tuple[date, ...], list[str]] = {}
    for layer in layers:
        for days in dict.fromkeys(tuple(days) for days in layer.tables.values() if days):
            paths = [path for path, found in layer.tables.items() if tuple(found) == days]
            whole = len(paths) == len(layer.tables) > 1
            same.setdefault(days, []).extend([f"all of {layer.name}"] if whole else paths)
    if not same:
        return
    every = sorted({day for layer in layers for day in layer.behind})
    number = sum(bool(days) for layer in layers for days in layer.tables.values())
    yield from _wrapped(
        f"{number} table{'s are' if number > 1 else ' is'} not made from the documents that are "
        f"there: indextracker backfill {states.subject.name} --from {every[0]} --to {every[-1]}"
        f"{_only(states)}",
        width,
        "    ",
    )
    for days, names in list(same.items())[:BEHIND_SHOWN]:
        text = f"  {', '.join(names)}: {ranges(days, calendar)}"
        yield from _wrapped(text, width, "    ", most=1)
    if len(same) > BEHIND_SHOWN:
        yield "  and others: indextracker status --json"


def _span(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"


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


def _told(states: States, settings: Settings) -> dict[str, object]:
    """The states of a subject as JSON has them."""

    def cells(found: Mapping[str, State]) -> dict[str, dict[str, str | None]]:
        return {
            feed: {"state": state.state, "reason": state.reason or None}
            for feed, state in found.items()
        }

    return {
        "world": settings.world,
        "lake": settings.lake.address,
        "today": states.today.isoformat(),
        "feeds": states.every_feed,
        "sessions": {
            session.isoformat(): cells({feed: states.of(feed, session) for feed in states.feeds})
            for session in states.sessions
        },
        "years": {str(year.year): cells(found) for year, found in states.years.items()},
        "earlier": {
            "sessions": [session.isoformat() for session in states.earlier.sessions],
            "complete": states.earlier.complete,
        },
        "expiring": [
            {"days_left": left, "feed": feed, "session": day.isoformat()}
            for left, feeds in states.expiring.items()
            for feed, days in feeds.items()
            for day in days
        ],
        "layers": {
            layer.name: {
                "newest": layer.newest.isoformat() if layer.newest else None,
                "behind": [day.isoformat() for day in layer.behind],
                "tables": {
                    path: [day.isoformat() for day in days]
                    for path, days in layer.tables.items()
                    if days
                },
            }
            for layer in states.layers
        },
        "rejects": states.rejects,
        "old_reviews": [
            {
                "exchange": review.exchange,
                "kind": review.kind,
                "reviewed_until": review.reviewed_until.isoformat(),
            }
            for review in old_reviews(states.today)
        ],
    }
