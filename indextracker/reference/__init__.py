"""Facts that are in no document, as CSV files with a source in each row: a folder per subject.

The readers here are for files that any subject may have; a subject's own kinds are read in its
folder. Trading days are computed in `indextracker.calendars`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indextracker.reference.reviews import Review, Reviews
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.subjects import declared

if TYPE_CHECKING:
    from datetime import date

FLOOR: Final = "indextracker.reference"


def reviews() -> tuple[Review, ...]:
    """Until when the reference data of each subject was reviewed, in the order of its file."""
    return tuple(
        review
        for subject in SUBJECTS
        for declaration in declared(FLOOR, subject, Reviews)
        for review in declaration.read()
    )


def old_reviews(today: date) -> tuple[Review, ...]:
    """The reviews that are old on a day."""
    return tuple(review for review in reviews() if review.is_old(today))
