"""From lines to facts: which lines of bronze are read, what they mean, and why others are not.

In Arrow, a document at a time: its cells are dictionary-encoded, so that each different one is
judged and typed once. A subject's readings are in its folder. Reading documents (`feeds`), storing
rows (`lake`) and whatever is computed of facts (Spark) do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from indextracker.readings.model import Filling, Reading, Records, Rejects
from indextracker_catalogue import SUBJECTS, Subject, Table, rejects_tables
from indextracker_catalogue.subjects import declared, once

__all__ = ["FILLINGS", "READINGS", "Filling", "Reading", "Records"]

FLOOR: Final = "indextracker.readings"


def find_readings() -> dict[Table, Reading]:
    """The readings that the folders of the subjects declare, by the bronze table that they read.

    Raises:
        ValueError: A table has two; it says where.
    """
    found = [item for subject in SUBJECTS for item in declared(FLOOR, subject, Reading).items()]
    once(((reading.table.path, place) for reading, place in found), "the reading of")
    return {reading.table: reading for reading, _ in found}


def find_fillings() -> tuple[Filling, ...]:
    """The jobs that fill tables from lines: those of facts, and one for each table of rejects.

    Raises:
        ValueError: A subject reads lines and has no table for those that are rejects.
    """
    found: list[Filling] = []
    for subject in SUBJECTS.values():
        found += declared(FLOOR, subject.name, Records)
        found += _rejects(subject)
    return tuple(found)


def _rejects(subject: Subject) -> Iterator[Rejects]:
    """One job for the documents of a time line: a commit for each of them costs more than all."""
    tables = {table.timeline: table for table in rejects_tables(subject)}
    of_table: dict[Table, list[Reading]] = {}
    for reading in declared(FLOOR, subject.name, Reading):
        line = reading.table.timeline
        if line not in tables:
            raise ValueError(
                f"lines of {reading.table.path} are read, and {subject.name} has no table of "
                f"rejects of {line.name}: declare one whose name ends with `rejects`"
            )
        of_table.setdefault(tables[line], []).append(reading)
    for table, readings in of_table.items():
        yield Rejects(table, tuple(readings))


READINGS: Final = find_readings()
FILLINGS: Final = find_fillings()
