"""What a source and its answers are."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, Self

from indextracker.feeds.model import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from types import TracebackType

    from indextracker.feeds.model import Feed, Listed

# Documents of a session measure 2 KB to 1.8 MB.
LARGEST_DOCUMENT_BYTES = 64 << 20


@dataclass(frozen=True)
class Answer:
    """One candidate for a session's document.

    Attributes:
        url: Where it came from, without secrets and without places of this machine.
        name: The publisher's name of the document.
        body: Its bytes; None where none came.
        published_at: When the publisher says it was published, if it does.
        refusal: Why it is no document, where the source itself can tell.
    """

    url: str
    name: str
    body: bytes | None
    published_at: datetime | None = None
    refusal: Refusal | None = None

    @cached_property
    def sha256(self) -> str | None:
        """Digest of the bytes; None where none came."""
        return None if self.body is None else hashlib.sha256(self.body).hexdigest()


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
            Refusal: The list cannot be had.
        """
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


def too_large(name: str) -> Refusal:
    """The refusal of what is too large to be a document."""
    return Refusal("refused", f"{name} is larger than {LARGEST_DOCUMENT_BYTES} bytes")
