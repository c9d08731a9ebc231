"""The summary at the end of a backfill: rows made, documents missing and why, paths, exit code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.remarks import Remark
from indextracker.building.reports import Rejected, Report, Warned, counted
from indextracker.feeds import FEEDS
from indextracker.monitoring.missing import Calendars, by_reason, where_in_words
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import SUBJECTS, Key, rejects_tables, subject_of
from indextracker_cli.saying import say
from indextracker_cli.show import console, grid, sessions_in_words

if TYPE_CHECKING:
    from rich.console import Console

# What fits on a screen with the rest; `--json` has all of it.
LINES_SHOWN = 20
# Rules that count lines which the list of rejects names with their reasons.
TOLD_AS_REJECTS = ("line_splits", "no_rejects")


# By the name of the subject.
Reports = Mapping[str, Report]


def exit_code(reports: Reports) -> int:
    """1 where something broke, else 2 where some document is missing, else 0."""
    codes = {report.exit_code for report in reports.values()}
    return next((code for code in (1, 2) if code in codes), 0)


def as_json(reports: Reports) -> str:
    """The report of a subject as one JSON object; those of several below `subjects`."""
    told = {name: _told(report) for name, report in reports.items()}
    one = next(iter(told.values())) if len(told) == 1 else {"subjects": told}
    return json.dumps(one, ensure_ascii=False)


def _told(report: Report) -> dict[str, object]:
    return (
        {
            "sessions": {
                key: {
                    feed: {"state": answer.state, "reason": answer.reason}
                    for feed, answer in answers.items()
                }
                for key, answers in report.sessions.items()
            },
            "tables": report.tables,
            "seconds": report.seconds,
            "warnings": [asdict(warned) for warned in together(report.warnings)],
            "rejects": [asdict(rejected) for rejected in report.rejects],
        }
        | ({"remarks": [_remark(told) for told in report.remarks]} if report.remarks else {})
        | ({"failures": report.failures} if report.failures else {})
    )


def show(reports: Reports, settings: Settings) -> None:
    """The reports for people: what was made and where it is; last, what needs a look."""
    shown = console()
    several = len(reports) > 1
    for name, report in reports.items():
        if several:
            shown.print(f"\n{name}: {SUBJECTS[name].title}", soft_wrap=True)
        _show_made(report, settings, shown)
    for what, where in _places(reports.values(), settings).items():
        shown.print(f"{what:<10} {where}", soft_wrap=True)
    calendar_of = Platform(settings).calendar_of
    found = (_remarks, _warnings, _rejects, partial(_missing, calendar_of=calendar_of))
    for name, report in reports.items():
        told = [line for lines in found for line in lines(report)]
        if several and told:
            shown.print(f"\n{name}:")
        for line in told:
            shown.print(line, soft_wrap=True)
        for failure in report.failures:
            say(f"failed: {failure}", err=True)


def _show_made(report: Report, settings: Settings, shown: Console) -> None:
    """The rows that were made, and in which time."""
    if filled := {name: rows for name, rows in report.tables.items() if rows}:
        rows = [(name, f"{number:,}") for name, number in filled.items()]
        title = f"{settings.world} data, {_keys_in_words(report.sessions)}"
        shown.print(grid(title, ("table", "rows"), rows))
    if empty := [name for name, rows in report.tables.items() if not rows]:
        shown.print(f"without rows of these sessions: {', '.join(empty)}", soft_wrap=True)
    if report.seconds:
        took = ", ".join(f"{layer} {seconds:.1f} s" for layer, seconds in report.seconds.items())
        shown.print(f"time in steps: {took}", soft_wrap=True)


def together(warnings: Iterable[Warned]) -> list[Warned]:
    """One of each check: a backfill of many runs examines it in each."""
    found: dict[tuple[str, str], Warned] = {}
    for one in warnings:
        before = found.get((one.table, one.check))
        rows = one.bad_rows + (before.bad_rows if before else 0)
        days = {*one.sessions, *(before.sessions if before else ())}
        found[one.table, one.check] = Warned(
            one.table, one.check, one.meaning, rows, tuple(sorted(days))
        )
    return list(found.values())


def _places(reports: Iterable[Report], settings: Settings) -> dict[str, str]:
    """What was written, and where it is."""
    ran = [report for report in reports if report.seconds]
    if not ran:
        return {}
    places = {"lake:": settings.lake.address}
    if any("marts" in report.seconds and not report.failures for report in ran):
        places |= {
            "warehouse:": settings.warehouse.address,
            "dbt docs:": f"{settings.docs}/index.html",
        }
    return places | {"history:": f"{settings.dagster.home} (`indextracker ui` shows it)"}


def _remarks(report: Report) -> Iterable[str]:
    told = [f"{_when(told)} {told.feed}: {told.text}" for told in report.remarks]
    yield from _capped(told, "such lines")


def _warnings(report: Report) -> Iterable[str]:
    checks = [one for one in together(report.warnings) if one.check not in TOLD_AS_REJECTS]
    if not checks:
        return
    yield (
        f"{counted(len(checks), 'warning')}; `indextracker ui` shows examples at the checks of the "
        "tables:"
    )
    told = [
        f"  {one.table} {one.check}: {counted(one.bad_rows, 'row')}{_of(one.sessions)}; "
        f"should hold: {one.meaning}"
        for one in checks
    ]
    yield from _capped(told, "warnings")


def _tables_of(rejects: Iterable[Rejected]) -> list[str]:
    """The tables that hold some rejects, as the lake is queried for them."""
    of_feeds = [FEEDS[feed].table for feed in dict.fromkeys(one.feed for one in rejects)]
    found = (
        table.path.replace("/", ".")
        for bronze in of_feeds
        if (subject := subject_of(bronze))
        for table in rejects_tables(subject)
        if table.timeline == bronze.timeline
    )
    return list(dict.fromkeys(found))


def _rejects(report: Report) -> Iterable[str]:
    rejects = report.rejects
    if not rejects:
        return
    lines = sum(one.lines for one in rejects)
    queries = " and ".join(f'"select * from {table}"' for table in _tables_of(rejects))
    yield (
        f"{counted(lines, 'line')} of {counted(len(rejects), 'document')} could not be read; all "
        f"of them: indextracker query --lake {queries}"
    )
    of_feeds: dict[str, list[Rejected]] = {}
    for one in rejects:
        of_feeds.setdefault(one.feed, []).append(one)
    told = [
        f"  {feed}{_of([one.session for one in found])}: "
        f"{counted(sum(one.lines for one in found), 'line')}, such as {found[0].session} "
        f"{found[0].first}"
        for feed, found in of_feeds.items()
    ]
    yield from _capped(told, "feeds")


def _missing(report: Report, calendar_of: Calendars) -> Iterable[str]:
    cells = [
        (key, feed, answer.state, answer.reason or "")
        for key, answers in report.incomplete.items()
        for feed, answer in answers.items()
    ]
    if not cells:
        return
    feeds = list(dict.fromkeys(feed for answers in report.sessions.values() for feed in answers))
    of = _keys_in_words(report.incomplete)
    yield f"{counted(len(cells), 'document')} of {of} {'is' if len(cells) == 1 else 'are'} missing:"
    told = [
        f"  {gap.state}: {gap.number:,}, "
        f"{where_in_words(gap.where, feeds, calendar_of)}: {gap.reason}"
        for gap in by_reason(cells)
    ]
    yield from _capped(told, "reasons")


def _keys_in_words(states: Mapping[Key, Mapping[str, Delivery]]) -> str:
    """How many keys there are of each time line; a key without a feed is taken for a session."""
    units = Counter(
        FEEDS[next(iter(answers))].timeline.unit if answers else "sessions"
        for answers in states.values()
    )
    found = units or Counter(sessions=0)
    return " and ".join(counted(number, unit.removesuffix("s")) for unit, number in found.items())


def _capped(told: Sequence[str], what: str) -> Iterable[str]:
    yield from told[:LINES_SHOWN]
    if len(told) > LINES_SHOWN:
        yield f"  and {len(told) - LINES_SHOWN} more {what}: --json lists them"


def _of(sessions: Sequence[Key]) -> str:
    if not sessions:
        return ""
    if len(sessions) == 1:
        return f" of {sessions[0]}"
    return f" of {len(sessions)} sessions, {sessions_in_words(sessions)}"


def _when(told: Remark) -> str:
    """The hour of a document, or its day; of a year the first."""
    of_hours = FEEDS[told.feed].timeline.type == "timestamp"
    return told.key if of_hours else told.session_date.isoformat()


def _remark(told: Remark) -> dict[str, str | None]:
    return {
        "session": _when(told),
        "feed": told.feed,
        "kind": told.kind,
        "file": told.file,
        "sha256": told.sha256,
        "accepted_sha256": told.accepted_sha256,
        "text": told.text,
    }
