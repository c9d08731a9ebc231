"""A publisher on local HTTP that gives prepared answers, good and bad."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from indextracker.feeds import FEEDS, PUBLISHERS, Feed
from indextracker.feeds.sources import Answer
from indextracker.feeds.sources.http import HttpSource

INDEX = FEEDS["twse_index"]
AGENT = "indextracker tests"

Reply = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    form: str = ""


class Exchange(ThreadingHTTPServer):
    """Answers each request for a path with the next of its replies, the last one for ever."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, list[Reply]] = {}
        self.replies: list[Reply] = []
        self.requests: list[Asked] = []

    @property
    def paths(self) -> list[str]:
        return [asked.path for asked in self.requests]

    def source(self, **options: Any) -> tuple[HttpSource, list[float]]:
        """A source of this exchange as every publisher, and the pauses that it makes."""
        pauses: list[float] = []
        url = f"http://user:secret@127.0.0.1:{self.server_port}"
        publishers = [
            replace(publisher, base_url=url, min_interval_seconds=0.0, quota=None)
            for publisher in PUBLISHERS.values()
        ]
        options = {"through_proxy": False, "sleep": pauses.append} | options
        return HttpSource(publishers, user_agent=AGENT, **options), pauses

    def ask(self, session: date, feed: Feed = INDEX, **options: Any) -> Answer:
        source, _ = self.source(**options)
        with source:
            (answer,) = source.answers(feed, session)
        return answer


class Handler(BaseHTTPRequestHandler):
    server: Exchange

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        form = self.rfile.read(length).decode()
        asked = Asked(self.command, self.path, dict(self.headers.items()), form)
        self.server.requests.append(asked)
        replies = self.server.pages.get(self.path, self.server.replies)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            reply(self)

    do_POST = do_GET  # noqa: N815 - the base class's name

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serving() -> Iterator[Exchange]:
    """A publisher for the length of a block."""
    with Exchange() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def reply(status: int, body: bytes = b"", **headers: str) -> Reply:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return send


def cut_off(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Breaks the connection off in the middle of an answer."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b"half")
    handler.wfile.flush()
    at_once = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    handler.connection.shutdown(socket.SHUT_RD)
    handler.connection.close()


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Answers with nothing at all."""
    handler.close_connection = True


def babble(handler: BaseHTTPRequestHandler) -> None:
    """Answers with something that is no HTTP."""
    handler.wfile.write(b"\x00\x01 good morning\r\n\r\n")


def break_chunks(handler: BaseHTTPRequestHandler) -> None:
    """Begins an answer in pieces that never end."""
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"4\r\nhalf\r\nff\r\nof")


def lie_about_packing(handler: BaseHTTPRequestHandler) -> None:
    reply(200, b"this is no gzip", Content_Encoding="gzip")(handler)


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.3)
