"""JSON documents: parsed to an object, or refused with a reason."""

from __future__ import annotations

import json
from typing import Any

from indextracker.feeds.model import Refusal, quote
from indextracker.feeds.pages import is_page, quote_page


def parse_object(body: bytes, document: str, *, numbers_as_text: bool = False) -> dict[str, Any]:
    """Parse a document that has to be a JSON object.

    Args:
        body: The document.
        document: Its name, for the reasons of refusals.
        numbers_as_text: Whether numbers come as they are written.

    Raises:
        Refusal: As of `parse`; refused for other JSON than an object.
    """
    answer = parse(body, document, numbers_as_text=numbers_as_text)
    if not isinstance(answer, dict):
        raise Refusal(
            "refused", f"{document} is a JSON {type(answer).__name__}, expected an object"
        )
    return answer


def parse(body: bytes, document: str, *, numbers_as_text: bool = False) -> Any:
    """Parse a document that has to be JSON.

    Args:
        body: The document.
        document: Its name, for the reasons of refusals.
        numbers_as_text: Whether numbers come as they are written.

    Raises:
        Refusal: blocked for a web page and for what is no JSON, which is what a publisher under
            strain or a firewall sends.
    """
    if is_page(body):
        raise Refusal("blocked", f"{document} is {quote_page(body)}, expected JSON")
    text = str if numbers_as_text else None
    try:
        answer = json.loads(body, parse_int=text, parse_float=text, parse_constant=text)
        # json lets half of a surrogate pair pass, which is no text: Arrow refuses it later.
        json.dumps(answer, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise Refusal("blocked", f"{document} is no readable JSON ({error})") from error
    return answer


def rows_of(answer: dict[str, Any], document: str) -> list[Any]:
    """The list `data` of an object, as long as its `total` says, where it says so.

    Raises:
        Refusal: refused if there is no list or another number of rows.
    """
    rows = answer.get("data")
    if not isinstance(rows, list):
        raise Refusal("refused", f"{document} has no list 'data': it is {quote(rows)}")
    total = answer.get("total", len(rows))
    if str(total) != str(len(rows)):
        raise Refusal(
            "refused",
            f"{document} announces a total of {quote(total)} and has {len(rows)} rows of data",
        )
    return rows
