"""The query of Spark, as far as it needs no Spark: what hinders it before it begins."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from threading import Event, Thread

import pytest
from support.waiting import eventually

from indextracker.lake import Lake
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.spark import query
from indextracker.streams.spark.query import SparkConsumer
from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.markets import EVENTS


def test_a_lake_that_cannot_be_read_is_borne_and_told(
    lake: Lake, stream: EmbeddedStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "YIELD_SECONDS", 0.05)
    began, stop = Event(), Event()
    monkeypatch.setattr(SparkConsumer, "_query", lambda *_: (began.set(), stop.wait()))
    consumer = SparkConsumer(lambda _: nullcontext(), stream, lake, EVENTS)  # type: ignore[arg-type,return-value]
    # Half a commit, as of a store that lost the rest.
    commit = Path(lake.path(QUOTE_EVENTS), "_delta_log", f"{1:020}.json")
    commit.write_text('{"add":', encoding="utf-8")
    thread = Thread(target=consumer.run, args=(stop,))
    thread.start()
    try:
        eventually(lambda: "bronze/quote_events cannot be read" in consumer.state)
        assert "it is tried again" in consumer.state
        assert not began.is_set()
        commit.unlink()
        eventually(began.is_set)
    finally:
        stop.set()
        thread.join()
