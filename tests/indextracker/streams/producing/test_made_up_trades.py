"""Reports that are made up: their form, what follows them, and what cannot be read."""

import json
import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from indextracker.streams.producing.trades import Shares, operations

NOW = datetime(2024, 12, 16, 12, tzinfo=UTC)
UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
Report = dict[str, Any]


def made(shares: Shares | None = None, seed: int | None = 7, count: int = 2000) -> list[bytes]:
    batches = operations(shares or Shares(), seed, count, clock=lambda: NOW)
    return [event for batch in batches for _, event in batch]


def by_operation(events: list[bytes]) -> dict[str, list[Report]]:
    found = defaultdict(list)
    for report in map(json.loads, events):
        found[report["operation_id"]].append(report)
    return found


def is_report(event: bytes) -> bool:
    """Whether it can be read, and says all that a report says."""
    try:
        report = json.loads(event)
        return (
            bool(UUID.fullmatch(report["operation_id"]))
            and bool(TIME.fullmatch(report["timestamp"]))
            and report["operation"] in {"purchase", "sale"}
            and report["price"] > 0
        )
    except (ValueError, TypeError, KeyError):
        return False


def test_reports_have_the_form_of_the_source() -> None:
    [event] = made(count=1)
    report = json.loads(event)
    assert list(report) == [
        *("operation_id", "person_name", "symbol", "timestamp"),
        *("exchange", "currency", "price", "operation"),
    ]
    assert report["timestamp"] == "2024-12-16 12:00:00"
    assert report["currency"] == "USD"
    assert all(map(is_report, made()))


def test_without_wishes_each_operation_is_reported_once_and_in_time() -> None:
    found = by_operation(made())
    assert len(found) == 2000
    assert {reports[0]["timestamp"] for reports in found.values()} == {"2024-12-16 12:00:00"}
    assert {reports[0]["operation"] for reports in found.values()} == {"purchase", "sale"}


def test_the_events_of_an_operation_have_one_key() -> None:
    shares = Shares(duplicates=0.2, corrections=0.2)
    for batch in operations(shares, 7, 500, clock=lambda: NOW):
        for key, event in batch:
            assert json.loads(event)["symbol"] == key


def test_a_seed_gives_the_same_reports_and_none_gives_others() -> None:
    assert made() == made()
    assert made() != made(seed=8)
    assert not set(by_operation(made(seed=None))) & set(by_operation(made(seed=None)))


def test_duplicates_come_later_as_they_were_or_with_a_later_time() -> None:
    found = by_operation(made(Shares(duplicates=0.1)))
    repeated = [reports for reports in found.values() if len(reports) > 1]
    assert 100 <= len(repeated) <= 260
    kinds = set()
    for first, again in repeated:
        assert again | {"timestamp": first["timestamp"]} == first
        assert again["timestamp"] >= first["timestamp"]
        kinds.add(again["timestamp"] > first["timestamp"])
    assert kinds == {True, False}


def test_corrections_have_another_price_and_a_later_time() -> None:
    found = by_operation(made(Shares(corrections=0.1)))
    repeated = [reports for reports in found.values() if len(reports) > 1]
    assert 100 <= len(repeated) <= 260
    for first, corrected in repeated:
        assert corrected["price"] > first["price"]
        assert corrected["timestamp"] > first["timestamp"]


def test_late_reports_tell_of_hours_ago() -> None:
    reports = [json.loads(event) for event in made(Shares(late=0.1))]
    late = [one["timestamp"] for one in reports if one["timestamp"] < "2024-12-16 12:00:00"]
    assert 130 <= len(late) <= 270
    assert min(late) >= "2024-12-15 12:00:00"
    assert max(late) <= "2024-12-16 11:00:00"


def test_poison_is_a_line_that_is_no_report() -> None:
    events = made(Shares(poison=0.1))
    poison = [event for event in events if not is_report(event)]
    assert 130 <= len(poison) <= 270
    assert not any(b"\n" in event for event in poison)
    assert len({event[:3] for event in poison}) >= 5


def test_so_many_are_made_at_a_time() -> None:
    sizes = [len(batch) for batch in operations(Shares(), 7, 25, at_once=10)]
    assert sizes == [10, 10, 5]
