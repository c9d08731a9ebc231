"""Closure finders: a subject's rule for days that a calendar has as sessions and that were closed.

No schedule has a typhoon. Each subject declares in its own folder what proves a closure, as a
`ClosureFinder`: it decides from the answers that are there. Sending its questions and logging its
findings does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from indextracker.feeds.model import Feed
    from indextracker.feeds.sources import Source
    from indextracker.system.documents import Document
    from indextracker_catalogue.timeline import Timeline


class Said(Protocol):
    """An answer of a publisher, as the log of deliveries keeps it."""

    @property
    def url(self) -> str | None:
        """Where it came from."""

    @property
    def sha256(self) -> str | None:
        """Digest of its bytes; None where none came."""

    @property
    def bytes(self) -> int | None:
        """How many bytes it has; None where none came."""

    @property
    def fetched_at(self) -> datetime:
        """When it came."""

    @property
    def state(self) -> str:
        """What it was taken for."""

    @property
    def reason(self) -> str | None:
        """Why it was not accepted, in a sentence."""


@dataclass(frozen=True)
class Evidence:
    """The evidence from which a finder decides.

    Attributes:
        answers: The answer that counts, by name of the feed and session, of all feeds of the
            finder's time line; without those never asked for.
        document: What came with an answer, by its digest.
        source: The source that was asked, in the turn of one publisher: its lists, and the files of
            an archive. A finder requests no documents from it; it names them in its questions.
        now: The present, as an aware instant.
    """

    answers: Mapping[tuple[str, date], Said]
    document: Callable[[str], Document]
    source: Source
    now: datetime


@dataclass(frozen=True)
class Finding:
    """A day that was closed.

    Attributes:
        url: The answer that shows it.
        reason: What shows it, in a sentence.
    """

    url: str | None
    reason: str


@dataclass(frozen=True)
class ClosureFinder:
    """How the closed days of a time line are found.

    Attributes:
        timeline: The time line, of whose feeds none has a document of a closed day.
        turns: Publishers, by name, in the order in which questions are sent to them. It is the turn
            of the first when the days are decided: no list of another is read then.
        questions: Of which feeds which of the days have to be asked for before they can be decided.
        closed: Which of the days were closed. A day of which any document holds lines took place,
            whatever is said here.
    """

    timeline: Timeline
    turns: tuple[str, ...]
    questions: Callable[[Evidence, Sequence[date]], Mapping[Feed, Sequence[date]]]
    closed: Callable[[Evidence, Sequence[date]], Mapping[date, Finding]]
