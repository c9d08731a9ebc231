"""The page Live: what it shows of a consumer that runs, stops and runs again."""

from __future__ import annotations

import csv
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect
from support import one_sail
from support.good_rows import rows
from support.live import Browser, put, running
from support.viewer import PHONE, Viewer, Windows

from indextracker import Lakehouse
from indextracker.building.jobs import JOBS, run
from indextracker.lake import Lake
from indextracker.settings.dashboard import DashboardSettings
from indextracker.streams.embedded import EmbeddedStream
from indextracker_catalogue.markets import ALERTS, QUOTE_BARS, QUOTE_EVENTS
from indextracker_dashboard.data import Data
from indextracker_dashboard.live import relay
from indextracker_dashboard.serving import serving

START = datetime(2024, 12, 16, 1, 0, tzinfo=UTC)


def quote(second: float, price: float, volume: int, symbol: str = "AAPL") -> dict[str, object]:
    at = (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    of = {"symbol": symbol, "source": "yahoo", "previous_close": 90.0, "currency": "USD"}
    return of | {"time": at, "price": price, "day_volume": volume, "short_name": f"{symbol} Inc."}


QUOTES = [
    *(quote(7 * n, 91.0 + n % 13 / 4, 1000 + 10 * n) for n in range(200)),
    *(quote(11 * n, 42_000.25 - n, 5 + n, "BTC-USD") for n in range(100)),
]


class Place:
    """A lakehouse with a stream of quotes, a dashboard over it, and a port for its consumer."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(str(folder / "lake"), "simulated")
        self.lake.ensure([QUOTE_EVENTS])
        self.stream = EmbeddedStream(folder / "events.sqlite")
        self.stream.create()
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.data = Data(partial(Lakehouse, folder / "lake"))
        self.settings = DashboardSettings(live_port=self.port)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


Shows = Callable[..., Viewer]


@pytest.fixture
def shows(windows: Windows, place: Place) -> Iterator[Shows]:
    """Opens the page of the place in a state: shows("symbol=X", size=PHONE)."""
    with ExitStack() as held:
        address = held.enter_context(serving(place.data, place.settings, 0))

        def open_(query: str = "", **how: object) -> Viewer:
            viewer = held.enter_context(windows.opened(address, **how))
            viewer.page.goto(f"{address}/live?{query}")
            return viewer

        yield open_


def test_quotes_move_and_a_minute_that_has_passed_has_the_figures_of_gold(
    place: Place, shows: Shows
) -> None:
    put(place.stream, *QUOTES)
    with running(place.stream, place.lake, place.port):
        viewer = shows("watch=AAPL,BTC-USD&zone=utc")
        page = viewer.page
        connection, price = page.locator("#live-connection"), page.locator("span.price").first
        expect(connection).to_contain_text("connected")
        expect(price).to_have_text("92 USD")
        put(place.stream, quote(1400, 93.5, 3100), quote(1396, 95.25, 3050))
        expect(price).to_have_text("93.5 USD")
        expect(page.locator("#live-quotes tr", has_text="AAPL")).to_contain_text("▲ +3.5 (+3.89%)")
        expect(connection).not_to_contain_text("being read")
        expect(page.locator("#live-legend .when")).to_have_text("2024-12-16 01:23")
        page.get_by_role("link", name="BTC-USD").click()
        expect(page.locator("#live-title")).to_have_text("Candles of BTC-USD")
        assert "symbol=BTC-USD" in viewer.query
        page.keyboard.press("ArrowLeft")
        expect(page.locator("#live-title")).to_have_text("Candles of AAPL")
        viewer.assert_usable()
        shown = shows("watch=AAPL&symbol=AAPL&scale=60&zone=utc", size=PHONE, scheme="dark")
        legend = shown.page.locator("#live-legend")
        expect(legend).to_contain_text("2024-12-16 01:00")
        said = legend.inner_text()
        shown.assert_usable()
    keys = sorted(place.lake.marks(QUOTE_EVENTS))
    for name in ("silver/quotes", "gold/quote_bars"):
        place.lake.ensure([JOBS[name].writes])
        run(JOBS[name], place.lake, one_sail.engine(), keys)
    with place.lake.sql([QUOTE_BARS]) as connection:
        [bar] = connection.execute(
            "select open, high, low, close, round(mean, 4), round(vwap, 4), volume, quotes "
            "from quote_bars where symbol = 'AAPL' and scale_minutes = 60"
        ).fetchall()
    figures = re.findall(r"(?:O|H|L|C|mean|VWAP|volume|quotes)\s+([\d.,]+)", said)
    assert [float(one.replace(",", "")) for one in figures] == [*bar]


def test_an_alert_is_seen_as_soon_as_it_is_kept(place: Place, shows: Shows) -> None:
    put(place.stream, *QUOTES)
    with running(place.stream, place.lake, place.port):
        viewer = shows("watch=AAPL,BTC-USD&symbol=AAPL&zone=utc")
        page = viewer.page
        alerts = page.locator("#live-alerts")
        expect(alerts).to_contain_text("There is none.")
        ended = START + timedelta(minutes=3)
        told = {"symbol": "BTC-USD", "rule": "falls", "window_end": ended, "decided_at": ended}
        message = "BTC-USD fell by 1.20 % from the open 42000.25 to 41496"
        place.lake.ensure([ALERTS])
        place.lake.merge(ALERTS, rows(ALERTS, told | {"message": message}))
        item = alerts.get_by_role("listitem")
        expect(item).to_contain_text(f"12-16 01:03 {message} falls")
        viewer.assert_usable()
        item.get_by_role("link", name="BTC-USD").click()
        expect(page.locator("#live-title")).to_have_text("Candles of BTC-USD")


def test_what_is_shown_is_downloaded(place: Place, shows: Shows) -> None:
    put(place.stream, *QUOTES)
    ended = START + timedelta(minutes=3)
    place.lake.ensure([ALERTS])
    place.lake.merge(ALERTS, rows(ALERTS, {"window_end": ended, "message": "it fell"}))
    with running(place.stream, place.lake, place.port):
        viewer = shows("watch=AAPL,BTC-USD&symbol=AAPL&scale=5&zone=utc")
        page = viewer.page
        expect(page.locator("#live-legend .when")).to_have_text("2024-12-16 01:20")
        expect(page.locator("#live-alerts")).to_contain_text("it fell")

        def downloaded(name: str) -> list[dict[str, str]]:
            href = page.get_by_role("link", name=f"{name} as CSV").get_attribute("href")
            with urlopen(f"{viewer.address}{href}", timeout=60) as answer:
                return [*csv.DictReader(answer.read().decode().splitlines())]

        quotes, bars, [alert] = map(downloaded, ("quotes", "bars", "alerts"))
        said = page.locator("#live-legend").inner_text()
    assert [(row["symbol"], row["price"]) for row in quotes] == [
        ("AAPL", "92"),
        ("BTC-USD", "41901.25"),
    ]
    starts = [START + timedelta(minutes=minute) for minute in range(0, 25, 5)]
    assert [datetime.fromisoformat(row["bar_start"]) for row in bars] == starts
    figures = re.findall(r"(?:O|H|L|C)\s+([\d.,]+)", said)
    assert [float(bars[-1][name]) for name in ("open", "high", "low", "close")] == [
        *map(float, figures)
    ]
    assert (datetime.fromisoformat(alert["window_end"]), alert["message"]) == (ended, "it fell")


def test_a_download_without_a_consumer_says_what_to_run(place: Place) -> None:
    with serving(place.data, place.settings, 0) as address:
        with pytest.raises(HTTPError) as refused:
            urlopen(f"{address}/download/live/quotes.csv", timeout=60)
        assert refused.value.code == 404
        assert "indextracker stream run" in refused.value.read().decode()


def test_a_consumer_that_stops_is_told_and_found_again(place: Place, shows: Shows) -> None:
    viewer = shows("zone=utc")
    page = viewer.page
    connection, missing = page.locator("#live-connection"), page.locator("#live-missing")
    expect(connection).to_contain_text("consumer not running")
    expect(missing).to_contain_text("indextracker stream run")
    viewer.assert_usable()
    with running(place.stream, place.lake, place.port):
        expect(connection).to_contain_text("connected")
        expect(missing).to_contain_text("There are no quotes yet")
        expect(missing).to_contain_text("indextracker stream quotes")
        put(place.stream, *QUOTES)
        expect(page.locator("span.price")).to_have_count(2)
    expect(connection).to_contain_text("consumer not running")
    put(place.stream, quote(2000, 99.75, 9000))
    with running(place.stream, place.lake, place.port):
        expect(connection).to_contain_text("connected")
        expect(page.locator("#live-quotes tr", has_text="AAPL")).to_contain_text("99.75")


def test_a_consumer_of_another_lakehouse_is_not_shown_as_this_one(
    place: Place, shows: Shows, tmp_path: Path
) -> None:
    other = Lake(str(tmp_path / "other"), "simulated")
    put(place.stream, *QUOTES)
    with running(place.stream, other, place.port):
        page = shows().page
        expect(page.locator("#live-connection")).to_contain_text("of another lakehouse")
        expect(page.locator("span.price")).to_have_count(0)


def test_fifty_windows_are_told_the_same_and_pages_go_on(place: Place) -> None:
    put(place.stream, *QUOTES)
    with (
        running(place.stream, place.lake, place.port),
        serving(place.data, place.settings, 0) as address,
        ExitStack() as held,
    ):
        windows = [
            held.enter_context(closing(Browser(address, relay.EVENTS, symbol="AAPL", scale="5")))
            for _ in range(50)
        ]
        ends = [
            one.until(lambda seen: len(seen["bars"]) == 5 and len(seen["quotes"]) == 2)
            for one in windows
        ]
        assert all(one["bars"] == ends[0]["bars"] for one in ends)
        with urlopen(f"{address}/live", timeout=60) as answer:
            assert answer.status == 200


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dashboard that is made from now on tells one window alone."""
    monkeypatch.setattr(relay, "MOST_BROWSERS", 1)


def test_windows_beyond_the_limit_are_told_so(few: None, place: Place, shows: Shows) -> None:
    put(place.stream, *QUOTES)
    with running(place.stream, place.lake, place.port):
        expect(shows().page.locator("#live-connection")).to_contain_text("connected")
        second = shows().page.locator("#live-connection")
        expect(second).to_contain_text("windows show this page already")
