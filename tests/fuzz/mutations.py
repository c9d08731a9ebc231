"""Documents of which something was changed, cut, doubled or moved, as hypothesis draws them.

What a changed document must lead to is in `targets`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable, Sequence
from functools import partial

from hypothesis import strategies as st

# What readers stumble over: signs of the formats, numbers at their ends, letters that look alike.
TOKENS: tuple[bytes, ...] = (
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r\n", b"\r", b"\x00", b"\x1a", b"\x1b[2J", b"\xff"),
    *(b"[", b"]", b"{", b"}", b":", b"<", b">", b"&", b"%", b"\\", b"\\u0000", b"\\ud800", b"=1+1"),
    *(b"[" * 3000, b'{"a":' * 3000, b"<a>" * 3000, b"9" * 400, b"0" * 5000, b"," * 5000),
    *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"1e-400", b"null", b"true", b"0x10"),
    *(b"-1", b"99999999999999999999", b"0001", b"2024-12-16", b"2024-02-30", b"1900-01-01"),
    *(b"00:00:00", b"24:00:00", b"999999", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xef\xbb\xbf"),
    *(
        "２０２４".encode(),
        "١٢".encode(),
        "\u202e".encode(),
        "−1".encode(),
        "１，０".encode("cp950"),
    ),
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>&b;',
    b"&anchor [*anchor]",
)

_AT = st.integers(0, 1 << 24)
_EDIT = st.one_of(
    st.tuples(st.just("put"), _AT, st.sampled_from(TOKENS)),
    st.tuples(st.just("over"), _AT, st.sampled_from(TOKENS)),
    st.tuples(st.just("over"), _AT, st.binary(min_size=1, max_size=8)),
    st.tuples(st.just("flip"), _AT, st.integers(0, 7)),
    st.tuples(st.just("cut"), _AT, st.integers(1, 4000)),
    st.tuples(st.just("end"), _AT, st.just(0)),
    st.tuples(st.just("twice"), _AT, st.integers(1, 4000)),
    st.tuples(st.just("line"), _AT, st.sampled_from(("drop", "twice", "swap"))),
)
EDITS = st.lists(_EDIT, min_size=1, max_size=4)


def edited(body: bytes, edits: Sequence[tuple[str, int, object]]) -> bytes:
    """A document after changes, one after the other."""
    for kind, number, what in edits:
        at = number % (len(body) + 1)
        if isinstance(what, bytes):
            body = body[:at] + what + body[at + (len(what) if kind == "over" else 0) :]
        elif kind == "flip" and at < len(body):
            body = body[:at] + bytes([body[at] ^ 1 << int(str(what))]) + body[at + 1 :]
        elif kind == "cut":
            body = body[:at] + body[at + int(str(what)) :]
        elif kind == "end":
            body = body[:at]
        elif kind == "twice":
            body = body[:at] + body[at : at + int(str(what))] + body[at:]
        elif kind == "line":
            body = _lines(body, at, str(what))
    return body


def _lines(body: bytes, at: int, what: str) -> bytes:
    lines = body.splitlines(keepends=True)
    if not lines:
        return body
    number = at % len(lines)
    if what == "drop":
        del lines[number]
    elif what == "twice":
        lines.insert(number, lines[number])
    else:
        lines[0], lines[number] = lines[number], lines[0]
    return b"".join(lines)


def _each_entry(body: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """A zip with its first entry changed and packed again; other bytes changed as they are."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            entries = [(info, archive.read(info)) for info in archive.infolist()]
            comment = archive.comment
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError, zlib.error):
        return change(body)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for number, (info, inside) in enumerate(entries):
            again = zipfile.ZipInfo(info.filename, info.date_time)
            again.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(again, inside if number else change(inside))
    return made.getvalue()


def documents(seeds: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Changed documents, and a few that nothing was made of."""

    def made(seed: bytes, edits: list[tuple[str, int, object]], inside: bool) -> bytes:
        if inside and seed.startswith(b"PK"):
            return _each_entry(seed, lambda body: edited(body, edits))
        return edited(seed, edits)

    changed = st.builds(made, st.sampled_from(list(seeds)), EDITS, st.booleans())
    joined = st.builds(
        lambda first, second, at: first[: at % (len(first) + 1)] + second[at % (len(second) + 1) :],
        st.sampled_from(list(seeds)),
        st.sampled_from(list(seeds)),
        _AT,
    )
    return st.one_of(changed, changed, changed, joined, st.binary(max_size=400))


def _zipped(body: bytes, name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, body)
    return made.getvalue()


def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


# A document in a package, or in one that lies.
WAYS: dict[str, Callable[[bytes], bytes]] = {
    "bare": lambda body: body,
    "gz": _gzipped,
    "gz twice": lambda body: _gzipped(_gzipped(body)),
    "gz cut": lambda body: _gzipped(body)[:-5],
    "bz2": bz2.compress,
    "xz": partial(lzma.compress, preset=0),
    "zip": lambda body: _zipped(body, "a.csv"),
    "zip up": lambda body: _zipped(body, "../../up.csv"),
    "zip of a folder": lambda body: _zipped(body, "a.csv/"),
    "zip in zip": lambda body: _zipped(_zipped(body, "a.csv"), "a.zip"),
}
