"""Whoever decides and sends alerts is killed at random moments: alerts decided = due, each once.

How many kills there are is set by INDEXTRACKER_STREAM_KILLS; `make soak-stream` sets many.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from support.waiting import eventually

from indextracker.alerts.deciding import COLUMNS, Decider, events_of
from indextracker.alerts.rules import Moves, Rules, Volume
from indextracker.alerts.sending import Row
from indextracker.alerts.watching import Watcher
from indextracker.lake import Lake
from indextracker.lake.upkeep import compact
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
from indextracker.streams.running import consume
from indextracker_catalogue.markets import ALERTS, QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS

KILLS = int(os.environ.get("INDEXTRACKER_STREAM_KILLS", "20")) // 2
SEED = 20241216
# Long enough to have begun its work, and short enough to be in the middle of it.
LONGEST_LIFE_SECONDS = 0.6
# Trades of each symbol between two kills, ten seconds of the market apart.
TRADES = 40
SYMBOLS = ("A", "B", "C")
START = datetime(2024, 12, 16, 1, tzinfo=UTC)
RULES = Rules.model_construct(
    rules=(
        Moves(
            name="moves",
            symbols=("*",),
            percent=2,
            against="rolling",
            rolling_minutes=5,
            cooldown_minutes=3,
        ),
        Volume(name="busy", symbols=("A", "B"), times=2, mean_minutes=5, cooldown_minutes=2),
    ),
    to=("desk",),
    mail=None,
)


class Desk:
    """A receiver that writes down what it is told, in a file that survives a kill."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def send(self, alert: Row) -> None:
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{alert['alert_id']}\n")


def watcher(lake: Lake, folder: Path) -> Watcher:
    return Watcher(
        lake, RULES, lambda _: Desk(folder / "desk"), lambda: None, lambda: datetime.now(UTC)
    )


def alerting(folder: Path, begun: Event) -> None:
    lake = Lake(str(folder / "lake"), "simulated")
    watching = watcher(lake, folder)
    consumer = Consumer(EmbeddedStream(folder / "events"), lake, EVENTS, [watching.wake])
    begun.set()
    consume(lake, [consumer], Event(), [watching.run])


def put(stream: EmbeddedStream, chance: random.Random, born: int) -> None:
    """Puts a random walk of each symbol, some trades twice."""
    records = []
    for symbol in SYMBOLS:
        for number in range(born * TRADES, (born + 1) * TRADES):
            event = {
                "symbol": symbol,
                "price": round(100 * chance.uniform(0.985, 1.015), 2),
                "time": f"{START + timedelta(seconds=10 * number):%Y-%m-%dT%H:%M:%SZ}",
                "source": "replay",
                "line": number,
                "size": chance.choice([1, 2, 20]),
            }
            records += [Record(symbol, json.dumps(event).encode())] * chance.choice([1, 1, 1, 2])
    assert stream.put(records) == []


@pytest.mark.slow
def test_alerts_are_decided_once_and_sent_to_everybody(tmp_path: Path) -> None:
    stream, chance = EmbeddedStream(tmp_path / "events"), random.Random(SEED)
    stream.create(2)
    lake = Lake(str(tmp_path / "lake"), "simulated")
    watcher(lake, tmp_path).step()
    # Forked from a process that has loaded everything: started anew, each takes two seconds.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    for kill in range(KILLS):
        begun = context.Event()
        process = context.Process(target=alerting, args=(tmp_path, begun), daemon=True)
        process.start()
        while not begun.wait(1):
            assert process.is_alive(), "it ended by itself"
        put(stream, chance, kill)
        if kill % 4 == 1:
            compact(lake, QUOTE_EVENTS)
        time.sleep(chance.uniform(0, LONGEST_LIFE_SECONDS))
        assert process.is_alive(), "it ended by itself"
        process.kill()
        process.join()
    consumer = Consumer(stream, lake, EVENTS)
    while consumer.step().rows:
        pass
    last = watcher(lake, tmp_path)

    def done() -> bool:
        return not last.step() and not any(last.outbox.waiting.values())

    eventually(done)
    last.outbox.stop()
    last.step()
    rows = lake.rows(ALERTS).to_table().to_pylist()
    events = lake.rows(QUOTE_EVENTS).to_table([*COLUMNS])
    decider = Decider(RULES.rules)
    due = [alert.alert_id for alert in decider.decide(events_of(events, decider.watches))]
    assert len(due) > KILLS
    assert Counter(row["alert_id"] for row in rows) == Counter(due)
    assert all(row["sent_at"] for row in rows)
    received = Counter((tmp_path / "desk").read_text(encoding="utf-8").split())
    assert received.keys() == {*due}
