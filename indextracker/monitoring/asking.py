"""Asks servers of this machine for JSON: Dagster's webserver, the monitor, Alertmanager.

Answers are bounded in time and size. Nothing else is asked for in this package.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 10.0
_MOST_BYTES = 64 << 20


class UnansweredError(RuntimeError):
    """A server did not answer, or not as it should; the message says which, and why."""


def text(address: str, body: object = None, timeout: float = TIMEOUT_SECONDS) -> str:
    """What a server answers.

    Args:
        address: An http:// or https:// address.
        body: What is posted as JSON; where it is None, nothing is posted.
        timeout: Seconds without a byte after which it does not answer.

    Raises:
        UnansweredError: It answered nothing, too much, or an error.
    """
    if not address.startswith(("http://", "https://")):
        raise UnansweredError(f"{address!r} is no http:// address")
    data = None if body is None else json.dumps(body).encode()
    request = Request(address, data, {"Content-Type": "application/json"})  # noqa: S310 - see above
    try:
        with urlopen(request, timeout=timeout) as answer:  # noqa: S310
            said: bytes = answer.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise UnansweredError(f"{address} does not answer: {reason}") from error
    if len(said) > _MOST_BYTES:
        raise UnansweredError(f"{address} answers more than {_MOST_BYTES >> 20} MB")
    return said.decode("utf-8", "replace")


def answered(address: str, body: object = None, timeout: float = TIMEOUT_SECONDS) -> Any:
    """The same as JSON.

    Raises:
        UnansweredError: As of `text`; or it is no JSON.
    """
    said = text(address, body, timeout)
    try:
        return json.loads(said)
    except ValueError as error:
        raise UnansweredError(f"{address} answers no JSON: {said[:80]!r}") from error
