"""Names the world of a result, simulated or real, on a terminal.

It is printed to standard error, since standard output holds the result. Results that name the world
in their title or first line, such as that of `status`, do without.
"""

from __future__ import annotations

from pathlib import Path

import click

from indextracker.settings import Settings


def tell_world(settings: Settings, place: str) -> None:
    """Says whose data an answer is of, and where it lies.

    Args:
        settings: The settings of this run.
        place: The lake or the warehouse that was asked.
    """
    click.echo(f"{settings.world} data: {place}", err=True)
    if other := newer_elsewhere(settings):
        click.echo(other, err=True)


def newer_elsewhere(settings: Settings) -> str | None:
    """A sentence where the other world's data lies beside this one's and is newer than it."""
    home = Path(settings.lake.address).parent
    if "://" in settings.lake.address or home.name != settings.world:
        return None
    other = "real" if settings.world == "simulated" else "simulated"
    beside = home.with_name(other) / Path(settings.lake.address).name
    if _last_answer(beside) <= _last_answer(Path(settings.lake.address)):
        return None
    return (
        f"newer {other} data is in {beside}: INDEXTRACKER_SOURCE, or `source` in "
        "indextracker.toml, chooses between the two"
    )


def _last_answer(lake: Path) -> float:
    """When a publisher's answer was last logged there: each is a new file of the table's log."""
    log = lake / "bronze" / "deliveries" / "_delta_log"
    return log.stat().st_mtime if log.is_dir() else 0.0
