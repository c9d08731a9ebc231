"""Operations: each once, by the report that counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spark.frames import Frames

from indextracker_catalogue import trades as t
from indextracker_spark.trades.operations import trade_counts, trade_events

HOUR = datetime(2024, 12, 16, 1, tzinfo=UTC)
Row = dict[str, object]


def report(operation: str, price: float, second: int = 0, **more: object) -> Row:
    return {
        "hour": HOUR,
        "operation_id": operation,
        "person_name": "A. Person",
        "symbol": "AAPL",
        "exchange": "NYSE",
        "currency": "USD",
        "operation": "sale",
        "price": str(price),
        "timestamp": f"2024-12-16 01:00:{second:02}",
        "arrived_at": HOUR,
        "shard": "1",
        "sequence": "1",
        "position": 0,
    } | more


def prices(frames: Frames, *reports: Row) -> dict[str, float]:
    found = trade_events(frames.of(t.TRADE_RECORDS, [*reports])).toArrow().to_pylist()
    assert len({row["operation_id"] for row in found}) == len(found)
    return {row["operation_id"]: row["price"] for row in found}


def test_of_several_reports_the_latest_counts_whenever_it_arrived(frames: Frames) -> None:
    late = {"arrived_at": HOUR + timedelta(hours=2)}
    found = prices(
        frames,
        report("alone", 1.0),
        report("corrected", 2.0, second=1),
        report("corrected", 3.0, second=9),
        report("corrected", 4.0, second=5) | late,
        report("unread", 5.0) | {"problem": "no number"},
    )
    assert found == {"alone": 1.0, "corrected": 3.0}


def test_of_equal_ones_that_counts_which_arrived_last(frames: Frames) -> None:
    found = prices(
        frames,
        report("a", 1.0, sequence="9"),
        report("a", 2.0, sequence="10"),
        report("b", 1.0, position=3),
        report("b", 2.0, position=2),
        report("c", 1.0),
        report("c", 2.0, arrived_at=HOUR + timedelta(seconds=1)),
    )
    assert found == {"a": 2.0, "b": 1.0, "c": 2.0}


def test_operations_are_counted_by_exchange_and_symbol(frames: Frames) -> None:
    at = {"traded_at": HOUR, "arrived_at": HOUR, "person_name": "A", "currency": "USD"}
    rows = [
        {"operation_id": str(n), "hour": HOUR, "exchange": where, "symbol": "AAPL"}
        | {"operation": what, "price": price}
        | at
        for n, (where, what, price) in enumerate(
            [
                *(("NYSE", "sale", 2.0), ("NYSE", "purchase", 1.0), ("NYSE", "sale", 3.0)),
                ("LSE", "sale", 9.0),
            ]
        )
    ]
    found = trade_counts(frames.of(t.TRADE_EVENTS, rows)).toArrow().to_pylist()
    assert {
        row["exchange"]: (row["purchases"], row["sales"], row["low"], row["high"]) for row in found
    } == {
        "NYSE": (1, 2, 1.0, 3.0),
        "LSE": (0, 1, 9.0, 9.0),
    }
