"""What stands before Dagster's UI: names that are set are its own, no socket is another's."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from indextracker_assets.webserver import Guard


async def _answers(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("Dagster's")(scope, receive, send)
    else:
        await send({"type": "websocket.accept"})


def asked(guard: Guard, kind: str, **headers: str) -> Message:
    """The first thing that is said to a request."""
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": f"{kind}.request"}

    async def send(message: Message) -> None:
        said.append(message)

    given = {"host": "127.0.0.1:3000"} | headers
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": kind, "method": "GET", "path": "/", "headers": raw, "extensions": {}}
    # A browser of other tests may have its loop in this thread.
    with ThreadPoolExecutor(1) as aside:
        aside.submit(asyncio.run, guard(scope, receive, send)).result()
    return said[0]


def test_who_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INDEXTRACKER_DASHBOARD_NAMES", "lake.example.org")
    guard = Guard(_answers)
    for headers, status in (
        ({}, 200),
        ({"host": "lake.example.org"}, 200),
        ({"host": "evil.example"}, 421),
        ({"origin": "http://evil.example"}, 403),
    ):
        assert asked(guard, "http", **headers)["status"] == status
    assert asked(guard, "websocket", origin="http://127.0.0.1:3000")["type"] == "websocket.accept"
    refused = asked(guard, "websocket", origin="http://evil.example")
    assert refused["type"] == "websocket.close"
