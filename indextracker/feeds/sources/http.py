"""Publishers over HTTP, at a pace that they bear and with links that they list.

Only what HTTP says is judged here: whether the bytes are a session's document is the feed's affair.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests

from indextracker.feeds.model import Feed, Listed, Publisher, Refusal, Request, quote
from indextracker.feeds.sources import model
from indextracker.feeds.sources.model import Answer, Source, too_large
from indextracker.feeds.sources.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from pydantic import SecretStr

CHUNK_BYTES = 1 << 16
TIMEOUT_SECONDS = (10.0, 60.0)  # to connect; between two pieces of the answer
LONGEST_SECONDS = 600.0  # for a whole answer: 1.8 MB at 3 KB a second
ATTEMPTS = 3
BACKOFF_SECONDS = 5.0
LISTING_SECONDS = 300.0
FAILED_LISTING_BACKOFFS = 12

FAILURES = (
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
)


class HttpSource(Source):
    """Publishers, asked over HTTP.

    Redirects are not followed and a 4xx is never asked again: publishers answer both with bans.
    Connections that fail and 5xx are, after a pause, and each attempt keeps the pace; that is why
    the retries of urllib3, which know of no pace, are not used. Whatever a list page links to, it
    is the publisher who is asked.

    Args:
        publishers: The publishers that can be asked.
        user_agent: How the client introduces itself.
        tokens: Secrets by publisher, for those that want one.
        pace_folder: Where processes tell each other when they asked; None for a process alone.
        through_proxy: Whether the proxy and credentials of the environment apply.
        backoff_seconds: Pause after the first failure; it doubles with each.
        clock: Seconds, from whenever.
        sleep: Waits for so many seconds.
    """

    live = True
    place = "live"

    def __init__(  # noqa: PLR0913 - all but the first two have their default
        self,
        publishers: Iterable[Publisher],
        *,
        user_agent: str,
        tokens: Mapping[str, SecretStr] | None = None,
        pace_folder: Path | None = None,
        through_proxy: bool = True,
        backoff_seconds: float = BACKOFF_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._publishers = {publisher.name: publisher for publisher in publishers}
        self._tokens = {name: token.get_secret_value() for name, token in (tokens or {}).items()}
        self._paces = {
            name: Pace(
                publisher.min_interval_seconds,
                pace_folder / f"pace.{name}" if pace_folder else None,
                clock,
                sleep,
            )
            for name, publisher in self._publishers.items()
        }
        self._backoff_seconds = backoff_seconds
        self._clock = clock
        self._sleep = sleep
        self._listings: dict[str, tuple[float, Mapping[date, Listed] | Refusal]] = {}
        self._listing_lock = threading.Lock()
        self._http = _Session()
        self._http.trust_env = through_proxy
        self._http.headers["User-Agent"] = user_agent

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The publisher's one answer, which may be that it need not be asked.

        Raises:
            KeyError: If the feed's publisher is not among those of the source.
        """
        publisher = self._publishers[feed.publisher]
        name, path, published_at = feed.names(session)[0], "", None
        try:
            if barred := self.barred(feed):
                raise barred
            if feed.listing is None:
                request = feed.request(session)
            else:
                path = feed.listing.path
                name, request, published_at = _listed(feed, session, self.listing(feed))
            path = _shown(request)
            reply = self._fetch(publisher, request, name)
        except Refusal as refusal:
            yield Answer(
                _without_credentials(publisher.base_url) + path, name, None, published_at, refusal
            )
        else:
            yield Answer(
                url=_without_credentials(publisher.base_url) + path,
                name=name,
                body=reply.body,
                published_at=published_at or reply.modified_at,
                refusal=reply.refusal,
            )

    def listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What the publisher's list page says, asked once in some minutes.

        Raises:
            Refusal: The page cannot be had or read. That too is known for a while, so that a range
                of sessions does not ask as often for a page that is not there.
        """
        if feed.listing is None:
            return {}
        publisher, path = self._publishers[feed.publisher], feed.listing.path
        with self._listing_lock:
            asked_at, known = self._listings.get(publisher.name + path, (None, {}))
            keeps = LISTING_SECONDS
            if isinstance(known, Refusal):
                keeps = FAILED_LISTING_BACKOFFS * self._backoff_seconds
            if asked_at is None or not 0 <= self._clock() - asked_at < keeps:
                try:
                    reply = self._fetch(publisher, Request(path), path.rpartition("/")[2])
                    known = reply.refusal or feed.listing.read(reply.body)
                except Refusal as refusal:
                    known = refusal
                self._listings[publisher.name + path] = self._clock(), known
        if isinstance(known, Refusal):
            raise Refusal(known.state, known.reason)
        return known

    def barred(self, feed: Feed) -> Refusal | None:
        """Want of a token, for a publisher who answers without one only to ban."""
        publisher = self._publishers[feed.publisher]
        if publisher.access is None or publisher.name in self._tokens:
            return None
        return Refusal("blocked", f"{publisher.name} was not asked: {publisher.access}")

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _fetch(self, publisher: Publisher, request: Request, name: str) -> _Reply:
        for attempt in range(1, ATTEMPTS + 1):
            self._paces[publisher.name].keep()
            try:
                return self._ask(publisher, request, name)
            except _Unavailable as error:
                if attempt == ATTEMPTS:
                    raise Refusal(
                        "blocked", f"{name} was asked for {ATTEMPTS} times: {error}"
                    ) from error
            self._sleep(self._backoff_seconds * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, publisher: Publisher, request: Request, name: str) -> _Reply:
        token = self._tokens.get(publisher.name) if publisher.access else None
        try:
            with self._http.request(
                "GET" if request.form is None else "POST",
                publisher.base_url + request.path,
                data=request.form,
                auth=_Bearer(token) if token else None,
                stream=True,
                allow_redirects=False,
                timeout=TIMEOUT_SECONDS,
            ) as response:
                status = response.status_code
                body = self._body(response, name) if status == 200 else _message(response)
        except FAILURES as error:
            # Their texts hold addresses in memory, which would make equal failures differ.
            raise _Unavailable(f"the connection failed ({type(error).__name__})") from error
        points_to = response.headers.get("Location")
        if token:
            # An error may repeat what was sent: nothing with the secret is kept or judged.
            body = body.replace(token.encode(), b"<token>")
            points_to = points_to and points_to.replace(token, "<token>")
        refusal = publisher.explain(status, body) if publisher.explain else None
        if status != 200:
            raise refusal or _refusal(status, points_to, name)
        return _Reply(body, _modified_at(response), refusal)

    def _body(self, response: requests.Response, name: str) -> bytes:
        """All of an answer; one that ends before its Content-Length is a failed connection."""
        started = self._clock()
        body = bytearray()
        for chunk in response.iter_content(CHUNK_BYTES):
            body += chunk
            if len(body) > model.LARGEST_DOCUMENT_BYTES:
                raise too_large(name)
            if self._clock() > started + LONGEST_SECONDS:
                raise _Unavailable(f"the answer was not whole after {LONGEST_SECONDS:.0f} s")
        return bytes(body)


@dataclass(frozen=True)
class _Reply:
    """An answer with status 200, and what its publisher's rules say of it."""

    body: bytes
    modified_at: datetime | None
    refusal: Refusal | None


class _Session(requests.Session):
    """A session without redirects: told not to follow them, requests reads them all the same."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """There is none."""
        return


class _Bearer(requests.auth.AuthBase):
    """Puts the token into the header; a plain header would give way to the machine's netrc."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Unavailable(Exception):  # noqa: N818 - a state of the publisher that may pass
    """The publisher did not answer this time; the text says how."""


def _listed(
    feed: Feed, session: date, listed: Mapping[date, Listed]
) -> tuple[str, Request, datetime | None]:
    """Name, address and publish time of a session's document, from the list page.

    Raises:
        Refusal: gone for a session older than all that is listed; missing for one that is not
            listed otherwise, or without its document.
    """
    if session in listed:
        links = listed[session].links
        for name in feed.names(session):
            if name in links:
                return name, Request(_path(links[name])), listed[session].published_at
        raise Refusal(
            "missing", f"{feed.publisher} lists {session} without {feed.names(session)[0]}"
        )
    out = [day for day, entry in listed.items() if entry.links]
    if not out:
        raise Refusal("missing", f"{feed.publisher} lists no document")
    if session < min(listed):
        raise Refusal(
            "gone", f"{feed.publisher} keeps documents from {min(listed)} on; {session} is deleted"
        )
    if session > max(out):
        raise Refusal("missing", f"{feed.publisher} lists documents up to {max(out)}")
    later = min(day for day in out if day > session)
    raise Refusal("missing", f"{feed.publisher} lists {later} but not {session}")


def _path(link: str) -> str:
    """A link's path, which cannot lead to another host."""
    if not link.startswith("/"):
        raise Refusal("refused", f"the list page links to {quote(link)}, which is no path")
    return link


def _message(response: requests.Response) -> bytes:
    """The start of what comes with a refusing status, as far as it comes."""
    try:
        return next(response.iter_content(CHUNK_BYTES), b"")
    except FAILURES:
        return b""


def _refusal(status: int, points_to: str | None, name: str) -> Refusal:
    """What a status means by itself.

    Raises:
        _Unavailable: It may pass.
    """
    if status >= 500:
        raise _Unavailable(f"the publisher answers with status {status}")
    if status == 404:
        return Refusal("missing", f"{name}: the publisher answers with status 404")
    if status in (403, 429):
        return Refusal("blocked", f"{name}: the publisher answers with status {status}")
    where = f" and points to {quote(points_to)}, which is not followed" if points_to else ""
    return Refusal("refused", f"{name}: the publisher answers with status {status}{where}")


def _modified_at(response: requests.Response) -> datetime | None:
    try:
        modified_at = parsedate_to_datetime(response.headers.get("Last-Modified", ""))
    except ValueError:
        return None
    return modified_at.astimezone(UTC) if modified_at.tzinfo else modified_at.replace(tzinfo=UTC)


def _shown(request: Request) -> str:
    """The address for people: what a form asked for stands behind its path."""
    return f"{request.path} {urlencode(request.form, safe='/')}" if request.form else request.path


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
