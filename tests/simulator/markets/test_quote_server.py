"""The simulated vendor behaves as the real one was seen to."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from indextracker_simulator.markets.market import Instrument
from indextracker_simulator.markets.messages import pricing_data
from indextracker_simulator.markets.server import QuoteServer

NOW = 1_736_509_140


@pytest.fixture
def server() -> QuoteServer:
    return QuoteServer(rate=2000, clock=lambda: NOW + 0.7)


@pytest.fixture
def address(server: QuoteServer) -> Iterator[str]:
    with server.serving() as address:
        yield address


@contextmanager
def subscribed(
    address: str, symbols: list[str], query: str = "?version=2"
) -> Iterator[ClientConnection]:
    with connect(f"ws://{address}/{query}", proxy=None) as connection:
        connection.send(json.dumps({"subscribe": symbols}))
        yield connection


def messages(connection: ClientConnection, count: int) -> list[bytes]:
    """The bytes of so many messages of prices."""
    return [base64.b64decode(json.loads(connection.recv(30))["message"]) for _ in range(count)]


def test_a_message_has_the_fields_of_a_quote_byte_by_byte() -> None:
    share = Instrument("AAPL", 1)
    quote = share.at(NOW)
    found = pricing_data(share, quote)
    assert found.startswith(b"\x0a\x04AAPL\x15")
    # Field 3: twice 1736509140000, seven bits a byte.
    assert bytes.fromhex("18c0b095808a65") in found
    assert found.endswith(b"\xd8\x01\x04")


def test_prices_are_the_same_for_the_same_seed_and_second() -> None:
    assert Instrument("AAPL", 1).at(NOW) == Instrument("AAPL", 1).at(NOW)
    assert Instrument("AAPL", 1).at(NOW) != Instrument("AAPL", 2).at(NOW)
    volumes = [Instrument("AAPL", 1).at(NOW + second).day_volume for second in range(300)]
    assert volumes == sorted(volumes)


def test_only_the_first_hundred_symbols_are_quoted_and_unknown_ones_take_a_place(
    address: str,
) -> None:
    symbols = ["UNKNOWN1", *(f"S{n}" for n in range(150))]
    with subscribed(address, symbols) as connection:
        found = {message[2 : 2 + message[1]].decode() for message in messages(connection, 300)}
    assert found == {f"S{n}" for n in range(99)}


def test_the_first_message_of_a_symbol_is_days_old(address: str) -> None:
    share = Instrument("AAPL", QuoteServer()._seed)
    with subscribed(address, ["AAPL"]) as connection:
        first, second = messages(connection, 2)
    assert first == pricing_data(share, share.at(NOW - 3 * 86_400))
    assert second == pricing_data(share, share.at(NOW))


def test_what_is_no_subscription_ends_the_connection_without_a_code(address: str) -> None:
    with connect(f"ws://{address}/?version=2", proxy=None) as connection:
        connection.send("subscribe, please")
        with pytest.raises(ConnectionClosedError) as closed:
            while True:
                connection.recv(30)
    assert closed.value.rcvd is None


def test_without_a_version_the_text_is_the_message_itself(address: str) -> None:
    with subscribed(address, ["AAPL"], query="") as connection:
        assert base64.b64decode(connection.recv(30)).startswith(b"\x0a\x04AAPL")


def test_connections_are_refused_and_cut_on_request(server: QuoteServer, address: str) -> None:
    server.cuts_after = 3
    with subscribed(address, ["AAPL"]) as connection:
        messages(connection, 3)
        with pytest.raises(ConnectionClosedError):
            connection.recv(30)
    server.refuses = True
    with pytest.raises(InvalidStatus), subscribed(address, ["AAPL"]):
        pytest.fail("it was not refused")


def test_charts_have_the_vendors_ways(server: QuoteServer, address: str) -> None:
    def chart(symbol: str) -> requests.Response:
        return requests.get(f"http://{address}/v8/finance/chart/{symbol}?range=1d", timeout=30)

    result = chart("AAPL").json()["chart"]["result"][0]
    closes = result["indicators"]["quote"][0]["close"]
    assert len(closes) == len(result["timestamp"]) == 60
    assert None in closes
    assert result["meta"]["regularMarketTime"] == NOW
    server.chart_faults.extend(["closed", "throttled", "outage"])
    closed = chart("AAPL").json()["chart"]["result"][0]
    assert closed["indicators"]["quote"] == [{}]
    assert "timestamp" not in closed
    assert chart("AAPL").status_code == 429
    assert "Will be right back" in chart("AAPL").text
    unknown = chart("UNKNOWN1")
    assert unknown.status_code == 404
    assert unknown.json()["chart"]["error"]["code"] == "Not Found"
