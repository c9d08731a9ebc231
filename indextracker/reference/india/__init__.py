"""What the documents of India's NSE leave unsaid: closures and special sessions.

Each kind of fact is one CSV file beside this module, every row with the source it was taken from. A
file that breaks a rule is refused with its name and line. ``reviewed.csv`` says up to which day
each kind was compared with its sources. Trading days are computed in ``indextracker.calendars``.
"""

from __future__ import annotations

import functools
from datetime import timedelta
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from indextracker.reference.closures import (
    Closure,
    SpecialSession,
    read_closures,
    read_special_sessions,
)
from indextracker.reference.reviews import Reviews

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

FOLDER: Final = resources.files(__name__)

REVIEWS: Final = Reviews(
    FOLDER,
    MappingProxyType(
        {
            # Elections and moved holidays: one or two a year, announced days or weeks before.
            "closures": timedelta(days=90),
            # The list of a year appears in the December before; without it holidays are estimated.
            "holidays": timedelta(0),
            # Tests of the second site and budgets at weekends, announced weeks before.
            "special_sessions": timedelta(days=90),
        }
    ),
)


@functools.cache
def closures(folder: Traversable = FOLDER) -> tuple[Closure, ...]:
    """Read ``closures.csv``, which holds every weekday without trading since 2011.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    return read_closures(folder)


@functools.cache
def special_sessions(folder: Traversable = FOLDER) -> tuple[SpecialSession, ...]:
    """Read ``special_sessions.csv``, which holds every session of unusual day or hours since 2011.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    return read_special_sessions(folder)
