"""Documents from a place that keeps them under their publishers' names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from indextracker import places
from indextracker.feeds.model import Refusal
from indextracker.feeds.sources import model
from indextracker.feeds.sources.model import Answer, Source, too_large

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from indextracker.feeds.model import Feed


class ArchiveSource(Source):
    """A folder or a prefix of a bucket with documents under their publishers' names, at any depth.

    It is listed once, at the first question. Its files are candidates by their name, the largest
    first: the night part of a session and the whole of it have one name.

    Args:
        root: The folder, or `s3://<bucket>/<prefix>`.
    """

    live = False

    def __init__(self, root: str | Path) -> None:
        self._root = places.place(str(root))
        self.place = f"archive:{str(root).rpartition('/')[2]}"

    @cached_property
    def _files(self) -> dict[str, list[places.File]]:
        try:
            listed = self._root.files()
        except FileNotFoundError as error:
            raise NotADirectoryError(f"the archive cannot be read: {error}") from error
        found: dict[str, list[places.File]] = {}
        for file in listed:
            found.setdefault(file.name.rpartition("/")[2], []).append(file)
        return found

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """Every file of the session's names, the largest first.

        Raises:
            NotADirectoryError: If the archive is not there.
        """
        files = [file for name in feed.names(session) for file in self._files.get(name, ())]
        for file in sorted(files, key=lambda file: (-file.bytes, file.name)):
            yield self._answer(file)

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, file: places.File) -> Answer:
        url, name = f"archive:{file.name}", file.name.rpartition("/")[2]
        if file.bytes > model.LARGEST_DOCUMENT_BYTES:
            return Answer(url, name, None, refusal=too_large(name))
        try:
            return Answer(url, name, self._root.read(file.name))
        except OSError as error:
            reason = f"{name} cannot be read ({error.strerror or error})"
            return Answer(url, name, None, refusal=Refusal("blocked", reason))
