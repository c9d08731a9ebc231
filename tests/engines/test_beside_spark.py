"""The live view and alerts beside the consumer on Spark, which tells nobody of its commits."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engines.engine_process import EngineProcess
from support import hooks
from support.live import Browser, put
from support.waiting import eventually

from indextracker.alerts.deciding import COLUMNS, Decider, events_of
from indextracker.alerts.rules import read
from indextracker.building.jobs import JOBS, run
from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker_catalogue import markets as m

START = datetime(2024, 12, 16, 1, 0, 5, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIGURES = "open, high, low, close, mean, vwap, volume, quotes"
RULES = """
to = ["webhook"]

[[rules]]
name = "jumps"
kind = "moves"
symbols = ["A"]
percent = 5
against = "rolling"
rolling_minutes = 1
cooldown_minutes = 3

[[rules]]
name = "silence"
kind = "stale"
symbols = ["B"]
silent_seconds = 2
"""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


@pytest.fixture
def stream(tmp_path: Path) -> EmbeddedStream:
    stream = EmbeddedStream(tmp_path / "markets.sqlite")
    stream.create()
    return stream


def quote(second: int, price: float, volume: int, symbol: str = "A") -> dict[str, object]:
    at = (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z")
    return {"symbol": symbol, "source": "yahoo", "time": at, "price": price, "day_volume": volume}


def test_an_alert_is_decided_and_sent_once_and_minutes_are_those_of_gold(
    jvm: EngineProcess, lake: Lake, stream: EmbeddedStream, tmp_path: Path
) -> None:
    rules = tmp_path / "alerts.toml"
    rules.write_text(RULES, encoding="utf-8")
    # A price each ten seconds for five minutes; it rises after one and falls after four.
    first = [quote(10 * n, 100.3 + n / 7 + 10 * (n >= 6), 1000 + 37 * n) for n in range(24)]
    second = [quote(10 * n, 113.7 - n, 5000 + n) for n in range(24, 30)]
    with hooks.listening() as hook:
        beside = {"alert_rules": str(rules), "alert_webhook": hook.address}
        with jvm.consuming("markets", stream, lake, beside) as address:
            # From its first commit on, which says how far there is nothing to tell.
            eventually(lambda: lake.exists(m.ALERTS) and lake.open(m.ALERTS).version() > 0)
            with closing(Browser(address, symbol="A")) as browser:
                put(stream, quote(0, 1.5, 1, "B"), *first)
                browser.until(lambda seen: len(seen["bars"]) == 4 and len(seen["alerts"]) == 2)
                eventually(lambda: all(sent_at(lake)))
        with (
            jvm.consuming("markets", stream, lake, beside) as address,
            closing(Browser(address, symbol="A")) as browser,
        ):
            # Some late and some again.
            put(stream, *second, quote(65, 90.1, 1300), *first[:3])
            seen = browser.until(
                lambda seen: (
                    len(seen["bars"]) == 5
                    and len(seen["alerts"]) == 3
                    and not seen["status"]["reading"]
                )
            )
            eventually(lambda: all(sent_at(lake)))
    decider = Decider([rule for rule in read(rules).rules if rule.name == "jumps"])
    events = lake.rows(m.QUOTE_EVENTS).to_table([*COLUMNS]).sort_by("arrived_at")
    due = [alert.alert_id for alert in decider.decide(events_of(events, decider.watches))]
    decided = lake.rows(m.ALERTS).to_table(["alert_id", "rule"]).to_pylist()
    assert {one["alert_id"] for one in decided if one["rule"] == "jumps"} == {*due}
    assert [one["rule"] for one in decided].count("silence") == 1
    assert sorted(one["alert_id"] for one in hook.got) == sorted(one["alert_id"] for one in decided)
    assert seen["bars"] == gold(jvm, lake, "A")


def sent_at(lake: Lake) -> list[object]:
    return lake.rows(m.ALERTS).to_table(["sent_at"])["sent_at"].to_pylist()


def gold(jvm: EngineProcess, lake: Lake, symbol: str) -> dict[float, list[object]]:
    """The bars of a minute that the jobs make of what is in the table, by their start."""
    keys = sorted(lake.marks(m.QUOTE_EVENTS))
    for name in ("silver/quotes", "gold/quote_bars"):
        lake.ensure([JOBS[name].writes])
        run(JOBS[name], lake, jvm, keys, earlier=keys)
    with lake.sql([m.QUOTE_BARS]) as connection:
        rows = connection.execute(
            f"select bar_start, {FIGURES} from {m.QUOTE_BARS.name} "
            "where symbol = ? and scale_minutes = 1",
            [symbol],
        ).fetchall()
    # By way of JSON, as browsers get them.
    return {
        (start - EPOCH).total_seconds(): json.loads(json.dumps(figures)) for start, *figures in rows
    }
