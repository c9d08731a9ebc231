"""Checks that the places that a run writes to can be written, and have free space.

Used before work begins, by the doctor, and after something failed because a disk was full. Nothing
is created and nothing is left behind.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from indextracker.settings import Settings
from indextracker.system.places import place

# Publishing keeps two copies of the warehouse; a run needs some room besides.
SPARE_BYTES = 1_000_000_000
# A run that failed beside so little failed for want of it, whatever it says: SQLite says "disk I/O
# error", and what it had begun to write is gone again.
NOTHING_LEFT_BYTES = 100_000_000
# How the system, SQLite and DuckDB say that a disk is full.
_FULL = re.compile(
    r"no space left|os error 28|errno 28|disk is full|disk quota exceeded|enospc", re.IGNORECASE
)


@dataclass(frozen=True)
class Room:
    """What is free on the disk below a folder, and what a run needs there, in bytes."""

    folder: Path
    free: int
    needed: int

    @property
    def short(self) -> bool:
        """Whether it is too little."""
        return self.free < self.needed

    def __str__(self) -> str:
        return f"{_bytes(self.free)} free below {self.folder}"

    @property
    def shortage(self) -> str:
        """What is wrong and what to do, as a sentence."""
        return (
            f"{self}, {_bytes(self.needed)} are needed: make room, such as by "
            "`indextracker maintain`"
        )


def rooms(settings: Settings) -> list[Room]:
    """The disks of this machine that a run writes to, each once; buckets and clusters have room."""
    addresses = (settings.lake.address, settings.warehouse.address, settings.dagster.home)
    warehouse = Path(settings.warehouse.address)
    needed = SPARE_BYTES + 2 * (warehouse.stat().st_size if warehouse.is_file() else 0)
    found: dict[int, Room] = {}
    for local in (Path(address) for address in addresses if "://" not in address):
        folder = existing(local)
        free = shutil.disk_usage(folder).free
        found.setdefault(folder.stat().st_dev, Room(folder, free, needed))
    return list(found.values())


def unwritable(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Each place that a run writes to: its name, its address, and what is wrong, or nothing."""
    places = {"lake": settings.lake.address, "DAGSTER_HOME": settings.dagster.home}
    if not settings.warehouse.on_cluster:
        places["warehouse"] = str(Path(settings.warehouse.address).parent)
        places["dbt's docs"] = settings.docs
    for name, address in places.items():
        yield name, address, _wrong(settings, name, address)


def obstacles(settings: Settings) -> list[str]:
    """What keeps a run from writing, a sentence each."""
    found = [wrong for *_, wrong in unwritable(settings) if wrong]
    return found or [room.shortage for room in rooms(settings) if room.short]


def full(settings: Settings, said: str) -> str | None:
    """Where a run failed for want of room: which disk it is, and what it needs, as a sentence.

    Args:
        settings: The places of the run.
        said: What it failed with.
    """
    least = min(rooms(settings), key=lambda room: room.free - room.needed, default=None)
    if least is None or not (_FULL.search(said) or least.free < NOTHING_LEFT_BYTES):
        return None
    if least.short:
        return f"the disk is full: {least.shortage}, and run the same command again"
    # What had been begun is removed by now; or it is another disk, such as that of /tmp.
    return f"a disk was full, {said}: make room there ({least}), and run the same command again"


def existing(place: Path) -> Path:
    """The place itself or what of its path is there: nothing is made to be looked at."""
    return next(folder for folder in (place, *place.parents) if folder.exists())


def _wrong(settings: Settings, name: str, address: str) -> str:
    try:
        place(address).try_writing()
    except OSError as error:
        why = error.strerror or str(error)
    else:
        warehouse = Path(settings.warehouse.address)
        if name != "warehouse" or not warehouse.is_dir():
            return ""
        address, why = str(warehouse), "it is a folder, and should be a file"
    setting = {"lake": "LAKE", "DAGSTER_HOME": "DAGSTER_HOME"}.get(name, "WAREHOUSE")
    return (
        f"{name} cannot be written: {address} ({why}): get the right to write there, or set "
        f"INDEXTRACKER_{setting} to a place of yours"
    )


def _bytes(number: int) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.0f} MB"
