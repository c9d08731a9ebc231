"""The reading of a document each of whose lines names its session, as most of NSE's do.

What a document's cells look like is in the catalogue, what its lines are worth in its own module.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from indextracker.readings.india.values import (
    does_not_fit,
    fits,
    of_another,
    of_session,
    unreadable,
)
from indextracker.readings.model import Reading, once, repeated, unlike
from indextracker_catalogue import Table
from indextracker_catalogue.line_form import LineForm

_NO_CELLS: Final[Mapping[str, str]] = MappingProxyType({})


def dated(
    table: Table,
    form: LineForm,
    session_cell: str,
    optional: Mapping[str, str] = _NO_CELLS,
    printed: tuple[str, ...] = (),
) -> Reading:
    """The reading of such a document.

    Args:
        table: Its bronze table.
        form: What its lines look like.
        session_cell: The cell that names the session.
        optional: The form of each cell that not every document has.
        printed: As of a reading.
    """
    kinds = dict(zip(form.cells, form.kinds[0], strict=True))
    return Reading(
        table,
        form,
        lambda lines, session: [
            of_session(lines.column(session_cell), session),
            *(fits(lines.column(cell), kind) for cell, kind in optional.items()),
        ],
        (
            of_another(session_cell),
            *(unlike(cell, kind, unreadable(cell)) for cell, kind in kinds.items()),
            *(does_not_fit(cell, kind) for cell, kind in optional.items()),
        ),
        once(form),
        repeated(form),
        printed,
    )
