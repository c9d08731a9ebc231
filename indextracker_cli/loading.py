"""The command `files load`: a collection is brought up to date, and what is odd of it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from indextracker.building.reports import counted
from indextracker.files import LayoutError, confirmed_in, zone_of
from indextracker.files.judging import Oddity, oddities
from indextracker.files.loading import Loaded, load
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue.files import FILE_PRICES
from indextracker_cli.progress import shown
from indextracker_cli.saying import say
from indextracker_cli.writing import need_room, telling_full_disks

INCOMPLETE = 2
_SHOWN = 20


def run(  # noqa: PLR0913 - one for each option
    settings: Settings,
    folder: Path,
    collection: str,
    place: Path,
    zone: str,
    *,
    forget: bool,
    checks: bool,
    as_json: bool,
) -> int:
    """Loads a folder as a collection.

    Args:
        settings: Where the lake is.
        folder: The files.
        collection: Name of the collection.
        place: The folder of the layouts.
        zone: Zone of times that name none.
        forget: Whether rows of files that are gone go too.
        checks: Whether the prices are looked at afterwards.
        as_json: Print one JSON object and nothing else.

    Returns:
        The exit code: 0 where every file is loaded, 2 where one is not.

    Raises:
        click.ClickException: Nothing can be loaded, and why.
    """
    need_room(settings)
    try:
        layouts = confirmed_in(place)
        zone = zone_of(zone)
        FILE_PRICES.timeline.value_of(collection)
    except (LayoutError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    if not layouts:
        raise click.ClickException(
            f"{place} has no confirmed layout: indextracker files detect {folder}, then "
            f"indextracker files confirm {folder}"
        )
    progress = shown(quiet=as_json)
    platform = Platform(settings, progress=progress)
    try:
        with telling_full_disks(settings), platform.locks.table(FILE_PRICES.path):
            found = load(
                platform.lake,
                folder,
                collection,
                layouts,
                zone=zone,
                now=lambda: datetime.now(UTC),
                besides=place,
                forget=forget,
                progress=progress,
            )
        odd = _judged(platform, found) if checks else []
    finally:
        progress.stop()
    if as_json:
        click.echo(json.dumps(_told(found, odd), ensure_ascii=False))
    else:
        _show(found, odd)
    return INCOMPLETE if found.broken or found.in_state("refused", "loading") else 0


def _judged(platform: Platform, found: Loaded) -> list[Oddity]:
    if not found.done:
        return []
    platform.progress.begin("looking at the prices")
    return oddities(platform.lake, found.collection)


def _told(found: Loaded, odd: list[Oddity]) -> dict[str, Any]:
    return {
        "collection": found.collection,
        "loaded": sorted(found.done),
        "rows": sum(one.rows or 0 for one in found.files.values()),
        "files": {
            name: {"state": one.state, "reason": one.reason, "rows": one.rows}
            | {"rejected": one.rejected, "layout": one.layout, "document": one.document}
            for name, one in sorted(found.files.items())
        },
        "broken": found.broken,
        "odd": [{"what": one.what, "rows": one.rows, "example": one.example} for one in odd],
    }


def _show(found: Loaded, odd: list[Oddity]) -> None:
    rows = sum(one.rows or 0 for one in found.files.values())
    rejected = sum(one.rejected or 0 for one in found.files.values())
    there = len(found.in_state("loaded"))
    say(
        f"{found.collection}: {counted(there, 'file')} with {counted(rows, 'price')}; "
        f"{counted(len(found.done), 'file')} loaded now; {counted(rejected, 'line')} could not be "
        "read (silver/file_rejects)"
    )
    for state, what in (("refused", "refused"), ("copy", "copy"), ("gone", "gone")):
        listed = found.in_state(state)
        for one in listed[:_SHOWN]:
            say(f"{what}: {one.file}: {one.reason}")
        if len(listed) > _SHOWN:
            say(f"{what}: {len(listed) - _SHOWN} more")
    for name, reason in found.broken.items():
        say(f"not read: {name}: {reason}")
    for oddity in odd:
        say(f"look at: {oddity.rows:,} {oddity.what}, such as {oddity.example}")
