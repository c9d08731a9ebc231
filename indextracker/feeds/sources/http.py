"""Publishers over HTTP: paced requests, retries, and the links of list pages.

Only statuses and connections are judged here: a feed judges whether the bytes are its document.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from urllib3.exceptions import HTTPError

from indextracker.feeds.faults import or_refused
from indextracker.feeds.model import Feed, Listed, Publisher, Refusal, Request, quote
from indextracker.feeds.sources.collecting import collected
from indextracker.feeds.sources.credentials import LOGGERS, Credential
from indextracker.feeds.sources.model import Answer, Source
from indextracker.feeds.sources.pace import Allowance, Pace
from indextracker.feeds.zipped import Part, packed
from indextracker.system.documents import Document, TooLargeError

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

    Redirects are not followed and a request with a 4xx is never repeated: publishers ban for both.
    After a failed connection or a 5xx it is repeated after a pause, and each attempt keeps the
    pace; urllib3's own retries have no pace and are not used. Links of a list page are requested
    from the publisher's own host only.

    Args:
        publishers: The publishers that can be asked.
        user_agent: The User-Agent header.
        secrets: Secrets by their name, for the publishers that want one.
        pace_folder: Folder in which processes share the times of requests; None for a single one.
        through_proxy: Whether the proxy and credentials of the environment apply.
        backoff_seconds: Pause after the first failure; it doubles with each.
        clock: Seconds, from whenever.
        now: Seconds since 1970, by which quotas are counted.
        sleep: Waits for so many seconds.
    """

    live = True
    place = "live"

    def __init__(  # noqa: PLR0913 - all but the first two have their default
        self,
        publishers: Iterable[Publisher],
        *,
        user_agent: str,
        secrets: Mapping[str, SecretStr] | None = None,
        pace_folder: Path | None = None,
        through_proxy: bool = True,
        backoff_seconds: float = BACKOFF_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._publishers = {publisher.name: publisher for publisher in publishers}
        self._credentials = {
            name: Credential(publisher.access, secret)
            for name, publisher in self._publishers.items()
            if publisher.access and (secret := (secrets or {}).get(publisher.access.secret.name))
        }
        self._paces = {
            name: Pace(
                publisher.min_interval_seconds,
                pace_folder / f"pace.{name}" if pace_folder else None,
                clock,
                sleep,
            )
            for name, publisher in self._publishers.items()
        }
        self._allowances = {
            name: Allowance(
                publisher.quota, pace_folder / f"quota.{name}" if pace_folder else None, now
            )
            for name, publisher in self._publishers.items()
            if publisher.quota
        }
        self._backoff_seconds = backoff_seconds
        self._clock = clock
        self._now = now
        self._sleep = sleep
        self._listings: dict[str, tuple[float, Mapping[date, Listed] | Refusal]] = {}
        self._listing_lock = threading.Lock()
        self._http = _Session()
        self._http.trust_env = through_proxy
        self._http.headers["User-Agent"] = user_agent
        for logger, credential in product(LOGGERS, self._credentials.values()):
            logging.getLogger(logger).addFilter(credential)

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        """The publisher's answer, which may be that it need not be asked.

        Where a feed has other addresses too, an answer of each in turn; none after one that blocks.

        Raises:
            KeyError: If the feed's publisher is not among those of the source.
        """
        publisher = self._publishers[feed.publisher]
        for asked in (feed.request, *feed.otherwise):
            answer = self._answer(publisher, feed, session, asked)
            yield answer
            if answer.refusal and answer.refusal.state == "blocked":
                return

    def _answer(
        self,
        publisher: Publisher,
        feed: Feed,
        session: date,
        asked: Callable[[date], Request],
    ) -> Answer:
        name, path, published_at = feed.names(session)[0], "", None
        try:
            if barred := self.barred(feed):
                raise barred
            if feed.listing is None:
                request = asked(session)
            else:
                path = feed.listing.path
                name, request, published_at = _listed(feed, session, self.listing(feed))
            path = _shown(request)
            fetch = self._collect if request.parts else self._follow
            answer = fetch(publisher, request, name, feed.largest_bytes)
        except Refusal as refusal:
            answer = Answer("", name, None, refusal=refusal)
        return replace(
            answer,
            url=_without_credentials(publisher.base_url) + path,
            published_at=published_at or answer.published_at,
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
                    name = path.rpartition("/")[2]
                    page = self._fetch(publisher, Request(path), name, feed.largest_bytes)
                    known = or_refused(name, partial(feed.listing.read, _body(page)))
                except Refusal as refusal:
                    known = refusal
                self._listings[publisher.name + path] = self._clock(), known
        if isinstance(known, Refusal):
            raise Refusal(known.state, known.reason)
        return known

    def last_listing(self, feed: Feed) -> Mapping[date, Listed]:
        """What the publisher's list page said when it was last asked for."""
        path = feed.listing.path if feed.listing else ""
        _, known = self._listings.get(feed.publisher + path, (None, {}))
        return {} if isinstance(known, Refusal) else known

    def barred(self, feed: Feed) -> Refusal | None:
        """No secret, for a publisher who answers without one only to ban; or a quota used up."""
        publisher = self._publishers[feed.publisher]
        if publisher.access and publisher.name not in self._credentials:
            advice = publisher.access.secret.advice
            return Refusal("blocked", f"{publisher.name} was not asked: {advice}")
        if allowance := self._allowances.get(publisher.name):
            return _used_up(publisher, allowance.used_up_until())
        return None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
        for logger, credential in product(LOGGERS, self._credentials.values()):
            logging.getLogger(logger).removeFilter(credential)

    def _collect(self, publisher: Publisher, request: Request, name: str, largest: int) -> Answer:
        """The answers of several requests as one document."""
        parts = collected(
            request.parts,
            lambda part, rest: self._fetch(publisher, Request(request.path + rest), part, largest),
            lambda turn: self._sleep(self._backoff_seconds * 2 ** (turn - 1)),
            lambda: datetime.fromtimestamp(self._now(), UTC),
        )
        return Answer("", name, Document.of(name, packed(parts)))

    def _follow(self, publisher: Publisher, request: Request, name: str, largest: int) -> Answer:
        """An answer, and those that follow it until one is refused, as one document."""
        page = answer = self._fetch(publisher, request, name, largest)
        bodies: list[bytes] = []
        with contextlib.suppress(Refusal):
            while request.follow:
                bodies.append(_body(page))
                following = or_refused(name, partial(request.follow, bodies[-1]))
                if following is None:
                    break
                request = following
                page = self._fetch(publisher, request, name, largest)
        if len(bodies) < 2:
            return answer
        stem, _, kind = name.rpartition(".")
        at = datetime.fromtimestamp(self._now(), UTC)
        pages = [Part(f"{stem}.{n}.{kind}", body, at) for n, body in enumerate(bodies, 1)]
        name = f"{stem}.zip"
        return replace(answer, name=name, document=Document.of(name, packed(pages)))

    def _fetch(self, publisher: Publisher, request: Request, name: str, largest: int) -> Answer:
        for attempt in range(1, ATTEMPTS + 1):
            self._paces[publisher.name].keep()
            allowance = self._allowances.get(publisher.name)
            if allowance and (used_up := _used_up(publisher, allowance.take())):
                raise used_up
            try:
                return self._ask(publisher, request, name, largest)
            except _Unavailable as error:
                if attempt == ATTEMPTS:
                    raise Refusal(
                        "blocked", f"{name} was asked for {ATTEMPTS} times: {error}"
                    ) from error
            self._sleep(self._backoff_seconds * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _ask(self, publisher: Publisher, request: Request, name: str, largest: int) -> Answer:
        failure: Exception | None = None
        try:
            response, document = self._sent(publisher, request, name, largest)
        except FAILURES as error:
            failure = _Unavailable(f"the connection failed ({type(error).__name__})")
        except TooLargeError as error:
            failure = Refusal("refused", str(error))
        except (requests.RequestException, HTTPError, ValueError) as error:
            failure = requests.RequestException(
                f"{publisher.name} cannot be asked for {name}: {type(error).__name__}: "
                f"{self._hide(publisher, str(error))}"
            )
        # Outside, so that it does not carry the other, whose text holds addresses: in memory, which
        # would make equal failures differ, and that of the request, perhaps with a secret.
        if failure:
            raise failure
        status, points_to = response.status_code, response.headers.get("Location")
        refusal = None
        if publisher.explain:
            with document.open() as opened:
                refusal = _explained(publisher.explain, status, opened.read(CHUNK_BYTES), name)
        if status != 200:
            shown = points_to and self._hide(publisher, points_to)
            raise refusal or _refusal(status, shown, name)
        return Answer("", name, document, _modified_at(response), refusal)

    def _sent(
        self, publisher: Publisher, request: Request, name: str, largest: int
    ) -> tuple[requests.Response, Document]:
        """Send a request; its answer, closed, and what came with it."""
        credential = self._credentials.get(publisher.name)
        with self._http.request(
            "GET" if request.form is None else "POST",
            publisher.base_url + request.path,
            data=request.form,
            headers=publisher.headers,
            auth=credential,
            stream=True,
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        ) as response:
            whole = response.status_code == 200
            pieces = self._pieces(response) if whole else _message(response)
            if credential:
                # An answer may repeat what was sent: nothing with the secret is kept or judged.
                pieces = credential.hide_in(pieces)
            return response, Document.taken(name, pieces, largest)

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        """All of an answer; one that ends before its Content-Length is a failed connection."""
        started = self._clock()
        for piece in response.iter_content(CHUNK_BYTES):
            if self._clock() > started + LONGEST_SECONDS:
                raise _Unavailable(f"the answer was not whole after {LONGEST_SECONDS:.0f} s")
            yield piece

    def _hide(self, publisher: Publisher, text: str) -> str:
        credential = self._credentials.get(publisher.name)
        return credential.hide(text) if credential else text


def _explained(
    explain: Callable[[int, bytes], Refusal | None], status: int, body: bytes, name: str
) -> Refusal | None:
    """What a publisher's rules say of an answer; a fault in them is said likewise."""
    try:
        return or_refused(name, lambda: explain(status, body))
    except Refusal as refusal:
        return refusal


class _Session(requests.Session):
    """A session without redirects: told not to follow them, requests reads them all the same."""

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """There is none."""
        return


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


def _message(response: requests.Response) -> Iterator[bytes]:
    """The start of what comes with a refusing status, as far as it comes."""
    with contextlib.suppress(*FAILURES):
        yield next(response.iter_content(CHUNK_BYTES), b"")


def _body(answer: Answer) -> bytes:
    if answer.refusal:
        raise answer.refusal
    return answer.document.read() if answer.document else b""


def _used_up(publisher: Publisher, until: float | None) -> Refusal | None:
    """Why a publisher is not asked whose quota is used up until a moment, if it is."""
    if until is None or publisher.quota is None:
        return None
    quota, moment = publisher.quota, datetime.fromtimestamp(until, UTC)
    return Refusal(
        "blocked",
        f"{publisher.name} was not asked: its {quota.requests} requests per {quota.per} are used "
        f"up until {moment:%Y-%m-%d %H:%M} UTC",
    )


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
