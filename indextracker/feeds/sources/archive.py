"""Documents from a place that keeps them under their publishers' names.

Zips of many documents are looked into. A file whose name is only similar is never read, but it can
be listed.
"""

from __future__ import annotations

import re
import threading
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from indextracker.feeds import FEEDS
from indextracker.feeds.model import Refusal
from indextracker.feeds.sources.model import Answer, Source
from indextracker.feeds.sources.packed import Held, held
from indextracker.system import places
from indextracker.system.documents import Document, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from indextracker.feeds.model import Feed
    from indextracker_catalogue import Key

_WORDS = re.compile(r"\d+|[^\W\d_]+")
_DATE = re.compile(r"\b(\d{4}) (\d\d) (\d\d)\b")
_MONTH = re.compile(
    r"(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?![a-z])", re.IGNORECASE
)
# A day of which every feed has names; those of other days have other numbers and months.
_ANY_DAY = date(2024, 12, 16)


class ArchiveSource(Source):
    """A folder or a prefix of a bucket with documents under their publishers' names, at any depth.

    Zips of documents, such as one of a year, count as folders, and so do zips in them. All of it is
    listed once, at the first question. Its files are candidates by their name, the largest first:
    the night part of a session and the whole of it have one name.

    Args:
        root: The folder, or `s3://<bucket>/<prefix>`.
    """

    live = False

    def __init__(self, root: str | Path) -> None:
        self._root = places.place(str(root))
        self._unreadable: list[OSError] = []
        self._listing = threading.Lock()
        self._listed: dict[str, list[Held]] | None = None
        self.place = f"archive:{str(root).rpartition('/')[2]}"

    @property
    def _files(self) -> dict[str, list[Held]]:
        """What there is, by the last part of its name."""
        with self._listing:
            if self._listed is None:
                self._listed = self._list()
            return self._listed

    def _list(self) -> dict[str, list[Held]]:
        shapes = {
            _shape(name)
            for feed in FEEDS.values()
            for name in feed.names(feed.timeline.value_of(feed.timeline.key_of(_ANY_DAY)))
        }

        def is_document(name: str) -> bool:
            """Whether a zip is a document by its name, or a copy of one."""
            shape = _shape(name)
            return any(_holds(shape, other) for other in shapes)

        found: dict[str, list[Held]] = {}
        try:
            for file in held(self._root, is_document, self._unreadable.append):
                found.setdefault(file.leaf, []).append(file)
        except FileNotFoundError as error:
            raise NotADirectoryError(f"the archive cannot be read: {error}") from error
        return found

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """Every file of the session's names, the largest first.

        Where there is none, and some of the archive cannot be looked at, it may be there.

        Raises:
            NotADirectoryError: If the archive is not there.
        """
        files = [file for name in feed.names(session) for file in self._files.get(name, ())]
        for file in sorted(files, key=lambda file: (-file.size, file.name)):
            yield self._answer(feed, file)
        if not files and self._unreadable:
            name, error = feed.names(session)[0], self._unreadable[0]
            reason = (
                f"{name} is not in what can be read of {self.place}: {error.strerror}, "
                f"'{self._below(error)}'"
            )
            yield Answer(self.place, name, None, refusal=Refusal("blocked", reason))

    def look_alikes(self, feed: Feed, session: date) -> list[str]:
        """The files whose names only resemble those of a session's document.

        Second downloads (`.zip.1`, ` (1).zip`), copies, unfinished and unpacked ones, those in
        other letters or with other signs in between: all words of the name are there, one after
        the other, and no longer name of another feed is.
        """
        wanted = feed.names(session)
        stems = {_words(name.rpartition(".")[0]) for name in wanted}
        near = {
            file: words
            for stem in stems
            for words, file in self._similar.get(_number(stem), ())
            if _holds(words, stem) and file.rpartition("/")[2] not in wanted
        }
        if not near:
            return []
        names = (name for other in FEEDS.values() for name in other.names(session))
        every = stems | {_words(name.rpartition(".")[0]) for name in names}
        return sorted(
            file
            for file, words in near.items()
            if max((stem for stem in every if _holds(words, stem)), key=len) in stems
        )

    def holds(self, feeds: Iterable[Feed], keys: Iterable[Key]) -> list[Key]:
        """The keys for which there is a file of a feed's name.

        Args:
            feeds: Feeds of one time line.
            keys: Its keys.

        Raises:
            NotADirectoryError: If the archive is not there.
        """
        asked = list(feeds)
        return [
            key
            for key in keys
            if any(
                name in self._files
                for feed in asked
                for name in feed.names(feed.timeline.value_of(key))
            )
        ]

    @cached_property
    def _similar(self) -> dict[str, list[tuple[str, str]]]:
        """The words of each file's name, and the file, by each number in it: one pass for all."""
        found: dict[str, list[tuple[str, str]]] = {}
        for name, files in self._files.items():
            words = _words(name)
            for number in {word for word in words.split() if word.isdecimal()}:
                found.setdefault(number, []).extend((words, file.name) for file in files)
        return found

    def _below(self, error: OSError) -> str:
        """Where it happened, from the archive on: places of this machine are in no log."""
        return str(error.filename).removeprefix(self._root.address).strip("/")

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, feed: Feed, file: Held) -> Answer:
        url, name = f"archive:{file.name}", file.leaf
        if file.size > feed.largest_bytes:
            too_large = TooLargeError(name, feed.largest_bytes)
            return Answer(url, name, None, refusal=Refusal("refused", str(too_large)))
        try:
            return Answer(url, name, Document.taken(name, file.pieces()))
        except Refusal as refusal:
            return Answer(url, name, None, refusal=refusal)
        except OSError as error:
            reason = f"{name} cannot be read ({error.strerror or error})"
            return Answer(url, name, None, refusal=Refusal("blocked", reason))


def _shape(name: str) -> str:
    """What is alike in the names of a feed's documents, whatever their days: words, and ciphers."""
    return re.sub(r"\d", "0", _words(_MONTH.sub("mon", name.rpartition(".")[0])))


def _words(name: str) -> str:
    """Words and numbers of a name in small letters, a date as one number, with blanks between."""
    return _DATE.sub(r"\1\2\3", " ".join(_WORDS.findall(name.casefold())))


def _number(stem: str) -> str:
    """The longest number of a document's name, its date or its year."""
    return max((word for word in stem.split() if word.isdecimal()), key=len)


def _holds(words: str, some: str) -> bool:
    """Whether some words are among others, in their order and without others between them."""
    return f" {some} " in f" {words} "
