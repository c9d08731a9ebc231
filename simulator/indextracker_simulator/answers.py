"""A request, its answer, and what every publisher is to the server: something that answers.

What is answered belongs to the folder of a subject, how it travels to server.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

ZIP = "application/zip"
HTML = "text/html; charset=UTF-8"
JSON = "application/json; charset=UTF-8"
CSV = "text/csv"
"""A CSV with a header, whose lines have equally many cells."""


@dataclass(frozen=True)
class Question:
    """A request.

    Attributes:
        method: GET or POST.
        target: Path and query; of a form, its fields stand for the query.
        headers: By their names in lower case.
    """

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def path(self) -> str:
        """Return the target without its query."""
        return urlsplit(self.target).path

    @property
    def fields(self) -> dict[str, str]:
        """Return the fields of the query or form."""
        return dict(parse_qsl(urlsplit(self.target).query))

    @property
    def token(self) -> str | None:
        """Return the token of the Authorization header, None where there is none."""
        return self.headers.get("authorization", "").partition("Bearer ")[2] or None


@dataclass(frozen=True)
class Answer:
    """What a publisher answers.

    Attributes:
        status: HTTP status.
        content_type: Its media type.
        body: Its bytes.
        published_at: When a file was published; None for what is made on request.
        earlier: Returns what was answered to the question a session, or a year, before; None
            where there was no data then or is none now.
    """

    status: int
    content_type: str
    body: bytes
    published_at: datetime | None = None
    earlier: Callable[[], Answer] | None = field(default=None, repr=False)


class Publishers(Protocol):
    """The publishers of one market."""

    def answer(self, question: Question) -> Answer | None:
        """Return their answer, None where the address is not one of theirs."""


def html_page(title: str, body: str) -> bytes:
    """Return a web page in English."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="UTF-8">'
        f"<title>{title}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    ).encode()


NOT_FOUND = Answer(HTTPStatus.NOT_FOUND, HTML, html_page("404", "<h1>404 Not Found</h1>"))

MAINTENANCE_PAGE = html_page("Maintenance", "<p>The site is under maintenance. Try later.</p>")
"""The page that a publisher in trouble sends in place of any answer."""
