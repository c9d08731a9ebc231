"""`indextracker doctor`: prints each finding when it is made; the exit code."""

from __future__ import annotations

import click

from indextracker_cli.doctor import examine

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}


def doctor() -> int:
    """Prints the findings; 1 where one of them is a problem."""
    counts = dict.fromkeys(_COLOURS, 0)
    for finding in examine():
        counts[finding.verdict] += 1
        verdict = click.style(f"{finding.verdict:<8}", fg=_COLOURS[finding.verdict])
        click.echo(f"{verdict} {finding.part}: {finding.says}")
    said = ", ".join(
        f"{counts[name]} {name}{'' if counts[name] == 1 else 's'}"
        for name in ("problem", "warning")
    )
    click.echo(said)
    return 1 if counts["problem"] else 0
