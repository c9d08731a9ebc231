"""Answers to requests: the publishers' paths, forms and parameters.

exchange.py decides whether a document is published, access.py which requests are refused; transport
is in server.py and faults are in faults.py.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeAlias

from indextracker_simulator.answers import HTML, JSON, NOT_FOUND, ZIP, Answer
from indextracker_simulator.taiwan import pages
from indextracker_simulator.taiwan.finmind import no_trades_json
from indextracker_simulator.taiwan.taifex import NO_DATA_PAGE, no_report_csv
from indextracker_simulator.taiwan.twse import NO_DATA_CSV, NO_DATA_JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from indextracker_simulator.answers import Question
    from indextracker_simulator.taiwan.access import Access
    from indextracker_simulator.taiwan.exchange import Exchange
    from indextracker_simulator.taiwan.publication import Market
    from indextracker_simulator.taiwan.session import Document

CSV = "text/csv; charset=MS950"

_REPORTS: dict[Market, Document] = {"futures": "daily_futures", "options": "daily_options"}
_ETF_SYMBOL = "006204"
_ONE_DAY = timedelta(days=1)


_DATE_ERROR = Answer(HTTPStatus.OK, HTML, pages.DATE_ERROR_PAGE)


def answer(exchange: Exchange, access: Access, question: Question) -> Answer | None:
    """Return what the publishers answer to a question, None where none has such an address."""
    handler = _HANDLERS.get((question.method, question.path))
    if handler is not None:
        return handler(exchange, access, question)
    if question.method == "GET" and question.path.startswith(pages.FILES):
        return _tick_file(exchange, question.path)
    return None


def _list(exchange: Exchange, document: Document, now: datetime) -> Answer:
    market: Market = "options" if document == "options" else "futures"
    body = pages.list_page(document, exchange.rows(market, now))
    return Answer(
        HTTPStatus.OK, HTML, body, earlier=lambda: _list(exchange, document, now - _ONE_DAY)
    )


def _tick_file(exchange: Exchange, path: str) -> Answer:
    missing = Answer(exchange.missing_status, HTML, NO_DATA_PAGE)
    for kind, form in pages.TICK_FILES.items():
        day = _day(path, form)
        if day is not None:
            return _document(exchange, kind, day, ZIP, missing)
    return missing


def _daily_report(exchange: Exchange, market: Market, fields: Mapping[str, str]) -> Answer:
    """Answer the form for one day and all contracts, the only way in which it is asked."""
    first, last = (_day(fields.get(f"query{end}Date", ""), "%Y/%m/%d") for end in ("Start", "End"))
    whole = fields.get("down_type") == "1" and fields.get("commodity_id") == "all"
    if first is None or first != last or not whole:
        return _DATE_ERROR
    nothing = Answer(HTTPStatus.OK, CSV, no_report_csv(market, first))
    return _document(exchange, _REPORTS[market], first, CSV, nothing)


def _index(exchange: Exchange, fields: Mapping[str, str]) -> Answer:
    day = _day(fields.get("date", ""), "%Y%m%d")
    match fields.get("response"):
        case "json":
            nothing = Answer(HTTPStatus.OK, JSON, NO_DATA_JSON)
            return _document(exchange, "index_json", day, JSON, nothing)
        case "csv":
            nothing = Answer(HTTPStatus.OK, CSV, NO_DATA_CSV)
            return _document(exchange, "index_csv", day, CSV, nothing)
        case _:
            return NOT_FOUND


def _holidays(exchange: Exchange, fields: Mapping[str, str]) -> Answer:
    if fields.get("response") != "json":
        return NOT_FOUND
    day = _day(fields.get("date", ""), "%Y%m%d")
    return _holidays_of(exchange, day.year if day else 0)


def _holidays_of(exchange: Exchange, year: int) -> Answer:
    body = exchange.holidays_json(year)
    if body is None:
        return Answer(HTTPStatus.OK, JSON, NO_DATA_JSON)
    before = exchange.holidays_json(year - 1)
    earlier = None if before is None else lambda: _holidays_of(exchange, year - 1)
    return Answer(HTTPStatus.OK, JSON, body, earlier=earlier)


def _etf(exchange: Exchange, access: Access, question: Question) -> Answer:
    fields = question.fields
    denial = access.etf_denial(fields.get("dataset", ""), question.token)
    if denial is not None:
        message = json.dumps({"msg": denial.message, "status": denial.status})
        return Answer(denial.status, JSON, message.encode())
    nothing = Answer(HTTPStatus.OK, JSON, no_trades_json())
    if fields.get("data_id") != _ETF_SYMBOL:
        return nothing
    day = _day(fields.get("start_date", ""), "%Y-%m-%d")
    return _document(exchange, "etf", day, JSON, nothing)


def _document(
    exchange: Exchange, kind: Document, day: date | None, content_type: str, missing: Answer
) -> Answer:
    """Answer with a document of a day, or with the publisher's answer without one."""
    document = None if day is None else exchange.published(kind, day)
    if day is None or document is None:
        return missing
    before = exchange.calendar.previous(day)
    return Answer(
        HTTPStatus.OK,
        content_type,
        document.body,
        document.at if content_type == ZIP else None,
        (lambda: _document(exchange, kind, before, content_type, missing))
        if exchange.has(kind, before)
        else None,
    )


def _day(text: str, form: str) -> date | None:
    """Return the day that a text names in a form, None where it does not exactly."""
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day has no zone
    except ValueError:
        return None
    return day if day.strftime(form) == text else None


_Handler: TypeAlias = "Callable[[Exchange, Access, Question], Answer]"


def _listing(document: Document) -> _Handler:
    return lambda exchange, _access, _question: _list(exchange, document, exchange.clock())


def _form(_exchange: Exchange, _access: Access, _question: Question) -> Answer:
    return Answer(HTTPStatus.OK, HTML, pages.FORM_PAGE)


def _posted(market: Market) -> _Handler:
    return lambda exchange, _access, question: _daily_report(exchange, market, question.fields)


def _firewalled(report: Callable[[Exchange, Mapping[str, str]], Answer]) -> _Handler:
    def handle(exchange: Exchange, access: Access, question: Question) -> Answer:
        if access.firewall_closed():
            return Answer(HTTPStatus.OK, HTML, pages.FIREWALL_PAGE)
        return report(exchange, question.fields)

    return handle


_HANDLERS: dict[tuple[str, str], _Handler] = {
    ("GET", "/cht/3/dlFutPrevious30DaysSalesData"): _listing("futures"),
    ("GET", "/cht/3/dlFutPrevious30DaysSpreadSalesData"): _listing("combination"),
    ("GET", "/cht/3/dlFutPrevious30DaysSpreadOrdersReport"): _listing("totals"),
    ("GET", "/cht/3/optPrevious30DaysSalesData"): _listing("options"),
    ("GET", "/cht/3/futDataDown"): _form,
    ("GET", "/cht/3/optDataDown"): _form,
    ("POST", "/cht/3/futDataDown"): _posted("futures"),
    ("POST", "/cht/3/optDataDown"): _posted("options"),
    ("GET", "/rwd/zh/TAIEX/MI_5MINS_INDEX"): _firewalled(_index),
    ("GET", "/rwd/zh/holidaySchedule/holidaySchedule"): _firewalled(_holidays),
    ("GET", "/api/v4/data"): _etf,
}
