"""What producers write, consumers read: each event is one, and what is made unreadable is none."""

import json
from datetime import UTC, datetime

from indextracker.streams.arrivals import EVENTS
from indextracker.streams.producing.markets.pricing import event_of
from indextracker.streams.producing.trades import Shares, operations
from indextracker_simulator.markets.market import Instrument
from indextracker_simulator.markets.messages import message

NOW = datetime(2024, 12, 16, 12, tzinfo=UTC)


def problems(subject: str, events: list[bytes]) -> list[str]:
    """What is wrong with the events of a record."""
    rows = EVENTS[subject].rows("shard", 1, NOW, b"\n".join(events))
    return [str(problem) for *_, problem in rows if problem is not None]


def reports(shares: Shares) -> list[bytes]:
    batches = operations(shares, 7, 3000, clock=lambda: NOW)
    return [event for batch in batches for _, event in batch]


def test_every_made_up_report_is_read() -> None:
    assert problems("trades", reports(Shares(0.1, 0.1, 0.1))) == []


def test_what_is_made_unreadable_is_read_as_no_report() -> None:
    found = problems("trades", reports(Shares(poison=0.1)))
    assert 220 <= len(found) <= 380
    assert len(set(found)) > 5


def test_every_quote_is_read() -> None:
    symbols = ("AAPL", "^GSPC", "EURUSD=X", "ES=F", "BTC-USD")
    quotes = [
        message(one, one.at(1_734_350_400 + second), wrapped=True)
        for one in (Instrument(symbol, 1) for symbol in symbols)
        for second in range(20)
    ]
    events = [json.dumps(event_of(text)).encode() for text in quotes]
    assert len(events) == 100
    assert problems("markets", events) == []
