"""The exchange on local HTTP: paths and answers as the publishers give them.

Routes alone: what is published when is exchange.py's decision.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from datetime import date, datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from indextracker_simulator.taifex import NO_DATA_PAGE
from indextracker_simulator.twse import NO_DATA_CSV, NO_DATA_JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from indextracker_simulator.exchange import Exchange

_TAIFEX_PATH = re.compile(
    r"/file/taifex/Dailydownload/DailydownloadCSV(_B)?/Daily_(\d{4}_\d\d_\d\d)(_B)?\.zip"
)
_TWSE_PATH = "/rwd/zh/TAIEX/MI_5MINS_INDEX"

_ZIP = "application/zip"
_HTML = "text/html; charset=UTF-8"
_JSON = "application/json; charset=UTF-8"
_CSV = "text/csv; charset=MS950"

Answer = tuple[HTTPStatus, str, bytes]

_NOT_FOUND: Answer = (HTTPStatus.NOT_FOUND, _HTML, b"<h1>404 Not Found</h1>\n")


def answer(exchange: Exchange, target: str) -> Answer:
    """Return status, content type and body for a request target (path and query)."""
    parts = urlsplit(target)
    if parts.path == _TWSE_PATH:
        return _index_answer(exchange, parse_qs(parts.query))
    tick_file = _TAIFEX_PATH.fullmatch(parts.path)
    if tick_file is None or tick_file[1] != tick_file[3]:
        return _NOT_FOUND
    publish = exchange.totals_zip if tick_file[1] else exchange.futures_zip
    document = _published(publish, tick_file[2], "%Y_%m_%d")
    if document is None:
        return HTTPStatus.OK, _HTML, NO_DATA_PAGE
    return HTTPStatus.OK, _ZIP, document


def _index_answer(exchange: Exchange, query: dict[str, list[str]]) -> Answer:
    day = query.get("date", [""])[0]
    match query.get("response"):
        case ["json"]:
            document = _published(exchange.index_json, day, "%Y%m%d")
            return HTTPStatus.OK, _JSON, NO_DATA_JSON if document is None else document
        case ["csv"]:
            document = _published(exchange.index_csv, day, "%Y%m%d")
            return HTTPStatus.OK, _CSV, NO_DATA_CSV if document is None else document
        case _:
            return _NOT_FOUND


def _published(publish: Callable[[date], bytes | None], text: str, form: str) -> bytes | None:
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None
    return publish(day)


class ExchangeServer(ThreadingHTTPServer):
    """A server of one exchange on the loopback interface.

    Args:
        exchange: What it serves.
        port: Port to listen on, 0 for any free one.
        verbose: Whether each request is logged on standard error.
    """

    def __init__(self, exchange: Exchange, *, port: int = 0, verbose: bool = False) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.exchange = exchange
        self.verbose = verbose

    @property
    def url(self) -> str:
        """Return the base address, without a trailing slash."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ExchangeServer
    protocol_version = "HTTP/1.1"
    # Buffered, so that headers and body leave in one packet and no client waits for the second.
    wbufsize = -1

    def do_GET(self) -> None:
        status, content_type, body = answer(self.server.exchange, self.path)
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class's name
        if self.server.verbose:
            sys.stderr.write(f"{self.log_date_time_string()} {format % args}\n")


@contextmanager
def serving(exchange: Exchange) -> Iterator[str]:
    """Serve an exchange from a thread for the length of a block; yields the base address."""
    with ExchangeServer(exchange) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield server.url
        finally:
            server.shutdown()
            thread.join()
