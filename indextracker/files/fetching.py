"""Price files of a bucket, brought to a folder of this machine, where they are read as any others.

An object is brought once, and again when it is of another size or time. What files hold, and which
of them are read, is decided elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final
from uuid import uuid4

from indextracker.settings import cache, export_for_s3
from indextracker.system.places import File, Place, place
from indextracker.system.progress import SILENT, Progress

FOLDER: Final = "price-files"


def fetched(address: str, progress: Progress = SILENT) -> Path:
    """Brings the objects of a prefix, one after the other, and gives their folder.

    It is a folder of the user's cache. Files whose objects are gone go; each of the others is as
    its object was when that was asked for, whole or not at all.

    Args:
        address: `s3://<bucket>/<prefix>`.
        progress: Told how far it is.

    Raises:
        FileNotFoundError: Nothing is there.
        StoreError: The store cannot be used.
        ValueError: The name of an object leaves the folder.
    """
    export_for_s3()
    source = place(address)
    # What ends in a slash is what some programs make for a folder.
    objects = [one for one in source.files() if one.name and not one.name.endswith("/")]
    for one in objects:
        if not {"", ".", ".."}.isdisjoint(one.name.split("/")):
            raise ValueError(f"{address} has an object {one.name!r}: this name leaves the folder")
    folder = cache() / FOLDER / hashlib.sha256(address.encode()).hexdigest()[:16]
    _remove_others(folder, {one.name for one in objects})
    pending = [one for one in objects if not _is_there(folder / one.name, one)]
    if pending:
        progress.begin(f"bringing price files of {address}", len(pending), "files")
    for one in pending:
        _bring(source, one, folder / one.name)
        progress.advance(at=one.name)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _remove_others(folder: Path, names: set[str]) -> None:
    """Removes files without an object, and what was being brought when it was killed."""
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in names:
            path.unlink()


def _is_there(path: Path, one: File) -> bool:
    if not path.is_file():
        return False
    about = path.stat()
    return (about.st_size, int(about.st_mtime)) == (one.bytes, int(one.modified_at.timestamp()))


def _bring(source: Place, one: File, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{uuid4().hex}.part")
    try:
        with beside.open("wb") as file:
            for piece in source.pieces(one.name):
                file.write(piece)
        seconds = int(one.modified_at.timestamp())
        os.utime(beside, (seconds, seconds))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
