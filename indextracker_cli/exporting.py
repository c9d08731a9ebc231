"""`indextracker export`: what the reader gives, as a file of Parquet, CSV, JSON or Excel.

A long span is read month by month into pieces beside the file, all of one instant of the lake; what
was interrupted goes on after the last whole piece. The file is there when it is whole.
"""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from inspect import signature
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from indextracker.lake.questions import BATCH_ROWS, Answer
from indextracker.reader import Frame, Lakehouse, MissingSessionsWarning, NoSessionError
from indextracker_cli import answers

# What the reader is asked for by a name, and the most names that it takes.
KINDS = {
    "bars": 2,
    "trades": 2,
    "contracts": 2,
    "chain": 2,
    "continuous": 1,
    "basis": 2,
    "smile": 2,
    "equities": None,
    "news": 0,
    "table": 1,
}
MISSING = 2
# Of one session, or instant, and not of a span.
_OF_ONE = ("chain", "smile")
# How options are written whose arguments are called otherwise.
_WRITTEN = {"option_type": "type"}
_GAPS = b"missing"
_REASONS = 8


@dataclass(frozen=True)
class Wish:
    """What is to be exported.

    Attributes:
        what: One of `KINDS`.
        names: Names of it: instrument and contract, symbols, or a table.
        options: Arguments of the reader's method, by name; what was not given is not among them.
        first: First day.
        last: Last day.
        zone: Zone of times.
    """

    what: str
    names: tuple[str, ...]
    options: dict[str, Any]
    first: date | None
    last: date | None
    zone: str | None

    def told(self) -> dict[str, Any]:
        """The same as JSON has it, to be compared with an earlier one."""
        fields = vars(self) | {"names": list(self.names)}
        told: dict[str, Any] = json.loads(json.dumps(fields, default=str))
        return told


def export(wish: Wish, output: Path) -> int:
    """Writes the file.

    Returns:
        The code of the command: 2 where sessions are missing.

    Raises:
        click.ClickException: It cannot be written, or what is asked for does not exist.
    """
    _verify(wish)
    lakehouse = Lakehouse()
    folder = output.with_name(f".{output.name}.parts")
    then = _begun(folder, wish, lakehouse.place)
    past = lakehouse.as_of(then)
    spans = _spans(wish)
    files = [folder / f"{place:05}.parquet" for place in range(len(spans))]
    done = sum(file.exists() for file in files)
    if done:
        click.echo(f"{done} of {len(files)} months are there: going on after them", err=True)
    try:
        _read(past, wish, files, spans)
    except Exception:
        if not any(file.exists() for file in files):
            shutil.rmtree(folder)  # such as for a misspelt name: there is nothing to go on with
        raise
    gaps = _put_together([file for file in files if _has_columns(file)], output)
    shutil.rmtree(folder)
    click.echo(f"{lakehouse.world} data: {lakehouse.place}", err=True)
    return _told(gaps)


def _read(
    lakehouse: Lakehouse, wish: Wish, files: Sequence[Path], spans: Sequence[dict[str, date]]
) -> None:
    """Reads the pieces that are not there yet, and says on a terminal how far it is."""
    shown = sys.stderr.isatty() and len(files) > 1
    for place, (file, span) in enumerate(zip(files, spans, strict=True), start=1):
        if not file.exists():
            _keep(_asked(lakehouse, wish, span), file)
            if shown:
                click.echo(f"\r{place} of {len(files)} months read", nl=False, err=True)
    if shown:
        click.echo("\r", nl=False, err=True)


def _verify(wish: Wish) -> None:
    most = KINDS[wish.what]
    if most is not None and len(wish.names) > most:
        raise click.UsageError(f"{wish.what} takes {most} names at most, not {len(wish.names)}")
    if not wish.names and wish.what not in ("equities", "news"):
        raise click.UsageError(f"name what to export the {wish.what} of")
    known = signature(getattr(Lakehouse, wish.what)).parameters
    for strange in (name for name in wish.options if name not in known):
        raise click.UsageError(f"{wish.what} has no --{_WRITTEN.get(strange, strange)}")


def _begun(folder: Path, wish: Wish, place: str) -> datetime:
    """The instant of the lake that is exported: of what was begun before, or now."""
    asked = {"wish": wish.told(), "lake": place}
    note = folder / "asked.json"
    if note.exists():
        found = json.loads(note.read_text(encoding="utf-8"))
        if found["asked"] == asked:
            return datetime.fromisoformat(found["as_of"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    now = datetime.now(UTC)
    aside = note.with_suffix(".part")
    aside.write_text(json.dumps({"asked": asked, "as_of": now.isoformat()}), encoding="utf-8")
    aside.replace(note)
    return now


def _spans(wish: Wish) -> list[dict[str, date]]:
    """The months of a span with both ends; else all at once, as what a month alone cannot tell."""
    whole = {
        name: day for name, day in (("first", wish.first), ("last", wish.last)) if day is not None
    }
    longer = wish.options.get("per") not in (None, "session")
    # A price that is made to fit depends on all that follows.
    joined = "adjust" in wish.options
    if wish.first is None or longer or joined or wish.what in _OF_ONE:
        return [whole]
    last = wish.last or datetime.now(UTC).date()
    found, first = [], wish.first
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
        until = min(last, following - timedelta(days=1))
        found.append({"first": first, "last": until})
        first = following
    if found and wish.last is None:
        del found[-1]["last"]
    return found or [whole]


def _asked(lakehouse: Lakehouse, wish: Wish, span: dict[str, date]) -> Frame | None:
    """The rows of a span; None where it holds no session, as the rest of a month may."""
    ask: Callable[..., Frame] = getattr(lakehouse, wish.what)
    names: Sequence[Any] = [wish.names] if wish.what == "equities" else wish.names
    if wish.what in _OF_ONE:
        span = {"on": span["last"]} if "last" in span else {}
        if names[1:]:
            ask = partial(ask, contract=names[1])
        names = names[:1]
    with warnings.catch_warnings():
        # Told at the end, of all months together.
        warnings.simplefilter("ignore", MissingSessionsWarning)
        try:
            frame = ask(*names, **wish.options, **span)
        except NoSessionError:
            if len(_spans(wish)) == 1:
                raise
            return None
    return frame.in_zone(wish.zone) if wish.zone else frame


def _keep(frame: Frame | None, file: Path) -> None:
    rows = pa.table({}) if frame is None else frame.arrow()
    gaps = [] if frame is None else frame.missing.arrow().to_pylist()
    aside = file.with_suffix(".part")
    rows = rows.replace_schema_metadata({_GAPS: json.dumps(gaps).encode()})
    pq.write_table(rows, aside, compression="zstd")
    aside.replace(file)


def _has_columns(file: Path) -> bool:
    return bool(pq.read_schema(file).names)


def _put_together(files: Sequence[Path], output: Path) -> list[dict[str, Any]]:
    """Writes the pieces as one file, and gives what is missing of them."""
    if not files:
        raise click.ClickException("the span holds no session")
    schema = pq.read_schema(files[0])
    gaps = chain.from_iterable(
        json.loads((pq.read_schema(file).metadata or {})[_GAPS]) for file in files
    )

    def batches() -> Iterator[pa.RecordBatch]:
        for file in files:
            with pq.ParquetFile(file) as opened:
                yield from opened.iter_batches(BATCH_ROWS)

    answers.write_file(Answer(schema.remove_metadata(), batches()), output)
    return list(gaps)


def _told(gaps: Sequence[dict[str, Any]]) -> int:
    """Says what is missing; what is closed or empty is there."""
    short = [gap for gap in gaps if gap["state"] not in ("closed", "empty")]
    for gap in short[:_REASONS]:
        said = f"{gap['state']}: {gap['key']} {gap['feed'] or ''}".rstrip()
        click.echo(f"  {said}, {gap['reason']}", err=True)
    if len(short) > _REASONS:
        click.echo(f"  and {len(short) - _REASONS} more: `indextracker status`", err=True)
    return MISSING if short else 0
