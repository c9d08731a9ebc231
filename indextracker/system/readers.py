"""Readers of bytes that lie elsewhere: in a part of a file, or in an object of a bucket.

What the bytes are, and how they are kept, does not belong here.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from _typeshed import WriteableBuffer


class Reader(io.RawIOBase):
    """Reads bytes from a place of its own, so that any number of readers can be open at once.

    Args:
        fill: Puts bytes from a place on into a buffer, as many as fit or fewer, and says how many.
        size: How many bytes there are.
    """

    def __init__(self, fill: Callable[[memoryview, int], int], size: int) -> None:
        self._fill = fill
        self._size = size
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, which may lie behind the end."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError(f"there is no byte {start + offset}")
        self._place = start + offset
        return self._place

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill a buffer, as far as there are bytes."""
        into = memoryview(buffer)[: max(self._size - self._place, 0)]
        read = self._fill(into, self._place) if into else 0
        self._place += read
        return read
