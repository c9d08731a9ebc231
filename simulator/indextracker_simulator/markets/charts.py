"""Charts as the vendor answers them over HTTP: the last price and the minutes of an hour."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from indextracker_simulator.markets.market import CURRENCY, NAMES

if TYPE_CHECKING:
    from indextracker_simulator.markets.market import Instrument

_MINUTES = 60
OUTAGE_PAGE = (
    b"<!DOCTYPE html>\n<html lang='en-us'><head>\n<meta charset='utf-8'>\n<title>Yahoo</title>\n"
    b"<meta name='viewport' content='width=device-width'>\n</head><body>\n"
    b"<h1>Will be right back...</h1>\n</body></html>"
)


def chart(instrument: Instrument, second: int, *, is_closed: bool) -> tuple[HTTPStatus, bytes]:
    """Return status and body of the answer to a request for a chart.

    Args:
        instrument: What is asked for.
        second: The present, in seconds since 1970.
        is_closed: Whether the period that is asked for has no prices.
    """
    if not instrument.is_known:
        error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
        return HTTPStatus.NOT_FOUND, _body(None, error)
    found: dict[str, Any] = {"meta": _meta(instrument, second)}
    if is_closed:
        found["indicators"] = {"quote": [{}]}
    else:
        last = second - second % 60
        minutes = range(last - 60 * (_MINUTES - 1), last + 1, 60)
        prices: list[float | None] = [instrument.at(minute).price for minute in minutes]
        # A minute without a trade.
        prices[_MINUTES // 2] = None
        found["timestamp"] = [*minutes]
        names = ("open", "high", "low", "close")
        found["indicators"] = {"quote": [dict.fromkeys(names, prices)]}
    return HTTPStatus.OK, _body([found], None)


def _meta(instrument: Instrument, second: int) -> dict[str, Any]:
    quote = instrument.at(second)
    found = {
        "currency": "USD",
        "symbol": instrument.symbol,
        "exchangeName": instrument.exchange,
        "instrumentType": NAMES[instrument.kind],
        "regularMarketTime": second,
        "gmtoffset": 0,
        "timezone": "UTC",
        "regularMarketPrice": quote.price,
        "chartPreviousClose": quote.previous_close,
        "shortName": f"{instrument.symbol} simulated",
        "priceHint": instrument.decimals,
    }
    if instrument.kind != CURRENCY:
        found["regularMarketDayHigh"] = quote.day_high
        found["regularMarketDayLow"] = quote.day_low
        found["regularMarketVolume"] = quote.day_volume
    return found


def _body(result: object, error: object) -> bytes:
    return json.dumps({"chart": {"result": result, "error": error}}).encode()
