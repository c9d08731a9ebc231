"""What could not be read comes back when it can be read: each line once, whatever is killed."""

from __future__ import annotations

import json
import multiprocessing
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from support.good_rows import rows

from indextracker.lake import Lake
from indextracker.lake.tail import OvertakenError
from indextracker.lake.upkeep import compact
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker.streams.redriving import redrive
from indextracker.system import failpoints
from indextracker_catalogue import markets as m
from indextracker_spark.events.decoding import Event, Events
from indextracker_spark.events.markets import EVENTS

TABLE = m.QUOTE_EVENTS
GOOD, BAD = ("2024-12-16T01:00:00Z", "2024-12-16 at two")


def lenient(event: Event) -> datetime:
    """Reads one more kind of time than its table's own way to read."""
    if event.get("time") == BAD:
        return datetime.fromisoformat("2024-12-16T02:00:00Z")
    return EVENTS.moment(event)


MENDED = Events(TABLE, lenient)


def put(stream: EmbeddedStream, first: int, end: int) -> None:
    """Puts records of three lines: an event, one that will be read later, and one that never is."""
    event = {"symbol": "AAPL", "source": "yahoo"}
    for n in range(first, end):
        lines = [json.dumps(event | {"price": n, "time": time}) for time in (GOOD, BAD)]
        stream.put([Record("key", "\n".join([*lines, "{"]).encode())])


def prices(lake: Lake, hour: int) -> list[int]:
    table = lake.rows(TABLE).to_table(["price", "hour", "problem"]).to_pylist()
    return sorted(
        int(row["price"]) for row in table if row["problem"] is None and row["hour"].hour == hour
    )


def keys(lake: Lake) -> list[tuple[str, str, int]]:
    table = lake.rows(TABLE).to_table(list(TABLE.key)).to_pylist()
    return sorted(tuple(row.values()) for row in table)


def test_lines_that_can_be_read_now_are_events_of_their_hour(
    lake: Lake, stream: EmbeddedStream
) -> None:
    consumer = Consumer(stream, lake, EVENTS)
    for first in range(0, 30, 10):
        put(stream, first, first + 10)
        consumer.step()
    compact(lake, TABLE)
    put(stream, 30, 40)
    consumer.step()
    before, marks = keys(lake), lake.marks(TABLE)
    found = redrive(lake, "markets", MENDED, dry_run=True)
    assert (found.rows, found.hours, found.left.total()) == (40, {"2024-12-16T02"}, 40)
    assert lake.marks(TABLE) == marks
    assert redrive(lake, "markets", MENDED).rows == 40
    assert redrive(lake, "markets", MENDED).rows == 0
    assert prices(lake, 1) == prices(lake, 2) == [*range(40)]
    assert keys(lake) == before
    # The hour of arrival has other rows, that of the events too; what was there has not changed.
    after = lake.marks(TABLE)
    assert {key for key in after if after[key] == marks.get(key)} == {"2024-12-16T01"}
    put(stream, 40, 50)
    consumer = Consumer(stream, lake, MENDED)
    assert consumer.step().rows == 30
    assert prices(lake, 2) == [*range(50)]


def test_who_reads_what_commits_add_sees_no_row_again(lake: Lake, stream: EmbeddedStream) -> None:
    put(stream, 0, 10)
    Consumer(stream, lake, EVENTS).step()
    redrive(lake, "markets", MENDED)
    log = Path(lake.path(TABLE), "_delta_log", f"{lake.open(TABLE).version():020}.json")
    adds = [one["add"] for one in map(json.loads, log.open()) if "add" in one]
    days = {add["partitionValues"]["event_date"]: add["dataChange"] for add in adds}
    assert days.pop("2024-12-16") is True
    assert [*days.values()] == [False]


def test_a_mark_tells_one_dead_letter_from_another(lake: Lake, stream: EmbeddedStream) -> None:
    put(stream, 0, 1)
    consumer = Consumer(stream, lake, EVENTS)
    consumer.step()
    [hour] = {*lake.marks(TABLE)} - {"2024-12-16T01"}
    before = lake.marks(TABLE)[hour]
    redrive(lake, "markets", MENDED)
    stream.put([Record("key", b"[")])
    with pytest.raises(OvertakenError):
        consumer.step()
    consumer.step()
    assert lake.row_counts(TABLE, [hour]) == {hour: 2}
    assert lake.marks(TABLE)[hour] != before


def redrive_until_killed(root: str, name: str) -> None:
    failpoints.arm(name)
    redrive(Lake(root, "simulated"), "markets", MENDED)


@pytest.mark.parametrize(("name", "read"), [("redrive-before", 0), ("redrive-after", 10)])
def test_a_redrive_that_is_killed_goes_on(
    lake: Lake, stream: EmbeddedStream, name: str, read: int
) -> None:
    consumer = Consumer(stream, lake, EVENTS)
    for first in (0, 10, 20):
        put(stream, first, first + 10)
        consumer.step()
    before = keys(lake)
    process = multiprocessing.get_context("spawn").Process(
        target=redrive_until_killed, args=(lake.root, name)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert len(prices(lake, 2)) == read
    assert keys(lake) == before
    redrive(lake, "markets", MENDED)
    assert prices(lake, 2) == [*range(30)]
    assert keys(lake) == before


def test_files_that_are_put_together_meanwhile_are_found_where_they_went(
    lake: Lake, stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    consumer = Consumer(stream, lake, EVENTS)
    for first in (0, 10, 20):
        put(stream, first, first + 10)
        consumer.step()
    turns = iter(range(100))
    between: dict[str, Callable[[], object]] = {
        "redrive-before": lambda: compact(lake, TABLE) if next(turns) < 2 else consumer.step()
    }

    def at(name: str) -> None:
        between.get(name, lambda: None)()

    monkeypatch.setattr("indextracker.streams.redriving.failpoint", at)
    assert redrive(lake, "markets", MENDED).rows == 30
    assert prices(lake, 2) == [*range(30)]


def test_dead_letters_of_an_hour_without_lines_are_gone(lake: Lake, stream: EmbeddedStream) -> None:
    event = json.dumps({"symbol": "AAPL", "source": "yahoo", "price": 1, "time": BAD})
    stream.put([Record("key", event.encode())])
    Consumer(stream, lake, EVENTS).step()
    [row] = lake.rows(TABLE).to_table().to_pylist()
    hour, other = row["hour"], row["hour"] - timedelta(hours=5)
    for stream_name, at in (("markets", hour), ("trades", other)):
        letter = {"stream": stream_name, "hour": at, "sequence": row["sequence"]}
        key = m.DEAD_LETTERS.timeline.key_of(at)
        lake.replace(m.DEAD_LETTERS, rows(m.DEAD_LETTERS, letter), [key], stream=stream_name)
    assert redrive(lake, "markets", MENDED).rows == 1
    letters = lake.rows(m.DEAD_LETTERS).to_table().to_pylist()
    assert [letter["stream"] for letter in letters] == ["trades"]
