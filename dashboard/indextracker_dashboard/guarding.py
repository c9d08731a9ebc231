"""Who may see the dashboard, and what browsers are told about it: checked at every request.

Which settings go together is said in `indextracker.settings.dashboard`.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from http import HTTPStatus

from flask import Flask, Response, request

from indextracker.askers import turned
from indextracker.settings.dashboard import DashboardSettings

HEALTH = "/healthz"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def guard(server: Flask, settings: DashboardSettings, script_hashes: Sequence[str]) -> None:
    """Has a server refuse strangers, and name the rules of its pages in each answer.

    Args:
        server: The server.
        settings: Who may see it.
        script_hashes: The scripts that stand in the page itself, by their hashes.
    """
    policy = _policy(script_hashes)
    proxies = frozenset(settings.proxies.split(",")) - {""}
    names = frozenset(settings.host_names.lower().split(",")) - {""}

    @server.before_request
    def refuse() -> Response | None:
        if found := turned(request.method, request.headers.get, names):
            unknown = found.status == HTTPStatus.MISDIRECTED_REQUEST
            more = ": INDEXTRACKER_DASHBOARD_NAMES has those by which it is" if unknown else ""
            return _said(found.status, found.sentence + more)
        if request.path == HEALTH or settings.is_open or _from_proxy() or _has_password():
            return None
        refused = _said(401, "a password is needed")
        if settings.password:
            refused.headers["WWW-Authenticate"] = 'Basic realm="IndexTracker", charset="UTF-8"'
        return refused

    def _from_proxy() -> bool:
        header = settings.proxy_header
        return bool(
            header and request.remote_addr in proxies and request.headers.get(header, "").strip()
        )

    def _has_password() -> bool:
        given = request.authorization
        if settings.password is None or given is None or given.type != "basic":
            return False
        # Of bytes: texts beyond ASCII cannot be compared in constant time.
        return hmac.compare_digest(
            (given.password or "").encode(), settings.password.get_secret_value().encode()
        )

    @server.after_request
    def tell(response: Response) -> Response:
        response.headers.extend(_HEADERS)
        response.headers["Content-Security-Policy"] = policy
        return response


def _policy(script_hashes: Sequence[str]) -> str:
    """What a page may load: its own scripts alone, and nothing of any other server."""
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(("'self'", *script_hashes)),
        # Mantine, the tables and the charts set styles of single elements.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _said(status: int, sentence: str) -> Response:
    return Response(f"{sentence}\n", status, content_type="text/plain; charset=utf-8")
