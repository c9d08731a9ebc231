"""Comparisons: tables whose rows set figures of the lake beside those that publishers state.

Subjects declare theirs in a module below their name; how they are shown is `truth.figures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from indextracker_catalogue import Subject, Table
from indextracker_catalogue.subjects import declared

FLOOR = "indextracker_dashboard"


@dataclass(frozen=True, eq=False)
class Comparison:
    """One of them.

    Attributes:
        name: Its name in addresses.
        title: Its name for people.
        about: What is compared, in a sentence or two.
        table: Where its rows are.
        group: The column by which they are counted.
        outcome: The column that says how each came out.
        outcomes: What an outcome means, by its name, the worst first; others may be there too.
        sums: Columns that are added up in each group.
        columns: Columns of single rows.
    """

    name: str
    title: str
    about: str
    table: Table
    group: str
    outcome: str
    outcomes: Mapping[str, str]
    columns: tuple[str, ...]
    sums: tuple[str, ...] = ()


def comparisons_of(subject: Subject) -> dict[str, Comparison]:
    """The comparisons of a subject, by name."""
    return {found.name: found for found in declared(FLOOR, subject.name, Comparison)}
