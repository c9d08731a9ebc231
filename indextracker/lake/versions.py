"""The versions of a Delta table, and which one was current at an instant.

`restoring` restores one; the store reads one.
"""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import accumulate

from deltalake import DeltaTable

from indextracker.system.places import File, Place

AsOf = int | datetime
# A commit is a small object of its own: in a bucket one waits for each.
_READERS = 16
_CHECKPOINT = re.compile(r"\d{20}\.checkpoint\.")


class NoSuchVersionError(LookupError):
    """A version that a table never had, or whose log is gone."""


class VacuumedError(LookupError):
    """A version whose files have been removed."""


@dataclass(frozen=True)
class Version:
    """One commit of a table: its number, when it was made and by what operation."""

    number: int
    committed_at: datetime
    operation: str

    def __str__(self) -> str:
        return f"version {self.number} of {in_words(self.committed_at)}"


def versions(place: Place) -> list[Version]:
    """The versions of the table at a place that its log still knows, oldest first.

    Read from the log itself, since the library counts its history back from a latest version that
    may be of another instant (delta-rs 4488). Times are those that writers put into their commits:
    unlike the files' times they survive a copy of the lake. No version is of before the one that
    it follows: who lost a race keeps the time at which it began, and rests on what came before.
    """
    log = place.below("_delta_log")
    commits: dict[int, File] = {}
    checkpoints = []
    for file in log.files():
        number, _, kind = file.name.partition(".")
        if number.isdigit() and kind == "json":
            commits[int(number)] = file
        elif number.isdigit() and kind.startswith("checkpoint."):
            checkpoints.append(int(number))
    # Where commits have been cleaned up, only what follows a checkpoint can be opened.
    whole: list[int] = []
    bases = {0, *checkpoints, *(number + 1 for number in checkpoints)}
    for of in sorted(commits):
        if of in bases or whole[-1:] == [of - 1]:
            whole.append(of)
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(lambda number: _read(log, number, commits[number]), whole))
    times = accumulate((version.committed_at for version in read), max)
    return [replace(one, committed_at=at) for one, at in zip(read, times, strict=True)]


def opening(place: Place, number: int) -> list[str]:
    """The names of the files of a log by which a version is opened: a checkpoint and what follows.

    Args:
        place: Where the table lies.
        number: The version.

    Raises:
        NoSuchVersionError: The log no longer has all of them.
    """
    names = sorted(file.name for file in place.below("_delta_log").files())
    bases = {int(name[:20]) for name in names if _CHECKPOINT.match(name)}
    base = max((of for of in bases if of <= number), default=None)
    first = 0 if base is None else base + 1
    commits = [f"{of:020}.json" for of in range(first, number + 1)]
    # Of the version itself the commit says when it was made, where a checkpoint holds the rest.
    told = f"{number:020}.json"
    if missing := {*commits, told} - {*names}:
        raise NoSuchVersionError(
            f"the log of {place.address} no longer opens version {number}: "
            f"{min(missing)} is not there"
        )
    held = [
        name for name in names if base is not None and name.startswith(f"{base:020}.checkpoint")
    ]
    return [*held, *sorted({*commits, told})]


def _read(log: Place, number: int, commit: File) -> Version:
    for action in log.read(commit.name).splitlines():
        if action.startswith(b'{"commitInfo"'):
            found = json.loads(action)["commitInfo"]
            at = datetime.fromtimestamp(found["timestamp"] / 1000, UTC)
            return Version(number, at, found.get("operation", ""))
    return Version(number, commit.modified_at, "")


def version_at(place: Place, name: str, as_of: AsOf) -> Version:
    """The version of that number, or the one that was current at that instant.

    Args:
        place: Where the table lies.
        name: What to call it in an error.
        as_of: A version number or an aware instant.

    Raises:
        NoSuchVersionError: There is none, or not any more.
    """
    known = versions(place)
    if isinstance(as_of, int):
        for version in known:
            if version.number == as_of:
                return version
        raise NoSuchVersionError(
            f"{name} has no version {as_of}: it has {known[0].number} to {known[-1].number}"
        )
    earlier = [version for version in known if version.committed_at <= as_of]
    if not earlier:
        raise NoSuchVersionError(
            f"{name} did not exist at {in_words(as_of)}: its first is {known[0]}"
        )
    return earlier[-1]


def verify_files(
    place: Place, delta: DeltaTable, name: str, files: list[str] | None = None
) -> None:
    """Makes sure that the data files of a version are still there.

    Args:
        place: Where the table lies.
        delta: The table at that version.
        name: What to call it in an error.
        files: Paths of the files that will be read; all of the version by default.

    Raises:
        VacuumedError: Some are not.
    """
    # Both by their names below the table: its own address may be written in several ways.
    root = f"{delta.table_uri.removeprefix('file://').rstrip('/')}/"
    needed = [file.removeprefix(root) for file in (delta.file_uris() if files is None else files)]
    there = {file.name for file in place.files()}
    gone = sum(file not in there for file in needed)
    if gone:
        raise VacuumedError(
            f"{name} cannot be read as of version {delta.version()}: {gone} of the "
            f"{len(needed)} files needed have been removed by maintenance"
        )


def in_words(moment: datetime) -> str:
    """An instant for people."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
