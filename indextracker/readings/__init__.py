"""From lines to facts: which lines of bronze are read, what they mean, and why others are not.

In Arrow, a document at a time: its cells are dictionary-encoded, so that each different one is
judged and typed once. A subject's readings are in its folder. Reading documents (`feeds`), storing
rows (`lake`) and whatever is computed of facts (Spark) do not belong here.
"""

from __future__ import annotations

from typing import Final

from indextracker.readings.model import Reading, Records
from indextracker_catalogue import SUBJECTS, Table
from indextracker_catalogue.subjects import declared, once

__all__ = ["READINGS", "RECORDS", "Reading", "Records"]

FLOOR: Final = "indextracker.readings"


def find_readings() -> dict[Table, Reading]:
    """The readings that the folders of the subjects declare, by the bronze table that they read.

    Raises:
        ValueError: A table has two; it says where.
    """
    found = [item for subject in SUBJECTS for item in declared(FLOOR, subject, Reading).items()]
    once(((reading.table.path, place) for reading, place in found), "the reading of")
    return {reading.table: reading for reading, _ in found}


READINGS: Final = find_readings()
RECORDS: Final = tuple(
    records for subject in SUBJECTS for records in declared(FLOOR, subject, Records)
)
