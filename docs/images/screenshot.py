"""Takes the pictures of the asset graph: `make screenshot`, after `make run`, with Chromium there.

Starts Dagster's UI on the default instance, opens the lineage page without a window, and saves
what it shows beside this file. The whole graph is too large to be read in a picture, so there is
one for each subject, of one way through all layers, from documents to the marts.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import requests

FOLDER = Path(__file__).parent
UI_STARTS_WITHIN_SECONDS = 120
# By subject: its picture, how high a page it needs, and the assets in it.
SHOWN = {
    "taiwan": (
        "asset-graph.png",
        2000,
        (
            "bronze/taifex_options",
            "bronze/taifex_daily_options",
            "silver/option_trades",
            "silver/daily_report",
            "silver/contracts",
            "gold/option_bars",
            "gold/option_sessions",
            "gold/reconciliation",
            "raw/raw_option_bars",
            "staging/stg_option_bars",
            "intermediate/int_contracts",
            "intermediate/int_derivative_history",
            "marts/derivative_detail",
            "marts/derivative_detail_history",
        ),
    ),
    "india": (
        "asset-graph-india.png",
        2700,
        (
            "bronze/nse_udiff_bhavcopy",
            "bronze/nse_full_bhavcopy",
            "bronze/nse_corporate_actions",
            "bronze/nse_market_caps",
            "silver/equities_daily",
            "silver/corporate_actions",
            "silver/market_caps",
            "silver/instruments",
            "gold/equities_adjusted",
            "gold/equity_returns",
            "gold/equity_breadth",
            "raw/raw_equities_daily",
            "intermediate/int_nse_eod",
            "marts/nse_eod",
        ),
    ),
    "news": (
        "asset-graph-news.png",
        2700,
        (
            "bronze/alphavantage_news",
            "bronze/nse_announcements",
            "silver/news_articles",
            "silver/news_tickers",
            "silver/news_topics",
            "silver/announcements",
            "silver/news_instruments",
            "raw/raw_news_articles",
            "raw/raw_news_tickers",
            "intermediate/int_news_ticker",
            "marts/fct_news_ticker",
        ),
    ),
}
# As large as the page needs to draw these with their details, then shrunk.
WIDTH, SCALE = 3400, "0.55"
# Draws until the page has been quiet for so much of its own time.
DRAWING_MS = 30_000


def main() -> None:
    """Starts the UI, takes the pictures, ends the UI."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is needed: install the package chromium of your system")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "indextracker"), "ui", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as ui:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/server_info", ui)
            for subject, (picture, height, _) in SHOWN.items():
                _take(chromium, f"{address}{page(subject)}", height, FOLDER / picture)
                sys.stdout.write(f"{FOLDER / picture}\n")
        finally:
            ui.terminate()


def page(subject: str) -> str:
    """The lineage page of a subject's assets in SHOWN, with all of their groups open."""
    _, _, shown = SHOWN[subject]
    selection = " or ".join(f'key:"{key}"' for key in shown)
    layers = dict.fromkeys(key.partition("/")[0] for key in shown)
    opened = ",".join(f"global@global:{subject}_{layer}" for layer in layers)
    return f"/asset-groups~{quote(selection, safe='')}/?expanded={quote(opened)}"


def _wait_for(address: str, ui: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + UI_STARTS_WITHIN_SECONDS
    while time.monotonic() < deadline and ui.poll() is None:
        try:
            if requests.get(address, timeout=5).ok:
                return
        except requests.ConnectionError:
            time.sleep(1)
    sys.exit("Dagster's UI did not start: run `indextracker ui` to see why")


def _take(chromium: str, address: str, height: int, picture: Path) -> None:
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [
                chromium,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
                f"--user-data-dir={profile}",
                f"--window-size={WIDTH},{height}",
                f"--force-device-scale-factor={SCALE}",
                f"--virtual-time-budget={DRAWING_MS}",
                f"--screenshot={picture}",
                address,
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
