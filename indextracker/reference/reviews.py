"""Reviews of reference data: up to which day each kind was compared with its sources.

Reference data becomes outdated unnoticed. The reader of `reviewed.csv`, which a subject with
reference data has; the subject declares its kinds of facts, and for how long a review is valid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from indextracker.reference.rows import Row, read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, timedelta
    from importlib.resources.abc import Traversable

REVIEW_COLUMNS: Final = ("exchange", "kind", "reviewed_until", "source")


@dataclass(frozen=True, slots=True)
class Review:
    """Until when a kind of reference data was held against its sources.

    Attributes:
        subject: Whose reference data, by the name of its folder.
        exchange: MIC of the exchange, such as ``XTAI``.
        kind: The kind of fact, the stem of the file that holds it; or ``holidays``, the closed days
            of the yearly schedules, wherever they are from.
        reviewed_until: Last day whose facts were looked for.
        source: What it was held against.
        good_for: For how long after its last day the review is good.
    """

    subject: str
    exchange: str
    kind: str
    reviewed_until: date
    source: str
    good_for: timedelta

    def is_old(self, today: date) -> bool:
        """Tell whether the review is outdated, so that newer facts may be missing."""
        return today > self.reviewed_until + self.good_for


@dataclass(frozen=True, slots=True, eq=False)
class Reviews:
    """The reviews of a subject.

    Attributes:
        folder: Where the subject's reference files are.
        good_for: Every kind of fact that is reviewed, and for how long after its last day a review
            is good.
    """

    folder: Traversable
    good_for: Mapping[str, timedelta]

    def read(self, folder: Traversable | None = None) -> tuple[Review, ...]:
        """Read ``reviewed.csv``: per exchange and kind of fact, until when it was reviewed.

        Args:
            folder: Where the reference files are; the subject's own by default.

        Raises:
            ValueError: The file breaks a rule; the message names file and line.
        """

        def build(row: Row) -> Review:
            kind = row.one_of("kind", self.good_for)
            return Review(
                subject=self.folder.name,
                exchange=row.matching("exchange", r"X[A-Z]{3}"),
                kind=kind,
                reviewed_until=row.day("reviewed_until"),
                source=row.text("source"),
                good_for=self.good_for[kind],
            )

        entries = read(
            folder or self.folder,
            "reviewed.csv",
            REVIEW_COLUMNS,
            build,
            lambda row: (row.exchange, row.kind),
        )
        return tuple(review for _, review in entries)
