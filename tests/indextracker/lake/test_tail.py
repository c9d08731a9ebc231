"""Files that others wrote become part of a table with numbers, once, whoever else appends."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from deltalake.transaction import AddAction

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.replacing import write
from indextracker.lake.tail import OvertakenError, Tail
from indextracker.streams.consuming import as_table
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

EVENT = b'{"symbol": "A", "price": 1, "time": "2024-12-16T01:00:00Z", "source": "yahoo", "line": 7}'


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def file(lake: Lake, sequence: int) -> list[AddAction]:
    rows = list(EVENTS.rows("shard", sequence, datetime(2024, 12, 16, tzinfo=UTC), EVENT))
    table = as_table(rows, arrow_schema(QUOTE_EVENTS, stored=True))
    return write(lake.place(QUOTE_EVENTS), QUOTE_EVENTS, table)


def test_of_two_from_the_same_numbers_one_appends(lake: Lake) -> None:
    one, two = Tail(lake, QUOTE_EVENTS), Tail(lake, QUOTE_EVENTS)
    for number in (1, 2):
        one.append_files(file(lake, number), {"name": number})
        assert one.number("name") == number
    with pytest.raises(OvertakenError):
        two.append_files(file(lake, 1), {"name": 1})
    assert lake.total_rows(QUOTE_EVENTS) == 2
    two.refresh()
    two.append_files(file(lake, 3), {"name": 3})
    assert lake.rows(QUOTE_EVENTS).to_table(["line"])["line"].to_pylist() == ["7"] * 3


def test_an_append_shows_what_others_appended_under_other_names(lake: Lake) -> None:
    one, two = Tail(lake, QUOTE_EVENTS), Tail(lake, QUOTE_EVENTS)
    two.append_files([], {"other": 5})
    assert one.number("other") is None
    one.append_files(file(lake, 1), {"name": 1})
    assert one.number("other") == 5
