"""The command `files detect`: what people's own price files hold, as layouts or as JSON.

What is found, and how, is in `indextracker.files`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indextracker_cli import interrupts
from indextracker_cli.interrupts import GOES_ON

if TYPE_CHECKING:
    from indextracker.files import Layout, Proposal

_REFUSED_SHOWN = 20


@click.group()
def files() -> None:
    """Find out what price files of your own hold."""


@files.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--layouts",
    "into",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the layouts here; by default to `layouts` in FOLDER.",
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print a JSON object for each file, and write nothing."
)
@interrupts.interruptible(GOES_ON)
def detect(folder: Path, into: Path | None, as_json: bool) -> int:
    """Detect the layouts of the price files in FOLDER, and write a YAML file for each.

    Text of any encoding and delimiter, workbooks, Parquet and Feather, plain, zipped or packed by
    gzip or xz. Of a large file the head, the middle and the tail are read. What the data cannot
    decide is a question in the YAML; what is no price file is named with the reason. A YAML that is
    there already stays as it is. Exits with 2 if nothing could be read.

    \b
    indextracker files detect prices
    indextracker files detect prices --json
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker.files import detect as found_in  # noqa: PLC0415 - Arrow takes a second
    from indextracker.files import grouped, write  # noqa: PLC0415

    place = into or (folder if folder.is_dir() else folder.parent) / "layouts"
    proposals = found_in(folder, besides=place)
    if as_json:
        return _print(proposals)
    kept = [proposal.brief() for proposal in proposals]
    layouts = grouped(kept)
    written = write(layouts, place)
    _show(layouts, [proposal for proposal in kept if proposal.refusal], place, len(written))
    return 0 if layouts else 2


def _print(proposals: Iterable[Proposal]) -> int:
    """An array with an object a line, each as soon as its file was read."""
    from indextracker.files import as_object  # noqa: PLC0415

    read, before = 0, "["
    for proposal in proposals:
        click.echo(before)
        click.echo(json.dumps(as_object(proposal), ensure_ascii=False), nl=False)
        read += proposal.refusal is None
        before = ","
    click.echo("\n]" if before == "," else "[]")
    return 0 if read else 2


def _show(layouts: list[Layout], refused: list[Proposal], place: Path, written: int) -> None:
    from indextracker.building.reports import counted  # noqa: PLC0415 - Arrow takes a second

    for layout in layouts:
        number = len(layout.proposals)
        asked = {
            question.text
            for proposal in layout.proposals
            for question in proposal.findings.questions
        }
        click.echo(f"{layout.name}: {counted(number, 'file')}, such as {layout.proposals[0].name}")
        for text in sorted(asked):
            click.echo(f"  ? {text}")
    for proposal in refused[:_REFUSED_SHOWN]:
        click.echo(f"refused: {proposal.name}: {proposal.refusal}")
    if len(refused) > _REFUSED_SHOWN:
        click.echo(f"refused: {len(refused) - _REFUSED_SHOWN} more")
    stay = len(layouts) - written
    told = f"{counted(len(layouts), 'layout')} in {place}"
    told += f", {stay} of them there before" if stay else ""
    click.echo(f"{told}; {counted(len(refused), 'file')} refused", err=True)
