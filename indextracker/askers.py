"""What a browser says of a request before anybody answers it: for whom it is, and of whose page.

A server of this machine alone is still reached by every page that a browser of this machine shows:
by a name that its owner has made to mean 127.0.0.1, and by an address in a picture or a form. Who a
person is, is not asked here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection
from dataclasses import dataclass
from http import HTTPStatus

# What a browser opens as a page of its own, for a person who follows a link from anywhere.
_OPENED = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@dataclass(frozen=True)
class Turned:
    """A request that is not answered, and what is said instead.

    Attributes:
        status: Of the answer.
        sentence: For people.
    """

    status: HTTPStatus
    sentence: str


def turned(
    method: str, header: Callable[[str], str | None], names: Collection[str] = ()
) -> Turned | None:
    """Why a request is not answered; None for one that is.

    Programs say neither `Origin` nor `Sec-Fetch-Site`, which only browsers do and no page can
    leave out (Fetch Metadata, W3C 2021): of them the name alone counts.

    Args:
        method: Of the request.
        header: Gives a header by its name; None for one that is not there.
        names: By which the server is known, in small letters; `localhost` and addresses are always.
    """
    host = header("Host") or ""
    # An address cannot be made to mean another machine; a name can, by whoever owns it.
    if not _is_ours(host, names):
        return Turned(
            HTTPStatus.MISDIRECTED_REQUEST,
            f"this server is not known by the name {host[:80]!r}",
        )
    origin = header("Origin")
    if origin and origin.partition("://")[2] != host:
        return Turned(HTTPStatus.FORBIDDEN, "this page is asked from another site")
    if header("Sec-Fetch-Site") in (None, "none", "same-origin"):
        return None
    if method == "GET" and all(header(name) == value for name, value in _OPENED.items()):
        return None
    return Turned(HTTPStatus.FORBIDDEN, "this page is asked from another site")


def _is_ours(host: str, names: Collection[str]) -> bool:
    name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return name.lower() in ("localhost", *names)
    return True
