"""Where documents come from, and the verdict on what came for a session.

A source answers with the candidates for a session's document: an archive with the files that bear
its name, a publisher with one answer. What makes a document complete is known to its feed; storing
documents and logging verdicts is the lake's work.
"""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, Self
from urllib.parse import urlsplit, urlunsplit

import requests

from indextracker.feeds.model import Feed, Publisher, Refusal, State, quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

# Documents of a session measure 2 KB to 1.8 MB.
LARGEST_DOCUMENT_BYTES = 64 << 20
CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = (10.0, 60.0)  # to connect; between two pieces of the answer
ATTEMPTS = 3
BACKOFF_SECONDS = 5.0

# If no candidate is accepted, the one that came nearest to a document tells most about the
# session: an early document will become complete by itself; a refused one wants a person to look,
# even if other candidates are merely absent; a blocked one can be asked for again; an answer that
# there is nothing counts only if nothing else was seen.
NEAREST_FIRST: Final[tuple[State, ...]] = ("partial", "refused", "blocked", "gone", "missing")


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


@dataclass(frozen=True)
class Verdict:
    """What a source had for a session of a feed: the document, or why there is none.

    Attributes:
        feed: Name of the feed.
        session: The session asked for.
        url: As in the Answer judged.
        name: As in the Answer judged.
        body: As in the Answer judged.
        published_at: As in the Answer judged.
        state: accepted, or what it is instead.
        reason: Why it is not accepted, in a sentence; None where it is.
    """

    feed: str
    session: date
    url: str
    name: str
    body: bytes | None
    published_at: datetime | None
    state: State
    reason: str | None


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


def judge(feed: Feed, session: date, source: Source, now: datetime) -> Verdict:
    """Ask a source for a session's document and decide what came.

    Args:
        feed: The feed.
        session: The session.
        source: The source.
        now: The present, with a time zone: what a publisher lacks before its hour is not_yet.

    Returns:
        The first candidate that the feed accepts. Only if there is none, the best of the others.
    """
    others: list[tuple[Answer, Refusal]] = []
    for answer in source.answers(feed, session):
        refusal = answer.refusal or _verify(feed, session, answer)
        if refusal is None:
            return _verdict(feed, session, answer, "accepted", None)
        others.append((answer, refusal))
    if not others:
        wanted = feed.names(session)
        others.append(
            (
                Answer(url=source.place, name=wanted[0], body=None),
                Refusal("missing", f"{source.place} holds no {' or '.join(wanted)}"),
            )
        )
    answer, refusal = min(others, key=lambda other: NEAREST_FIRST.index(other[1].state))
    if source.live and refusal.state == "missing" and now < (due := feed.due(session)):
        reason = f"{refusal.reason}; it is due at {due:%Y-%m-%d %H:%M} {feed.zone}"
        return _verdict(feed, session, answer, "not_yet", reason)
    return _verdict(feed, session, answer, refusal.state, refusal.reason)


def _verify(feed: Feed, session: date, answer: Answer) -> Refusal | None:
    if answer.body is None:
        raise ValueError(f"{answer.url}: an answer without a body has to say why")
    try:
        feed.verify(answer.body, session)
    except Refusal as refusal:
        return refusal
    return None


def _verdict(
    feed: Feed, session: date, answer: Answer, state: State, reason: str | None
) -> Verdict:
    return Verdict(
        feed=feed.name,
        session=session,
        url=answer.url,
        name=answer.name,
        body=answer.body,
        published_at=answer.published_at,
        state=state,
        reason=reason,
    )


class ArchiveSource(Source):
    """A folder that keeps documents under their publishers' names, at any depth.

    The folder is walked once, at the first question. Its files are candidates by their name, the
    largest first: the night part of a session and the whole of it have one name.
    """

    live = False

    def __init__(self, root: Path) -> None:
        self._root = root
        self.place = f"archive:{root.name}"

    @cached_property
    def _files(self) -> dict[str, list[Path]]:
        if not self._root.is_dir():
            raise NotADirectoryError(f"the archive {self._root} is no folder")
        found: dict[str, list[Path]] = {}
        for folder, _, names in os.walk(self._root, onerror=_raise):
            for name in names:
                found.setdefault(name, []).append(Path(folder, name))
        return found

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """Every file of the session's names, the largest first.

        Raises:
            NotADirectoryError: If the archive is no folder.
        """
        paths = [path for name in feed.names(session) for path in self._files.get(name, ())]
        sized = sorted((-path.stat().st_size, path) for path in paths)
        for negative_size, path in sized:
            yield self._answer(path, -negative_size)

    def close(self) -> None:
        """Nothing is held open."""

    def _answer(self, path: Path, size: int) -> Answer:
        url = f"archive:{path.relative_to(self._root).as_posix()}"
        if size > LARGEST_DOCUMENT_BYTES:
            return Answer(url, path.name, None, refusal=_too_large(path.name))
        try:
            return Answer(url, path.name, path.read_bytes())
        except OSError as error:
            reason = f"{path.name} cannot be read ({error.strerror})"
            return Answer(url, path.name, None, refusal=Refusal("blocked", reason))


def _raise(error: OSError) -> None:
    raise error


class HttpSource(Source):
    """Publishers, asked over HTTP at a pace that they bear.

    Redirects are not followed and a 4xx is never asked again: publishers answer both with bans.
    Connections that fail and 5xx are, after a pause, and each attempt keeps the pace; that is why
    the retries of urllib3, which know of no pace, are not used.

    Args:
        publishers: The publishers that can be asked.
        user_agent: How the client introduces itself.
        through_proxy: Whether the proxy and credentials of the environment apply.
        clock: Seconds that never go back.
        sleep: Waits for so many seconds.
    """

    live = True

    def __init__(
        self,
        publishers: Iterable[Publisher],
        *,
        user_agent: str,
        through_proxy: bool = True,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._publishers = {publisher.name: publisher for publisher in publishers}
        self._paces = {
            name: _Pace(publisher.min_interval_seconds, clock, sleep)
            for name, publisher in self._publishers.items()
        }
        self.place = ", ".join(self._publishers)
        self._sleep = sleep
        self._http = _Session()
        self._http.trust_env = through_proxy
        self._http.headers["User-Agent"] = user_agent

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The publisher's one answer.

        Raises:
            KeyError: If the feed's publisher is not among those of the source.
        """
        url = self._publishers[feed.publisher].base_url + feed.request(session).path
        shown, name = _without_credentials(url), feed.names(session)[0]
        try:
            body, published_at = self._fetch(url, name, self._paces[feed.publisher])
        except Refusal as refusal:
            yield Answer(shown, name, None, refusal=refusal)
        else:
            yield Answer(shown, name, body, published_at)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _fetch(self, url: str, name: str, pace: _Pace) -> tuple[bytes, datetime | None]:
        for attempt in range(1, ATTEMPTS + 1):
            pace.keep()
            try:
                return self._get(url, name)
            except _Unavailable as error:
                if attempt == ATTEMPTS:
                    raise Refusal(
                        "blocked", f"{name} was asked for {ATTEMPTS} times: {error}"
                    ) from error
            self._sleep(BACKOFF_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _get(self, url: str, name: str) -> tuple[bytes, datetime | None]:
        try:
            with self._http.get(
                url, stream=True, allow_redirects=False, timeout=TIMEOUT_SECONDS
            ) as response:
                _check_status(response, name)
                body = bytearray()
                for chunk in response.iter_content(CHUNK_BYTES):
                    body += chunk
                    if len(body) > LARGEST_DOCUMENT_BYTES:
                        raise _too_large(name)
                return bytes(body), _published_at(response)
        except (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
            requests.exceptions.ContentDecodingError,
        ) as error:
            # Their texts hold addresses in memory, which would make equal failures differ.
            raise _Unavailable(f"the connection failed ({type(error).__name__})") from error


class _Session(requests.Session):
    """A session without redirects: told not to follow them, requests reads them all the same."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """There is none."""
        return


class _Unavailable(Exception):  # noqa: N818 - a state of the publisher that may pass
    """The publisher did not answer this time; the text says how."""


class _Pace:
    """Keeps the starts of requests apart, whichever thread makes them."""

    def __init__(
        self, interval: float, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._interval = interval
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = clock()

    def keep(self) -> None:
        """Wait for the turn, in the order of asking."""
        with self._lock:
            wait = self._free_at - self._clock()
            if wait > 0:
                self._sleep(wait)
            self._free_at = self._clock() + self._interval


def _check_status(response: requests.Response, name: str) -> None:
    status = response.status_code
    if status == 200:
        return
    if status >= 500:
        raise _Unavailable(f"the publisher answers with status {status}")
    if status == 404:
        raise Refusal("missing", f"{name}: the publisher answers with status 404")
    if status in (403, 429):
        raise Refusal("blocked", f"{name}: the publisher answers with status {status}")
    target = response.headers.get("Location")
    where = f" and points to {quote(target)}, which is not followed" if target else ""
    raise Refusal("refused", f"{name}: the publisher answers with status {status}{where}")


def _published_at(response: requests.Response) -> datetime | None:
    try:
        published_at = parsedate_to_datetime(response.headers.get("Last-Modified", ""))
    except ValueError:
        return None
    return published_at.astimezone(UTC) if published_at.tzinfo else published_at.replace(tzinfo=UTC)


def _too_large(name: str) -> Refusal:
    return Refusal("refused", f"{name} is larger than {LARGEST_DOCUMENT_BYTES} bytes")


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
