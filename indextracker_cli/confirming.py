"""The command `files confirm`: layouts shown as they would be read, and confirmed with answers."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from indextracker.building.reports import counted
from indextracker.files import (
    LayoutError,
    RefusedFileError,
    alike,
    answered,
    confirm,
    document,
    is_confirmed,
    layouts_in,
    preview,
    unanswered,
)
from indextracker_cli.saying import say
from indextracker_cli.show import console, grid

INCOMPLETE = 2
_COLUMNS = ("ticker", "at", "open", "high", "low", "close", "adj_close", "volume", "line")


def run(
    folder: Path,
    place: Path,
    layouts: Sequence[str],
    answers: Mapping[str, str],
    *,
    yes: bool,
) -> int:
    """Shows each layout that is not confirmed and confirms it, by options or by asking.

    Args:
        folder: The files.
        place: The folder of the layouts.
        layouts: Names of those that are meant; by default all.
        answers: Answers by what they are about; one that a layout does not ask for is not its.
        yes: Confirm what has no open question, and ask nothing.

    Returns:
        The exit code: 2 where a layout is not confirmed in the end.

    Raises:
        click.ClickException: There are no layouts, or an answer is none.
    """
    paths = [path for path in layouts_in(place) if not layouts or path.stem in layouts]
    if not paths:
        raise click.ClickException(
            f"{place} has no layout{' of this name' if layouts else ''}: indextracker files detect "
            f"{folder}"
        )
    left = 0
    for path in paths:
        try:
            left += not _one(folder, path, dict(answers), yes=yes)
        except LayoutError as error:
            raise click.ClickException(str(error)) from error
    return INCOMPLETE if left else 0


def _one(folder: Path, path: Path, answers: dict[str, str], *, yes: bool) -> bool:
    layout = document(path)
    if is_confirmed(layout) and not answers:
        say(f"{path.stem}: confirmed before")
        return True
    asked = {one["about"] for one in layout.get("questions") or []}
    own = {about: said for about, said in answers.items() if about in asked or about == "zone"}
    readable = _show(folder, path, layout, own)
    still = unanswered(answered(layout, own))
    asking = not yes and not answers and sys.stdin.isatty()
    if still and asking:
        for one in still:
            own[one["about"]] = _asked(one)
        readable = _show(folder, path, layout, own)
        still = []
    if still:
        for one in still:
            possible = ", ".join(one.get("possible") or ["yes"])
            say(f"  open: {one['about']}: {one['question']} ({possible})")
        say(f"{path.stem}: not confirmed: --answer {still[0]['about']}=…")
        return False
    if not readable:
        say(f"{path.stem}: not confirmed: no row would be read; {path} can be corrected by hand")
        return False
    if not yes and not own and not asking:
        say(f"{path.stem}: not confirmed: --yes confirms what has no open question")
        return False
    if asking and not click.confirm("Is it right so?", default=True):
        say(f"{path.stem}: not confirmed; {path} can be corrected by hand")
        return False
    confirm(path, own)
    say(f"{path.stem}: confirmed")
    return True


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, float):
        return f"{value:.10g}"
    return "" if value is None else str(value)


def _asked(one: Mapping[str, Any]) -> str:
    possible = [str(answer) for answer in one.get("possible") or []]
    of_any = one["about"] == "ticker" or not possible
    said: str = click.prompt(
        one["question"],
        # Among several there is none: Enter would decide what the data cannot.
        default=next(iter(possible), "yes") if of_any else None,
        type=None if of_any else click.Choice([*possible, "yes"]),
    )
    return said


def _show(folder: Path, path: Path, layout: Mapping[str, Any], answers: Mapping[str, str]) -> bool:
    """Shows the first rows as they would be read; says whether there are any."""
    named = ((layout.get("files") or {}).get("first") or [{}])[0].get("file")
    number = (layout.get("files") or {}).get("count", 0)
    click.echo()
    say(f"{path.stem}: {counted(number, 'file')}, such as {named}")
    try:
        rows = preview(path, folder, answers).rows
    except RefusedFileError as refusal:
        say(f"  {refusal}")
        return False
    cells = [[_cell(row[name]) for name in _COLUMNS] for row in rows]
    console(max(120, console().width)).print(grid("as it would be read", _COLUMNS, cells))
    if names := alike(layout):
        say(f"  not read, though called alike: {', '.join(names)}")
    return bool(rows)
