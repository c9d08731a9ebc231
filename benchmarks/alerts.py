"""Alerts: from the put of a quote to whoever is told, beside a thousand quotes a second.

`indextracker stream run` with a rule and a webhook, all on this machine: the stream in a file,
producer and receiver in this process.

    python benchmarks/alerts.py [--seconds 120]
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.compute as pc
from measuring import COMMAND, arguments, conclude, scratch, show

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.putting import Putter
from indextracker_catalogue.markets import ALERTS

RATE, TICKS_A_SECOND = 1_000, 20
RULES = """
to = ["webhook"]

[[rules]]
name = "jumps"
kind = "moves"
symbols = ["AL *"]
percent = 1
against = "open"
"""


def main() -> None:
    """Prints a table."""
    chosen = arguments(__doc__, seconds=120)
    latencies: list[float] = []
    with scratch() as folder, _receiver(latencies) as address:
        (folder / "alerts.toml").write_text(RULES, encoding="utf-8")
        EmbeddedStream(folder / "streams" / "markets.sqlite").create()
        with _consumer(folder, address) as consumer:
            _put(folder, chosen.seconds)
            deadline = time.monotonic() + 30
            while len(latencies) < chosen.seconds and time.monotonic() < deadline:
                time.sleep(0.1)
            consumer.send_signal(signal.SIGTERM)
    if len(latencies) != chosen.seconds:
        sys.exit(f"{len(latencies)} alerts came of {chosen.seconds}")
    p50, p95, most = pc.quantile(pa.array(latencies), [0.5, 0.95, 1]).to_pylist()
    show(
        f"{chosen.seconds} alerts, one a second, beside {RATE:,} quotes a second",
        ("p50 s", "p95 s", "longest s"),
        [(f"{p50:.2f}", f"{p95:.2f}", f"{most:.2f}")],
    )
    conclude("from the put of the quote to the answer of the receiver")


@contextmanager
def _receiver(latencies: list[float]) -> Iterator[str]:
    """The address of a webhook that notes how old the quote is of which it is told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            alert = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()
            put_at = datetime.fromisoformat(alert["window_end"])
            latencies.append((datetime.now(UTC) - put_at).total_seconds())

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def _consumer(folder: Path, webhook: str) -> Iterator[subprocess.Popen[bytes]]:
    """`indextracker stream run`, once it would alert somebody."""
    names = {
        "INDEXTRACKER_LAKE": str(folder / "lake"),
        "INDEXTRACKER_STREAM": str(folder / "streams"),
        "INDEXTRACKER_ALERT_RULES": str(folder / "alerts.toml"),
        "INDEXTRACKER_ALERT_WEBHOOK": webhook,
        "INDEXTRACKER_LIVE_PORT": "8961",
    }
    command = [str(COMMAND), "stream", "run", "markets"]
    with subprocess.Popen(command, env=os.environ | names, stderr=subprocess.DEVNULL) as process:
        lake = Lake(str(folder / "lake"), "simulated")
        while not lake.exists(ALERTS) or not lake.open(ALERTS).version():
            if process.poll() is not None:
                sys.exit("the consumer ended")
            time.sleep(0.2)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _put(folder: Path, seconds: int) -> None:
    """Opens at 100 for all that is watched, and once a second one of it at 102, among others."""
    began, turns = time.monotonic(), (seconds + 2) * TICKS_A_SECOND
    with Putter(EmbeddedStream(folder / "streams" / "markets.sqlite")) as putter:
        putter.put_all(_quote(f"AL {n}", 100) for n in range(seconds))
        for turn in range(turns):
            some = range(turn, turn + RATE // TICKS_A_SECOND)
            putter.put_all(_quote(f"TX {n % 300:03}", 22_000 + n % 100) for n in some)
            second, rest = divmod(turn, TICKS_A_SECOND)
            if rest == second % TICKS_A_SECOND and 0 <= second - 1 < seconds:
                putter.put_all([_quote(f"AL {second - 1}", 102)])
            time.sleep(max(0.0, began + (turn + 1) / TICKS_A_SECOND - time.monotonic()))


def _quote(symbol: str, price: int) -> tuple[str, bytes]:
    at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    event = {"symbol": symbol, "price": price, "time": at, "source": "yahoo"}
    return symbol, json.dumps(event).encode()


if __name__ == "__main__":
    main()
