"""The protocol between a driver of Redshift and PostgreSQL, message by message.

dialect.py translates the statements, and copying.py reads S3 for COPY.

A driver sends messages up to Sync and then reads until the server is ready. The proxy does the
same: it never has to read from both sides at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from redshift_local import copying, dialect

HOST = "127.0.0.1"
_SSL_REQUEST = 80877103
_PROTOCOL_3 = 196608
_NO_SIMPLE_QUERY = (
    b"SERROR\0C0A000\0"
    b"Mthis stand-in prepares each statement, as redshift-connector does: connect with that\0\0"
)
# What PostgreSQL takes in a start message; it refuses what the driver tells beside.
_START_PARAMETERS = {b"user", b"database", b"application_name"}


class Statement(NamedTuple):
    """A statement that was executed, in the words of the driver and in those of PostgreSQL.

    Attributes:
        sent: What the driver said.
        run: What PostgreSQL was told.
        connection: Number of the connection, in the order in which they came.
    """

    sent: str
    run: str
    connection: int


@contextlib.contextmanager
def proxy(socket: Path, journal: list[Statement], s3_endpoint: str | None) -> Iterator[int]:
    """Serves the server behind a socket at a free port, which it yields."""
    loop = asyncio.new_event_loop()

    async def serve(client: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        ended = asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError
        with contextlib.suppress(*ended):
            await _Session(client, answers, journal, s3_endpoint).run(socket)
        answers.close()

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(serve, HOST, 0)

    async def close() -> None:
        server.close()
        sessions = asyncio.all_tasks() - {asyncio.current_task()}
        for session in sessions:
            session.cancel()
        await asyncio.gather(*sessions, return_exceptions=True)

    # The caller's thread may have a loop already, as it has while a browser is open in it.
    thread = threading.Thread(target=loop.run_forever, name="redshift-local", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(20)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(close(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


_numbers = itertools.count()


class _Session:
    """One connection of a driver, and its own to PostgreSQL."""

    server: asyncio.StreamReader
    requests: asyncio.StreamWriter

    def __init__(
        self,
        client: asyncio.StreamReader,
        answers: asyncio.StreamWriter,
        journal: list[Statement],
        s3_endpoint: str | None,
    ) -> None:
        self.client = client
        self.answers = answers
        self.journal = journal
        self.number = next(_numbers)
        self.s3_endpoint = s3_endpoint
        self.prepared: dict[bytes, tuple[Statement, copying.Copy | None]] = {}

    async def run(self, socket: Path) -> None:
        parameters = await self._start_parameters()
        self.server, self.requests = await asyncio.open_unix_connection(socket)
        try:
            start = _PROTOCOL_3.to_bytes(4, "big") + parameters
            self.requests.write((len(start) + 4).to_bytes(4, "big") + start)
            await self._relay(None)
            while await self._exchange():
                pass
        finally:
            self.requests.close()

    async def _start_parameters(self) -> bytes:
        while True:
            length = int.from_bytes(await self.client.readexactly(4), "big")
            body = await self.client.readexactly(length - 4)
            if int.from_bytes(body[:4], "big") != _SSL_REQUEST:
                break
            self.answers.write(b"N")  # no TLS
        words = body[4:].split(b"\0")
        known = [
            name + b"\0" + value + b"\0"
            for name, value in zip(words[::2], words[1::2], strict=False)
            if name in _START_PARAMETERS
        ]
        return b"".join(known) + b"\0"

    async def _exchange(self) -> bool:
        """Passes on what the driver asks for, and the answer; whether there will be more."""
        batch: list[bytes] = []
        copy = None
        kind = b""
        while kind != b"S":
            kind, body = await _read(self.client)
            if kind == b"X":
                return False
            if kind == b"Q":
                self.answers.write(_message(b"E", _NO_SIMPLE_QUERY) + _message(b"Z", b"I"))
                return True
            if kind == b"P":
                body = self._prepare(body)
            if kind == b"B":
                _, name, _ = body.split(b"\0", 2)
                statement, copy = self.prepared[name]
            if kind == b"E":
                self.journal.append(statement)
            batch.append(_message(kind, body))
        loading = await self._loading(copy) if copy else None
        if copy and not loading:
            return True
        self.requests.write(b"".join(batch))
        await self._relay(loading)
        return True

    def _prepare(self, body: bytes) -> bytes:
        name, query, types = body.split(b"\0", 2)
        sent = query.decode()
        run, copy = dialect.translate(sent)
        self.prepared[name] = Statement(sent, run, self.number), copy
        return b"\0".join((name, run.encode(), types))

    async def _loading(self, copy: copying.Copy) -> Iterator[bytes] | None:
        """What COPY will load; None if the table is not there, which the driver was told."""
        probe = b"\0" + copy.probe.encode() + b"\0\0\0"
        self.requests.write(_message(b"P", probe) + _message(b"D", b"S\0") + _message(b"S", b""))
        failure = b""
        while True:
            kind, body = await _read(self.server)
            if kind == b"T":
                columns = copying.columns(body)
            if kind == b"E":
                failure = _message(kind, body)
            if kind == b"Z":
                break
        if failure:
            self.answers.write(failure + _message(kind, body))
            return None
        return copying.load(copy, columns, self.s3_endpoint)

    async def _relay(self, loading: Iterator[bytes] | None) -> None:
        """Passes answers on until the server is ready for the next request."""
        kind = b""
        while kind != b"Z":
            kind, body = await _read(self.server)
            if kind == b"G" and loading:
                await self._load(loading)
                continue
            if kind == b"S" and body.startswith(b"server_version\0"):
                body = b"server_version\x008.0.2\0"  # what Redshift says; drivers go by it
            self.answers.write(_message(kind, body))
            if kind == b"R" and int.from_bytes(body[:4], "big"):
                self.requests.write(_message(*await _read(self.client)))  # the password
            await self.answers.drain()

    async def _load(self, loading: Iterator[bytes]) -> None:
        """Streams what COPY loads to the server, which waits for it within the statement."""
        try:
            while rows := await asyncio.to_thread(next, loading, b""):
                self.requests.write(_message(b"d", rows))
                await self.requests.drain()
            self.requests.write(_message(b"c", b""))
        except copying.CopyError as error:
            self.requests.write(_message(b"f", str(error).encode() + b"\0"))
        # The driver's own Sync was dropped: a server that waits for rows ignores it.
        self.requests.write(_message(b"S", b""))


async def _read(stream: asyncio.StreamReader) -> tuple[bytes, bytes]:
    head = await stream.readexactly(5)
    return head[:1], await stream.readexactly(int.from_bytes(head[1:], "big") - 4)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + (len(body) + 4).to_bytes(4, "big") + body
