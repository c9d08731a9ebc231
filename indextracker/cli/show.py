"""What the commands print: reports, states, tables and answers to queries."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table as Grid

from indextracker.deliveries import NEVER_ASKED, current
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.settings import Settings

if TYPE_CHECKING:
    from indextracker_assets.backfill import Report

SESSIONS_SHOWN = 30


def report_json(report: Report) -> str:
    """The report as one JSON object."""
    return json.dumps(
        {
            "sessions": {
                day.isoformat(): {
                    feed: {"state": answer.state, "reason": answer.reason}
                    for feed, answer in answers.items()
                }
                for day, answers in report.sessions.items()
            },
            "tables": report.tables,
            "seconds": report.seconds,
        }
        | ({"failures": report.failures} if report.failures else {}),
        ensure_ascii=False,
    )


def report(report: Report, settings: Settings) -> None:
    """The report for people: what was made, what lacks and why, where it is."""
    console = _console()
    if report.tables:
        days = f"{len(report.sessions)} session{'s' if len(report.sessions) != 1 else ''}"
        grid = Grid("table", "rows", title=f"{settings.world} data, {days}")
        grid.columns[1].justify = "right"
        for name, rows in report.tables.items():
            grid.add_row(name, f"{rows:,}")
        console.print(grid)
        took = ", ".join(f"{layer} {seconds:.1f} s" for layer, seconds in report.seconds.items())
        console.print(f"time in steps: {took}", soft_wrap=True)
    for day, answers in report.incomplete.items():
        for feed, answer in answers.items():
            console.print(f"{day} {feed}: {answer.state}, {answer.reason}", soft_wrap=True)
    for failure in report.failures:
        click.echo(f"failed: {failure}", err=True)
    if "marts" in report.seconds:
        console.print(f"warehouse: {settings.warehouse}", soft_wrap=True)
        console.print(f"dbt docs:  {settings.docs}/index.html", soft_wrap=True)


def status(settings: Settings, first: date | None, last: date | None) -> None:
    """A row per session, a column per feed; then the reasons of what lacks."""
    platform = Platform(settings)
    calendar = platform.calendar
    today = datetime.now(UTC).astimezone(calendar.timezone).date()
    last = last or today
    sessions = calendar.sessions(first or settings.start, last)
    sessions = sessions if first else sessions[-SESSIONS_SHOWN:]
    answers = current(platform.lake, FEEDS, sessions) if sessions else {}
    console = _console()
    grid = Grid("session", *FEEDS, title=f"{settings.world} lake {settings.lake}")
    lacking: list[str] = []
    for session in sessions:
        states = []
        for feed in FEEDS:
            answer = answers.get((feed, session))
            states.append(answer.state if answer else "-")
            if answer and answer.state not in ("accepted", "closed"):
                lacking.append(f"{session} {feed}: {answer.state}, {answer.reason}")
        grid.add_row(session.isoformat(), *states)
    console.print(grid)
    there = sum(answer.accepted for answer in answers.values())
    console.print(
        f"{there} of {len(sessions) * len(FEEDS)} documents are there; - means {NEVER_ASKED}"
    )
    for line in lacking:
        console.print(line, soft_wrap=True)


def query(settings: Settings, sql: str, *, as_csv: bool) -> None:
    """The answer of the published warehouse."""
    with Platform(settings).warehouse.reading() as connection:
        cursor = connection.execute(sql)
        names = [column[0] for column in cursor.description or []]
        rows = cursor.fetchall()
    if as_csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(names)
        writer.writerows(rows)
        return
    # Piped output keeps whole rows: only a terminal has a width to fit.
    console = _console(width=None if sys.stdout.isatty() else 100_000)
    grid = Grid(*names)
    for row in rows:
        grid.add_row(*("" if value is None else str(value) for value in row))
    console.print(grid)
    click.echo(f"{len(rows)} rows, times in UTC", err=True)


def tables(settings: Settings) -> None:
    """The lake's tables and the published ones."""
    platform = Platform(settings)
    console = _console()
    found = platform.lake.tables()
    if not found:
        console.print(f"the lake {settings.lake} is empty: run a backfill first", soft_wrap=True)
        return
    rows = [(t.path, f"{platform.lake.total_rows(t):,}", t.meaning) for t in found]
    console.print(_grid(f"{settings.world} lake {settings.lake}", rows))
    if platform.warehouse.published.exists():
        with platform.warehouse.reading() as connection:
            listed = connection.execute(
                "select t.schema_name || '.' || t.table_name, t.estimated_size, t.comment"
                " from duckdb_tables() as t where t.schema_name in ('marts', 'raw') order by 1"
            ).fetchall()
        published = [(name, f"{count:,}", comment or "") for name, count, comment in listed]
        console.print(_grid(f"warehouse {settings.warehouse}", published))


def _console(width: int | None = None) -> Console:
    """A console that prints what it is given: names, reasons and cells are no markup."""
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _grid(title: str, rows: Sequence[tuple[str, str, str]]) -> Grid:
    grid = Grid("table", "rows", "what a row is", title=title)
    grid.columns[1].justify = "right"
    for row in rows:
        grid.add_row(*row)
    return grid
