"""What makes a line an event of its subject, and when that happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from indextracker_spark.events import markets, trades
from indextracker_spark.events.decoding import Cell, Events

ARRIVED = datetime(2024, 12, 16, 9, 30, tzinfo=UTC)
QUOTE = {"symbol": "AAPL", "price": 94.5, "time": "2024-12-16T01:02:03Z", "source": "yahoo"}
REPORT = {
    "operation_id": "00000000-0000-4000-8000-000000000001",
    "person_name": "A. Person",
    "symbol": "AAPL",
    "timestamp": "2024-12-16 01:02:03",
    "exchange": "NYSE",
    "currency": "USD",
    "price": 94.5,
    "operation": "sale",
}


def row(events: Events, event: object) -> dict[str, Cell]:
    [cells] = events.rows("1", 7, ARRIVED, json.dumps(event).encode())
    return dict(zip(events.table.column_names, cells, strict=True))


@pytest.mark.parametrize(("events", "event"), [(markets.EVENTS, QUOTE), (trades.EVENTS, REPORT)])
def test_an_event_is_in_the_hour_in_which_it_happened(
    events: Events, event: dict[str, object]
) -> None:
    found = row(events, event)
    assert found["hour"] == datetime(2024, 12, 16, 1, tzinfo=UTC)
    assert found["event_date"] == ARRIVED.date()
    assert (found["price"], found["problem"]) == ("94.5", None)


@pytest.mark.parametrize(
    ("events", "event", "change", "reason"),
    [
        (markets.EVENTS, QUOTE, {"symbol": ""}, "symbol is missing"),
        (markets.EVENTS, QUOTE, {"price": None}, "price is no number: ''"),
        (markets.EVENTS, QUOTE, {"price": "1e999"}, "price is no number: '1e999'"),
        (markets.EVENTS, QUOTE, {"time": "today"}, "time is no time: 'today'"),
        (markets.EVENTS, QUOTE, {"time": "2024-12-16T01:02:03"}, "time is not in UTC"),
        (markets.EVENTS, QUOTE, {"size": 1.5}, "size is no whole number: '1.5'"),
        (trades.EVENTS, REPORT, {"operation_id": "7"}, "operation_id is no UUID"),
        (trades.EVENTS, REPORT, {"operation": "gift"}, "neither purchase nor sale: 'gift'"),
        (trades.EVENTS, REPORT, {"price": 0}, "price is not above zero"),
        (trades.EVENTS, REPORT, {"timestamp": "16.12.2024"}, "timestamp is no YYYY-MM-DD"),
        (trades.EVENTS, REPORT, {"timestamp": "2024-13-16 01:02:03"}, "month must be in 1..12"),
        (trades.EVENTS, REPORT, {"exchange": None}, "exchange is missing"),
    ],
)
def test_what_is_no_event_says_why_and_is_in_the_hour_of_its_arrival(
    events: Events, event: dict[str, object], change: dict[str, object], reason: str
) -> None:
    found = row(events, event | change)
    assert reason in str(found["problem"])
    assert json.loads(str(found["text"])) == event | change
    assert found["hour"] == datetime(2024, 12, 16, 9, tzinfo=UTC)
    assert found["symbol"] is None


def test_a_trade_at_the_close_counts_a_second_before_it() -> None:
    close = "2024-12-16T05:00:00Z"
    at_close = row(markets.EVENTS, QUOTE | {"time": close, "closes_at": close})
    before = row(markets.EVENTS, QUOTE | {"time": close, "closes_at": "2024-12-16T05:45:00Z"})
    assert at_close["hour"] == datetime(2024, 12, 16, 4, tzinfo=UTC)
    assert before["hour"] == datetime(2024, 12, 16, 5, tzinfo=UTC)
