"""`indextracker import`: documents that people hand over, and what is made of their lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from indextracker.acquiring.importing import Imported, import_document
from indextracker.building.earlier import known
from indextracker.building.needs import needs_of
from indextracker.building.reports import counted
from indextracker.building.staleness import stale
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.documents import Document
from indextracker.system.places import PIECE_BYTES
from indextracker_catalogue import Key, Subject, subject_of
from indextracker_cli import backfilling, reporting
from indextracker_cli.saying import say
from indextracker_cli.wishes import Wish
from indextracker_cli.writing import need_room

BROKEN = 1
_LAYERS = ("silver", "gold", "warehouse")


def run(settings: Settings, files: Sequence[Path], to_layer: str) -> int:
    """Imports files one after another, then builds what has become stale.

    Args:
        settings: Where they go.
        files: The files.
        to_layer: The last layer to fill.

    Returns:
        The exit code: 1 where a file was refused, or building broke.

    Raises:
        click.ClickException: A file cannot be read, or a place cannot be written.
    """
    need_room(settings)
    documents = [_document(file) for file in files]
    platform = Platform(settings)
    start = platform.settings.lake.start.isoformat()
    found = [
        import_document(platform.lake, document, start, platform.clock()) for document in documents
    ]
    for one in found:
        say(_told(one), err=one.refusal is not None)
    code = BROKEN if any(one.refusal for one in found) else 0
    first: dict[Subject, Key] = {}
    for one in found:
        if one.table is not None and (subject := subject_of(one.table)):
            first[subject] = min(one.keys[0], first.get(subject, one.keys[0]))
    for subject, key in first.items():
        if to_layer != "bronze":
            code = max(code, _built(platform, subject, key, to_layer))
    return code


def _document(file: Path) -> Document:
    try:
        with file.open("rb") as opened:
            return Document.taken(file.name, iter(lambda: opened.read(PIECE_BYTES), b""))
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read: {error.strerror}") from error


def _told(one: Imported) -> str:
    if one.refusal is not None or one.table is None:
        return f"refused: {one.refusal.reason if one.refusal else one.name}"
    unit = one.table.timeline.unit.removesuffix("s")
    what = f"{counted(one.lines, 'line')} of {counted(len(one.keys), unit)}"
    if not one.is_new:
        return f"{one.name}: {what}, imported before"
    return f"{one.name}: {what}, {one.keys[0]} to {one.keys[-1]}, into {one.table.path}"


def _built(platform: Platform, subject: Subject, first: Key, to_layer: str) -> int:
    """Builds the keys from the first on that are not made of what there is now."""
    line = subject.timeline
    reached = _LAYERS[: 1 + _LAYERS.index(to_layer)] if to_layer in _LAYERS else _LAYERS
    needs = {
        path: need for path, need in needs_of(subject, reached).items() if need.timeline == line
    }
    calendars = known(platform.lake, platform.calendar_of)
    behind = stale(platform.lake, needs, None, calendars)
    keys = sorted({key for of_table in behind.values() for key in of_table if key >= first})
    if not keys:
        return 0
    wish = Wish(subject, None, None, None, to_layer, asking=False)
    reports = backfilling.build(platform, [wish], {subject.name: {line: keys}})
    reporting.show(reports, platform.settings)
    return BROKEN if any(report.failures for report in reports.values()) else 0
