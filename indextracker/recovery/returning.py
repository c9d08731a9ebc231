"""Brings a lake back from a copy, and tells its logs what became older by it.

Finding and putting back files is done in `copies`; going back to an instant in `going_back`.
"""

from __future__ import annotations

from indextracker.building import staleness
from indextracker.platform import Platform
from indextracker.recovery import copies
from indextracker.recovery.copies import Copy, Damage
from indextracker.recovery.warehouses import is_to_be_remade, remake
from indextracker.system.places import Place
from indextracker_catalogue.shared.builds import BUILDS


def bring_back(platform: Platform, source: Place, copy: Copy, damage: Damage) -> None:
    """Brings back what is missing from a lake, the documents first.

    Tables that come back as they were in the copy are logged as built from what they were then, so
    that the next runs build what came since. Killed, it is ended by the next run.

    Raises:
        CopyError: Bytes of the copy are damaged too; what came before them is back.
    """
    lake = platform.lake
    if lake.exists(BUILDS) and BUILDS not in damage.tables:
        for table in damage.tables:
            staleness.restate(lake, table.path, copy.instant.at)
    copies.mend(lake, source, copy, damage, platform.progress)


def mend_warehouse(platform: Platform) -> None:
    """Makes the warehouse anew where something was loaded into it and it cannot be read."""
    if is_to_be_remade(platform):
        remake(platform)
