"""Subjects: what the lakehouse is about, each with a folder of its name on every floor.

A subject is found by its folder: `indextracker_catalogue/<subject>/` says what it is and declares
its tables and audits, and the other floors look for a folder of the same name. Nothing lists
subjects, so that adding the folders adds the subject. No table is declared here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import TypeVar, get_args

from indextracker_catalogue.model import Audit, Layer, Subject, Table
from indextracker_catalogue.secrets import Secret
from indextracker_catalogue.timeline import Timeline

T = TypeVar("T")

FLOOR = "indextracker_catalogue"
# Tables that all subjects write to, such as the log of deliveries, are in a folder of no subject.
SHARED = "shared"
LAYERS: tuple[str, ...] = get_args(Layer)


def modules(floor: str, subject: str) -> list[ModuleType]:
    """The modules of a subject on a floor, by name; none where it has nothing there.

    Args:
        floor: The package that holds a folder, or a single module, of each subject's name.
        subject: Name of the subject.
    """
    name = f"{floor}.{subject}"
    if find_spec(name) is None:
        return []
    package = import_module(name)
    inside = pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}.")
    # Last, since it repeats what its modules declare.
    return [*(import_module(found.name) for found in inside), package]


def declared(floor: str, subject: str, kind: type[T]) -> dict[T, str]:
    """The values of a kind that a subject declares on a floor, each with its module.

    Args:
        floor: The same as that of `modules`.
        subject: Name of the subject.
        kind: Their class.
    """
    found: dict[T, str] = {}
    for module in modules(floor, subject):
        for value in vars(module).values():
            if isinstance(value, kind):
                found.setdefault(value, module.__name__)
    return found


def once(places: Iterable[tuple[str, str]], what: str) -> None:
    """Makes sure that nothing is declared twice: one of two would silently hide the other.

    Args:
        places: The name of each declaration, and its module.
        what: What is declared, for the message.

    Raises:
        ValueError: Two have one name; it names both modules.
    """
    first: dict[str, str] = {}
    for name, place in places:
        if name in first:
            raise ValueError(
                f"{what} {name} is declared twice, in {first[name]} and in {place}: rename one"
            )
        first[name] = place


def find_subjects(floor: str = FLOOR) -> dict[str, Subject]:
    """The subjects that have a folder in a package, by name: the first one, then by the alphabet.

    Raises:
        ValueError: A folder declares no subject, or one of another name.
    """
    found = {}
    for folder in pkgutil.iter_modules(import_module(floor).__path__):
        if folder.ispkg and folder.name != SHARED:
            subjects = declared(floor, folder.name, Subject)
            if [subject.name for subject in subjects] != [folder.name]:
                raise ValueError(
                    f"{floor}.{folder.name} declares the subjects {[s.name for s in subjects]}: "
                    f"give it exactly one, with the name {folder.name!r}"
                )
            found[folder.name] = next(iter(subjects))
    return dict(sorted(found.items(), key=lambda item: not item[1].first))


def find_secrets(floor: str, subjects: Iterable[str]) -> dict[str, Secret]:
    """The secrets that the publishers of each subject ask for, by name.

    Raises:
        ValueError: A name is declared twice; it says where.
    """
    found = [item for subject in subjects for item in declared(floor, subject, Secret).items()]
    once(((secret.name, place) for secret, place in found), "the secret")
    return {secret.name: secret for secret, _ in found}


def find_tables(floor: str, folders: Iterable[str]) -> dict[str, dict[str, Table]]:
    """The tables that each folder declares, by path, in the order in which data flows through them.

    Raises:
        ValueError: A path is declared twice; it says where.
    """
    found = {folder: declared(floor, folder, Table) for folder in folders}
    once(
        ((table.path, place) for tables in found.values() for table, place in tables.items()),
        "the table",
    )
    return {
        folder: {t.path: t for t in sorted(tables, key=lambda t: LAYERS.index(t.layer))}
        for folder, tables in found.items()
    }


SUBJECTS: dict[str, Subject] = find_subjects()
_FOLDERS: tuple[str, ...] = (SHARED, *SUBJECTS)
_TABLES: Mapping[str, Mapping[str, Table]] = find_tables(FLOOR, _FOLDERS)
_OWNERS: dict[str, Subject] = {
    path: subject for name, subject in SUBJECTS.items() for path in _TABLES[name]
}

TABLES: dict[str, Table] = {
    path: table for tables in _TABLES.values() for path, table in tables.items()
}
AUDITS: tuple[Audit, ...] = tuple(
    audit for folder in _FOLDERS for audit in declared(FLOOR, folder, Audit)
)

SECRETS: dict[str, Secret] = find_secrets(FLOOR, SUBJECTS)


def subject_of(table: Table) -> Subject | None:
    """The subject that a table belongs to; None for one of all subjects, such as a log."""
    return _OWNERS.get(table.path)


def tables_of(subject: Subject) -> tuple[Table, ...]:
    """The tables of a subject, in the order in which data flows through them."""
    return tuple(_TABLES[subject.name].values())


def rejects_tables(subject: Subject) -> tuple[Table, ...]:
    """The tables of a subject that hold lines which could not be read: by how they are called.

    Their columns are those of `silver/rejects`.
    """
    return tuple(table for table in tables_of(subject) if table.name.endswith("rejects"))


def timelines_of(subject: Subject) -> tuple[Timeline, ...]:
    """The time lines of a subject's tables with keys that are times, its own first."""
    found = (table.timeline for table in tables_of(subject) if not table.is_whole)
    found = (timeline for timeline in found if timeline.is_dated)
    return tuple(dict.fromkeys((subject.timeline, *found)))
