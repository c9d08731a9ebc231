"""Last prices from Yahoo's charts over HTTP, as events of quotes: for when its websocket is shut.

A chart has the last price of the regular hours alone. How many requests are allowed is published
nowhere; when prices are asked for is decided elsewhere.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import requests

from indextracker.streams.producing.markets.pricing import MalformedError, instant, rounded

SOURCE: Final = "yahoo-chart"
OUTAGE: Final = "Will be right back"
_TIMEOUT_SECONDS = 10.0
# Fields of an event that are prices, and what the chart calls them.
_PRICES = {
    "previous_close": "chartPreviousClose",
    "day_high": "regularMarketDayHigh",
    "day_low": "regularMarketDayLow",
}
_TEXTS = {"currency": "currency", "exchange": "exchangeName", "short_name": "shortName"}


class ChartError(RuntimeError):
    """A chart was not answered; the message says why. Ask again later."""


class NoSuchSymbolError(ChartError):
    """There is no chart of a symbol: asking again is of no use."""


class Charts:
    """Asks for charts, with one connection.

    Args:
        address: Scheme and host.
        user_agent: Header of requests.
        through_proxy: Whether the proxies of the environment are used.
    """

    def __init__(self, address: str, user_agent: str, *, through_proxy: bool) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent
        self._session.trust_env = through_proxy

    def event(self, symbol: str) -> dict[str, Any] | None:
        """The last price of a symbol; None where its chart has none, as before a first trade.

        Raises:
            NoSuchSymbolError: There is no such symbol.
            ChartError: It was not answered.
        """
        address = f"{self._address}/v8/finance/chart/{quote(symbol, safe='')}"
        try:
            answer = self._session.get(
                address, params={"range": "1d", "interval": "1d"}, timeout=_TIMEOUT_SECONDS
            )
        except requests.RequestException as error:
            raise ChartError(f"the chart of {symbol} was not answered: {error}") from None
        meta = _meta(symbol, answer)
        if not meta.get("regularMarketPrice") or not meta.get("regularMarketTime"):
            return None
        try:
            return _event(symbol, meta)
        except (MalformedError, TypeError) as error:
            raise ChartError(f"the chart of {symbol} cannot be read: {error}") from None


def _meta(symbol: str, answer: requests.Response) -> dict[str, Any]:
    """What a chart says of its symbol; it is there in a period without prices too."""
    if answer.status_code == HTTPStatus.NOT_FOUND:
        raise NoSuchSymbolError(f"there is no chart of {symbol}")
    if answer.status_code != HTTPStatus.OK:
        raise ChartError(f"the chart of {symbol} was answered with {answer.status_code}")
    try:
        meta = answer.json()["chart"]["result"][0]["meta"]
    except (ValueError, LookupError, TypeError):
        why = OUTAGE if OUTAGE in answer.text else f"no chart: {answer.text[:80]!r}"
        raise ChartError(f"the chart of {symbol} was answered with {why}") from None
    found: dict[str, Any] = meta
    return found


def _event(symbol: str, meta: dict[str, Any]) -> dict[str, Any]:
    hint = meta.get("priceHint")
    event = {
        "symbol": symbol,
        "price": rounded(meta["regularMarketPrice"], hint),
        "time": instant(meta["regularMarketTime"] * 1000),
        **{name: meta[said] for name, said in _TEXTS.items() if meta.get(said)},
        **{name: rounded(meta[said], hint) for name, said in _PRICES.items() if meta.get(said)},
        "market_hours": "REGULAR",
        "source": SOURCE,
    }
    if "instrumentType" in meta:
        event["quote_type"] = meta["instrumentType"]
    if "regularMarketVolume" in meta:
        event["day_volume"] = meta["regularMarketVolume"]
    return event
