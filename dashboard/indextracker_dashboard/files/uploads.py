"""Files that people drag onto the page: kept in a folder of their collection beside the lake.

They are bounded in size and number, and nothing is written outside of that folder. What they hold
is looked at by commands, never here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from uuid import uuid4

from flask import Flask, Response, request

from indextracker_dashboard.data import Data
from indextracker_dashboard.files.state import NAME, PATH

FILE_BYTES = 256 * 2**20
COLLECTION_BYTES = 2 * 2**30
MOST_FILES = 2_000
FOLDER = "uploads"
_LONGEST_NAME = 150
_PIECE = 2**20
# What separates folders, names drives and streams, or cannot be in a name somewhere.
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


class UploadError(ValueError):
    """A file that is not taken; the message says why."""


def folder_of(data: Data, collection: str) -> Path:
    """The folder of a collection, there or not.

    Raises:
        UploadError: The lake is in no folder, or the name is none.
    """
    place = data.lakehouse.place
    if "://" in place:
        raise UploadError(
            "files are kept beside a lake in a folder, and this one is in a bucket: in a terminal "
            "indextracker files detect, confirm and load read a folder of yours"
        )
    if not collection or not re.fullmatch(NAME, collection):
        raise UploadError("a collection is named by letters, digits, - and _, 63 at most")
    return Path(place).parent / FOLDER / collection


def collections(data: Data) -> list[str]:
    """The names of the collections that have a folder."""
    place = data.lakehouse.place
    if "://" in place or not (folder := Path(place).parent / FOLDER).is_dir():
        return []
    return sorted(
        one.name for one in folder.iterdir() if one.is_dir() and re.fullmatch(NAME, one.name)
    )


def files(folder: Path) -> list[tuple[str, int]]:
    """The files that were uploaded, with their sizes."""
    if not folder.is_dir():
        return []
    return sorted(
        (one.name, one.stat().st_size)
        for one in folder.iterdir()
        if one.is_file() and not one.name.startswith(".")
    )


def safe(name: str) -> str:
    """A name that stays in its folder, like the one that a file had.

    Raises:
        UploadError: Nothing of it is left.
    """
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    found = _UNSAFE.sub("_", last).strip().lstrip(".")
    if len(found) > _LONGEST_NAME:
        stem, dot, ending = found.rpartition(".")
        ending = f"{dot}{ending[:20]}" if stem else ""
        found = (stem or found)[: _LONGEST_NAME - len(ending)] + ending
    if not found.strip("._ "):
        raise UploadError(f"a file called {name[:40]!r} is not taken: give it a name")
    return found


def keep(folder: Path, name: str, size: int | None, stream: IO[bytes]) -> str:
    """Writes a file into a folder; one of the same name is replaced, as soon as all is there.

    Args:
        folder: Of its collection.
        name: As its owner calls it.
        size: How long it is said to be.
        stream: Its bytes.

    Returns:
        The name that it has there.

    Raises:
        UploadError: It is too large, not whole, or one too many.
    """
    called = safe(name)
    others = {one: size for one, size in files(folder) if one != called}
    if len(others) >= MOST_FILES:
        raise UploadError(
            f"{MOST_FILES:,} files are kept of a collection: load a folder of more in a terminal"
        )
    room = min(FILE_BYTES, COLLECTION_BYTES - sum(others.values()))
    if size is not None and size > room:
        raise UploadError(_too_large(called, room))
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f".{uuid4().hex}.part"
    try:
        written = 0
        with beside.open("wb") as file:
            for piece in _pieces(stream):
                written += len(piece)
                if written > room:
                    raise UploadError(_too_large(called, room))
                file.write(piece)
        if size is not None and written != size:
            raise UploadError(f"{called} did not arrive as a whole: send it again")
        beside.replace(folder / called)
    finally:
        beside.unlink(missing_ok=True)
    return called


def remove(folder: Path, name: str) -> None:
    """Removes a file that was uploaded; one that is none of them, or gone, is left alone."""
    if name in dict(files(folder)):
        (folder / name).unlink(missing_ok=True)


def serve(server: Flask, data: Data) -> None:
    """Has a server take files."""

    @server.post(f"{PATH}/upload")
    def upload() -> Response:
        try:
            folder = folder_of(data, request.args.get("collection", ""))
            kept = keep(
                folder, request.args.get("name", ""), request.content_length, request.stream
            )
        except UploadError as error:
            return _said(400, str(error))
        except LookupError as error:
            return _said(404, str(error))
        except OSError as error:
            return _said(507, f"it could not be written: {error.strerror}")
        return _said(200, kept)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    while piece := stream.read(_PIECE):
        yield piece


def _too_large(name: str, room: int) -> str:
    return (
        f"{name} is not taken: a file may have {FILE_BYTES // 2**20} MB, a collection "
        f"{COLLECTION_BYTES // 2**30} GB, and {max(0, room) // 2**20:,} MB are left; load a folder "
        "of larger ones in a terminal"
    )


def _said(status: int, sentence: str) -> Response:
    return Response(f"{sentence}\n", status, content_type="text/plain; charset=utf-8")
