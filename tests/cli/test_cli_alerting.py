"""`indextracker alerts`, and alerts beside `indextracker stream run`."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import hooks
from support.good_rows import SESSION, put, rows
from support.homes import Home
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker_catalogue import markets as m
from indextracker_catalogue import taiwan as t

RULES = """
to = ["webhook"]

[[rules]]
name = "jumps"
kind = "moves"
symbols = ["TX*"]
percent = 1
against = "open"

[[rules]]
name = "close"
kind = "moves"
symbols = ["TX*"]
percent = 1
against = "previous_close"
to = []
"""
TRY = ("alerts", "test", "taiwan", SESSION.isoformat(), "--rules")


@pytest.fixture
def rules(tmp_path: Path) -> str:
    file = tmp_path / "alerts.toml"
    file.write_text(RULES, encoding="utf-8")
    return str(file)


def test_rules_are_tried_on_a_stored_session_and_nobody_is_told(empty: Home, rules: str) -> None:
    opened = datetime(2024, 12, 16, 1, tzinfo=UTC)
    trades = [
        {"line": n, "traded_at": opened + timedelta(seconds=n), "price": 23_000.0 + 10 * n}
        for n in range(60)
    ]
    lake = Lake(str(empty.lake), "simulated")
    put(lake, t.FUTURES_TRADES, rows(t.FUTURES_TRADES, *trades))
    done = empty.run(*TRY, rules, "--json")
    assert done.returncode == 0, done.stderr
    [alert] = json.loads(done.stdout)
    assert (alert["rule"], alert["window_end"]) == ("jumps", "2024-12-16T01:00:23+00:00")
    assert (alert["price"], alert["reference_price"]) == (23_230.0, 23_000.0)
    assert done.stderr.splitlines()[-2:] == [
        "close: some of these prints do not tell their previous close",
        "1 alert on 60 events, sent to nobody",
    ]
    shown = empty.run(*TRY, rules)
    assert alert["message"] in shown.stdout
    assert not lake.exists(m.ALERTS)


def test_a_file_of_rules_is_checked(empty: Home, rules: str, tmp_path: Path) -> None:
    done = empty.run("alerts", "check", INDEXTRACKER_ALERT_RULES=rules)
    assert done.stdout.splitlines() == [
        "jumps: moves of TX*, told to webhook",
        "close: moves of TX*, told to nobody",
    ]
    file = tmp_path / "wrong.toml"
    file.write_text(RULES.replace("percent = 1", "percent = 0"), encoding="utf-8")
    wrong = empty.run("alerts", "check", "--rules", str(file))
    assert wrong.returncode == 1
    assert "rule 1 (jumps), percent: " in wrong.stderr
    assert "rule 2 (close), percent: " in wrong.stderr
    none = empty.run("alerts", "check")
    assert none.returncode == 1
    assert "--rules FILE, or INDEXTRACKER_ALERT_RULES" in none.stderr


def test_a_consumer_alerts_beside_its_stream(empty: Home, rules: str, tmp_path: Path) -> None:
    stream = EmbeddedStream(tmp_path / "streams" / "markets.sqlite")
    stream.create()
    lake = Lake(str(empty.lake), "simulated")

    def quote(second: int, price: int) -> None:
        at = f"2024-12-16T01:00:{second:02}Z"
        event = {"symbol": "TX 1", "price": price, "time": at, "source": "yahoo"}
        stream.put([Record("TX 1", json.dumps(event).encode())])

    with hooks.listening() as hook:
        settings = {
            "INDEXTRACKER_STREAM": str(tmp_path / "streams"),
            "INDEXTRACKER_ALERT_RULES": rules,
            "INDEXTRACKER_ALERT_WEBHOOK": f"{hook.address}/secret",
        }
        with empty.start("stream", "run", **settings) as running:
            # From its first commit on, which says how far there is nothing to tell.
            eventually(lambda: lake.exists(m.ALERTS) and lake.open(m.ALERTS).version() > 0)
            quote(0, 100)
            quote(1, 102)
            eventually(lambda: bool(hook.got))
            eventually(lambda: all(lake.rows(m.ALERTS).to_table()["sent_at"].to_pylist()))
            running.send_signal(signal.SIGTERM)
            _, told = running.communicate()
    assert running.returncode == 0, told
    assert [alert["message"] for alert in hook.got] == [
        "TX 1 rose by 2.00 % from the open 100 to 102"
    ]
    assert "secret" not in told
