"""Quotes from a vendor's websocket and charts: reconnecting, old prices, many symbols."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from indextracker.streams.producing.markets import charts, quotes
from indextracker.streams.producing.markets.charts import ChartError, Charts, NoSuchSymbolError
from indextracker.streams.producing.markets.quotes import Counts
from indextracker.streams.producing.markets.vendors import Vendor
from indextracker_simulator.markets.server import QuoteServer

WAIT_SECONDS = 60
Events = list[dict[str, Any]]


@pytest.fixture
def server() -> QuoteServer:
    return QuoteServer(rate=1000)


@pytest.fixture
def vendor(server: QuoteServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    monkeypatch.setattr(quotes, "SHORTEST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(quotes, "LONGEST_PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(quotes, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(quotes, "SHORTEST_REST_SECONDS", 0.01)
    with server.serving() as address:
        yield Vendor(f"ws://{address}/?version=2", f"http://{address}", "test", False)


def taken(
    vendor: Vendor, symbols: list[str], until: Callable[[Events], bool], counts: Counts
) -> Events:
    """The events until something holds of them."""
    found: Events = []
    deadline = time.monotonic() + WAIT_SECONDS
    with closing(quotes.quotes(vendor, symbols, counts)) as batches:
        for batch in batches:
            for key, line in batch:
                event = json.loads(line)
                assert event["symbol"] == key
                found.append(event)
            if until(found):
                return found
            assert time.monotonic() < deadline, f"it never came to hold: {counts}"
    return found


def test_quotes_are_events_with_rounded_prices(vendor: Vendor) -> None:
    counts = Counts()
    found = taken(vendor, ["AAPL", "EURUSD=X"], lambda events: len(events) >= 10, counts)
    assert {event["symbol"] for event in found} == {"AAPL", "EURUSD=X"}
    share = next(event for event in found if event["symbol"] == "AAPL")
    assert share["price"] == round(share["price"], 2)
    assert share["quote_type"] == "EQUITY"
    assert share["source"] == "yahoo"
    assert share["day_low"] <= share["price"] <= share["day_high"]
    volumes = [event["day_volume"] for event in found if event["symbol"] == "AAPL"]
    assert volumes == sorted(volumes)


def test_a_price_of_days_before_the_connection_is_no_quote(vendor: Vendor) -> None:
    counts = Counts()
    found = taken(vendor, ["AAPL", "MSFT"], lambda events: len(events) >= 4, counts)
    oldest = min(datetime.fromisoformat(event["time"]) for event in found)
    assert oldest > datetime.now(UTC) - timedelta(minutes=5)
    assert counts.stale == 2


def test_more_than_a_hundred_symbols_take_several_connections(
    vendor: Vendor, server: QuoteServer
) -> None:
    symbols = [f"S{n}" for n in range(230)]

    def all_seen(events: Events) -> bool:
        return len({event["symbol"] for event in events}) == 230

    taken(vendor, [*symbols, "S7"], all_seen, Counts())
    assert sorted(map(len, server.subscriptions)) == [30, 100, 100]


def test_a_connection_that_breaks_is_made_again(vendor: Vendor, server: QuoteServer) -> None:
    server.cuts_after = 20
    counts = Counts()
    taken(vendor, ["AAPL"], lambda events: len(server.subscriptions) > 3, counts)
    assert counts.broken >= 3
    assert counts.connections == 0


def test_a_message_that_cannot_be_read_is_counted_and_stops_nothing(
    vendor: Vendor, server: QuoteServer
) -> None:
    server.garbage_every = 5
    counts = Counts()
    taken(vendor, ["AAPL"], lambda events: len(events) >= 50, counts)
    assert counts.malformed >= 9
    assert counts.broken == 0


def test_charts_are_asked_while_the_websocket_is_shut(vendor: Vendor, server: QuoteServer) -> None:
    server.refuses = True
    server.chart_faults.extend(["throttled", "outage", "closed"])
    counts = Counts()

    def is_both(events: Events) -> bool:
        if len(events) >= 3:
            server.refuses = False
        return {event["source"] for event in events} == {"yahoo", "yahoo-chart"}

    found = taken(vendor, ["AAPL", "UNKNOWN1"], is_both, counts)
    polled = [event for event in found if event["source"] == "yahoo-chart"]
    assert {event["symbol"] for event in polled} == {"AAPL"}
    # A chart tells the same price until there is another.
    assert len({event["time"] for event in polled}) == len(polled)
    # Once in vain, and once to learn that there is none.
    assert server.charts.count("UNKNOWN1") == 2
    assert counts.failed_polls == 2
    assert counts.failure == ""


def test_it_ends_while_nobody_takes_its_quotes(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quotes, "_MOST_WAITING", 3)
    batches = quotes.quotes(vendor, ["AAPL"], Counts())
    next(batches)
    done = Event()

    def close() -> None:
        time.sleep(0.3)
        batches.close()
        done.set()

    Thread(target=close, daemon=True).start()
    assert done.wait(WAIT_SECONDS)


def test_a_chart_is_the_last_price_of_regular_hours(vendor: Vendor, server: QuoteServer) -> None:
    asked = Charts(vendor.charts, "test", through_proxy=False)
    event = asked.event("^GSPC")
    assert event is not None
    assert event["symbol"] == "^GSPC"
    assert event["quote_type"] == "INDEX"
    assert event["source"] == "yahoo-chart"
    server.chart_faults.append("closed")
    assert asked.event("^GSPC") is not None
    with pytest.raises(NoSuchSymbolError, match="UNKNOWN1"):
        asked.event("UNKNOWN1")
    server.chart_faults.append("outage")
    with pytest.raises(ChartError, match="Will be right back"):
        asked.event("^GSPC")


@pytest.mark.parametrize(
    "name",
    [
        "chart-AAPL-2020-08-31-to-2020-11-07",
        "chart-BTC-USD-2020-01-01-to-2020-01-03",
        "chart-AAPL-2025-02-01-to-2025-02-02-includePrePost-false-interval-1m",
    ],
)
def test_real_charts_are_read(samples: Any, name: str) -> None:
    meta = json.loads((samples / "yahoo" / f"{name}.json").read_text())["chart"]["result"][0][
        "meta"
    ]
    event = charts._event(meta["symbol"], meta)
    assert event["price"] == meta["regularMarketPrice"]
    assert event["time"].endswith("Z")
    assert event["quote_type"] in {"EQUITY", "CRYPTOCURRENCY"}
    assert event["day_volume"] == meta["regularMarketVolume"]
