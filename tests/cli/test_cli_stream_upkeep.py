"""`stream status`, `stream redrive` and what `maintain` does to events."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.homes import Home

from indextracker.lake import Lake
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue import markets as m
from indextracker_spark.events.decoding import Events
from indextracker_spark.events.markets import EVENTS


def event(at: datetime, **more: object) -> str:
    told = {"symbol": "AAPL", "source": "yahoo", "price": 1, "time": at.isoformat()}
    return json.dumps(told | more)


def misread(_: object) -> datetime:
    raise ValueError("the times of this vendor are not read yet")


@pytest.fixture
def streams(empty: Home, tmp_path: Path) -> str:
    """A stream of three records: one was read, one by a consumer that could not, one waits."""
    # Not when the module is read: what cannot be read counts for the day on which it comes.
    now = datetime.now(UTC)
    old = now - timedelta(days=9)
    stream = EmbeddedStream(tmp_path / "streams" / "markets.sqlite")
    stream.create()
    lake = Lake(str(empty.lake), "simulated")
    stream.put([Record("key", f"{event(old)}\n{event(now)}\nno event".encode())])
    Consumer(stream, lake, EVENTS).step()
    stream.put([Record("key", event(now).encode())])
    Consumer(stream, lake, Events(m.QUOTE_EVENTS, misread)).step()
    stream.put([Record("key", event(now).encode())])
    return str(tmp_path / "streams")


def test_status_tells_what_is_read_and_what_waits(empty: Home, streams: str) -> None:
    done = empty.run("stream", "status", "markets", "--json", INDEXTRACKER_STREAM=streams)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)["streams"]["markets"]
    [shard] = told["shards"]
    assert (told["rows"], told["unread"], told["files"]) == (4, 2, 3)
    assert told["small_files"] == 3
    assert told["last_at"].endswith("Z")
    assert shard["is_open"]
    assert not shard["is_read"]
    assert int(shard["read_to"]) > 0
    assert told["waits_since"] == shard["waits_since"] > told["last_at"]
    shown = empty.run("stream", "status", INDEXTRACKER_STREAM=streams)
    assert shown.returncode == 1
    assert "trades: there is no stream" in " ".join(shown.stdout.split())
    assert "is open, read to" in shown.stdout
    assert not Path(streams, "trades.sqlite").exists()


def test_redrive_brings_in_what_can_be_read_now(empty: Home, streams: str) -> None:
    lake = Lake(str(empty.lake), "simulated")
    before = lake.open(m.QUOTE_EVENTS).version()
    tried = empty.run("stream", "redrive", "markets", "--dry-run", INDEXTRACKER_STREAM=streams)
    assert "1 lines can be read now, 1 still cannot be read" in tried.stdout
    assert "nothing was changed" in tried.stdout
    assert lake.open(m.QUOTE_EVENTS).version() == before
    for brought in (1, 0):
        done = empty.run("stream", "redrive", "markets", INDEXTRACKER_STREAM=streams)
        assert done.returncode == 0, done.stderr
        assert f"{brought} lines were brought into bronze/quote_events" in done.stdout
    rows = lake.rows(m.QUOTE_EVENTS).to_table(["problem", "symbol"]).to_pylist()
    assert sorted(row["symbol"] or "" for row in rows) == ["", "AAPL", "AAPL", "AAPL"]


def test_maintain_deletes_events_of_days_that_are_kept_no_longer(empty: Home, streams: str) -> None:
    lake = Lake(str(empty.lake), "simulated")
    done = empty.run("maintain", "--tables", "bronze/quote_events")
    assert done.returncode == 0, done.stderr
    assert lake.total_rows(m.QUOTE_EVENTS) == 4
    done = empty.run(
        "maintain", "--tables", "bronze/quote_events", INDEXTRACKER_STREAM_KEEP_DAYS="7"
    )
    assert done.returncode == 0, done.stderr
    assert "1 events from before" in done.stderr
    assert lake.total_rows(m.QUOTE_EVENTS) == 3
