"""Putting what a producer gives: held back to a rate, and stopped."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.producing import running
from indextracker.streams.producing.running import Batches, produce
from indextracker.streams.putting import Putter


@pytest.fixture
def putter(tmp_path: Path) -> Iterator[Putter]:
    stream = EmbeddedStream(tmp_path / "events.sqlite")
    stream.create()
    with Putter(stream) as putter:
        yield putter


def endless(stop: Event, after: int) -> Batches:
    """Batches of ten events without an end; a stop comes in the midst of them."""
    for n in range(10_000):
        if n == after:
            stop.set()
        yield [("symbol", str(n).encode())] * 10
    pytest.fail("it was not stopped")


def test_it_ends_when_it_is_told_to(putter: Putter) -> None:
    stop = Event()
    batches = endless(stop, after=3)
    produce(batches, putter, stop)
    putter.flush()
    assert putter.events == 30
    assert list(batches) == []


def test_a_producer_that_waits_can_be_stopped(putter: Putter) -> None:
    stop = Event()

    def waiting() -> Batches:
        yield []
        stop.set()
        yield []
        pytest.fail("it was not stopped")

    produce(waiting(), putter, stop, rate=10)


def test_no_more_than_the_rate_is_put(putter: Putter, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 50.0
    given: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(running.time, "sleep", sleep)
    monkeypatch.setattr(putter, "put_all", lambda events: given.extend(now for _ in events))
    produce(
        (batch for batch in [[("symbol", b"{}")] * 1000]),
        putter,
        Event(),
        rate=100,
        clock=lambda: now,
    )
    assert len(given) == 1000
    for second in range(10):
        assert sum(50 + second <= moment < 51 + second - 1e-6 for moment in given) <= 110
    assert 59.5 <= given[-1] <= 60.5


def test_what_was_not_used_in_a_pause_is_not_made_up_for(
    putter: Putter, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    given: list[float] = []

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    def batches() -> Batches:
        nonlocal now
        yield [("symbol", b"{}")]
        now += 3600
        yield [("symbol", b"{}")] * 400

    monkeypatch.setattr(running.time, "sleep", sleep)
    monkeypatch.setattr(putter, "put_all", lambda events: given.extend(now for _ in events))
    produce(batches(), putter, Event(), rate=100, clock=lambda: now)
    assert 3602.5 <= given[-1] <= 3603.5
