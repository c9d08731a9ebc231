"""Dagster's UI, which no other site can use: `python -m indextracker_assets.webserver`.

Whoever reaches Dagster's webserver may start and delete runs, and it takes what is to be done from
the address too: any page in a browser of this machine could ask it by a picture. So what browsers
say of each request is looked at first. The arguments are those of `dagster-webserver`; with `dev`
before them those of `dagster dev`, which starts it.
"""

from __future__ import annotations

import sys

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from indextracker.askers import turned
from indextracker.settings import load
from indextracker_assets import internals


class Guard:
    """Answers what no stranger asks, and turns away the rest.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._names = {*load().dashboard.host_names.lower().split(",")} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        answer = self._app
        if scope["type"] in ("http", "websocket"):
            method = scope.get("method", "GET")
            if found := turned(method, HTTPConnection(scope).headers.get, self._names):
                refused = PlainTextResponse(f"{found.sentence}\n", found.status)
                answer = refused if scope["type"] == "http" else WebSocketClose()
        await answer(scope, receive, send)


if __name__ == "__main__":
    if sys.argv[1:2] == ["dev"]:
        internals.develop("indextracker_assets.webserver")
    else:
        internals.serve_ui(Guard)
