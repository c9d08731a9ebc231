"""Documents that come as a zip archive: of one file, or of several parts.

A zip is taken only if it is what is expected: one entry under one name, alone or among others. It
is inflated in memory and never unpacked to a disk. The file's contents are not read here. Which
zips of an archive hold many documents, and which of them, is found by its source.

Answers of several requests that are one document are packed here too.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from isal import isal_zlib

from indextracker.feeds.model import Refusal, quote

MAGIC = b"PK\x03\x04"
LARGEST_BYTES = 1 << 30
LARGEST_RATIO = 200  # TAIFEX's tick files inflate 21 to 54 times (2021 to 2024)
ENCRYPTED, UTF_8 = 0x1, 0x800
LOCAL_HEADER = struct.Struct("<26xHH")  # lengths of the name and of the extra field end it
# Zips tell times without a zone: the comment of one that was packed here says it.
TIMES_ARE_UTC = b"times are UTC"
# Behind the name of a part that was refused: the entry says why.
REFUSAL = ".refusal"


@dataclass(frozen=True)
class Part:
    """An entry of a zip that holds the answers of several requests.

    Attributes:
        name: Its name.
        body: Its bytes.
        at: When it came, to two seconds; None in a zip that was packed elsewhere.
    """

    name: str
    body: bytes
    at: datetime | None


def packed(parts: Iterable[Part]) -> bytes:
    """Pack parts into one zip, in their order; the same ones give the same bytes."""
    packed_bytes = io.BytesIO()
    with zipfile.ZipFile(packed_bytes, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = TIMES_ARE_UTC
        for part in parts:
            at = part.at.astimezone(UTC).timetuple()[:6] if part.at else (1980, 1, 1, 0, 0, 0)
            info = zipfile.ZipInfo(part.name, at)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, part.body)
    return packed_bytes.getvalue()


def read_parts(body: bytes, document: str, largest_bytes: int) -> list[Part]:
    """Inflate all entries of a zip, in their order; folders are left out.

    Args:
        body: The zip.
        document: Its name, for the reasons of refusals.
        largest_bytes: How many bytes they may have together.

    Raises:
        Refusal: refused where the zip is damaged, an entry is not what it announces, a name has
            other letters than those of ASCII that can be printed, or they are larger together.
    """
    found = [info for info in directory(io.BytesIO(body), document) if not info.is_dir()]
    announced = sum(info.file_size for info in found)
    if announced > largest_bytes:
        raise Refusal(
            "refused",
            f"{document} announces {announced} bytes in {len(found)} entries, at most "
            f"{largest_bytes} are expected",
        )
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        in_utc = archive.comment == TIMES_ARE_UTC
    parts = []
    for info in found:
        if not (info.orig_filename.isascii() and info.orig_filename.isprintable()):
            raise Refusal("refused", f"{document} holds the entry {quote(info.orig_filename)}")
        at = datetime(*info.date_time, tzinfo=UTC) if in_utc else None
        parts.append(Part(info.filename.rpartition("/")[2], _read(body, info, document), at))
    return parts


def read_only_entry(body: bytes, document: str, entries: tuple[str, ...]) -> bytes:
    """Inflate the only entry of a zip.

    Args:
        body: The zip.
        document: Its name, for the reasons of refusals.
        entries: The names that the entry may have.

    Returns:
        The bytes of the entry; their length and CRC are those that the zip announces.

    Raises:
        Refusal: With state refused, if the zip is damaged or anything else than expected.
    """
    found = directory(io.BytesIO(body), document)
    if len(found) != 1:
        names = ", ".join(quote(entry.orig_filename) for entry in found[:5])
        raise Refusal(
            "refused", f"{document} has {len(found)} entries ({names}), expected exactly one"
        )
    [info] = found
    # orig_filename, because ZipInfo.filename ends at a NUL and has its separators replaced.
    if info.orig_filename not in entries:
        raise Refusal(
            "refused",
            f"{document} holds the entry {quote(info.orig_filename)}, expected "
            f"{' or '.join(map(repr, entries))}",
        )
    return _read(body, info, document)


def read_part(body: bytes, document: str, entry: str) -> bytes:
    """Inflate one entry of a zip that has several; `read_only_entry` says what is returned.

    Args:
        body: The zip.
        document: Its name, for the reasons of refusals.
        entry: The name of the entry.

    Raises:
        Refusal: missing where there is no such entry; refused where there are two, or the zip is
            damaged.
    """
    found = directory(io.BytesIO(body), document)
    own = [info for info in found if info.orig_filename == entry]
    if not own:
        names = ", ".join(quote(info.orig_filename) for info in found[:5])
        raise Refusal("missing", f"{document} has no entry {entry} among {len(found)} ({names})")
    if len(own) > 1:
        raise Refusal("refused", f"{document} has {len(own)} entries {entry}, expected one")
    return _read(body, own[0], document)


def directory(opened: BinaryIO, document: str) -> list[zipfile.ZipInfo]:
    """What a zip says that it holds.

    Args:
        opened: The zip.
        document: Its name, for the reason of a refusal.

    Raises:
        Refusal: refused, where the list is damaged or is not there.
    """
    # zipfile reports a damaged directory by any of these, depending on where the damage lies.
    try:
        with zipfile.ZipFile(opened) as archive:
            return archive.infolist()
    except (
        zipfile.BadZipFile,
        NotImplementedError,  # a version of zip that it does not know
        OSError,
        OverflowError,
        ValueError,
        struct.error,
    ) as error:
        raise Refusal(
            "refused",
            f"{document} is a damaged or cut off zip: its directory is unreadable ({error})",
        ) from error


def inflated(
    opened: BinaryIO, info: zipfile.ZipInfo, document: str, piece_bytes: int
) -> Iterator[bytes]:
    """The bytes of an entry, piece by piece.

    Args:
        opened: The zip.
        info: The entry, as `directory` gives it.
        document: Name of the zip, for the reasons of refusals.
        piece_bytes: How large a piece may be.

    Raises:
        Refusal: refused, where the zip is damaged. That the length and CRC are not those announced
            is known after the last piece.
    """
    _check_entry(info, document)
    opened.seek(_data_start(opened, info, document))
    left, size, crc = info.compress_size, 0, 0
    inflater = isal_zlib.decompressobj(wbits=-15)
    packed = b""
    # One byte more than announced is enough to see that there is more.
    while size <= info.file_size:
        if not packed and left:
            packed = opened.read(min(left, piece_bytes))
            left = left - len(packed) if packed else 0
        if info.compress_type == zipfile.ZIP_STORED:
            piece, packed = packed, b""
        else:
            most = min(piece_bytes, info.file_size + 1 - size)
            try:
                piece = inflater.decompress(packed, most)
            except isal_zlib.error as error:  # type: ignore[misc]  # its stub makes it an instance
                raise Refusal(
                    "refused",
                    f"{document} is damaged: entry {info.filename} cannot be inflated "
                    f"({error}), so its CRC {info.CRC:08x} cannot hold",
                ) from error
            packed = inflater.unconsumed_tail
        size += len(piece)
        crc = isal_zlib.crc32(piece, crc)
        if piece:
            yield piece
        elif inflater.eof or not (packed or left):
            break
    if (size, crc) != (info.file_size, info.CRC):
        raise Refusal(
            "refused",
            f"{document} is damaged: entry {info.filename} inflates to {size} bytes with the "
            f"CRC {crc:08x}, its directory announces {info.file_size} bytes with {info.CRC:08x}",
        )


def _read(body: bytes, info: zipfile.ZipInfo, document: str) -> bytes:
    # In one piece, which is joined without a copy.
    return b"".join(inflated(io.BytesIO(body), info, document, LARGEST_BYTES))


def _check_entry(info: zipfile.ZipInfo, document: str) -> None:
    entry = info.orig_filename
    if info.flag_bits & ENCRYPTED:
        raise Refusal("refused", f"{document}: entry {entry} is encrypted")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Refusal(
            "refused",
            f"{document}: entry {entry} is packed by method {info.compress_type}, "
            "expected deflate or stored",
        )
    if info.file_size > LARGEST_BYTES or info.file_size > LARGEST_RATIO * max(
        info.compress_size, 1
    ):
        raise Refusal(
            "refused",
            f"{document}: entry {entry} announces an implausible size, {info.file_size} bytes "
            f"out of {info.compress_size}; at most {LARGEST_BYTES} bytes and "
            f"{LARGEST_RATIO} times are expected",
        )


def _data_start(opened: BinaryIO, info: zipfile.ZipInfo, document: str) -> int:
    """Where the entry's data begin: after its own header, which repeats its name."""
    begin = max(info.header_offset, 0)  # a damaged list may place it before the zip
    opened.seek(begin)
    header = opened.read(LOCAL_HEADER.size)
    if len(header) == LOCAL_HEADER.size and header.startswith(MAGIC):
        name_length, extra_length = LOCAL_HEADER.unpack(header)
        encoding = "utf-8" if info.flag_bits & UTF_8 else "cp437"
        if opened.read(name_length) == info.orig_filename.encode(encoding):
            return int(begin + LOCAL_HEADER.size + name_length + extra_length)
    raise Refusal(
        "refused",
        f"{document} is a damaged zip: where its directory places the entry "
        f"{info.orig_filename} there is none of that name",
    )
