"""Putting events: aggregated, in order, repeated until kept, and never too many waiting."""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from indextracker.streams import putting
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record, Refused, StreamError
from indextracker.streams.putting import Putter


class Flaky(EmbeddedStream):
    """A stream that does to each request what it is told: fail, or refuse some records."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.plan: list[str | set[int]] = []
        self.requests = 0
        self.may_answer = threading.Event()
        self.may_answer.set()

    def put(self, records: Sequence[Record]) -> list[Refused]:
        self.may_answer.wait()
        self.requests += 1
        what = self.plan.pop(0) if self.plan else set()
        if isinstance(what, str):
            raise StreamError(what)
        super().put([record for n, record in enumerate(records) if n not in what])
        return [Refused(n, "ProvisionedThroughputExceededException") for n in what]


@pytest.fixture
def stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flaky:
    monkeypatch.setattr(putting, "_SHORTEST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(putting, "LINGER_SECONDS", 0.001)
    stream = Flaky(tmp_path / "events.sqlite")
    stream.create(3)
    return stream


def events(stream: EmbeddedStream) -> list[bytes]:
    return [
        line
        for shard in stream.shards()
        for kept in stream.reader(shard.name).read(100_000).records
        for line in kept.data.split(b"\n")
    ]


def test_events_of_a_symbol_stay_in_order_and_share_records(stream: Flaky) -> None:
    with Putter(stream) as putter:
        for n in range(5000):
            putter.put(f"symbol {n % 7}", f"{n % 7} {n}".encode())
    assert putter.events == 5000
    assert stream.requests < 500
    found = [tuple(map(int, line.split())) for line in events(stream)]
    for symbol in range(7):
        assert [n for of, n in found if of == symbol] == list(range(symbol, 5000, 7))


def test_what_is_refused_is_put_again_before_what_follows(stream: Flaky) -> None:
    stream.plan = [{0, 2}, {1}, "the network is down", {0}]
    with Putter(stream) as putter:
        for n in range(300):
            putter.put(f"symbol {n % 9}", f"{n % 9} {n}".encode())
        putter.flush()
        assert putter.failure == ""
    found = [tuple(map(int, line.split())) for line in events(stream)]
    for symbol in range(9):
        assert [n for of, n in found if of == symbol] == list(range(symbol, 300, 9))


def test_a_stream_that_takes_nothing_makes_producers_wait(
    stream: Flaky, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(putting, "MOST_WAITING_BYTES", 1000)
    stream.may_answer.clear()
    given: list[int] = []

    def produce(putter: Putter) -> None:
        for n in range(2000):
            putter.put("symbol", f"{n:09}".encode())
            given.append(n)

    with Putter(stream) as putter:
        producer = threading.Thread(target=produce, args=(putter,))
        producer.start()
        producer.join(0.3)
        assert producer.is_alive()
        # A thousand bytes of ten each wait, and perhaps as many are in the request.
        assert len(given) <= 200
        stream.may_answer.set()
        producer.join(60)
    assert [int(line) for line in events(stream)] == list(range(2000))


def test_what_failed_is_said_while_it_fails(stream: Flaky) -> None:
    stream.plan = ["the disk is full"] * 1000
    putter = Putter(stream)
    putter.put("symbol", b"event")
    for _ in range(1000):
        if putter.failure:
            break
        threading.Event().wait(0.01)
    assert putter.failure == "the disk is full"
    with pytest.raises(KeyboardInterrupt), putter:
        raise KeyboardInterrupt
    assert putter.events == 0


@pytest.mark.parametrize("event", [b"two\nlines", b"x" * (1 << 20)])
def test_what_is_no_line_of_a_record_is_refused(stream: Flaky, event: bytes) -> None:
    with Putter(stream) as putter, pytest.raises(ValueError, match="an event of symbol is no line"):
        putter.put("symbol", event)
    assert stream.requests == 0


def test_one_symbol_with_more_than_a_record_holds_takes_several_requests(stream: Flaky) -> None:
    long = b"x" * 300_000
    with Putter(stream) as putter:
        for n in range(9):
            putter.put("symbol", long + str(n).encode())
    assert [int(line[-1:]) for line in events(stream)] == list(range(9))
    assert stream.requests >= 3
