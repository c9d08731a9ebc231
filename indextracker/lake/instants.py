"""Named instants of a lake: one version of every table, which maintenance keeps readable.

An instant is one small file in the lake: which version each table had, and the part of its log that
opens that version, since logs forget. Going back to one is done in `indextracker.recovery`.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from deltalake import DeltaTable

from indextracker.lake.store import Lake
from indextracker.lake.versions import (
    in_words,
    opening,
    verify_files,
    versions,
)
from indextracker.system.failpoints import failpoint
from indextracker.system.places import Place
from indextracker_catalogue import TABLES, Table

NAME = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_FOLDER, _FILE, _ABOUT = "instants", "instant.zip", "instant.json"


class InstantError(LookupError):
    """An instant cannot be named, found or kept; the message says why."""


@dataclass(frozen=True)
class Instant:
    """One version of each table of a lake, none of which rests on what is missing from another one.

    Attributes:
        name: What people call it; empty where it is a time alone.
        at: The instant: what was committed later is no part of it.
        versions: The number of each table's version, by path; a table that is not named was not
            there.
    """

    name: str
    at: datetime
    versions: Mapping[str, int]

    def __str__(self) -> str:
        return f"{self.name} of {in_words(self.at)}" if self.name else in_words(self.at)


def at(lake: Lake, moment: datetime, name: str = "") -> Instant:
    """The versions that were current at a time.

    Who writes a table reads what it rests on before it commits, so that what a commit rests on is
    of an earlier time: the versions of one time are what a power cut at that time would have left,
    which every step bears. Clocks of machines that write one lake have to agree as well as that.

    Args:
        lake: The lake, in which others may be writing.
        moment: The time, not of the future.
        name: What the instant is called.

    Raises:
        InstantError: It is still to come, or lies before the lake; or versions of it are forgotten.
    """
    if moment > datetime.now(UTC):
        raise InstantError(f"{in_words(moment)} is still to come")
    found: dict[str, int] = {}
    forgotten: list[str] = []
    for table in lake.tables():
        known = versions(lake.place(table))
        before = [version for version in known if version.committed_at <= moment]
        if before:
            found[table.path] = before[-1].number
        elif known[0].number:
            forgotten.append(f"{table.path} remembers {known[0]} and later ones alone")
    if forgotten:
        raise InstantError(
            f"the lake cannot be told as of {in_words(moment)}: {'; '.join(forgotten)}. Name "
            "instants by `indextracker snapshot` to keep them for longer"
        )
    if not found:
        raise InstantError(f"the lake {lake.root} had no table at {in_words(moment)}")
    return Instant(name, moment, found)


def take(lake: Lake, name: str, moment: datetime) -> Instant:
    """Names the versions that are current at a time, and keeps them.

    The file appears whole or not at all. Run twice with one name, the second says that it is taken.

    Args:
        lake: The lake, in which others may be writing.
        name: Letters, digits and . _ -, a letter first.
        moment: The time; the present, as a rule.

    Raises:
        InstantError: The name is taken or is none, or there is nothing to name.
        VacuumedError: Files of the versions are gone.
    """
    if not NAME.fullmatch(name):
        raise InstantError(
            f"{name!r} is no name of an instant: it begins with a letter, and has up to 64 "
            "letters, digits and signs of . _ -"
        )
    place = lake.beside(_FOLDER).below(name)
    if place.exists(_FILE):
        raise InstantError(f"there is an instant {name} already: choose another name, or remove it")
    instant = at(lake, moment, name)
    body = packed(lake, instant)
    failpoint("recovery-named")
    place.keep(_FILE, body)
    return instant


def packed(lake: Lake, instant: Instant) -> bytes:
    """The file of an instant: what it is, and the logs that open its versions.

    Raises:
        NoSuchVersionError: A log no longer opens its version.
        VacuumedError: Files of a version are gone.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as file:
        about = {"name": instant.name, "at": instant.at.isoformat(), "world": lake.world}
        file.writestr(_ABOUT, json.dumps(about | {"versions": dict(instant.versions)}))
        for path, number in instant.versions.items():
            table = TABLES[path]
            place = lake.place(table)
            verify_files(place, DeltaTable(lake.path(table), number), path)
            for name in opening(place, number):
                file.writestr(f"{path}/_delta_log/{name}", place.read(f"_delta_log/{name}"))
    return written.getvalue()


def unpacked(body: bytes) -> Instant:
    """The instant of a file that `packed` made."""
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        about = json.loads(file.read(_ABOUT))
    known = {path: number for path, number in about["versions"].items() if path in TABLES}
    return Instant(about["name"], datetime.fromisoformat(about["at"]), known)


def logs(body: bytes, table: Table) -> dict[str, bytes]:
    """The files of a table's log in the file of an instant, by name, the base of them first."""
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        prefix = f"{table.path}/_delta_log/"
        return {
            name.removeprefix(prefix): file.read(name)
            for name in file.namelist()
            if name.startswith(prefix)
        }


def every(lake: Lake) -> list[Instant]:
    """The named instants of a lake, the oldest first."""
    return sorted((unpacked(body) for body in _files(lake).values()), key=lambda one: one.at)


def named(lake: Lake, name: str) -> Instant:
    """The instant of a name, its versions ready to be opened.

    Raises:
        InstantError: There is none, or a table was made anew since.
    """
    _verify(lake, name)
    body = lake.beside(_FOLDER).below(name).read(_FILE)
    instant = unpacked(body)
    for path in instant.versions:
        table = TABLES[path]
        if lake.exists(table) and not reopen(lake.place(table), logs(body, table)):
            raise InstantError(
                f"{path} was deleted and made anew since {instant}: bring it back from a copy of "
                "before that, by indextracker restore --from COPY --everything"
            )
    return instant


def remove(lake: Lake, name: str) -> None:
    """Forgets an instant: maintenance may free what no other one needs.

    Raises:
        InstantError: There is none.
    """
    _verify(lake, name)
    lake.beside(_FOLDER).below(name).remove()


def _verify(lake: Lake, name: str) -> None:
    """Makes sure that there is an instant of a name."""
    if not NAME.fullmatch(name) or not lake.beside(_FOLDER).below(name).exists(_FILE):
        known = ", ".join(one.name for one in every(lake)) or "none"
        raise InstantError(
            f"there is no instant {name!r}, and a time is written like '2024-12-13 18:30' (UTC); "
            f"named are: {known}"
        )


def kept(lake: Lake, table: Table) -> list[int]:
    """The versions of a table that named instants need, for who removes what no version needs.

    What the log has lost of them is put back, so that they can be opened.
    """
    found: set[int] = set()
    for body in _files(lake).values():
        number = unpacked(body).versions.get(table.path)
        if number is not None and reopen(lake.place(table), logs(body, table)):
            found.add(number)
    return sorted(found)


def reopen(place: Place, held: Mapping[str, bytes]) -> bool:
    """Puts back what a log has lost; says whether it is the log of the same table still.

    Args:
        place: Where the table lies.
        held: What `logs` gave of it.
    """
    log = place.below("_delta_log")
    told = max(name for name in held if name.endswith(".json"))
    there = log.read(told) if log.exists(told) else None
    if there is not None and there != held[told]:
        return False  # a table that was made anew has other versions of the same numbers
    for name, body in held.items():
        log.keep(name, body)
    return True


def _files(lake: Lake) -> dict[str, bytes]:
    place = lake.beside(_FOLDER)
    try:
        listed = place.files()
    except FileNotFoundError:
        return {}
    return {
        file.name: place.read(file.name)
        for file in sorted(listed, key=lambda file: file.name)
        if file.name.endswith(f"/{_FILE}")
    }
