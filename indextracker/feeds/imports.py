"""Documents that people hand over, in which lines of many keys stand: what they look like.

A feed has one document for each key; of these there are any number, and each has the keys that
stand in its lines. A subject declares its kinds in its folder; keeping what they hold is the work
of `acquiring`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from indextracker.feeds import FLOOR
from indextracker.feeds.model import Refusal
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.subjects import declared

if TYPE_CHECKING:
    from indextracker.system.documents import Document
    from indextracker_catalogue import Table


@dataclass(frozen=True)
class Import:
    """A kind of document that people hand over.

    Attributes:
        what: What it holds, for people.
        table: The bronze table of its lines.
        is_one: Whether a document is of this kind, by its first bytes; that it can be read is not
            said by it.
        read: Takes a document apart into its lines: the column of keys, `line`, the cells of the
            table and `text`. It raises Refusal for what it cannot decide.
    """

    what: str
    table: Table
    is_one: Callable[[Document], bool]
    read: Callable[[Document], pa.Table]


@cache
def kinds() -> tuple[Import, ...]:
    """What the folders of the subjects declare; asked for when all of them are loaded."""
    return tuple(kind for subject in SUBJECTS for kind in declared(FLOOR, subject, Import))


def kind_of(document: Document) -> Import:
    """The kind of a document.

    Raises:
        Refusal: refused, where it is of none.
    """
    for kind in kinds():
        if kind.is_one(document):
            return kind
    known = ", ".join(kind.what for kind in kinds())
    raise Refusal("refused", f"{document.name} is none of what can be imported: {known}")


def lines_of(kind: Import, document: Document) -> pa.Table:
    """The rows of bronze that a document gives.

    Returns:
        The columns of its table, in their order.

    Raises:
        Refusal: Something of it cannot be decided.
    """
    lines = kind.read(document)
    named = lines.append_column("document", pa.repeat(document.sha256, lines.num_rows))
    return named.select(kind.table.column_names)
