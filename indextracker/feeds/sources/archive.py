"""Documents from a folder that keeps them under their publishers' names."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from indextracker.feeds.model import Refusal
from indextracker.feeds.sources import model
from indextracker.feeds.sources.model import Answer, Source, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from indextracker.feeds.model import Feed


class ArchiveSource(Source):
    """A folder that keeps documents under their publishers' names, at any depth.

    The folder is walked once, at the first question. Its files are candidates by their name, the
    largest first: the night part of a session and the whole of it have one name.
    """

    live = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = f"archive:{root.name}"

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        if not self._root.is_dir():
            raise NotADirectoryError(f"the archive {self._root} is no folder")
        found: dict[str, list[Path]] = {}
        for folder, _, names in os.walk(self._root, onerror=_raise):
            for name in names:
                found.setdefault(name, []).append(Path(folder, name))
        return found

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """Every file of the session's names, the largest first.

        Raises:
            NotADirectoryError: If the archive is no folder.
        """
        paths = [path for name in feed.names(session) for path in self._files.get(name, ())]
        sized = sorted((-path.stat().st_size, path) for path in paths)
        for negative_size, path in sized:
            yield self._answer(path, -negative_size)

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, path: Path, size: int) -> Answer:
        url = f"archive:{path.relative_to(self._root).as_posix()}"
        if size > model.LARGEST_DOCUMENT_BYTES:
            return Answer(url, path.name, None, refusal=too_large(path.name))
        try:
            return Answer(url, path.name, path.read_bytes())
        except OSError as error:
            reason = f"{path.name} cannot be read ({error.strerror})"
            return Answer(url, path.name, None, refusal=Refusal("blocked", reason))


def _raise(error: OSError) -> None:
    raise error
