"""From a path to contents: files, and members of archives, within bounds of memory.

What an encoding or a delimiter is stands elsewhere. Nothing is unpacked to disk, and a member is
read until it is larger than an archive may hold, whatever the archive says of its size.
"""

from __future__ import annotations

import bz2
import codecs
import gzip
import hashlib
import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, cast

from indextracker.files.model import (
    PART_BYTES,
    WHOLE_BYTES,
    WORKBOOK_BYTES,
    Content,
    RefusedFileError,
    written_name,
)

# An archive whose members hold more together than this, or more than a thousand times what they
# take up packed, is a bomb: prices in text pack to a third or a tenth.
MOST_UNPACKED = 2**31
MOST_TIMES = 400
MOST_MEMBERS = 10_000

# zipfile reports damage by any of these, depending on where it lies; some say nothing.
_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,  # a version or a packing of zip that it does not know
    EOFError,
    OverflowError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
_PACKED = {b"\x1f\x8b": "gz", b"\xfd7zXZ\x00": "xz", b"BZh": "bz2"}
_TYPED = (b"PAR1", b"ARROW1", b"FEA1")
_WORKBOOKS = ("xlsx", "xls", "ods")
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def contents(path: Path, root: Path) -> Iterator[Content | tuple[str, RefusedFileError]]:
    """The contents of a file below `root`, or a name with the reason why it is refused.

    Raises:
        RefusedFileError: if the file as a whole is refused.
    """
    if not path.resolve().is_relative_to(root.resolve()):
        raise RefusedFileError(f"{path} is a link that leaves the folder")
    name = written_name(str(path.relative_to(root)))
    size = path.stat().st_size
    if size == 0:
        raise RefusedFileError("the file is empty")
    with path.open("rb") as file:
        magic = file.read(8)
    if magic.startswith(b"PK\x03\x04") or zipfile.is_zipfile(path):
        yield from _of_zip(path, name, size)
    elif packing := next(
        (kind for start, kind in _PACKED.items() if magic.startswith(start)), None
    ):
        yield _of_packed(path, name, packing, size)
    elif magic.startswith(_TYPED):
        yield _typed(path, name, magic)
    else:
        with path.open("rb") as file:
            container = "xls" if magic == _COMPOUND else None
            yield read(file, name, container, size)


def _typed(path: Path, name: str, magic: bytes) -> Content:
    """Parquet and Arrow are read in place, by batches, whatever their size."""
    digest = None
    if path.stat().st_size <= 16 * WHOLE_BYTES:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    kind = "parquet" if magic.startswith(b"PAR1") else "feather"
    return Content(name, kind, (), path.stat().st_size, digest, path)


def read(file: IO[bytes], name: str, container: str | None, size: int) -> Content:
    """A content as a whole, or its head, middle and tail if it is large."""
    most = WORKBOOK_BYTES if container in _WORKBOOKS else WHOLE_BYTES
    if size <= most:
        data = file.read(most + 1)
        return Content(name, container, (data,), len(data), hashlib.sha256(data).hexdigest())
    if container in _WORKBOOKS:
        raise RefusedFileError(f"a workbook of {size:,} bytes: at most {most:,} are read")
    parts = []
    for start in (0, (size - PART_BYTES) // 2, size - PART_BYTES):
        file.seek(start)
        parts.append(file.read(PART_BYTES))
    return Content(name, container, tuple(parts), size, None)


def _of_zip(path: Path, name: str, size: int) -> Iterator[Content | tuple[str, RefusedFileError]]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _judge(members, size)
            if any(member.filename.startswith("xl/") for member in members):
                with path.open("rb") as file:
                    yield read(file, name, "xlsx", size)
                return
            if any(member.filename == "content.xml" for member in members):
                with path.open("rb") as file:
                    yield read(file, name, "ods", size)
                return
            for member in members:
                inner = f"{name}!{member.filename}"
                try:
                    yield _member(archive, member, inner)
                except RefusedFileError as refusal:
                    yield inner, refusal
    except _DAMAGED as error:
        said = str(error) or "it is damaged"
        raise RefusedFileError(f"the archive cannot be read: {said}") from error


def _judge(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise RefusedFileError(
            f"the archive has {len(members):,} members, more than {MOST_MEMBERS:,}"
        )
    unpacked = sum(member.file_size for member in members)
    if unpacked > MOST_UNPACKED or unpacked > max(size * MOST_TIMES, 4 * PART_BYTES):
        raise RefusedFileError(
            f"the archive's {size:,} bytes would unpack to {unpacked:,}: taken for a bomb"
        )


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, inner: str) -> Content:
    if _leaves(member.filename):
        raise RefusedFileError(f"the path {member.filename!r} in the archive leaves the folder")
    if member.flag_bits & 1:
        raise RefusedFileError("it is encrypted: unpack it with its password first")
    with archive.open(member) as file:
        return _unpacked(file, inner, "zip", member.compress_size)


def _leaves(name: str) -> bool:
    inside, windows = PurePosixPath(name.replace("\\", "/")), PureWindowsPath(name)
    return inside.is_absolute() or bool(windows.drive) or ".." in inside.parts


def _of_packed(path: Path, name: str, packing: str, size: int) -> Content:
    try:
        with _opened(path, packing) as file:
            return _unpacked(file, name, packing, size)
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise RefusedFileError(f"it cannot be unpacked: {error}") from error


def _opened(path: Path, packing: str) -> IO[bytes]:
    if packing == "gz":
        return cast(IO[bytes], gzip.open(path))
    if packing == "xz":
        return cast(IO[bytes], lzma.open(path))
    return cast(IO[bytes], bz2.open(path))


def _unpacked(file: IO[bytes], name: str, container: str, packed: int) -> Content:
    """A packed content: read from its beginning, for one cannot begin in the middle of it.

    A long one is read to its end in pieces, of which head, middle and tail are kept.
    """
    data = file.read(WHOLE_BYTES + 1)
    if len(data) > max(packed * MOST_TIMES, 4 * PART_BYTES):
        raise RefusedFileError(
            f"{packed:,} bytes unpack to more than {len(data):,}: taken for a bomb"
        )
    if len(data) <= WHOLE_BYTES:
        return Content(name, container, (data,), len(data), hashlib.sha256(data).hexdigest())
    head, middle = data[:PART_BYTES], data[-PART_BYTES - 1 : -1]
    size, tail = len(data), data[-PART_BYTES:]
    while piece := file.read(PART_BYTES):
        size += len(piece)
        tail = (tail + piece)[-PART_BYTES:]
        if size > min(MOST_UNPACKED, packed * MOST_TIMES):
            raise RefusedFileError(
                f"{packed:,} bytes unpack to more than {size:,}: taken for a bomb"
            )
    return Content(name, container, (head, middle, tail), size, None)


@dataclass(frozen=True)
class Part:
    """A content as a file that can be read from its beginning to its end, and again.

    Attributes:
        name: That of the file, with its member.
        container: What it was in; of a typed file or a workbook, what it is.
        path: Where it lies: the file itself, or unpacked.
        scratch: A folder for what has to be written to read it.
    """

    name: str
    container: str | None
    path: Path
    scratch: Path


@dataclass(frozen=True)
class Refused:
    """A member that is not read, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Text:
    """A text in UTF-8 without a mark at its beginning, and how many lines it has."""

    path: Path
    lines: int


def parts(path: Path, name: str, scratch: Path) -> Iterator[Part | Refused]:
    """The contents of a file, each unpacked within bounds where it is packed.

    Args:
        path: The file.
        name: Its path in its folder.
        scratch: A folder for what is unpacked, which the caller removes.

    Raises:
        RefusedFileError: The file as a whole is refused.
    """
    size = path.stat().st_size
    if size == 0:
        raise RefusedFileError("the file is empty")
    with path.open("rb") as file:
        magic = file.read(8)
    packing = next((kind for start, kind in _PACKED.items() if magic.startswith(start)), None)
    if magic.startswith(b"PK\x03\x04") or zipfile.is_zipfile(path):
        yield from _parts_of_zip(path, name, size, scratch)
    elif packing:
        with _opened(path, packing) as file:
            yield Part(name, packing, _extracted(file, scratch / "unpacked", size), scratch)
    elif magic.startswith(_TYPED):
        yield Part(name, "parquet" if magic.startswith(b"PAR1") else "feather", path, scratch)
    else:
        container = "xls" if magic == _COMPOUND else None
        if container and size > WORKBOOK_BYTES:
            raise RefusedFileError(
                f"a workbook of {size:,} bytes: at most {WORKBOOK_BYTES:,} are read"
            )
        yield Part(name, container, path, scratch)


def _parts_of_zip(path: Path, name: str, size: int, scratch: Path) -> Iterator[Part | Refused]:
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            _judge(members, size)
            names = {member.filename for member in members}
            book = "xlsx" if any(inner.startswith("xl/") for inner in names) else "ods"
            if book == "xlsx" or "content.xml" in names:
                if size > WORKBOOK_BYTES:
                    raise RefusedFileError(
                        f"a workbook of {size:,} bytes: at most {WORKBOOK_BYTES:,} are read"
                    )
                yield Part(name, book, path, scratch)
                return
            for number, member in enumerate(members):
                inner = f"{name}!{member.filename}"
                if _leaves(member.filename):
                    yield Refused(inner, "its path in the archive leaves the folder")
                elif member.flag_bits & 1:
                    yield Refused(inner, "it is encrypted: unpack it with its password first")
                else:
                    try:
                        with archive.open(member) as file:
                            # By a number: what a member is called is never a path of this machine.
                            target = scratch / f"member-{number}"
                            unpacked = _extracted(file, target, member.compress_size)
                    except RefusedFileError as refusal:
                        yield Refused(inner, str(refusal))
                        continue
                    yield Part(inner, "zip", unpacked, scratch)
                    unpacked.unlink(missing_ok=True)
    except _DAMAGED as error:
        said = str(error) or "it is damaged"
        raise RefusedFileError(f"the archive cannot be read: {said}") from error


def _extracted(file: IO[bytes], target: Path, packed: int) -> Path:
    """Unpacks a content to a file, up to what one may hold."""
    most = min(MOST_UNPACKED, max(packed * MOST_TIMES, 4 * PART_BYTES))
    size = 0
    try:
        with target.open("wb") as unpacked:
            while piece := file.read(PART_BYTES):
                size += len(piece)
                if size > most:
                    raise RefusedFileError(
                        f"{packed:,} bytes unpack to more than {most:,}: taken for a bomb"
                    )
                unpacked.write(piece)
    except (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise RefusedFileError(f"it cannot be unpacked: {error}") from error
    return target


def as_utf8(part: Part, codec: str) -> Text:
    """A text in UTF-8, transcoded in pieces where it is not that; with its lines counted.

    Raises:
        RefusedFileError: Its bytes are of another encoding.
    """
    decoder = codecs.getincrementaldecoder(codec)("strict")
    lines, last, target = 0, b"\n", part.path
    with part.path.open("rb") as file:
        marked = file.read(3) == codecs.BOM_UTF8
        file.seek(0)
        if codec == "utf-8-sig" and not marked:
            while piece := file.read(PART_BYTES * 4):
                lines, last = lines + piece.count(b"\n"), piece[-1:]
            return Text(part.path, lines + (last != b"\n"))
        target = part.scratch / f"{part.path.name}.utf8"
        try:
            with target.open("wb") as written:
                while piece := file.read(PART_BYTES * 4):
                    made = decoder.decode(piece).encode("utf-8")
                    lines, last = lines + made.count(b"\n"), made[-1:] or last
                    written.write(made)
                written.write(decoder.decode(b"", final=True).encode("utf-8"))
        except UnicodeDecodeError as error:
            raise RefusedFileError(f"it is not {codec} throughout: {error.reason}") from error
    return Text(target, lines + (last != b"\n"))
