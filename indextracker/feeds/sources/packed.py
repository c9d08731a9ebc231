"""The files of an archive, those in its zips too: listed by the zips' own lists, read one by one.

A zip is never unpacked: an entry is inflated when it is read. Zips that lie in a zip are copied
once, one after another, into a temporary file. Which files are documents does not belong here.
"""

from __future__ import annotations

import errno
import io
import os
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Final

from indextracker.feeds.model import Refusal
from indextracker.feeds.zipped import directory, inflated
from indextracker.system.places import PIECE_BYTES
from indextracker.system.readers import Reader

if TYPE_CHECKING:
    import zipfile

    from indextracker.system.places import Place, Unreadable

# A zip of years, with zips of months, with those of days.
DEEPEST: Final = 2


@dataclass(frozen=True)
class Held:
    """A file of an archive, or an entry of a zip of it.

    Attributes:
        name: Where it is, from the archive on; an entry as if its zip was a folder.
        size: How large it is, in bytes; of an entry, what the zip announces.
        pieces: Gives its bytes, piece by piece. Raises OSError where they cannot be read, and
            Refusal where a zip is damaged.
    """

    name: str
    size: int
    pieces: Callable[[], Iterator[bytes]]

    @property
    def leaf(self) -> str:
        """Its name without where it is."""
        return self.name.rpartition("/")[2]


def held(
    place: Place, is_document: Callable[[str], bool], unreadable: Unreadable
) -> Iterator[Held]:
    """Every file below a place, and every entry of the zips that hold documents.

    Args:
        place: The archive.
        is_document: Whether a zip of a name is a document itself, which is not looked into.
        unreadable: Told what cannot be looked at.

    Raises:
        FileNotFoundError: The place is not there.
    """
    inside = _Inside(is_document, unreadable)
    for file in place.files(unreadable):
        yield Held(file.name, file.bytes, partial(_whole, place, file.name))
        if inside.is_wanted(file.name):
            yield from inside.entries(file.name, partial(place.open, file.name))


def _whole(place: Place, name: str) -> Iterator[bytes]:
    return place.pieces(name)


class _Inside:
    """What lies in zips."""

    def __init__(self, is_document: Callable[[str], bool], unreadable: Unreadable) -> None:
        self._is_document = is_document
        self._unreadable = unreadable
        self._copies = _Copies()

    def is_wanted(self, name: str) -> bool:
        """Whether a file is a zip of other files."""
        return name.casefold().endswith(".zip") and not self._is_document(name.rpartition("/")[2])

    def entries(self, name: str, opened: Callable[[], BinaryIO], depth: int = 0) -> Iterator[Held]:
        """The entries of a zip, and of the zips in it.

        Args:
            name: The zip, as `Held` names it.
            opened: Opens it.
            depth: In how many other zips it lies.
        """
        listed: list[zipfile.ZipInfo] = []
        with self._told(name), opened() as read:
            listed = directory(read, name.rpartition("/")[2])
        for info in listed:
            if info.is_dir():
                continue
            inside = info.filename.replace("\\", "/")  # as programs of Windows write it
            entry = Held(f"{name}/{inside}", info.file_size, partial(_pieces, opened, info, name))
            yield entry
            if depth == DEEPEST or not self.is_wanted(entry.name):
                continue
            copy: Callable[[], BinaryIO] | None = None
            with self._told(entry.name):
                copy = self._copies.of(entry.pieces())
            if copy is not None:
                yield from self.entries(entry.name, copy, depth + 1)

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Tells of a zip that cannot be looked at; the others are."""
        try:
            yield
        except Refusal as refusal:
            self._unreadable(OSError(errno.EBADMSG, refusal.reason, name))
        except OSError as error:
            self._unreadable(OSError(error.errno or errno.EIO, error.strerror or str(error), name))


def _pieces(opened: Callable[[], BinaryIO], info: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    with opened() as read:
        yield from inflated(read, info, name.rpartition("/")[2], PIECE_BYTES)


class _Copies:
    """Bytes in one temporary file without a name, which is gone with those who read of it.

    A handle for each would be too many: a file of ten years may hold a zip of every day.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._end = 0
        self._number: int | None = None

    def of(self, pieces: Iterator[bytes]) -> Callable[[], BinaryIO]:
        """Copies bytes, and gives what opens the copy."""
        with self._lock:
            begin = self._end
            for piece in pieces:
                self._write(piece)
        size = self._end - begin

        def fill(buffer: memoryview, place: int) -> int:
            assert self._number is not None
            return os.preadv(self._number, [buffer], begin + place)

        return lambda: io.BufferedReader(Reader(fill, size), 1 << 16)

    def _write(self, piece: bytes) -> None:
        if self._number is None:
            opened = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by the finaliser
            weakref.finalize(self, opened.close)
            self._number = opened.fileno()
        left = memoryview(piece)
        while left:
            written = os.pwrite(self._number, left, self._end)
            self._end += written
            left = left[written:]
