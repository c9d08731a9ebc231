"""The classes of sources and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from types import TracebackType

    import pyarrow as pa

    from indextracker.feeds.model import Feed, Listed, Refusal
    from indextracker.system.documents import Document
    from indextracker_catalogue.shared.deliveries import State


@dataclass(frozen=True)
class Answer:
    """What a source has for a session: one candidate for its document, or why there is none.

    Attributes:
        url: Where it came from, without secrets and without places of this machine.
        name: The publisher's name of the document.
        document: The bytes that came; None where none did.
        published_at: When the publisher says it was published, if it does.
        refusal: Why it is not the session's document, by the source or by the judge of answers.
        rows: The rows of bronze that were read from it, if it was read and accepted.
    """

    url: str
    name: str
    document: Document | None
    published_at: datetime | None = None
    refusal: Refusal | None = None
    rows: pa.Table | None = field(default=None, repr=False, compare=False)

    @property
    def state(self) -> State:
        """The state of a judged answer: accepted, or that of its refusal."""
        return self.refusal.state if self.refusal else "accepted"

    @property
    def reason(self) -> str | None:
        """Why it is not accepted, in a sentence; None where it is."""
        return self.refusal.reason if self.refusal else None

    @property
    def sha256(self) -> str | None:
        """Digest of the bytes; None where none came."""
        return self.document.sha256 if self.document else None


class Source(Protocol):
    """Something that can be asked for documents; closed by `close` or as a context manager.

    Attributes:
        place: What it is called in reasons and addresses.
        live: Whether it publishes: what is missing from it today may be there tomorrow.
    """

    place: str
    live: bool

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The candidates for a session's document, the most promising first."""
        ...

    def listing(self, feed: Feed) -> Mapping[date, Listed]:  # noqa: ARG002
        """The sessions that the publisher lists for a feed now; none where it has no list.

        Raises:
            Refusal: The list cannot be fetched or read.
        """
        return {}

    def last_listing(self, feed: Feed) -> Mapping[date, Listed]:  # noqa: ARG002
        """What the publisher was last seen to list, without asking for it; none if it never was."""
        return {}

    def barred(self, feed: Feed) -> Refusal | None:  # noqa: ARG002
        """Why the source cannot be asked for a feed at all, such as for want of a token."""
        return None

    def look_alikes(self, feed: Feed, session: date) -> list[str]:  # noqa: ARG002
        """What resembles a session's document by its name, and is no candidate for that name."""
        return []

    def close(self) -> None:
        """Let go of connections and processes."""
        ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class InTurn(Source):
    """A source in the turn of one publisher: no request passes to another.

    A step holds the pool of the publisher whose turn it is. Files of archives are nobody's.

    Args:
        source: What is asked.
        publisher: Name of the publisher whose turn it is.
    """

    def __init__(self, source: Source, publisher: str) -> None:
        self.place = source.place
        self.live = source.live
        self._source = source
        self._publisher = publisher

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The candidates for a session's document.

        Raises:
            RuntimeError: It is another publisher's; the caller is to ask in that one's turn.
        """
        if not self._may_ask(feed):
            raise RuntimeError(
                f"{feed.name} of {feed.publisher} was asked for in the turn of {self._publisher}"
            )
        return self._source.answers(feed, session)

    def listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What the publisher lists now; of another one, what it was last seen to list."""
        return (
            self._source.listing(feed) if self._may_ask(feed) else self._source.last_listing(feed)
        )

    def last_listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What a publisher was last seen to list."""
        return self._source.last_listing(feed)

    def barred(self, feed: Feed) -> Refusal | None:
        """Why the source cannot be asked for a feed at all."""
        return self._source.barred(feed)

    def look_alikes(self, feed: Feed, session: date) -> list[str]:
        """What resembles a session's document by its name."""
        return self._source.look_alikes(feed, session)

    def close(self) -> None:
        """Leaves the source open: whoever opened it closes it."""
        return

    def _may_ask(self, feed: Feed) -> bool:
        return not self.live or feed.publisher == self._publisher
