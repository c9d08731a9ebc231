"""FinMind, a data vendor: the trades of an ETF, in JSON, a document per session.

An account of a paying level is needed. The JSON carries neither a checksum nor a count of rows:
its end shows that it is complete, and a digit that changed on the way cannot be detected. A day
without trades gives an empty list, as may a day that is not published yet; so a document is
accepted only after it is due. The meaning of the cells is decided in silver.
"""

from __future__ import annotations

import json
import re
from datetime import date, time
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from indextracker.feeds.json_objects import parse_object, rows_of
from indextracker.feeds.lines import BLANKS
from indextracker.feeds.model import Bearer, Feed, Publisher, Quota, Refusal, Request, quote
from indextracker.feeds.pages import page_text
from indextracker.feeds.taiwan import WHOLE_FROM
from indextracker.readings import READINGS
from indextracker_catalogue.shared.deliveries import State
from indextracker_catalogue.taiwan import FINMIND_TRADES
from indextracker_catalogue.taiwan.secrets import FINMIND_TOKEN

if TYPE_CHECKING:
    from indextracker.system.documents import Document

SYMBOL = "006204"
DATASET = "TaiwanStockPriceTick"
KEYS: Final = {
    "trade_date": "date",
    "stock_id": "stock_id",
    "deal_price": "deal_price",
    "volume": "volume",
    "trade_time": "Time",
    "tick_type": "TickType",
}
# 400 is the answer to a level too low and to a wrong token, but also to a wrong question.
ABOUT_ACCESS = re.compile(r"level|register|token", re.IGNORECASE)
# An error's text may repeat what was sent: a run of letters and digits is taken for a secret.
SECRET = re.compile(
    r"(?i:bearer|token)[\s=:\"']+[^\s\"',&]*\d[^\s\"',&]*"
    r"|(?=[\w+/=-]*\d)[\w+=-]{16,}(?:\.[\w+=-]+)*"
)


def explain(status: int, body: bytes) -> Refusal | None:
    """Tell what an answer's status and message mean.

    Returns:
        None for a status without rules of its own, such as 200 and those of a server in trouble.
    """
    meanings: dict[int, tuple[State, str]] = {
        400: ("refused", "the request is not understood"),
        401: ("blocked", FINMIND_TOKEN.advice),
        402: ("blocked", "the quota of an hour is used up; ask again in the next"),
        403: ("blocked", "the address is banned; wait 30 minutes before asking again"),
        422: ("refused", "the dataset or one of its parameters is not known"),
    }
    if status not in meanings:
        return None
    message = _message(body)
    about_access = status == 400 and ABOUT_ACCESS.search(message)
    state, meaning = meanings[401 if about_access else status]
    return Refusal(state, f"FinMind answers with status {status}: {_shown(message)}; {meaning}")


def _message(body: bytes) -> str:
    """What an error says; it may hold a secret."""
    try:
        answer = json.loads(body)
        return str(answer["msg"] if "msg" in answer else answer["detail"])
    except (ValueError, RecursionError, TypeError, LookupError):
        return page_text(body)


def _shown(message: str) -> str:
    """A message for people, without what may be a secret."""
    return quote(SECRET.sub("(redacted)", message))


def names(session: date) -> tuple[str, ...]:
    """The name under which a session's trades are kept."""
    return (f"{DATASET}_{SYMBOL}_{session:%Y-%m-%d}.json",)


def request(session: date) -> Request:
    """What to ask for to get a session's trades."""
    return Request(f"/api/v4/data?dataset={DATASET}&data_id={SYMBOL}&start_date={session}")


def read(published: Document, session: date) -> pa.Table:
    """Read a session's trades, of which there may be none; numbers come as they are written.

    Raises:
        Refusal: blocked for a web page, for what is no JSON and for want of access or quota,
            refused for anything else, such as a trade of another day or stock.
    """
    body = published.read()
    document = names(session)[0]
    answer = parse_object(body, document, numbers_as_text=True)
    status = answer.get("status")
    if status != "200":
        number = int(status) if isinstance(status, str) and status.isdecimal() else 0
        raise explain(number, body) or Refusal(
            "refused",
            f"{document} has the status {quote(status)}, expected 200: {_shown(_message(body))}",
        )
    rows = rows_of(answer, document)
    for number, row in enumerate(rows, 1):
        _check_row(row, session, f"{document}: row {number} of data")
    columns = {
        column: pa.array([_text(row.get(key)) for row in rows], pa.string())
        for column, key in KEYS.items()
    }
    return pa.table(
        {
            "line": pa.array(range(1, len(rows) + 1), pa.int64()),
            **columns,
            "text": pa.nulls(len(rows), pa.string()),
        }
    )


def _check_row(row: object, session: date, place: str) -> None:
    if not isinstance(row, dict):
        raise Refusal("refused", f"{place} is {quote(row)}, expected an object")
    for key, expected in (("date", f"{session}"), ("stock_id", SYMBOL)):
        if _text(row.get(key)) != expected:
            raise Refusal(
                "refused", f"{place} has the {key} {quote(row.get(key))}, expected {expected}"
            )


def _text(cell: object) -> str | None:
    """A cell as text, trimmed; null where there is none, or something else than one value."""
    return cell.strip(BLANKS) if isinstance(cell, str) else None


FINMIND = Publisher(
    "finmind",
    "https://api.finmindtrade.com",
    min_interval_seconds=6.0,
    quota=Quota(600, "hour"),  # of an account with a token
    access=Bearer(FINMIND_TOKEN),
    explain=explain,
)

TRADES = Feed(
    name="finmind_trades",
    publisher=FINMIND.name,
    table=FINMIND_TRADES,
    due_at=time(18, 30),  # published at 15:30
    names=names,
    request=request,
    read=read,
    whole_from=WHOLE_FROM,
    reads_well=READINGS[FINMIND_TRADES].judge,
    tells_end=False,
    readable_from="2019-01-01",  # the vendor has no trades of earlier days
)
