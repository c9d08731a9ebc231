"""Copies of a lake in another folder or bucket: incremental, and whole or not there at all.

A copy is of one instant: the documents, the versions of the tables then, the named instants, and
what else is handed over, such as Dagster's records. Bytes lie under their digest, so that what
several copies share is there once; a list, written last, makes a copy of them. The lists say where
each file belongs, and going back to the instant of a copy is done in `going_back`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from indextracker.lake import Lake, instants
from indextracker.lake.instants import Instant
from indextracker.system.documents import Document
from indextracker.system.failpoints import failpoint
from indextracker.system.places import Place
from indextracker.system.progress import SILENT, Progress
from indextracker_catalogue import TABLES, Table

THREADS = 8
_LISTS, _OBJECTS = "copies", "objects"
_LANDING, _INSTANTS, _RECORDS, _WORLD = "landing", "instants", "records", "world"


class CopyError(LookupError):
    """A copy cannot be made, found or read; the message says which, and of what."""


@dataclass(frozen=True)
class Kept:
    """A file of a copy: how large it is, and the digest under which its bytes lie."""

    bytes: int
    sha256: str


@dataclass(frozen=True)
class Copy:
    """A copy of a lake.

    Attributes:
        name: By which it is chosen among others: its time.
        instant: What it is of.
        packed: The file of that instant, as in the lake.
        files: Every file below the lake's root, and below `records/` what was handed over.
    """

    name: str
    instant: Instant
    packed: bytes
    files: Mapping[str, Kept]

    @property
    def bytes(self) -> int:
        """Size of all of it."""
        return sum(kept.bytes for kept in self.files.values())


@dataclass(frozen=True)
class Copied:
    """What making a copy took: files and bytes that were not in an earlier one."""

    copy: Copy
    new_files: int
    new_bytes: int


def back_up(
    lake: Lake,
    to: Place,
    moment: datetime,
    records: Mapping[str, Path],
    progress: Progress = SILENT,
) -> Copied:
    """Makes a copy of a lake at a time, while others may be writing.

    Killed, it has made no copy; what it copied is not copied again.

    Args:
        lake: What is copied.
        to: Where copies are kept.
        moment: The time; the present, as a rule.
        records: Further files of this machine, by the name that they have in the copy.
        progress: Told how far it is.

    Raises:
        CopyError: A copy there is of the other world, or a document has lost its digest.
        LookupError: Something of the instant is gone.
    """
    instant = instants.at(lake, moment)
    packed = instants.packed(lake, instant)
    before = latest(to, lake.world) if lists(to) else None
    wanted = dict(_wanted(lake, instant))
    known = before.files if before else {}
    progress.begin("copying", len(wanted) + len(records), "files")
    there = _objects(to)

    def put(name: str) -> tuple[str, Kept, int]:
        kept = known.get(name)
        # What lies in a lake under one name never changes; a table that was made anew has new ones.
        if kept and kept.bytes == wanted[name] and there.get(kept.sha256) == kept.bytes:
            progress.advance()
            return name, kept, 0
        document = Document.taken(name, lake.beside("").pieces(name))
        if name.startswith(f"{_LANDING}/") and document.sha256 != name.rpartition("/")[2]:
            raise CopyError(f"{name} no longer has its digest, and is not copied")
        return name, *_put(to, there, document, progress)

    with ThreadPoolExecutor(THREADS) as pool:
        done = list(pool.map(put, wanted))
    for name, file in records.items():
        with file.open("rb") as opened:
            document = Document.taken(name, iter(lambda: opened.read(1 << 20), b""))
        done.append((f"{_RECORDS}/{name}", *_put(to, there, document, progress)))
    files = {name: kept for name, kept, _ in done}
    copy = Copy(f"{moment:%Y%m%dT%H%M%S.%fZ}", instant, packed, files)
    failpoint("recovery-copied")
    to.below(_LISTS).below(copy.name).keep("instant.zip", packed)
    listed = {name: [kept.bytes, kept.sha256] for name, kept in files.items()}
    body = {"world": lake.world, "files": listed, "packed": hashlib.sha256(packed).hexdigest()}
    to.below(_LISTS).below(copy.name).keep("list.json", json.dumps(body).encode())
    failpoint("recovery-listed")
    new = [size for _, _, size in done if size]
    return Copied(copy, len(new), sum(new))


def lists(to: Place) -> list[str]:
    """The names of the copies that are complete, the oldest first."""
    try:
        found = to.below(_LISTS).files()
    except FileNotFoundError:
        return []
    return sorted(file.name.split("/")[0] for file in found if file.name.endswith("/list.json"))


def latest(to: Place, world: str, name: str = "") -> Copy:
    """The newest copy, or the one of a name.

    Raises:
        CopyError: There is none, or it is of the other world, or its own files are damaged.
    """
    known = lists(to)
    if not known or (name and name not in known):
        there = f"its copies are {', '.join(known)}" if known else "it has no complete copy"
        raise CopyError(f"{to.address} has no copy {name}".rstrip() + f": {there}")
    place = to.below(_LISTS).below(name or known[-1])
    about, packed = json.loads(place.read("list.json")), place.read("instant.zip")
    if about["world"] != world:
        raise CopyError(f"{to.address} holds copies of {about['world']} data: name another place")
    if hashlib.sha256(packed).hexdigest() != about["packed"]:
        raise CopyError(f"the instant of {place.address} is damaged: choose an earlier copy")
    files = {file: Kept(*kept) for file, kept in about["files"].items()}
    return Copy(name or known[-1], instants.unpacked(packed), packed, files)


def verify(to: Place, copy: Copy) -> list[str]:
    """The files of a copy whose bytes are gone or have lost their digest; reads all of them."""

    def damaged(name: str) -> bool:
        try:
            return _taken(to, copy.files[name]) is None
        except FileNotFoundError:
            return True

    with ThreadPoolExecutor(THREADS) as pool:
        names = list(copy.files)
        return [name for name, bad in zip(names, pool.map(damaged, names), strict=True) if bad]


@dataclass(frozen=True)
class Damage:
    """What is missing from a lake and a copy has.

    Attributes:
        documents: Files of landing, and others that are no table's.
        files: Files of tables whose logs can be read, and which need them.
        tables: Tables that are gone or whose logs cannot be read: they come back as in the copy.
        beyond: What is lost and the copy has not got either, a sentence each.
    """

    documents: list[str]
    files: list[str]
    tables: list[Table]
    beyond: list[str]

    @property
    def is_any(self) -> bool:
        """Whether anything is missing."""
        return bool(self.documents or self.files or self.tables or self.beyond)


def look(lake: Lake, copy: Copy, *, everything: bool = False) -> Damage:
    """Finds what is missing from a lake, by names and sizes; nothing of it is read but logs.

    Args:
        lake: The lake, or what is left of it.
        copy: What it may come back from.
        everything: Whether what the instant of the copy needs counts too, and not only what the
            lake needs as it is.
    """
    there = _sizes(lake)
    lost = [
        name
        for name, kept in copy.files.items()
        if name.split("/")[0] in (_LANDING, _INSTANTS, _WORLD) and there.get(name) != kept.bytes
    ]
    files: list[str] = []
    tables: list[Table] = []
    beyond: list[str] = []
    for table in TABLES.values():
        copied = table.path in copy.instant.versions
        needed = _needed(lake, table)
        if needed is not None and copied and everything:
            needed |= {name: copy.files[name].bytes for name in _data(copy, table)}
            if not instants.reopen(lake.place(table), instants.logs(copy.packed, table)):
                needed = None  # it was made anew since
        wrong = [name for name, size in (needed or {}).items() if there.get(name) != size]
        if needed is not None and all(name in copy.files for name in wrong):
            files += wrong
        elif copied:
            tables.append(table)
        elif any(name.startswith(f"{table.path}/") for name in there):
            beyond.append(f"{table.path} is damaged, and was made after the copy")
    return Damage(lost, files, tables, beyond)


def mend(lake: Lake, to: Place, copy: Copy, damage: Damage, progress: Progress = SILENT) -> None:
    """Puts back what is missing from a lake, documents first, then files, then whole tables.

    A table that comes back whole is that of the copy: what was committed to it since is lost, and
    who calls has to say so in the log of builds. Killed, it is ended by the next run.

    Raises:
        CopyError: Bytes of the copy are damaged too; what came before them is back.
    """
    names = [*damage.documents, *damage.files]
    progress.begin("bringing back", len(names) + len(damage.tables), "files and tables")

    def bring(name: str) -> None:
        _bring(lake, to, copy, name)
        progress.advance()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(bring, names))
        failpoint("recovery-brought")
        for table in damage.tables:
            lake.place(table).remove()
            failpoint("recovery-removed")
            held = instants.logs(copy.packed, table)
            list(pool.map(lambda name: _bring(lake, to, copy, name), _data(copy, table)))
            # The base comes last: until then there is no table that could be opened.
            for name, body in reversed(held.items()):
                lake.place(table).below("_delta_log").keep(name, body)
            failpoint("recovery-put-back")
            progress.advance()


def records(to: Place, copy: Copy) -> Iterator[tuple[str, Document]]:
    """The files that were handed over with a copy, by their names.

    Raises:
        CopyError: One of them is damaged.
    """
    for name, kept in copy.files.items():
        if name.startswith(f"{_RECORDS}/"):
            yield name.removeprefix(f"{_RECORDS}/"), _sound(to, name, kept)


def _wanted(lake: Lake, instant: Instant) -> Iterator[tuple[str, int]]:
    """The files of an instant, of the named ones and of landing, with their sizes."""
    found: dict[str, int] = {}
    for path, current in instant.versions.items():
        table = TABLES[path]
        for number in {current, *instants.kept(lake, table)}:
            found |= _files_of(table, DeltaTable(lake.path(table), number))
    yield from found.items()
    for folder in (_LANDING, _INSTANTS):
        place = lake.beside(folder)
        with suppress(FileNotFoundError):
            for file in place.files():
                if "aside-" not in file.name:
                    yield f"{folder}/{file.name}", file.bytes
    yield _WORLD, len(lake.beside("").read(_WORLD))


def _files_of(table: Table, delta: DeltaTable) -> dict[str, int]:
    actions = delta.get_add_actions(flatten=True)
    paths, sizes = actions.column("path"), actions.column("size_bytes")
    return {
        f"{table.path}/{unquote(path)}": size
        for path, size in zip(paths.to_pylist(), sizes.to_pylist(), strict=True)
    }


def _needed(lake: Lake, table: Table) -> dict[str, int] | None:
    """The files of the current version, with their sizes; None where no table can be opened."""
    if not DeltaTable.is_deltatable(lake.path(table)):
        return None
    try:
        return _files_of(table, DeltaTable(lake.path(table)))
    except (DeltaError, OSError):
        return None


def _data(copy: Copy, table: Table) -> list[str]:
    """The data files of a table in a copy, those of named instants too."""
    return [name for name in copy.files if name.startswith(f"{table.path}/")]


def _sizes(lake: Lake) -> dict[str, int]:
    try:
        return {file.name: file.bytes for file in lake.beside("").files()}
    except FileNotFoundError:
        return {}


def _objects(to: Place) -> dict[str, int]:
    try:
        listed = to.below(_OBJECTS).files()
    except FileNotFoundError:
        return {}
    return {file.name.rpartition("/")[2]: file.bytes for file in listed}


def _put(
    to: Place, there: dict[str, int], document: Document, progress: Progress
) -> tuple[Kept, int]:
    """Keeps bytes under their digest; says how many were new."""
    kept, new = Kept(document.size, document.sha256), 0
    if there.get(kept.sha256) != kept.bytes:
        objects = to.below(_OBJECTS)
        if kept.sha256 in there:
            objects.drop(_name(kept))  # it was cut off
        with document.open() as opened:
            objects.keep(_name(kept), opened)
        there[kept.sha256], new = kept.bytes, kept.bytes
    progress.advance()
    return kept, new


def _name(kept: Kept) -> str:
    return f"{kept.sha256[:2]}/{kept.sha256}"


def _taken(to: Place, kept: Kept) -> Document | None:
    document = Document.taken(kept.sha256, to.below(_OBJECTS).pieces(_name(kept)))
    return document if document.sha256 == kept.sha256 else None


def _sound(to: Place, name: str, kept: Kept) -> Document:
    try:
        document = _taken(to, kept)
    except FileNotFoundError:
        document = None
    if document is None:
        raise CopyError(
            f"{name} is damaged in the copy too ({to.address}/{_OBJECTS}/{_name(kept)}): choose an "
            "earlier copy by --copy"
        )
    return document


def _bring(lake: Lake, to: Place, copy: Copy, name: str) -> None:
    """Puts a file of a copy back under its name, in the place of what is left of it."""
    document = _sound(to, name, copy.files[name])
    folder, _, file = name.rpartition("/")
    place = lake.beside(folder)
    place.drop(file)
    with document.open() as opened:
        place.keep(file, opened)
