"""What `backfill` says at its end: what was made, what is missing and why, where it all is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from indextracker.cli.show import console, grid
from indextracker.settings import Settings

if TYPE_CHECKING:
    from indextracker.remarks import Remark
    from indextracker_assets.backfill import Report

# So many sessions show what happened to all of them.
REMARKS_SHOWN = 20


def as_json(report: Report) -> str:
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
        | ({"remarks": [_remark(told) for told in report.remarks]} if report.remarks else {})
        | ({"failures": report.failures} if report.failures else {}),
        ensure_ascii=False,
    )


def show(report: Report, settings: Settings) -> None:
    """The report for people: what was made, what lacks and why, where it is."""
    shown = console()
    if report.tables:
        days = f"{len(report.sessions)} session{'s' if len(report.sessions) != 1 else ''}"
        rows = [(name, f"{number:,}") for name, number in report.tables.items()]
        shown.print(grid(f"{settings.world} data, {days}", ("table", "rows"), rows))
        took = ", ".join(f"{layer} {seconds:.1f} s" for layer, seconds in report.seconds.items())
        shown.print(f"time in steps: {took}", soft_wrap=True)
    for day, answers in report.incomplete.items():
        for feed, answer in answers.items():
            shown.print(f"{day} {feed}: {answer.state}, {answer.reason}", soft_wrap=True)
    for told in report.remarks[:REMARKS_SHOWN]:
        shown.print(f"{told.session_date} {told.feed}: {told.text}", soft_wrap=True)
    if len(report.remarks) > REMARKS_SHOWN:
        more = len(report.remarks) - REMARKS_SHOWN
        shown.print(f"and {more} more such lines: --json has them all", soft_wrap=True)
    for failure in report.failures:
        click.echo(f"failed: {failure}", err=True)
    if "marts" in report.seconds:
        shown.print(f"warehouse: {settings.warehouse}", soft_wrap=True)
        shown.print(f"dbt docs:  {settings.docs}/index.html", soft_wrap=True)


def _remark(told: Remark) -> dict[str, str | None]:
    return {
        "session": told.session_date.isoformat(),
        "feed": told.feed,
        "kind": told.kind,
        "file": told.file,
        "sha256": told.sha256,
        "accepted_sha256": told.accepted_sha256,
        "text": told.text,
    }
