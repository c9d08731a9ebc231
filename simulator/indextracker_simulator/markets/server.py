"""The vendor's server: quotes over a websocket, charts over HTTP at the same port.

It behaves as the real one was seen to: of a connection's symbols it takes a hundred and drops the
rest without a word, its first messages are days old, times are in whole seconds, and whoever sends
what is no subscription is cut off without a code.
"""

from __future__ import annotations

import json
import time
from collections import deque
from contextlib import contextmanager
from http import HTTPStatus
from socket import SHUT_RDWR
from threading import Lock, Thread
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.sync.server import serve

from indextracker_simulator.markets.charts import OUTAGE_PAGE, chart
from indextracker_simulator.markets.market import Instrument
from indextracker_simulator.markets.messages import message
from indextracker_simulator.randomness import DEFAULT_SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from websockets.http11 import Request
    from websockets.sync.server import ServerConnection

MOST_SYMBOLS = 100
FIRST_MESSAGE_AGE_SECONDS = 3 * 86_400
_CHART = "/v8/finance/chart/"

ChartFault = Literal["throttled", "outage", "closed"]


class QuoteServer:
    """The vendor, on the loopback interface.

    Args:
        seed: Chooses prices.
        rate: Quotes a second of a connection; by default each symbol has one a second.
        clock: Seconds since 1970.

    Attributes:
        subscriptions: The symbols of each connection so far, as they were asked for.
        charts: The symbols whose charts were asked for, in order.
        refuses: Whether connections are refused.
        cuts_after: Cuts a connection off after so many messages; never where it is None.
        garbage_every: Each so many-th message is no message of a price; none where it is None.
        chart_faults: What befalls the next requests for charts.
    """

    def __init__(
        self,
        seed: int = DEFAULT_SEED,
        rate: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.subscriptions: list[list[str]] = []
        self.charts: list[str] = []
        self.refuses = False
        self.cuts_after: int | None = None
        self.garbage_every: int | None = None
        self.chart_faults: deque[ChartFault] = deque()
        self._seed = seed
        self._rate = rate
        self._clock = clock
        self._lock = Lock()

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Serve from threads for the length of a block; yields the address, without a scheme."""
        with serve(
            self._quote, "127.0.0.1", port, process_request=self._over_http, compression=None
        ) as server:
            thread = Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield f"127.0.0.1:{server.socket.getsockname()[1]}"
            finally:
                server.shutdown()
                thread.join()

    def _quote(self, connection: ServerConnection) -> None:
        """Send quotes of what was subscribed to, until the other side goes."""
        assert connection.request is not None
        wrapped = "version" in parse_qs(urlsplit(connection.request.path).query)
        subscribed: dict[str, Instrument] = {}
        texts = self._texts(subscribed, wrapped=wrapped)
        sent, due_at = 0, time.monotonic()
        try:
            while self.cuts_after is None or sent < self.cuts_after:
                self._heard(connection, subscribed, max(0.0, due_at - time.monotonic()))
                if not subscribed:
                    due_at = time.monotonic() + 0.05
                    continue
                if text := next(texts):
                    connection.send(text)
                    sent += 1
                due_at += 1 / (self._rate or len(subscribed))
        except (ConnectionClosed, ValueError):
            pass
        self._cut(connection)

    def _heard(
        self, connection: ServerConnection, subscribed: dict[str, Instrument], seconds: float
    ) -> None:
        """Take what the other side says meanwhile.

        Raises:
            ValueError: It is no subscription.
        """
        try:
            said = json.loads(connection.recv(timeout=seconds))
        except TimeoutError:
            return
        if not (isinstance(said, dict) and isinstance(said.get("subscribe"), list)):
            raise ValueError("no subscription")  # noqa: TRY004 - of a text, not of a type
        with self._lock:
            self.subscriptions.append(said["subscribe"])
        for symbol in said["subscribe"]:
            if len(subscribed) < MOST_SYMBOLS:
                subscribed[symbol] = Instrument(symbol, self._seed)

    def _texts(self, subscribed: dict[str, Instrument], *, wrapped: bool) -> Iterator[str]:
        """The messages of a connection, without an end: each symbol in turn; "" for none now."""
        count = 0
        for age in self._ages():
            known = [one for one in subscribed.values() if one.is_known]
            for instrument in known:
                count += 1
                if self.garbage_every and count % self.garbage_every == 0:
                    yield "this is no price"
                second = int(self._clock()) - age
                yield message(instrument, instrument.at(second), wrapped=wrapped)
            if not known:
                yield ""

    @staticmethod
    def _ages() -> Iterator[int]:
        yield FIRST_MESSAGE_AGE_SECONDS
        while True:
            yield 0

    @staticmethod
    def _cut(connection: ServerConnection) -> None:
        """End the connection as if a cable was cut: there is no code."""
        try:
            connection.socket.shutdown(SHUT_RDWR)
        except OSError:
            return

    def _over_http(self, _: ServerConnection, request: Request) -> Response | None:
        """Answer what is no websocket, or refuse one."""
        path = urlsplit(request.path).path
        if path.startswith(_CHART):
            return self._chart(unquote(path.removeprefix(_CHART)))
        return _response(HTTPStatus.SERVICE_UNAVAILABLE, b"") if self.refuses else None

    def _chart(self, symbol: str) -> Response:
        with self._lock:
            self.charts.append(symbol)
            fault = self.chart_faults.popleft() if self.chart_faults else None
        if fault == "throttled":
            return _response(HTTPStatus.TOO_MANY_REQUESTS, b"Too Many Requests\r\n")
        if fault == "outage":
            return _response(HTTPStatus.OK, OUTAGE_PAGE)
        instrument = Instrument(symbol, self._seed)
        return _response(*chart(instrument, int(self._clock()), is_closed=fault == "closed"))


def _response(status: HTTPStatus, body: bytes) -> Response:
    headers = Headers(
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            ("Connection", "close"),
        ]
    )
    return Response(status.value, status.phrase, headers, body)
