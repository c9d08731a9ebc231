"""`indextracker stream`: what puts events into streams, as people run it."""

import json
import signal
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from support.good_rows import SESSION, put, rows
from support.homes import Home
from support.waiting import WAIT_SECONDS, eventually

from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t
from indextracker_cli import streaming

Event = dict[str, object]
REPLAY = ("stream", "replay", "taiwan", SESSION.isoformat())


@pytest.fixture
def home(empty: Home) -> Home:
    """A home with 2,000 trades of one minute and a bit."""
    opened = datetime(2024, 12, 16, 1, tzinfo=UTC)
    trades = [
        {"line": n, "traded_at": opened + timedelta(milliseconds=40 * n)} for n in range(2000)
    ]
    put(Lake(str(empty.lake), "simulated"), t.FUTURES_TRADES, rows(t.FUTURES_TRADES, *trades))
    return empty


def events(folder: Path, subject: str = "markets") -> list[Event]:
    """The events of the embedded stream of a subject, in order."""
    with sqlite3.connect(folder / f"{subject}.sqlite") as database:
        records = database.execute("select data from records order by sequence").fetchall()
    return [json.loads(line) for (data,) in records for line in data.split(b"\n")]


def test_a_session_is_replayed_into_the_stream_of_quotes(home: Home, tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    done = home.run(*REPLAY, INDEXTRACKER_STREAM=str(streams))
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"2,000 events are kept in {streams / 'markets.sqlite'}"
    )
    assert [event["line"] for event in events(streams)] == [*range(2000)]


def test_a_session_that_is_not_there_is_an_error(home: Home, tmp_path: Path) -> None:
    done = home.run(*REPLAY[:-1], "2024-12-17", INDEXTRACKER_STREAM=str(tmp_path / "streams"))
    assert done.returncode == 1
    assert "taiwan has no prints of 2024-12-17 that can be replayed: backfill it" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_producer_that_is_told_to_stop_keeps_what_it_has(
    home: Home, tmp_path: Path, number: signal.Signals
) -> None:
    streams = tmp_path / "streams"
    slowly = (*REPLAY, "--speed", "1", "--metrics-port", "0")
    with home.start(*slowly, INDEXTRACKER_STREAM=str(streams)) as process:
        assert process.stderr is not None
        address = ""
        for line in process.stderr:
            if "figures are at" in line:
                address = line.split()[3].removesuffix("/metrics,")
                break

        def kept() -> float:
            name, text = "events_total ", requests.get(f"{address}/metrics", timeout=10).text
            return float(text.partition(f"\nindextracker_producer_{name}")[2].partition("\n")[0])

        eventually(lambda: kept() > 10)
        assert requests.get(f"{address}/healthz", timeout=10).text == "ok\n"
        process.send_signal(number)
        _, said = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 0, said
    found = events(streams)
    assert f"{len(found)} events are kept" in said
    assert [event["line"] for event in found] == [*range(len(found))]


def test_a_killed_producer_leaves_whole_events_and_another_goes_on(
    home: Home, tmp_path: Path
) -> None:
    streams = tmp_path / "streams"
    file = streams / "markets.sqlite"
    with home.start(*REPLAY, "--speed", "10", INDEXTRACKER_STREAM=str(streams)) as process:
        eventually(lambda: file.exists() and _is_made(file) and len(events(streams)) > 10)
        process.kill()
    before = events(streams)
    assert [event["line"] for event in before] == [*range(len(before))]
    assert len(before) < 2000
    done = home.run(*REPLAY, INDEXTRACKER_STREAM=str(streams))
    assert done.returncode == 0, done.stderr
    assert events(streams) == [*before, *events(streams)[-2000:]]
    assert [event["line"] for event in events(streams)[-2000:]] == [*range(2000)]


def test_a_second_signal_gives_up_what_is_not_kept() -> None:
    with streaming.stopping() as stop:
        signal.raise_signal(signal.SIGTERM)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_quotes_of_the_simulated_vendor_are_put_until_it_is_told_to_stop(
    empty: Home, tmp_path: Path
) -> None:
    streams = tmp_path / "streams"
    file = streams / "markets.sqlite"
    with empty.start(
        "stream", "quotes", "aapl", "BTC-USD", INDEXTRACKER_STREAM=str(streams)
    ) as process:
        eventually(lambda: file.exists() and _is_made(file) and len(events(streams)) > 3)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAIT_SECONDS)
        assert process.returncode == 0, said
    found = events(streams)
    assert f"{len(found)} events are kept" in said
    assert {event["symbol"] for event in found} == {"AAPL", "BTC-USD"}


def test_made_up_reports_are_put_as_many_as_are_asked_for(empty: Home, tmp_path: Path) -> None:
    streams = tmp_path / "streams"
    wish = ("--count", "500", "--seed", "7", "--duplicates", "0.1")
    done = empty.run("stream", "trades", *wish, INDEXTRACKER_STREAM=str(streams))
    assert done.returncode == 0, done.stderr
    found = events(streams, "trades")
    assert len(found) == 500
    assert 400 < len({event["operation_id"] for event in found}) < 500


def test_made_up_reports_do_not_go_among_real_data(empty: Home, tmp_path: Path) -> None:
    done = empty.run(
        *("stream", "trades", "--count", "1"),
        INDEXTRACKER_SOURCE=f"archive:{tmp_path}",
        INDEXTRACKER_STREAM=str(tmp_path / "streams"),
    )
    assert done.returncode == 1
    assert "do not go among real data" in done.stderr
    assert not (tmp_path / "streams").exists()


def _is_made(file: Path) -> bool:
    with sqlite3.connect(file) as database:
        return bool(
            database.execute("select 1 from sqlite_master where name = 'records'").fetchall()
        )
