"""The stream without a service: what SQLite, a full disk, a clock and a kill do to it."""

import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indextracker.streams import embedded
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import PositionLostError, Record, StreamError

# Puts ten records at a time, numbered, and tells which were accepted.
PRODUCER = """
import sys
from pathlib import Path
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.model import Record
path, name, puts = sys.argv[1:]
stream = EmbeddedStream(Path(path))
for number in range(int(puts)):
    stream.put([Record(name, f"{name} {number * 10 + n}".encode()) for n in range(10)])
    print(number * 10 + 9, flush=True)
"""


class Clock:
    """The stream's clock, in milliseconds of the epoch, put as a test likes."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ms = 1_700_000_000_000
        monkeypatch.setattr(embedded, "_now_ms", lambda: self.ms)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def stream_of(folder: Path, shards: int = 1, hours: int = 24) -> EmbeddedStream:
    stream = EmbeddedStream(folder / "trades.sqlite", timedelta(hours=hours))
    stream.create(shards)
    return stream


def read(stream: EmbeddedStream) -> list[str]:
    return [
        kept.data.decode()
        for shard in stream.shards()
        for kept in stream.reader(shard.name).read(1_000_000).records
    ]


def pass_hours(stream: EmbeddedStream, clock: Clock, hours: int) -> None:
    """Lets hours pass, with a record at the end of each."""
    for hour in range(hours):
        clock.ms += 3_600_000
        stream.put([Record("key", str(hour).encode())])


def producer(stream: EmbeddedStream, name: str, puts: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PRODUCER, stream.address, name, str(puts)], stdout=subprocess.PIPE
    )


def test_records_are_deleted_a_day_after_they_arrived(tmp_path: Path, clock: Clock) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"old")] * 3)
    (shard,) = stream.shards()
    (first, *_) = stream.reader(shard.name).read(1).records
    pass_hours(stream, clock, 24)
    clock.ms += 1
    stream.put([Record("key", b"new")])
    assert read(stream) == [*map(str, range(24)), "new"]
    with pytest.raises(PositionLostError, match=r"were deleted, 24 hours after they arrived"):
        stream.reader(shard.name, after=first.sequence).read(10)


def test_a_shard_that_ended_is_listed_as_long_as_it_has_records(
    tmp_path: Path, clock: Clock
) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"old")])
    stream.split(stream.shards()[0].name)
    names = [shard.name for shard in stream.shards()]
    assert len(names) == 3
    pass_hours(stream, clock, 24)
    assert [shard.name for shard in stream.shards()] == names
    pass_hours(stream, clock, 1)
    assert [shard.name for shard in stream.shards()] == names[1:]


def test_a_clock_that_is_put_back_puts_no_record_before_another(
    tmp_path: Path, clock: Clock
) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"first")])
    clock.ms -= 3_600_000
    stream.put([Record("key", b"second")])
    (shard,) = stream.shards()
    first, second = stream.reader(shard.name).read(10).records
    assert first.arrived_at == second.arrived_at == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert first.sequence < second.sequence


def test_a_clock_that_jumps_ahead_takes_no_record_from_who_has_not_read_it(
    tmp_path: Path, clock: Clock
) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"before")])
    stream.split(stream.shards()[0].name)
    for days in (30, -30, 30, -29):
        clock.ms += days * 24 * 3_600_000
        stream.put([Record("key", f"{days}".encode())])
    assert read(stream) == ["before", "30", "-30", "30", "-29"]


def test_more_follows_is_said_though_the_clock_was_put_back(tmp_path: Path, clock: Clock) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"one"), Record("key", b"two")])
    clock.ms -= 3_600_000
    reader = stream.reader(stream.shards()[0].name)
    assert reader.read(1).behind_ms > 0
    assert reader.read(1).behind_ms == 0


def test_on_a_full_disk_nothing_is_acknowledged_and_nothing_is_lost(tmp_path: Path) -> None:
    stream = stream_of(tmp_path)
    stream.put([Record("key", b"before")])
    database = stream._database()
    (pages,) = database.execute("pragma page_count").fetchone()
    database.execute(f"pragma max_page_count = {pages + 2}")
    with pytest.raises(StreamError, match="full; nothing was changed"):
        stream.put([Record("key", random.Random(1).randbytes(100_000))])
    database.execute("pragma max_page_count = 1000000")
    stream.put([Record("key", b"after")])
    assert read(stream) == ["before", "after"]


def test_several_processes_put_and_one_reads_at_once(tmp_path: Path) -> None:
    stream = stream_of(tmp_path, shards=2)
    names = ["one", "two", "three"]
    processes = [producer(stream, name, 40) for name in names]
    found: list[str] = []
    readers = [stream.reader(shard.name) for shard in stream.shards()]
    until = time.monotonic() + 60
    while len(found) < 400 * len(names) and time.monotonic() < until:
        for reader in readers:
            found += [kept.data.decode() for kept in reader.read(100).records]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    for name in names:
        assert [one for one in found if one.startswith(f"{name} ")] == [
            f"{name} {number}" for number in range(400)
        ]


def test_what_was_acknowledged_survives_a_kill_and_a_put_is_kept_whole(tmp_path: Path) -> None:
    stream = stream_of(tmp_path)
    acknowledged = []
    for kill in range(3):
        process = producer(stream, str(kill), 10**6)
        assert process.stdout
        for _ in range(7):
            last = int(process.stdout.readline())
        process.send_signal(signal.SIGKILL)
        last = max([last, *map(int, process.stdout.read().split())])
        process.wait()
        acknowledged.append(last)
    found = [tuple(map(int, one.split())) for one in read(stream)]
    for kill, last in enumerate(acknowledged):
        numbers = [number for of, number in found if of == kill]
        assert numbers == list(range(len(numbers)))
        assert len(numbers) % 10 == 0
        assert len(numbers) > last
