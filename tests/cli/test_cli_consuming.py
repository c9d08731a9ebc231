"""`indextracker stream run`: events of all streams in the lake, once, however it ends."""

from __future__ import annotations

import json
import re
import signal
import urllib.error
import urllib.request
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


def test_what_is_not_there_at_the_start_is_waited_for_and_told(empty: Home, tmp_path: Path) -> None:
    # Folders cannot be made in files, by whoever; the stream's and the lake's come later.
    streams = tmp_path / "streams"
    for place in (streams, empty.lake):
        place.write_text("in the way", encoding="utf-8")
    asked = ("stream", "run", "markets", "--metrics-port", "0")
    with empty.start(*asked, INDEXTRACKER_STREAM=str(streams)) as waiting:
        assert waiting.stderr
        said = iter(waiting.stderr.readline, "")
        at = next(filter(None, (re.search(r"health at (\S+)", line) for line in said)))[1]
        eventually(lambda: health(at)[0] == 503)
        assert str(streams) in health(at)[1]
        assert "it is tried again" in health(at)[1]
        assert "\n" not in health(at)[1].strip()
        streams.unlink()
        eventually(lambda: str(empty.lake) in health(at)[1])
        empty.lake.unlink()
        lake = Lake(str(empty.lake), "simulated")
        eventually(lambda: health(at) == (200, "ok\n"))
        put(EmbeddedStream(streams / "markets.sqlite"), 0, 100)
        eventually(lambda: lake.total_rows(m.QUOTE_EVENTS) == 100)
        waiting.send_signal(signal.SIGTERM)
        _, told = waiting.communicate()
    assert waiting.returncode == 0, told
    assert "100 rows appended to bronze/quote_events" in told


def test_who_waits_for_a_stream_can_be_stopped(empty: Home, tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    streams.write_text("in the way", encoding="utf-8")
    with empty.start("stream", "run", INDEXTRACKER_STREAM=str(streams)) as waiting:
        assert waiting.stderr
        assert any("beginning" in line for line in iter(waiting.stderr.readline, ""))
        waiting.send_signal(signal.SIGTERM)
        waiting.communicate()
    assert waiting.returncode == 0


def test_a_lake_of_another_world_is_not_waited_for(empty: Home, tmp_path: Path) -> None:
    Lake(str(empty.lake), "real").ensure([])
    done = empty.run("stream", "run", INDEXTRACKER_STREAM=str(tmp_path / "streams"))
    assert done.returncode == 1
    assert "real" in done.stderr


def health(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_subject_without_a_stream_is_an_error(empty: Home, tmp_path: Path) -> None:
    done = empty.run("stream", "run", "taiwan", INDEXTRACKER_STREAM=str(tmp_path / "streams"))
    assert done.returncode == 1
    assert "taiwan has no stream: there are markets, trades" in done.stderr
    assert not (tmp_path / "streams").exists()
