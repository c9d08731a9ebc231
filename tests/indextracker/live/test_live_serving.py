"""The live view over HTTP: what browsers are told of a consumer that runs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.good_rows import rows
from support.live import Browser, Running, put, running
from support.waiting import eventually

from indextracker.lake import Lake, NoSuchVersionError
from indextracker.streams.embedded import EmbeddedStream
from indextracker_catalogue.markets import ALERTS, QUOTE_EVENTS

START = datetime(2024, 12, 16, 1, 0, 5, tzinfo=UTC)


def quote(second: int, price: float, volume: int, symbol: str = "AAPL") -> dict[str, object]:
    at = (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    of = {"symbol": symbol, "source": "yahoo", "previous_close": 90.0, "currency": "USD"}
    return of | {"time": at, "price": price, "day_volume": volume}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def stream(tmp_path: Path) -> EmbeddedStream:
    stream = EmbeddedStream(tmp_path / "events.sqlite")
    stream.create()
    return stream


@pytest.fixture
def consumer(stream: EmbeddedStream, lake: Lake) -> Iterator[Running]:
    with running(stream, lake) as found:
        yield found


def test_a_browser_is_told_all_and_then_what_changes(
    consumer: Running, stream: EmbeddedStream
) -> None:
    put(stream, quote(0, 91.0, 100), quote(10, 92.0, 130), quote(0, 1.17, 5, "EURUSD=X"))
    with closing(Browser(consumer.address)) as browser:
        seen = browser.until(lambda told: len(told["quotes"]) == 2)
        assert {*seen["watch"]} == {*seen["symbols"]} == {"AAPL", "EURUSD=X"}
        assert seen["symbol"] == "AAPL"
        first = seen["quotes"]["AAPL"]
        assert (first["price"], first["volume"], first["previous_close"]) == (92.0, 130, 90.0)
        minute = (START.replace(second=0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
        weighted = 92.0 * 30 / 30
        assert seen["bars"] == {minute: [91.0, 92.0, 91.0, 92.0, 91.5, weighted, 30, 2]}
        put(stream, quote(20, 94.0, 150), quote(5, 90.5, 110), quote(20, 94.0, 150))
        seen = browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 94.0)
        assert not seen["whole"]
        assert seen["bars"][minute][:4] == [91.0, 94.0, 90.5, 94.0]
        assert seen["bars"][minute][6:] == [50, 4]


def test_a_day_is_kept_while_somebody_looks_and_for_some_time_after(
    consumer: Running, stream: EmbeddedStream, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(stream, quote(0, 91.0, 100))
    eventually(lambda: lake.total_rows(QUOTE_EVENTS) == 1)
    assert not consumer.view.day.symbols
    with closing(Browser(consumer.address)) as browser:
        browser.until(lambda told: told["quotes"])
        monkeypatch.setattr("indextracker.live.view.KEPT_FOR_SECONDS", 0)
        put(stream, quote(10, 92.0, 130))
        browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 92.0)
    eventually(lambda: not consumer.view.day.symbols)
    put(stream, quote(20, 94.0, 150))
    eventually(lambda: lake.total_rows(QUOTE_EVENTS) == 3)
    assert not consumer.view.day.symbols
    with closing(Browser(consumer.address)) as browser:
        seen = browser.until(lambda told: told["quotes"] and not told["status"]["reading"])
        [bar] = seen["bars"].values()
        assert (seen["quotes"]["AAPL"]["price"], bar[-1]) == (94.0, 3)


def test_what_is_watched_and_at_which_scale_is_chosen_by_the_browser(
    consumer: Running, stream: EmbeddedStream
) -> None:
    put(stream, *(quote(60 * n, 90.0 + n, 100 + n) for n in range(10)), quote(0, 2.0, 1, "X"))
    asked = {"watch": ["X"], "symbol": "AAPL", "scale": 5}
    with closing(Browser(consumer.address, **asked)) as browser:
        seen = browser.until(lambda told: len(told["bars"]) == 2)
        assert {*seen["quotes"]} == {"AAPL", "X"}
        assert [bar[:4] for bar in seen["bars"].values()] == [
            [90.0, 94.0, 90.0, 94.0],
            [95.0, 99.0, 95.0, 99.0],
        ]


def test_fifty_browsers_see_the_same_and_one_that_reads_nothing_hinders_none(
    consumer: Running, stream: EmbeddedStream
) -> None:
    port = urlsplit(consumer.address).port
    with socket.create_connection(("127.0.0.1", port)) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        deaf.sendall(b"GET /live HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        browsers = [Browser(consumer.address) for _ in range(50)]
        many = [quote(second, 90.0 + second / 100, second) for second in range(200)]
        for at in range(0, 200, 50):
            put(stream, *many[at : at + 50])
        with ThreadPoolExecutor(50) as pool:
            told = pool.map(
                lambda one: one.until(
                    lambda seen: seen["quotes"].get("AAPL", {}).get("price") == 91.99
                ),
                browsers,
            )
            seen = [(one["quotes"], one["bars"]) for one in told]
        assert all(one == seen[0] for one in seen)
        assert "indextracker_live_browsers 51" in consumer.metrics.text()
    for browser in browsers:
        browser.close()
    # Who went is noticed at what would be told next.
    put(stream, quote(300, 92.0, 300))
    while "indextracker_live_browsers 0" not in consumer.metrics.text():
        time.sleep(0.1)


def test_after_a_restart_a_browser_sees_what_it_saw_before(
    stream: EmbeddedStream, lake: Lake
) -> None:
    events = [quote(60 * n, 90.0 + n, 100 + n) for n in range(130)]
    put(stream, *events)
    with running(stream, lake) as consumer, closing(Browser(consumer.address)) as browser:
        before = browser.until(
            lambda told: len(told["bars"]) == 130 and not told["status"]["reading"]
        )
        bars, quotes = dict(before["bars"]), before["quotes"]
    with pytest.raises(EOFError):
        browser.until(lambda told: False)
    with running(stream, lake) as consumer, closing(Browser(consumer.address)) as browser:
        after = browser.until(
            lambda told: len(told["bars"]) == 130 and not told["status"]["reading"]
        )
        assert after["bars"] == bars
        assert after["quotes"] == quotes
        put(stream, quote(60 * 129 + 5, 1.0, 500))
        after = browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 1.0)
        assert after["bars"][max(after["bars"])][:4] == [219.0, 219.0, 1.0, 1.0]


def test_what_another_consumer_appends_is_seen_too(
    consumer: Running, stream: EmbeddedStream, lake: Lake
) -> None:
    put(stream, quote(0, 91.0, 100))
    with closing(Browser(consumer.address)) as browser:
        browser.until(lambda told: told["quotes"])
        other = EmbeddedStream(Path(lake.root).with_name("other.sqlite"))
        other.create()
        put(other, quote(30, 95.0, 170))
        with running(other, lake):
            seen = browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 95.0)
        assert next(iter(seen["bars"].values()))[6:] == [70, 2]


def test_a_log_that_has_forgotten_what_was_appended_is_no_gap(
    stream: EmbeddedStream, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgotten(*_: object) -> None:
        raise NoSuchVersionError("its log was cleaned")

    monkeypatch.setattr("indextracker.live.view.MOST_WAITING", 0)
    monkeypatch.setattr("indextracker.live.view.appended_since", forgotten)
    put(stream, quote(0, 91.0, 100))
    with running(stream, lake) as consumer, closing(Browser(consumer.address)) as browser:
        browser.until(lambda told: told["quotes"])
        # Of an hour that was not known.
        put(stream, quote(3600, 95.0, 170))
        seen = browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 95.0)
        assert len(seen["bars"]) == 2


def test_the_alerts_of_the_day_are_told_with_the_newest_first(
    consumer: Running, stream: EmbeddedStream, lake: Lake
) -> None:
    put(stream, quote(0, 91.0, 100))
    ends = {"yesterday": -86_399, "first": 0, "last": 60}

    def decide(*names: str) -> None:
        told = [
            {
                "alert_id": name,
                "decided_at": START + timedelta(seconds=ends[name]),
                "window_end": START + timedelta(seconds=ends[name]),
                "window_begin": START - timedelta(days=2),
                "message": f"{name} alert",
            }
            for name in names
        ]
        lake.ensure([ALERTS])
        lake.merge(ALERTS, rows(ALERTS, *told))

    with closing(Browser(consumer.address)) as browser:
        assert browser.until(lambda seen: seen["quotes"])["alerts"] == []
        decide("first", "yesterday")
        seen = browser.until(lambda seen: seen["alerts"])
        assert len(seen["alerts"]) == 2
        decide("last")
        seen = browser.until(lambda seen: seen["alerts"][0]["message"] == "last alert")
        assert [one["alert_id"] for one in seen["alerts"]] == ["last", "first"]
        assert seen["alerts"][1]["window_end"] == START.timestamp() * 1000


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ({"lake": "/somewhere/else"}, 409, "of another lakehouse"),
        ({"scale": "7"}, 400, "not 7"),
    ],
)
def test_what_cannot_be_told_is_refused(
    consumer: Running, asked: dict[str, object], status: int, said: str
) -> None:
    with closing(Browser(consumer.address, **asked)) as browser:
        assert browser.answer.status == status
        assert said in browser.answer.read().decode()


def test_a_site_that_calls_itself_by_another_name_is_told_nothing(consumer: Running) -> None:
    port = urlsplit(consumer.address).port
    with socket.create_connection(("127.0.0.1", port)) as stranger:
        stranger.sendall(b"GET /live HTTP/1.0\r\nHost: evil.example.org\r\n\r\n")
        assert b" 421 " in stranger.makefile("rb").readline()


def test_what_waits_too_long_is_read_from_the_lake(
    stream: EmbeddedStream, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indextracker.live.view.MOST_WAITING", 0)
    put(stream, quote(0, 91.0, 100))
    with running(stream, lake) as consumer, closing(Browser(consumer.address)) as browser:
        browser.until(lambda told: told["quotes"])
        put(stream, quote(30, 95.0, 170))
        browser.until(lambda told: told["quotes"]["AAPL"]["price"] == 95.0)
    assert lake.total_rows(QUOTE_EVENTS) == 2
