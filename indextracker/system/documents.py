"""A document as a handle: bytes with a name, of any size, that need not fit into memory.

Requesting, storing and reading documents do not belong here.
"""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
import weakref
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from indextracker.system.readers import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

# Documents of a session measure 2 KB to 1.8 MB; those above this lie in a temporary file.
IN_MEMORY_BYTES = 8 << 20


class TooLargeError(ValueError):
    """A document is larger than it may be; the text says so in a sentence."""

    def __init__(self, name: str, largest: int) -> None:
        super().__init__(f"{name} is larger than {largest} bytes")


@dataclass(frozen=True)
class Document:
    """Bytes that came under a name; equal to another of the same name and bytes.

    Attributes:
        name: The publisher's name of it.
        size: How many bytes it has.
        sha256: Their digest, computed while they came.
    """

    name: str
    size: int
    sha256: str
    _bytes: bytes | _File = field(repr=False, compare=False)

    @classmethod
    def taken(cls, name: str, pieces: Iterable[bytes], largest: int | None = None) -> Document:
        """Take a document as it comes, piece by piece, holding 8 MiB of it in memory at most.

        Args:
            name: Its name.
            pieces: Its bytes.
            largest: How many bytes it may have; None for as many as come.

        Raises:
            TooLargeError: It is larger. What comes after is not asked for.
        """
        digest, size, memory = hashlib.sha256(), 0, bytearray()
        file: _File | None = None
        for piece in pieces:
            size += len(piece)
            if largest is not None and size > largest:
                raise TooLargeError(name, largest)
            digest.update(piece)
            if file is not None:
                file.write(piece)
                continue
            memory += piece
            if size > IN_MEMORY_BYTES:
                file = _File()
                file.write(memory)
                memory.clear()
        return cls(name, size, digest.hexdigest(), file or bytes(memory))

    @classmethod
    def of(cls, name: str, body: bytes) -> Document:
        """A document of bytes that are in memory already."""
        return cls(name, len(body), hashlib.sha256(body).hexdigest(), body)

    def open(self) -> BinaryIO:
        """A reader of its bytes, from the first on; any number of them can be open at once."""
        if isinstance(self._bytes, bytes):
            return io.BytesIO(self._bytes)
        return io.BufferedReader(Reader(self._bytes.fill, self.size), 1 << 20)

    def read(self) -> bytes:
        """All of its bytes, for those who read small documents: without a copy."""
        if isinstance(self._bytes, bytes):
            return self._bytes
        with self.open() as opened:
            return opened.read(self.size)


class _File:
    """A temporary file, removed when it is no longer referenced.

    It has no name, so that a killed process leaves nothing behind.
    """

    def __init__(self) -> None:
        opened = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed by the finaliser
        self._number = opened.fileno()
        weakref.finalize(self, opened.close)

    def write(self, piece: bytes | bytearray) -> None:
        """Write all of a piece at the end."""
        left = memoryview(piece)
        while left:
            left = left[os.write(self._number, left) :]

    def fill(self, buffer: memoryview, place: int) -> int:
        """Put bytes from a place on into a buffer, and return how many."""
        return os.preadv(self._number, [buffer], place)
