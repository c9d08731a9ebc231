"""Alerts of a lake in a store: each is decided once and sent, though the command is killed."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

from s3.bucket_homes import BucketHome
from support import hooks
from support.faulty import between
from support.stores import Store
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue import markets as m

RULES = """
to = ["webhook"]

[[rules]]
name = "jumps"
kind = "moves"
symbols = ["*"]
percent = 5
against = "open"
"""


def test_an_alert_is_decided_once_and_sent_whatever_kills_or_hinders(
    new_home: Callable[..., BucketHome], store: Store, prefix: str, tmp_path: Path
) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES, encoding="utf-8")
    stream = EmbeddedStream(tmp_path / "streams" / "markets.sqlite")
    stream.create()
    lake = Lake(prefix, "simulated")

    def put(*symbols: str) -> None:
        """A first price of each symbol, and one that is alerted on."""
        for second, price in enumerate((100, 110)):
            of = {"price": price, "time": f"2024-12-16T01:00:0{second}Z", "source": "yahoo"}
            lines = [json.dumps(of | {"symbol": symbol}).encode() for symbol in symbols]
            stream.put([Record("key", line) for line in lines])

    def sent() -> list[bool]:
        return [row["sent_at"] is not None for row in lake.rows(m.ALERTS).to_table().to_pylist()]

    with between(store.address) as way, hooks.listening() as hook:
        home = new_home("alerting", prefix, way=way.address)
        settings = {
            "INDEXTRACKER_STREAM": str(tmp_path / "streams"),
            "INDEXTRACKER_ALERT_RULES": str(rules),
            "INDEXTRACKER_ALERT_WEBHOOK": hook.address,
        }
        # The first commit says how far there is nothing to tell, the second one has alerts.
        dying = settings | {"INDEXTRACKER_FAILPOINT": "alerts-kept:2"}
        with home.start("stream", "run", "markets", **dying) as killed:
            eventually(lambda: lake.exists(m.ALERTS) and lake.open(m.ALERTS).version() > 0)
            put("A", "B")
            killed.wait()
        assert killed.returncode == -signal.SIGKILL
        assert sent()
        assert not any(sent())
        assert hook.got == []
        with home.start("stream", "run", "markets", **settings) as running:
            eventually(lambda: all(sent()))
            way.plan = lambda method, path, number: "503" if number % 5 == 1 else None
            put("C")
            eventually(lambda: len(sent()) > 2 and all(sent()))
            way.plan = lambda *_: None
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate()
    assert running.returncode == 0, told
    decided = lake.rows(m.ALERTS).to_table(["symbol", "alert_id"]).to_pylist()
    assert sorted(row["symbol"] for row in decided) == ["A", "B", "C"]
    assert sorted(alert["alert_id"] for alert in hook.got) == sorted(
        row["alert_id"] for row in decided
    )
