"""The feeds: the documents that publishers offer, and how each is requested, judged and decoded.

Each subject has a folder here whose modules declare its `Publisher`s, its `Feed`s and how its
closed days are found; they are collected below, so that declaring one adds it. `sources` asks for
the documents. Keeping and storing what comes back is the lake's work.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from indextracker.feeds.closures import ClosureFinder
from indextracker.feeds.model import Feed, Publisher, Refusal
from indextracker_catalogue import SUBJECTS, TABLES, Subject, subject_of
from indextracker_catalogue.shared.deliveries import State
from indextracker_catalogue.subjects import declared, once

FLOOR = "indextracker.feeds"

Named = TypeVar("Named", Feed, Publisher)


def find(kind: type[Named], subjects: Iterable[str], floor: str = FLOOR) -> dict[str, Named]:
    """What the folders of the subjects declare of a kind, by name.

    Raises:
        ValueError: A name is declared twice; it says where.
    """
    found = [item for subject in subjects for item in declared(floor, subject, kind).items()]
    once(((value.name, place) for value, place in found), f"the {kind.__name__.lower()}")
    return {value.name: value for value, _ in found}


_ORDER = {path: place for place, path in enumerate(TABLES)}

# In the order of their tables, in which people see them.
FEEDS: dict[str, Feed] = dict(
    sorted(find(Feed, SUBJECTS).items(), key=lambda item: _ORDER[item[1].table.path])
)
_PUBLISHERS = find(Publisher, SUBJECTS)
PUBLISHERS: dict[str, Publisher] = {
    feed.publisher: _PUBLISHERS[feed.publisher] for feed in FEEDS.values()
}


def feeds_of(subject: Subject) -> dict[str, Feed]:
    """The feeds of a subject, by name."""
    return {name: feed for name, feed in FEEDS.items() if subject_of(feed.table) is subject}


CLOSURE_FINDERS: tuple[ClosureFinder, ...] = tuple(
    finder for subject in SUBJECTS for finder in declared(FLOOR, subject, ClosureFinder)
)

__all__ = [
    "CLOSURE_FINDERS",
    "FEEDS",
    "PUBLISHERS",
    "Feed",
    "Publisher",
    "Refusal",
    "State",
    "feeds_of",
]
