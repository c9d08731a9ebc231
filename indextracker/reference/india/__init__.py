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
from typing import Final

from indextracker.reference.closures import read_closures, read_special_sessions
from indextracker.reference.reviews import Reviews

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


# Every weekday without trading, and every session of unusual day or hours, since 2011.
closures: Final = functools.cache(functools.partial(read_closures, FOLDER))
special_sessions: Final = functools.cache(functools.partial(read_special_sessions, FOLDER))
