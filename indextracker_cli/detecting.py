"""The commands of `files`: what people's own price files hold, confirmed, and loaded.

What is found, and how, is in `indextracker.files`; what `confirm` and `load` say, in modules of
their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from indextracker_cli import interrupts
from indextracker_cli.configured import with_settings
from indextracker_cli.interrupts import GOES_ON
from indextracker_cli.saying import say

if TYPE_CHECKING:
    from indextracker.files import Layout, Proposal
    from indextracker.settings import Settings

_REFUSED_SHOWN = 20
_FOLDER = click.Path(file_okay=False, path_type=Path)


class _Files(click.Path):
    """A folder, or an s3 prefix, which is asked for when it is needed."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Path | str:
        """The folder as a path, the prefix as its address."""
        if isinstance(value, str) and value.startswith("s3://"):
            return value.rstrip("/")
        found: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        return found


_FILES = _Files(exists=True, file_okay=False, path_type=Path)


@click.group()
def files() -> None:
    """Find out what price files of your own hold, confirm it, and load them."""


@files.command()
@click.argument("folder", type=_Files(exists=True, path_type=Path))
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
def detect(folder: Path | str, into: Path | None, as_json: bool) -> int:
    """Detect the layouts of the price files in FOLDER, and write a YAML file for each.

    FOLDER may be a prefix of a bucket, s3://BUCKET/PREFIX: its files are brought here first. Then
    --layouts says where layouts are.

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

    here = _brought(folder, into or as_json, quiet=as_json)
    place = into or (here if here.is_dir() else here.parent) / "layouts"
    proposals = found_in(here, besides=place)
    if as_json:
        return _print(proposals)
    kept = [proposal.brief() for proposal in proposals]
    layouts = grouped(kept)
    written = write(layouts, place)
    _show(layouts, [proposal for proposal in kept if proposal.refusal], place, len(written))
    return 0 if layouts else 2


@files.command()
@click.argument("folder", type=_FILES)
@click.option("--layouts", "place", type=_FOLDER, help="Where the layouts are; see detect.")
@click.option("--layout", "names", multiple=True, help="Only the layout of this name.")
@click.option(
    "--answer",
    "answers",
    multiple=True,
    metavar="ABOUT=VALUE",
    help="Answer a question, such as date_format=%d/%m/%Y, ticker=ABC, zone=America/New_York; "
    "yes takes what is proposed.",
)
@click.option("--yes", is_flag=True, help="Confirm what has no open question, and ask nothing.")
@interrupts.interruptible(GOES_ON)
def confirm(
    folder: Path | str,
    place: Path | None,
    names: tuple[str, ...],
    answers: tuple[str, ...],
    yes: bool,
) -> int:
    """Confirm the layouts of the price files in FOLDER.

    Of each layout the first rows are shown as they would be read, and what the data cannot decide
    is asked. Answers go into the YAML of the layout and change how its files are read; a YAML can
    be corrected by hand as well. Exits with 2 while a layout is not confirmed.

    \b
    indextracker files confirm prices
    indextracker files confirm prices --yes
    indextracker files confirm prices --answer date_format=%d/%m/%Y --answer ticker=yes
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import confirming  # noqa: PLC0415 - Arrow takes a second

    told = [one.partition("=") for one in answers]
    if wrong := [about for about, sign, _ in told if not sign]:
        raise click.BadParameter(f"--answer {wrong[0]}: write ABOUT=VALUE")
    here = _brought(folder, place, quiet=False)
    return confirming.run(
        here,
        place or here / "layouts",
        names,
        {about: said for about, _, said in told},
        yes=yes,
    )


@files.command()
@click.argument("folder", type=_FILES)
@click.option("--collection", required=True, help="Name of the collection that the files are.")
@click.option("--layouts", "place", type=_FOLDER, help="Where the layouts are; see detect.")
@click.option(
    "--zone",
    default="UTC",
    show_default=True,
    help="Zone of times that name none, such as America/New_York.",
)
@click.option("--forget", is_flag=True, help="Let rows go whose files are gone from FOLDER.")
@click.option(
    "--checks/--no-checks",
    default=True,
    show_default=True,
    help="Look at the prices afterwards, and tell what is odd of them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
@interrupts.interruptible(GOES_ON)
@with_settings
def load(
    settings: Settings,
    /,
    *,
    folder: Path | str,
    collection: str,
    place: Path | None,
    zone: str,
    **how: bool,
) -> int:
    """Load the price files in FOLDER into silver/file_prices, by the layouts that are confirmed.

    A file is known by its bytes: one that is loaded is not loaded again, one that has changed takes
    the place of what it was, and of one that is gone the rows stay until --forget. What is refused
    is listed with the reason in silver/file_documents, lines that cannot be read in
    silver/file_rejects. Killed at any moment and run again it goes on. Exits with 2 while a file is
    not loaded.

    \b
    indextracker files load prices --collection us --zone America/New_York
    """  # noqa: D301 - click keeps the lines below its mark as they are
    from indextracker_cli import loading  # noqa: PLC0415 - Arrow takes a second

    here = _brought(folder, place, quiet=how["as_json"])
    return loading.run(settings, here, collection, place or here / "layouts", zone, **how)


def _brought(folder: Path | str, place: object, *, quiet: bool) -> Path:
    """The folder of the files; what is in a bucket is brought first.

    Raises:
        click.UsageError: Files are in a bucket, and nothing says where layouts are.
    """
    if isinstance(folder, Path):
        return folder
    if not place:
        raise click.UsageError(
            f"{folder} is in a bucket: say where on this machine its layouts are, --layouts DIR"
        )
    from indextracker.files.fetching import fetched  # noqa: PLC0415 - Arrow takes a second
    from indextracker_cli.progress import shown  # noqa: PLC0415

    progress = shown(quiet=quiet)
    try:
        return fetched(folder, progress)
    finally:
        progress.stop()


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
        say(f"{layout.name}: {counted(number, 'file')}, such as {layout.proposals[0].name}")
        for text in sorted(asked):
            say(f"  ? {text}")
    for proposal in refused[:_REFUSED_SHOWN]:
        say(f"refused: {proposal.name}: {proposal.refusal}")
    if len(refused) > _REFUSED_SHOWN:
        say(f"refused: {len(refused) - _REFUSED_SHOWN} more")
    stay = len(layouts) - written
    told = f"{counted(len(layouts), 'layout')} in {place}"
    told += f", {stay} of them there before" if stay else ""
    say(f"{told}; {counted(len(refused), 'file')} refused", err=True)
