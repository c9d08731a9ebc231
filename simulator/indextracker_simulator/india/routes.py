"""Answers to requests: the publishers' paths, parameters, and whom they refuse.

exchange.py decides whether a document is published.
"""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from indextracker_simulator.answers import CSV, HTML, JSON, NOT_FOUND, ZIP, Answer, html_page
from indextracker_simulator.india import announcements, lists, notices, snapshots
from indextracker_simulator.india.calendar import FIRST_DAY
from indextracker_simulator.india.texts import month, month_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from indextracker_simulator.answers import Question
    from indextracker_simulator.india.exchange import DocumentKind, Exchange

XML = "text/xml"

_SITE = "www.nseindia.com"
_TOOLS = ("curl", "python-requests", "python-urllib", "wget", "java", "go-http-client")
_BROWSERS = ("mozilla/",)

_DENIED = Answer(
    HTTPStatus.FORBIDDEN,
    HTML,
    html_page(
        "Access Denied",
        "<h1>Access Denied</h1>\nYou don't have permission to access this page on this server.",
    ),
)


class _File(NamedTuple):
    """A document of a day: where it lies.

    Attributes:
        kind: Which one.
        content_type: Its media type.
        path: Its path by the day in its name.
        pattern: Finds that day in it: groups d, m and y.
    """

    kind: DocumentKind
    content_type: str
    path: Callable[[date], str]
    pattern: str


_FILES = (
    _File(
        "report",
        ZIP,
        lambda day: f"/archives/equities/bhavcopy/pr/PR{day:%d%m%y}.zip",
        r"/PR(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d\d)\.",
    ),
    _File(
        "index_closes",
        CSV,
        lambda day: f"/content/indices/ind_close_all_{day:%d%m%Y}.csv",
        r"close_all_(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{4})",
    ),
    _File(
        "full",
        CSV,
        lambda day: f"/products/content/sec_bhavdata_full_{day:%d%m%Y}.csv",
        r"full_(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{4})",
    ),
    _File(
        "udiff",
        ZIP,
        lambda day: f"/content/cm/BhavCopy_NSE_CM_0_0_0_{day:%Y%m%d}_F_0000.csv.zip",
        r"_0_0_0_(?P<y>\d{4})(?P<m>\d\d)(?P<d>\d\d)",
    ),
    _File(
        "legacy",
        ZIP,
        lambda day: (
            f"/content/historical/EQUITIES/{day:%Y}/{month(day).upper()}/"
            f"cm{day:%d}{month(day).upper()}{day:%Y}bhav.csv.zip"
        ),
        r"/cm(?P<d>\d\d)(?P<m>[A-Z]{3})(?P<y>\d{4})",
    ),
)


_LISTS: dict[str, Callable[[Exchange], bytes]] = {
    "/content/equities/symbolchange.csv": lambda e: lists.symbol_changes_csv(
        e.instruments, e.today
    ),
    "/content/equities/EQUITY_L.csv": lambda e: lists.listed_csv(e.instruments, e.today),
    "/content/indices/ind_nifty500list.csv": lambda e: lists.members_csv(e.instruments, e.today),
    "/content/RSS/Online_announcements.xml": lambda e: announcements.announcements_xml(
        e.instruments, e.seed, e.clock()
    ),
}
"""Lists as of today."""


def answer(exchange: Exchange, question: Question) -> Answer | None:
    """Return what the publishers answer to a question, None where none has such an address."""
    handler = _handler(question.path)
    if handler is None or question.method != "GET":
        return None
    if question.path not in _SNAPSHOTS and _is_denied(exchange, question):
        return _DENIED
    return handler(exchange, question)


def _is_denied(exchange: Exchange, question: Question) -> bool:
    agent = question.headers.get("user-agent", "").lower()
    if exchange.browsers_only:
        denied = not agent.startswith(_BROWSERS)
    else:
        denied = not agent or agent.startswith(_TOOLS)
    wants_referer = question.path.startswith("/api/")
    return denied or (wants_referer and _SITE not in question.headers.get("referer", ""))


def _handler(path: str) -> _Handler | None:
    if path in _LISTS:
        content_type = XML if path.endswith(".xml") else CSV
        return lambda exchange, _: Answer(HTTPStatus.OK, content_type, _LISTS[path](exchange))
    return _HANDLERS.get(path) or _file_handler(path)


def _file_handler(path: str) -> _Handler | None:
    for file in _FILES:
        found = re.search(file.pattern, path)
        day = found and _day(found["y"], found["m"], found["d"])
        if day and file.path(day) == path:
            return partial(_dated, file, day)
    return None


def _dated(file: _File, day: date, exchange: Exchange, _question: Question) -> Answer:
    return _document(exchange, file, day)


def _document(exchange: Exchange, file: _File, day: date) -> Answer:
    """Answer with a document of a day, or with the page that says that there is none."""
    document = exchange.published(file.kind, day)
    if document is None:
        return NOT_FOUND
    before = exchange.calendar.previous(day) if day > FIRST_DAY else None
    return Answer(
        HTTPStatus.OK,
        file.content_type,
        document.body,
        document.at,
        (lambda: _document(exchange, file, before))
        if before and exchange.has(file.kind, before)
        else None,
    )


def _holidays(exchange: Exchange, question: Question) -> Answer:
    fields = question.fields
    year = fields.get("year", str(exchange.today.year))
    if fields.get("type") != "trading" or not year.isdecimal():
        return NOT_FOUND
    return Answer(
        HTTPStatus.OK, JSON, notices.holidays_json(int(year), exchange.today, exchange.called_off)
    )


def _actions(exchange: Exchange, question: Question) -> Answer:
    fields = question.fields
    first, last = (_dashed(fields.get(name, "")) for name in ("from_date", "to_date"))
    if fields.get("index") != "equities" or first is None or last is None:
        return Answer(HTTPStatus.OK, JSON, b"[]")
    return Answer(HTTPStatus.OK, JSON, notices.actions_json(exchange.instruments, first, last))


def _dashed(text: str) -> date | None:
    found = re.fullmatch(r"(\d\d)-(\d\d)-(\d{4})", text)
    return found and _day(found[3], found[2], found[1])


def _day(year: str, month_text: str, day: str) -> date | None:
    """Return the day that texts name, the month by number or by letters; None for none."""
    # Years of two digits are of this century.
    full_year = int(year) if len(year) == len("2026") else 2000 + int(year)
    number = month_text if month_text.isdecimal() else str(month_number(month_text))
    try:
        return date(full_year, int(number), int(day))
    except ValueError:
        return None


_Handler: TypeAlias = "Callable[[Exchange, Question], Answer]"


def _snapshot(
    make: Callable[[Exchange, Mapping[str, str]], bytes], exchange: Exchange, question: Question
) -> Answer:
    if not question.headers.get("x-rapidapi-key"):
        return Answer(HTTPStatus.UNAUTHORIZED, JSON, b'{"message":"Invalid API key."}')
    if not exchange.may_have_snapshot():
        return Answer(HTTPStatus.TOO_MANY_REQUESTS, JSON, b'{"message":"Too many requests"}')
    return Answer(HTTPStatus.OK, JSON, make(exchange, question.fields))


_SNAPSHOTS: dict[str, Callable[[Exchange, Mapping[str, str]], bytes]] = {
    "/any": lambda e, _: snapshots.frozen_json(e.instruments, e.seed, e.clock()),
    "/price": lambda e, fields: snapshots.frozen_json(
        e.instruments, e.seed, e.clock(), fields.get("Indices", "")
    ),
    "/equities": lambda e, _: snapshots.newer_json(e.instruments, e.seed, e.clock()),
}
"""What a vendor of prices sells, to those who show a key."""


_HANDLERS: dict[str, _Handler] = {
    **{path: partial(_snapshot, make) for path, make in _SNAPSHOTS.items()},
    "/api/holiday-master": _holidays,
    "/api/corporates-corporateActions": _actions,
}
