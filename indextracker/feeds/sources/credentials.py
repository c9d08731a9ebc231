"""A publisher's secret: added to requests, and removed from everything else.

Names and origins of secrets belong to the settings.
"""

from __future__ import annotations

import html
import json
import logging
import traceback
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

import requests

from indextracker.feeds.model import Bearer, Header, Query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import SecretStr

INSTEAD: Final = "<token>"
# A shorter secret, such as the key "demo" that Alpha Vantage gives to all, is a word of articles.
LEAST_LENGTH: Final = 8
# Those of urllib3 that tell addresses.
LOGGERS: Final = ("urllib3.connection", "urllib3.connectionpool", "urllib3.util.retry")


class Credential(requests.auth.AuthBase):
    """The secret that authorises requests to a publisher.

    As an object of authorisation it counts more than the machine's netrc, to which a plain header
    would give way, and what it adds to an address is nowhere but in the request that is sent.

    Args:
        access: Where the secret goes.
        secret: The secret.
    """

    def __init__(self, access: Bearer | Header | Query, secret: SecretStr) -> None:
        self._access = access
        self._secret = secret

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the secret where the publisher looks for it."""
        secret = self._secret.get_secret_value()
        match self._access:
            case Bearer():
                request.headers["Authorization"] = f"Bearer {secret}"
            case Header(name=name):
                request.headers[name] = secret
            case Query(parameter=parameter):
                request.prepare_url(request.url, {parameter: secret})
        return request

    def hide(self, text: str) -> str:
        """The text without the secret, in whichever way it is written there."""
        for form in self._forms():
            text = text.replace(form, INSTEAD)
        return text

    def hide_in(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The bytes without the secret, be it cut in two by the pieces: answers repeat it.

        One that is shorter than eight characters stays: a document is kept as it was published.
        """
        if len(self._secret.get_secret_value()) < LEAST_LENGTH:
            return iter(pieces)
        for form in self._forms():
            pieces = _replaced(pieces, form.encode(), INSTEAD.encode())
        return iter(pieces)

    def filter(self, record: logging.LogRecord) -> bool:
        """Take the secret out of what is logged; as a filter of the library's loggers."""
        said = record.getMessage()
        if (hidden := self.hide(said)) != said:
            record.msg, record.args = hidden, ()
        if record.exc_info:
            record.exc_text = self.hide("".join(traceback.format_exception(*record.exc_info)))
            record.exc_info = None
        return True

    def _forms(self) -> list[str]:
        """The secret as it stands, in an address, in JSON and in a page; the longest first."""
        secret = self._secret.get_secret_value()
        written = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret)}
        written |= {json.dumps(secret)[1:-1], html.escape(secret)}
        return sorted(written, key=len, reverse=True)


def _replaced(pieces: Iterable[bytes], old: bytes, new: bytes) -> Iterator[bytes]:
    """Bytes with some replaced, the last of each piece held back until it is known what follows."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(old)
        known = max(len(rest) - len(old) + 1, 0)
        yield b"".join(part + new for part in whole) + rest[:known]
        rest = rest[known:]
    yield rest
