"""`indextracker stream run`: events of all streams in the lake, once, however it ends."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.homes import Home
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue import markets as m

START = datetime(2024, 12, 16, 1, tzinfo=UTC)


def put(stream: EmbeddedStream, first: int, end: int) -> None:
    events = [
        {
            "symbol": "AAPL",
            "price": n,
            "time": (START + timedelta(seconds=n)).isoformat(),
            "source": "yahoo",
        }
        for n in range(first, end)
    ]
    stream.put([Record("key", json.dumps(event).encode()) for event in events])


def test_events_are_appended_once_though_the_command_is_killed(empty: Home, tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    stream = EmbeddedStream(streams / "markets.sqlite")
    stream.create()
    lake = Lake(str(empty.lake), "simulated")

    def rows() -> int:
        return lake.total_rows(m.QUOTE_EVENTS)

    put(stream, 0, 100)
    with empty.start("stream", "run", INDEXTRACKER_STREAM=str(streams)) as killed:
        eventually(lambda: rows() == 100)
        put(stream, 100, 200)
        killed.kill()
    put(stream, 200, 300)
    with empty.start("stream", "run", INDEXTRACKER_STREAM=str(streams)) as ended:
        eventually(lambda: rows() >= 300)
        ended.send_signal(signal.SIGTERM)
        _, told = ended.communicate()
    assert ended.returncode == 0
    assert "markets: " in told
    assert "rows appended to bronze/quote_events" in told
    prices = lake.rows(m.QUOTE_EVENTS).to_table(["price"])["price"].to_pylist()
    assert sorted(map(int, prices)) == [*range(300)]


def test_a_subject_without_a_stream_is_an_error(empty: Home, tmp_path: Path) -> None:
    done = empty.run("stream", "run", "taiwan", INDEXTRACKER_STREAM=str(tmp_path / "streams"))
    assert done.returncode == 1
    assert "taiwan has no stream: there are markets, trades" in done.stderr
    assert not (tmp_path / "streams").exists()
