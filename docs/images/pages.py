"""Takes the pictures of the dashboard's pages: `make screenshot`, after `make run`.

Serves the lakehouse that the settings name, opens each page in Chromium without a window, on a
desktop and on a phone at night, and saves what it shows beside this file. The page Live is that of
a consumer, in a lake of its own, of a session that is replayed. Those of price files and strategies
are of simulated companies, likewise; that of forecasts of sixty sessions, and that across markets
of a year.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal

import correlated
import forecasted
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from indextracker import Lakehouse, settings
from indextracker.lake import Lake
from indextracker.live.view import View
from indextracker.metrics import Metrics
from indextracker.settings.dashboard import DashboardSettings
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.producing.replaying import Wish, replay
from indextracker.streams.putting import Putter
from indextracker_catalogue import SUBJECTS
from indextracker_cli import living
from indextracker_dashboard import children
from indextracker_dashboard.analytics.across import ACROSS
from indextracker_dashboard.analytics.forecasts import FORECASTS
from indextracker_dashboard.candles.page import CANDLES
from indextracker_dashboard.data import Data
from indextracker_dashboard.files.compared import CompareState
from indextracker_dashboard.files.comparing import COMPARE
from indextracker_dashboard.files.page import PAGE as FILES
from indextracker_dashboard.files.strategies import STRATEGIES
from indextracker_dashboard.live import LIVE
from indextracker_dashboard.live.state import LiveState
from indextracker_dashboard.pages.sql import EXAMPLES
from indextracker_dashboard.serving import serving
from indextracker_dashboard.sql_state import SqlState
from indextracker_dashboard.state import query_of
from indextracker_simulator.files.writing import write
from indextracker_spark.events.markets import EVENTS

FOLDER = Path(__file__).parent
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
TALL: ViewportSize = {"width": 1280, "height": 1880}
PHONE: ViewportSize = {"width": 390, "height": 844}
PATIENCE_MS = 120_000
ASKED = SqlState(sql=EXAMPLES[0][1], values=EXAMPLES[0][2], find="index_sessions")
REPLAYED = date(2024, 12, 16)
COMPANY_BYTES = 4 * 10**6
SEEN = query_of(LiveState(symbol="TX 202412", scale="5", zone="utc"))
# Files of prices that ask which of day and month comes first, and others that are run over.
MINE, COMPANIES = "mine", "companies"
UNDECIDED = "Date;Open;High;Low;Close;Volume\n" + "".join(
    f"0{n % 9 + 1}/0{n % 7 + 1}/2020;{10 + n},50;{11 + n},25;{9 + n},75;{10 + n},00;{1000 + n}\n"
    for n in range(9)
)
RUN = ("strategy", "run", "crossover", f"--on={COMPANIES}", "--from=2010-01-01", "--to-layer=gold")
# By the name of their pictures: the page, the size of the screen, and whether it is light.
SHOWN: dict[str, tuple[str, ViewportSize, Literal["light", "dark"]]] = {
    "page-today": ("/today", DESKTOP, "light"),
    "page-today-phone": ("/today", PHONE, "dark"),
    "page-candles": ("/candles?sessions=2&over=TAIEX", DESKTOP, "light"),
    "page-candles-phone": ("/candles?sessions=1", PHONE, "dark"),
    "page-chain": ("/chain", TALL, "light"),
    "page-basis": ("/term-structure", TALL, "light"),
    "page-volatility": ("/volatility?span=6m", TALL, "light"),
    "page-lead-lag": ("/lead-lag?span=1m", TALL, "light"),
    "page-across-markets": (ACROSS.path, TALL, "light"),
    "page-forecasts": (FORECASTS.path, TALL, "light"),
    "page-flow": ("/flow", TALL, "light"),
    "page-smiles": ("/smiles", TALL, "light"),
    "page-sql": (f"/sql?{query_of(ASKED)}", DESKTOP, "light"),
    "page-truth": ("/truth?count=15", DESKTOP, "light"),
    "page-truth-figures": ("/truth?view=figures", DESKTOP, "light"),
    "page-market-day": ("/india", DESKTOP, "light"),
    "page-market-day-phone": ("/india", PHONE, "dark"),
    "page-files": (f"{FILES.path}?collection={MINE}", TALL, "light"),
    "page-strategies": (f"{STRATEGIES.path}?strategy=crossover&on={COMPANIES}", DESKTOP, "light"),
    "page-compare": (COMPARE.path, TALL, "light"),
    "page-live": (f"{LIVE.path}?{SEEN}", DESKTOP, "light"),
    "page-live-phone": (f"{LIVE.path}?{SEEN}", PHONE, "dark"),
}
# Pages of what five sessions are too few for have lakes of their own.
DRAWN_LAKES = {FORECASTS.path: forecasted.fill, ACROSS.path: correlated.fill}
DRAWN = """
() => [...document.querySelectorAll('.dash-graph')].every(one => one.querySelector('.main-svg'))
"""


def take(browser: Browser, address: str, picture: str, query: str = "") -> None:
    """Saves the picture of a page: what is seen of it without scrolling."""
    path, size, scheme = SHOWN[picture]
    page = browser.new_page(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{address}{path}{query}")
    page.locator("#body > *").first.wait_for(state="attached")
    if path.startswith(LIVE.path):
        # It never ceases to be told something.
        page.locator("#live-legend .when").wait_for()
        page.get_by_text("being read").wait_for(state="detached")
        page.wait_for_timeout(1_000)
    else:
        page.wait_for_load_state("networkidle")
        page.wait_for_function(DRAWN)
    if path.startswith(CANDLES.path):
        page.locator("#candles-legend .when").wait_for()
        page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{picture}.png")
    page.close()


@contextmanager
def consuming(source: Lake, folder: Path) -> Iterator[tuple[Data, DashboardSettings]]:
    """A consumer of a replayed session, in a lake of its own; yields that, and where it is told."""
    lake, stop = Lake(str(folder / "lake"), source.world), threading.Event()
    stream = EmbeddedStream(folder / "events.sqlite")
    stream.create()
    with Putter(stream) as putter:
        for batch in replay(source, SUBJECTS["taiwan"], REPLAYED, Wish()):
            for symbol, event in batch:
                putter.put(symbol, event)
    view = View(lake)
    consumer = Consumer(stream, lake, EVENTS, [view.heard])
    thread = threading.Thread(target=consumer.run, args=(stop,))
    with living.shown(view, consumer, Metrics(), 0) as address:
        thread.start()
        port = int(address.rpartition(":")[2])
        yield Data(partial(Lakehouse, lake.root)), DashboardSettings(live_port=port)
        stop.set()
        thread.join()


def ran(folder: Path) -> tuple[Data, str]:
    """Price files and runs over them in a lake of its own; and what compares all of these runs."""
    lake = folder / "lake"
    mine, companies = folder / "uploads" / MINE, folder / "uploads" / COMPANIES
    mine.mkdir(parents=True)
    (mine / "ABC.csv").write_text(UNDECIDED, encoding="utf-8")
    for _ in write(companies, seed=1, size=3 * COMPANY_BYTES, file_size=COMPANY_BYTES):
        pass
    for command in (
        ("files", "detect", str(mine)),
        ("files", "detect", str(companies)),
        ("files", "confirm", str(companies), "--yes"),
        ("files", "load", str(companies), "--collection", COMPANIES, "--no-checks"),
        RUN,
        (*RUN, "--set=fast=50", "--set=slow=200"),
    ):
        environment = settings.of_child(lake=str(lake))
        subprocess.run([children.COMMAND, *command], env=environment, check=True)
    runs = Lakehouse(lake).sql("select run_id from gold.strategy_runs order by run_id").arrow()
    compared = CompareState(runs=tuple(runs["run_id"].to_pylist()))
    return Data(partial(Lakehouse, lake)), f"?{query_of(compared)}"


def main() -> None:
    """Takes all pictures, or those that are named."""
    chromium = shutil.which("chromium")
    if chromium is None:
        raise SystemExit("there is no chromium: make chromium installs it")
    wanted = sys.argv[1:] or list(SHOWN)
    live, of_files = (
        [one for one in wanted if SHOWN[one][0].startswith(paths)]
        for paths in ((LIVE.path,), (FILES.path, STRATEGIES.path, COMPARE.path))
    )
    drawn = {one: DRAWN_LAKES[path] for one in wanted if (path := SHOWN[one][0]) in DRAWN_LAKES}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        if others := [one for one in wanted if one not in (*live, *of_files, *drawn)]:
            Lakehouse()  # without one there is nothing to be seen
            with serving(Data(), DashboardSettings(), 0) as address:
                for picture in others:
                    take(browser, address, picture)
        if live:
            source = Lake(settings.load().lake.address, settings.load().world)
            with (
                tempfile.TemporaryDirectory() as folder,
                consuming(source, Path(folder)) as (data, at),
                serving(data, at, 0) as address,
            ):
                for picture in live:
                    take(browser, address, picture)
        for picture, fill in drawn.items():
            with tempfile.TemporaryDirectory() as folder:
                data = Data(partial(Lakehouse, fill(Path(folder))))
                with serving(data, DashboardSettings(), 0) as address:
                    take(browser, address, picture)
        if of_files:
            with tempfile.TemporaryDirectory() as folder:
                data, runs = ran(Path(folder))
                with serving(data, DashboardSettings(), 0) as address:
                    for picture in of_files:
                        query = runs if SHOWN[picture][0] == COMPARE.path else ""
                        take(browser, address, picture, query)
        browser.close()


if __name__ == "__main__":
    main()
