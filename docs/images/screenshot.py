"""Takes the picture of the asset graph: `make screenshot`, after `make run`, with Chromium there.

Starts Dagster's UI on the default instance, opens the lineage page without a window, and saves
what it shows beside this file. The whole graph is too large to be read in a picture, so it shows
one way through all layers: that of the options, from two documents to the marts.
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

PICTURE = Path(__file__).with_name("asset-graph.png")
UI_STARTS_WITHIN_SECONDS = 120
SHOWN = (
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
)
# As large as the page needs to draw these with their details, then shrunk.
SIZE, SCALE = "3400,2000", "0.55"
# Draws until the page has been quiet for so much of its own time.
DRAWING_MS = 30_000


def main() -> None:
    """Starts the UI, takes the picture, ends the UI."""
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
            _take(chromium, f"{address}{page()}")
        finally:
            ui.terminate()
    sys.stdout.write(f"{PICTURE}\n")


def page() -> str:
    """The lineage page of SHOWN, with all of its groups open."""
    selection = " or ".join(f'key:"{key}"' for key in SHOWN)
    layers = dict.fromkeys(key.partition("/")[0] for key in SHOWN)
    opened = ",".join(f"global@global:taiwan_{layer}" for layer in layers)
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


def _take(chromium: str, address: str) -> None:
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
                f"--window-size={SIZE}",
                f"--force-device-scale-factor={SCALE}",
                f"--virtual-time-budget={DRAWING_MS}",
                f"--screenshot={PICTURE}",
                address,
            ],
            check=True,
            capture_output=True,
        )


if __name__ == "__main__":
    main()
