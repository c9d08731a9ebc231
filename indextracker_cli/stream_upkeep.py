"""The commands `stream status` and `stream redrive`: how streams stand, and what comes back."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from indextracker_catalogue import SUBJECTS
from indextracker_cli.configured import with_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from indextracker.settings import Settings
    from indextracker.streams.redriving import Redriven
    from indextracker.streams.standing import Standing

_REASONS_SHOWN = 10


@click.command()
@click.argument("subjects", nargs=-1, type=click.Choice(tuple(SUBJECTS)))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@with_settings
def status(settings: Settings, /, *, subjects: tuple[str, ...], as_json: bool) -> int:
    """Show how the streams of SUBJECTS stand, and how far the lake has them.

    Exits with 1 where a stream cannot be asked.
    """
    from indextracker.platform import Platform  # noqa: PLC0415 - Arrow takes a second
    from indextracker.streams.opening import find_stream  # noqa: PLC0415
    from indextracker.streams.standing import standing  # noqa: PLC0415
    from indextracker_cli.streaming import events_of  # noqa: PLC0415

    lake = Platform(settings).lake
    found = {
        name: standing(lake, events.table, find_stream(settings, name))
        for name, events in events_of(subjects).items()
    }
    if as_json:
        streams = {name: _told(one) for name, one in found.items()}
        click.echo(json.dumps({"world": settings.world, "streams": streams}, ensure_ascii=False))
    else:
        _show(settings, found)
    return int(any(one.problem for one in found.values()))


@click.command()
@click.argument("subjects", nargs=-1, type=click.Choice(tuple(SUBJECTS)))
@click.option("--dry-run", is_flag=True, help="Say what can be read, and change nothing.")
@with_settings
def redrive(settings: Settings, /, *, subjects: tuple[str, ...], dry_run: bool) -> None:
    """Bring in what could not be read when it came and can be read now, each line once.

    Run it after an update that reads more. Hours that get other events are built as any others.

    \b
    indextracker stream redrive --dry-run
    indextracker stream redrive trades
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.platform import Platform  # noqa: PLC0415 - Arrow takes a second
    from indextracker.streams.redriving import redrive as read_again  # noqa: PLC0415
    from indextracker_catalogue.markets import DEAD_LETTERS  # noqa: PLC0415
    from indextracker_cli.streaming import events_of  # noqa: PLC0415
    from indextracker_cli.worlds import tell_world  # noqa: PLC0415

    tell_world(settings, settings.lake.address)
    platform = Platform(settings)
    for name, events in events_of(subjects).items():
        with platform.locks.table(events.table.path), platform.locks.table(DEAD_LETTERS.path):
            done = read_again(platform.lake, name, events, dry_run=dry_run)
        for line in _outcome(name, events.table.path, done, dry_run=dry_run):
            click.echo(line)


def _told(one: Standing) -> dict[str, object]:
    """A stream's standing in values of JSON; numbers of records have more digits than these."""
    told = asdict(one) | {"waits_since": one.waits_since}
    for shard in told["shards"]:
        shard["read_to"] = None if shard["read_to"] is None else str(shard["read_to"])
        shard["waits_since"] = _iso(shard["waits_since"])
    for name in ("last_at", "waits_since"):
        told[name] = _iso(told[name])
    return told


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _show(settings: Settings, found: dict[str, Standing]) -> None:
    from indextracker_cli.show import console, grid  # noqa: PLC0415 - rich is slow

    now = datetime.now(UTC)

    def ago(moment: datetime | None) -> str:
        return f"{(now - moment).total_seconds():,.0f} s ago" if moment else ""

    shown = console()
    columns = ("stream", "shards\nopen", "ended", "first\nunread", "rows", "last\narrived")
    shown.print(
        grid(
            f"{settings.world} streams {settings.stream.address}",
            (*columns, "dead\nletters", "files", "small"),
            [
                (
                    name,
                    f"{sum(shard.is_open for shard in one.shards)}",
                    f"{sum(not shard.is_open for shard in one.shards)}",
                    "?" if one.problem else ago(one.waits_since) or "none",
                    f"{one.rows:,}",
                    ago(one.last_at) or "never",
                    f"{one.unread:,}",
                    f"{one.files:,}",
                    f"{one.small_files:,}",
                )
                for name, one in found.items()
            ],
        )
    )
    for name, one in found.items():
        if one.problem:
            shown.print(f"{name}: {one.problem}", soft_wrap=True)
        for shard in one.shards:
            ends = "open" if shard.is_open else "ended"
            to = f"read to {shard.read_to}" if shard.read_to else "not read yet"
            read = "read to its end" if shard.is_read else to
            shown.print(f"{name}: {shard.name} is {ends}, {read}", soft_wrap=True)


def _outcome(name: str, table: str, done: Redriven, *, dry_run: bool) -> Iterator[str]:
    ways = "can be read now" if dry_run else f"were brought into {table}"
    yield f"{name}: {done.rows:,} lines {ways}, {done.left.total():,} still cannot be read"
    if done.hours:
        hours = sorted(done.hours)
        span = hours[0] if len(hours) == 1 else f"{hours[0]} to {hours[-1]}"
        yield f"  they happened in {len(hours):,} hours ({span})"
    for reason, number in done.left.most_common(_REASONS_SHOWN):
        yield f"  {number:,}: {reason}"
    if dry_run and done.rows:
        yield "  nothing was changed: this was a dry run"
