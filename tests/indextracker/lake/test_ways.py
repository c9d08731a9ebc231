"""A log keeps each append once, whatever was killed; a merge keeps the latest row of a key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable

from indextracker.lake import Lake, ways
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.digest import contents
from indextracker.lake.ways import Once
from indextracker_catalogue import Column, Hours, Table, Whole

EVENTS = Table(
    layer="bronze",
    name="events",
    meaning="One row per event.",
    key=("number",),
    timeline=Whole(),
    writes="append",
    columns=(Column("number", "bigint", "Position."),),
)
QUOTES = Table(
    layer="silver",
    name="quotes",
    meaning="One row per hour and symbol.",
    key=("hour", "symbol"),
    key_nullable=("venue",),
    timeline=Hours(),
    writes="merge",
    columns=(
        Column("hour", "timestamp", "Hour."),
        Column("symbol", "string", "Symbol."),
        Column("venue", "string", "Venue."),
        Column("price", "double", "Price."),
    ),
)
NINE, TEN = (Hours().value_of(f"2024-12-16T{hour:02}") for hour in (9, 10))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def of(table: Table, *rows: tuple[object, ...]) -> pa.Table:
    named = [dict(zip(table.column_names, row, strict=True)) for row in rows]
    return pa.Table.from_pylist(named, arrow_schema(table))


def events(lake: Lake) -> list[int]:
    return sorted(lake.rows(EVENTS).to_table()["number"].to_pylist())


@pytest.mark.parametrize("at", ["before", "after"])
def test_an_append_that_was_killed_is_repeated_and_there_once(
    lake: Lake, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = ways.write_deltalake

    def killed(*arguments: Any, **more: Any) -> None:
        if at == "after":
            commit(*arguments, **more)
        raise SystemExit

    lake.append(EVENTS, of(EVENTS, (1,)), Once("consumer/0", 1))
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(ways, "write_deltalake", killed)
        lake.append(EVENTS, of(EVENTS, (2,), (3,)), Once("consumer/0", 2))
    for _ in range(2):
        lake.append(EVENTS, of(EVENTS, (2,), (3,)), Once("consumer/0", 2))
    assert events(lake) == [1, 2, 3]


def test_a_repeat_that_was_overtaken_adds_nothing_and_writers_count_apart(lake: Lake) -> None:
    for number in (1, 2, 1):
        lake.append(EVENTS, of(EVENTS, (number,)), Once("consumer/0", number))
    lake.append(EVENTS, of(EVENTS, (9,)), Once("consumer/1", 1))
    assert events(lake) == [1, 2, 9]
    # What was compacted is remembered.
    lake.open(EVENTS).optimize.compact()
    lake.open(EVENTS).create_checkpoint()
    lake.append(EVENTS, of(EVENTS, (2,)), Once("consumer/0", 2))
    assert events(lake) == [1, 2, 9]


def test_two_that_start_from_one_snapshot_add_one(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(EVENTS, of(EVENTS, (1,)), Once("consumer/0", 1))
    handles = [DeltaTable(lake.path(EVENTS))]
    lake.append(EVENTS, of(EVENTS, (2,)), Once("consumer/0", 2))
    latest = lake._ensured
    monkeypatch.setattr(lake, "_ensured", lambda table: handles.pop() if handles else latest(table))
    lake.append(EVENTS, of(EVENTS, (2,)), Once("consumer/0", 2))
    assert events(lake) == [1, 2]


def test_a_merge_keeps_the_latest_row_of_each_key(lake: Lake) -> None:
    lake.merge(QUOTES, of(QUOTES, (NINE, "A", None, 1.0), (NINE, "B", "X", 2.0)))
    later = of(
        QUOTES,
        (NINE, "A", None, 3.0),
        (NINE, "A", None, 4.0),
        (TEN, "A", None, 5.0),
        (NINE, "B", None, 6.0),
    )
    for _ in range(2):
        lake.merge(QUOTES, later)
    found = lake.rows(QUOTES).to_table().select(QUOTES.column_names).to_pylist()
    assert sorted(tuple(map(str, row.values())) for row in found) == sorted(
        tuple(map(str, row))
        for row in (
            (NINE, "A", None, 4.0),
            (NINE, "B", "X", 2.0),
            (NINE, "B", None, 6.0),
            (TEN, "A", None, 5.0),
        )
    )
    assert lake.open(QUOTES).metadata().partition_columns == ["day"]


def test_a_table_is_written_in_its_declared_way_alone(lake: Lake) -> None:
    rows = of(EVENTS, (1,))
    with pytest.raises(ValueError, match="bronze/events is declared to be written by append, not"):
        lake.replace(EVENTS, rows)
    with pytest.raises(ValueError, match="not merge"):
        lake.merge(EVENTS, rows)
    with pytest.raises(ValueError, match="by replace, not append"):
        lake.append(replace(EVENTS, writes="replace"), rows)
    assert not lake.exists(EVENTS)


def test_a_slice_of_hours_is_replaced_and_its_neighbours_of_the_day_stay(lake: Lake) -> None:
    quotes = replace(QUOTES, writes="replace")
    lake.replace(
        quotes,
        of(quotes, (NINE, "A", None, 1.0), (TEN, "A", None, 2.0)),
        ["2024-12-16T09", "2024-12-16T10"],
    )
    before = contents(lake, quotes)
    for _ in range(2):
        lake.replace(
            quotes, of(quotes, (TEN, "A", None, 3.0), (TEN, "B", None, 4.0)), ["2024-12-16T10"]
        )
    assert lake.row_counts(quotes, ["2024-12-16T09", "2024-12-16T10"]) == {
        "2024-12-16T09": 1,
        "2024-12-16T10": 2,
    }
    after = contents(lake, quotes)
    assert after["2024-12-16T09"] == before["2024-12-16T09"]
    assert after["2024-12-16T10"] != before["2024-12-16T10"]
    assert sorted(lake.marks(quotes)) == ["2024-12-16T09", "2024-12-16T10"]
