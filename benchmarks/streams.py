"""Streams: the consumer against a floor, its latency under load, catching up, an hour built anew.

And the stream without a service by itself: single records put and read at a rate, in a file that
forgets them after ten minutes.

The floor gets the same records by boto3 and writes their lines by Arrow, undecoded. All of it is on
this machine: producer, stream (a file, or kinesalite) and consumer, each a process of its own.

    python benchmarks/streams.py [--rounds 3] [--seconds 60] [--catchup 1000000] [--hour 3600000]
                                 [--hold 60]
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from measuring import PROJECT, arguments, conclude, scratch, show, spread

from indextracker import settings as environment
from indextracker.building.jobs import JOBS, run
from indextracker.engines import engine
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.streams.consuming import Appended, Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.kinesis import KinesisStream
from indextracker.streams.model import MOST_RECORDS, Record, Stream
from indextracker.streams.putting import Putter
from indextracker.streams.running import consume
from indextracker_catalogue.markets import QUOTE_BARS, QUOTE_EVENTS, QUOTES
from indextracker_spark.events.markets import EVENTS

SYMBOLS, A_RECORD = 300, 50
HOUR = datetime(2024, 12, 16, 1, tzinfo=UTC)
SLOW, FAST = 1_000, 10_000  # events a second


def main() -> None:
    """Prints a table for each."""
    chosen = arguments(__doc__, rounds=3, seconds=60, catchup=1_000_000, hour=3_600_000, hold=60)
    _floor(chosen.rounds)
    for rate in (SLOW, FAST):
        _load(rate, chosen.seconds)
    _catch_up(chosen.catchup)
    _hour(chosen.hour, chosen.rounds)
    _hold(FAST, chosen.hold)


def event(number: int, at: str) -> bytes:
    """A line like those of replays."""
    symbol, price = f"TX {number % SYMBOLS:06}", 22_000 + number % 100
    return (
        f'{{"symbol":"{symbol}","price":{price}.5,"time":"{at}","line":{number},"size":2,'
        '"currency":"TWD","exchange":"TAIFEX","quote_type":"FUTURE","source":"replay"}'
    ).encode()


def _fill(stream: Stream, events: int) -> None:
    """Puts events, some in each record, spread over an hour."""
    records: list[Record] = []
    for first in range(0, events, A_RECORD):
        at = f"{HOUR + timedelta(seconds=3600 * first / events):%Y-%m-%dT%H:%M:%S.%fZ}"
        lines = (event(number, at) for number in range(first, min(first + A_RECORD, events)))
        records.append(Record(str(first % 64), b"\n".join(lines)))
        if len(records) == MOST_RECORDS // 2:
            stream.put(records)
            records = []
    if records:
        stream.put(records)


# --- the floor


def _floor(rounds: int, events: int = 200_000) -> None:
    sys.path.append(str(PROJECT))
    from tests.support import kinesis  # noqa: PLC0415 - a stand-in of the tests

    rows, ratios = [], []
    with kinesis.kinesalite() as client, scratch() as folder:
        stream = KinesisStream("events", client)
        stream.create()
        _fill(stream, events)
        for number in range(rounds + 1):
            lake = Lake(str(folder / f"lake{number}"), "simulated")
            consumer = Consumer(stream, lake, EVENTS)
            ours = _cpu(lambda consumer=consumer: _drain(consumer))
            floor = _cpu(lambda number=number: _get(client, folder / f"{number}.parquet"))
            if consumer.rows != events:
                sys.exit(f"{consumer.rows} of {events} events were appended: not compared")
            if number:  # the first round loads what both need
                ratios.append(ours / floor)
                rows.append((str(number), f"{ours:.2f}", f"{floor:.2f}", f"{ratios[-1]:.2f}"))
    show(f"{events:,} events", ("round", "consumer CPU s", "floor CPU s", "ratio"), rows)
    conclude(f"against boto3 and Arrow alone: {spread(ratios)}")


def _cpu(work: Any) -> float:
    before = time.process_time()
    work()
    return time.process_time() - before


def _drain(consumer: Consumer) -> None:
    while consumer.step().rows:
        pass


def _get(client: Any, file: Path) -> None:
    [shard] = client.list_shards(StreamName="events")["Shards"]
    place = {"StreamName": "events", "ShardId": shard["ShardId"]}
    at = client.get_shard_iterator(**place, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    lines: list[bytes] = []
    while True:
        answer = client.get_records(ShardIterator=at, Limit=1000)
        for record in answer["Records"]:
            lines += record["Data"].split(b"\n")
        if not answer["MillisBehindLatest"] and not answer["Records"]:
            break
        at = answer["NextShardIterator"]
    pq.write_table(pa.table({"line": pa.array(lines, pa.string())}), file, compression="zstd")


# --- a load for some time


def _load(rate: int, seconds: int) -> None:
    context = multiprocessing.get_context("spawn")
    with scratch() as folder:
        EmbeddedStream(folder / "events.sqlite").create()
        stop, said = context.Event(), context.SimpleQueue()
        consumer = context.Process(target=_consuming, args=(folder, stop, said))
        consumer.start()
        _heard(consumer, said)  # it works
        producer = context.Process(target=_producing, args=(folder, rate, seconds))
        producer.start()
        held = []
        while producer.is_alive():
            held.append(_held_mb(consumer.pid))
            producer.join(1)
        time.sleep(3)
        stop.set()
        latencies, cpu, peak = _heard(consumer, said)
        consumer.join()
    third = len(held) // 3
    show(
        f"{rate:,} events a second for {seconds} s",
        ("events", "p50 s", "p99 s", "CPU s a million", "MB after a third", "at the end", "peak"),
        [
            (
                f"{len(latencies):,}",
                f"{pc.quantile(latencies, 0.5)[0].as_py():.2f}",
                f"{pc.quantile(latencies, 0.99)[0].as_py():.2f}",
                f"{cpu / len(latencies) * 1e6:.1f}",
                *(f"{one:.0f}" for one in (held[third], held[-1], peak)),
            )
        ],
    )
    conclude("from put to commit" if len(latencies) == rate * seconds else "EVENTS ARE MISSING")


def _heard(process: BaseProcess, said: Any) -> Any:
    """What another process says; it ends this one where that one ended without a word."""
    while said.empty():
        if not process.is_alive() and said.empty():
            sys.exit("a process ended before it was done")
        time.sleep(0.1)
    return said.get()


def _producing(folder: Path, rate: int, seconds: int) -> None:
    began = time.monotonic()
    with Putter(EmbeddedStream(folder / "events.sqlite")) as putter:
        for turn, first in enumerate(range(0, rate * seconds, rate // 20)):
            at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
            some = range(first, first + rate // 20)
            putter.put_all((f"TX {n % SYMBOLS:06}", event(n, at)) for n in some)
            time.sleep(max(0.0, began + (turn + 1) / 20 - time.monotonic()))


def _consuming(folder: Path, stop: Flag, said: Any) -> None:
    found: list[pa.Array] = []

    def heard(appended: Appended) -> None:
        now = datetime.now(UTC)
        put_at = pc.strptime(
            pc.utf8_slice_codeunits(appended.rows["time"], 0, 19), "%Y-%m-%dT%H:%M:%S", "us"
        )
        micros = pc.utf8_slice_codeunits(appended.rows["time"], 20, 26).cast(pa.int64())
        since = pc.subtract(int(now.timestamp() * 1e6), pc.add(put_at.cast(pa.int64()), micros))
        # As numbers of 32 bits: ten minutes of them are not to be what fills the memory.
        found.append(pc.divide(since.cast(pa.float64()), 1e6).cast(pa.float32()))

    lake = Lake(str(folder / "lake"), "simulated")
    consumer = Consumer(EmbeddedStream(folder / "events.sqlite"), lake, EVENTS, [heard])
    told = Event()
    waiting = Thread(target=lambda: (stop.wait(), told.set()))
    waiting.start()
    said.put("begun")
    before = time.process_time()
    consume(lake, [consumer], told)
    cpu = time.process_time() - before
    chunks = [chunk for one in found for chunk in one.chunks]
    said.put((pa.chunked_array(chunks), cpu, _held_mb("self", "VmHWM")))


def _held_mb(process: int | str | None, what: str = "VmRSS") -> float:
    """Memory of a process, in MB."""
    lines = Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) / 1000


# --- catching up


def _catch_up(events: int) -> None:
    with scratch() as folder:
        stream = EmbeddedStream(folder / "events.sqlite")
        stream.create()
        _fill(stream, events)
        context = multiprocessing.get_context("spawn")
        said = context.SimpleQueue()
        process = context.Process(target=_catching_up, args=(folder, said))
        process.start()
        seconds, cpu, peak, rows = _heard(process, said)
        process.join()
    if rows != events:
        sys.exit(f"{rows} of {events} events were appended")
    show(
        f"catching up with {events:,} events",
        ("seconds", "events a second", "CPU s", "events a CPU s", "peak MB"),
        [
            (
                f"{seconds:.1f}",
                f"{events / seconds:,.0f}",
                f"{cpu:.1f}",
                f"{events / cpu:,.0f}",
                f"{peak:.0f}",
            )
        ],
    )
    conclude("by one process")


def _catching_up(folder: Path, said: Any) -> None:
    consumer = Consumer(
        EmbeddedStream(folder / "events.sqlite"), Lake(str(folder / "lake"), "simulated"), EVENTS
    )
    consumer.step()
    rows, began, before = consumer.rows, time.monotonic(), time.process_time()
    _drain(consumer)
    share = (consumer.rows - rows) / consumer.rows
    seconds, cpu = time.monotonic() - began, time.process_time() - before
    said.put((seconds / share, cpu / share, _held_mb("self", "VmHWM"), consumer.rows))


# --- an hour anew


def _hour(events: int, rounds: int) -> None:
    settings = environment.load()
    environment.export(settings)
    spark = engine(settings)
    rows = []
    try:
        with scratch() as folder:
            lake = Lake(str(folder / "lake"), "simulated")
            for part in _parts(events):
                lake.append(QUOTE_EVENTS, part)
            lake.ensure([QUOTES, QUOTE_BARS])
            for number in range(rounds + 1):
                taken = []
                for name in (QUOTES.path, QUOTE_BARS.path):
                    began = time.perf_counter()
                    run(JOBS[name], lake, spark, [f"{HOUR:%Y-%m-%dT%H}"])
                    taken.append(time.perf_counter() - began)
                if number:
                    rows.append((str(number), *(f"{one:.1f}" for one in (*taken, sum(taken)))))
    finally:
        spark.close()
    show(f"an hour of {events:,} events", ("round", "quotes s", "bars s", "both s"), rows)
    conclude("of each event a hundredth came twice; engine warm")


def _parts(events: int, most: int = 600_000) -> Iterator[pa.Table]:
    """The rows of an hour, of which every hundredth is there twice."""
    schema = arrow_schema(QUOTE_EVENTS, stored=True)
    for first in range(0, events, most):
        numbers: Sequence[int] = range(first, min(first + most, events))
        # The hundredth before it, again.
        same = [n - 1 if n % 100 == 99 else n for n in numbers]
        at = [HOUR + timedelta(seconds=3600 * n / events) for n in same]
        known = {
            "shard": pa.repeat("shard", len(numbers)),
            "sequence": [str(n) for n in numbers],
            "position": pa.repeat(pa.scalar(0, pa.int32()), len(numbers)),
            "arrived_at": at,
            "hour": pa.repeat(pa.scalar(HOUR, schema.field("hour").type), len(numbers)),
            "event_date": pa.repeat(pa.scalar(HOUR.date(), pa.date32()), len(numbers)),
            "symbol": [f"TX {n % SYMBOLS:06}" for n in same],
            "price": [f"{22_000 + n % 100}.5" for n in same],
            "time": [f"{one:%Y-%m-%dT%H:%M:%S.%fZ}" for one in at],
            "line": [str(n) for n in same],
            "size": pa.repeat("2", len(numbers)),
            "source": pa.repeat("replay", len(numbers)),
        }
        yield pa.table(
            {
                column.name: pa.array(found, column.type)
                if isinstance(found := known.get(column.name), list)
                else found or pa.nulls(len(numbers), column.type)
                for column in schema
            },
            schema=schema,
        )


# --- the embedded stream held


def _hold(rate: int, seconds: int) -> None:
    context = multiprocessing.get_context("spawn")
    with scratch() as folder:
        stream = _forgetting(folder)
        stream.create(2)
        said, stop = (context.SimpleQueue(), context.SimpleQueue()), context.Event()
        putting = context.Process(target=_putting, args=(folder, rate, seconds, said[0]))
        reading = context.Process(target=_reading, args=(folder, stop, said[1]))
        for process in (reading, putting):
            process.start()
        held, file_mb = [], 0.0
        while putting.is_alive() and said[0].empty():
            held.append([_held_mb(process.pid) for process in (putting, reading)])
            file_mb = max(file_mb, _stream_mb(folder))
            time.sleep(1)
        put, late_s, put_cpu = _heard(putting, said[0])
        stop.set()
        read, read_cpu = _heard(reading, said[1])
        for process in (reading, putting):
            process.join()
    third, end = held[len(held) // 3], held[-1]
    show(
        f"{rate:,} records a second in the stream without a service for {seconds} s",
        ("", "records", "CPU s", "MB after a third", "MB at the end"),
        [
            ("put", f"{put:,}", f"{put_cpu:.1f}", f"{third[0]:.0f}", f"{end[0]:.0f}"),
            ("read", f"{read:,}", f"{read_cpu:.1f}", f"{third[1]:.0f}", f"{end[1]:.0f}"),
        ],
    )
    conclude(
        f"the last put {late_s:.1f} s late; the file held {file_mb:,.0f} MB at most"
        if put == read == rate * seconds
        else "RECORDS ARE MISSING"
    )


def _forgetting(folder: Path) -> EmbeddedStream:
    return EmbeddedStream(folder / "events.sqlite", timedelta(minutes=10))


def _stream_mb(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.glob("events.sqlite*")) / 1e6


def _putting(folder: Path, rate: int, seconds: int, said: Any) -> None:
    stream, began, late_s = _forgetting(folder), time.monotonic(), 0.0
    for first in range(0, rate * seconds, MOST_RECORDS):
        at = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        numbers = range(first, min(first + MOST_RECORDS, rate * seconds))
        if stream.put([Record(f"TX {n % SYMBOLS:06}", event(n, at)) for n in numbers]):
            sys.exit("a record was refused")
        late_s = time.monotonic() - began - (first + MOST_RECORDS) / rate
        time.sleep(max(0.0, -late_s))
    said.put((rate * seconds, max(0.0, late_s), time.process_time()))


def _reading(folder: Path, stop: Flag, said: Any) -> None:
    stream, read = _forgetting(folder), 0
    readers = [stream.reader(shard.name) for shard in stream.shards()]
    done = False
    while not done:
        done = stop.is_set()  # what came before is read once more
        behind = True
        while behind:
            batches = [reader.read(5_000) for reader in readers]
            read += sum(len(batch.records) for batch in batches)
            behind = any(batch.behind_ms for batch in batches)
        time.sleep(0.2)
    said.put((read, time.process_time()))


if __name__ == "__main__":
    main()
