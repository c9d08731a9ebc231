"""Every file of a folder: opened, proposed, grouped. The one module here that walks a folder.

Files are read one after the other, each within the bounds of `model`, and what is not read is
told with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from indextracker.files.layouts import Layout, as_yaml
from indextracker.files.model import RefusedFileError
from indextracker.files.opening import contents
from indextracker.files.proposal import Proposal, propose, refused


def detect(folder: Path, *, besides: Path | None = None) -> Iterator[Proposal]:
    """A proposal for each content below a folder, in the order of their names.

    Args:
        folder: it and the folders in it are searched; hidden files are left out. A file alone is
            one too.
        besides: a folder that is not searched, such as that of layouts.
    """
    if folder.is_file():
        yield from _proposals(folder, folder.parent)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if any(part.startswith(".") for part in inside.parts):
            continue
        if besides and path.is_relative_to(besides):
            continue
        if path.is_file():
            yield from _proposals(path, folder)


def _proposals(path: Path, folder: Path) -> Iterator[Proposal]:
    try:
        for content in contents(path, folder):
            if isinstance(content, tuple):
                yield refused(content[0], str(content[1]))
            else:
                yield propose(content)
    except RefusedFileError as refusal:
        yield refused(str(path.relative_to(folder)), str(refusal))
    except OSError as error:
        yield refused(str(path.relative_to(folder)), f"it cannot be read: {error.strerror}")


def write(layouts: list[Layout], into: Path) -> list[Path]:
    """Writes one YAML a layout; one that is there, perhaps with answers, stays as it is."""
    into.mkdir(parents=True, exist_ok=True)
    written = []
    for layout in layouts:
        path = into / f"{layout.name}.yml"
        if not path.exists():
            path.write_text(as_yaml(layout), encoding="utf-8")
            written.append(path)
    return written
