"""Faults between a publisher and its readers, injected on request.

Faults are drawn and answers altered here; faults of the connection are carried out by server.py.
Documents are damaged only in ways that a reader can detect: a digit of a CSV or of JSON is never
changed, since these formats have no checksum, and a CSV never ends between two of its lines.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Literal, get_args

from indextracker_simulator.answers import CSV, HTML, JSON, MAINTENANCE_PAGE, ZIP
from indextracker_simulator.randomness import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np

    from indextracker_simulator.answers import Answer

FaultKind = Literal[
    "drop",  # the connection ends without an answer
    "reset",  # the connection breaks in the middle of the body
    "latency",  # the answer waits
    "unavailable",  # status 503
    "html",  # a page instead of a document
    "half",  # a page that ends early
    "truncate",  # a zip, CSV or JSON that ends early, with a Content-Length that agrees
    "stale",  # what was answered a session before
    "corrupt",  # a bit of each entry's data in a zip is flipped
    "rename",  # a zip's entry has another name
    "second",  # a zip has a second entry
    "huge",  # a zip's entry inflates to 256 MiB
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)

_LENGTHS = struct.Struct("<26xHH")  # of an entry's name and extra field, which its data follow
_HUGE_CHUNK, _HUGE_CHUNKS = 1 << 20, 256
_CONNECTION = frozenset({"drop", "reset", "latency", "unavailable"})
_OF_TYPE: dict[str, frozenset[str]] = {
    ZIP: frozenset({"html", "truncate", "corrupt", "rename", "second", "huge"}),
    JSON: frozenset({"html", "truncate"}),
    CSV: frozenset({"html", "truncate"}),
    HTML: frozenset({"half"}),
}
_OF_OTHERS = frozenset({"html"})


@dataclass(frozen=True)
class Fault:
    """A fault that befalls one answer.

    Attributes:
        kind: Which one.
        random: Decides its details.
        latency_seconds: How long an answer waits.
    """

    kind: FaultKind
    random: np.random.Generator
    latency_seconds: float

    def alter(self, answer: Answer) -> Answer:
        """Return the answer as it arrives; the connection's faults leave it as it is."""
        if self.kind == "stale":
            assert answer.earlier is not None
            return answer.earlier()
        if self.kind == "unavailable":
            return replace(
                answer,
                status=HTTPStatus.SERVICE_UNAVAILABLE,
                content_type=HTML,
                body=MAINTENANCE_PAGE,
            )
        if self.kind == "html":
            return replace(answer, content_type=HTML, body=MAINTENANCE_PAGE)
        if self.kind == "truncate" and answer.content_type == CSV:
            return replace(answer, body=_cut_in_line(answer.body, self.random))
        if self.kind in _ALTERATIONS:
            return replace(answer, body=_ALTERATIONS[self.kind](answer.body, self.random))
        return answer


class Faults:
    """Draws faults, the same for equal seeds: each by the document and how often it was asked.

    Args:
        seed: Chooses them.
        rates: Share of the answers that each kind befalls, among those that it can befall; in
            all at most 1.
        most: How many faults befall one document before it is left in peace; None for no end.
        latency_seconds: The longest that an answer waits.
    """

    def __init__(
        self,
        seed: int,
        rates: Mapping[FaultKind, float],
        *,
        most: int | None = None,
        latency_seconds: float = 1.0,
    ) -> None:
        unknown = sorted(set(rates) - set(KINDS))
        if unknown:
            raise ValueError(f"no fault is called {', '.join(unknown)}; known: {', '.join(KINDS)}")
        if not all(rate >= 0 for rate in rates.values()) or sum(rates.values()) > 1 + 1e-9:
            raise ValueError(f"the rates of faults, {dict(rates)}, are no shares of one whole")
        self._seed = seed
        self._rates = {kind: rates[kind] for kind in KINDS if kind in rates}
        self._most = most
        self._latency_seconds = latency_seconds
        self._asked: Counter[str] = Counter()
        self._befallen: Counter[str] = Counter()
        self._lock = Lock()

    def draw(self, document: str, answer: Answer) -> Fault | None:
        """Return what befalls this answer to a request for a document, None for nothing."""
        with self._lock:
            self._asked[document] += 1
            if self._most is not None and self._befallen[document] >= self._most:
                return None
            random = generator(self._seed, "fault", document, str(self._asked[document]))
            kind = self._drawn(random.random(), _possible(answer))
            if kind is None:
                return None
            self._befallen[document] += 1
            return Fault(kind, random, self._latency_seconds * random.random())

    def _drawn(self, number: float, possible: frozenset[str]) -> FaultKind | None:
        for kind, rate in self._rates.items():
            if kind in possible:
                number -= rate
                if number < 0:
                    return kind
        return None


def _possible(answer: Answer) -> frozenset[str]:
    possible = _CONNECTION | _OF_TYPE.get(answer.content_type, _OF_OTHERS)
    return possible if answer.earlier is None else possible | {"stale"}


def _cut(body: bytes, random: np.random.Generator) -> bytes:
    return body[: int(len(body) * random.uniform(0.1, 0.9))]


def _cut_in_line(body: bytes, random: np.random.Generator) -> bytes:
    """Cut a CSV, below its header if it has more, so that its last line has too few cells."""
    lines = body.splitlines(keepends=True)
    whole = int(random.integers(len(lines) > 1, len(lines)))
    cells = lines[whole].split(b",")
    kept = int(random.integers(1, len(cells)))
    return b"".join(lines[:whole]) + b",".join(cells[:kept])


def _corrupt(body: bytes, random: np.random.Generator) -> bytes:
    """Flip a bit of each entry's packed data: bits of the directory may mean nothing."""
    flipped = bytearray(body)
    for info in _entries(body):
        lengths = _LENGTHS.unpack_from(body, info.header_offset)
        start = info.header_offset + _LENGTHS.size + sum(lengths)
        place = start + int(info.compress_size * random.uniform(0.1, 0.9))
        flipped[place] ^= 1 << int(random.integers(8))
    return bytes(flipped)


def _rename(body: bytes, random: np.random.Generator) -> bytes:
    name = _entry(body).filename
    others = (f"../{name}", name.swapcase(), name.replace("20", "19", 1))
    return _packed({others[random.integers(len(others))]: _content(body)})


def _second(body: bytes, random: np.random.Generator) -> bytes:
    entries = [(_entry(body).filename, _content(body)), ("readme.txt", b"\r\n")]
    return _packed(dict(entries if random.random() < 0.5 else reversed(entries)))


def _huge(body: bytes, random: np.random.Generator) -> bytes:  # noqa: ARG001
    return _blank_zip(_entry(body).filename)


_ALTERATIONS: dict[FaultKind, Callable[[bytes, np.random.Generator], bytes]] = {
    "half": _cut,
    "truncate": _cut,
    "corrupt": _corrupt,
    "rename": _rename,
    "second": _second,
    "huge": _huge,
}


def _entries(body: bytes) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.infolist()


def _entry(body: bytes) -> zipfile.ZipInfo:
    return _entries(body)[0]


def _content(body: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.infolist()[0])


def _packed(entries: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in entries.items():
            writer.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


@cache
def _blank_zip(name: str) -> bytes:
    archive = io.BytesIO()
    with (
        zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as writer,
        writer.open(name, "w") as entry,
    ):
        for _ in range(_HUGE_CHUNKS):
            entry.write(bytes(_HUGE_CHUNK))
    return archive.getvalue()
