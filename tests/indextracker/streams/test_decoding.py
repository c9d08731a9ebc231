"""The quick decoding of many records gives what the one decoding gives of each."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from indextracker.lake.arrow import arrow_schema
from indextracker.streams.consuming import as_table
from indextracker.streams.decoding import decoded
from indextracker.streams.model import Kept
from indextracker_spark.events import markets, trades
from indextracker_spark.events.decoding import Events

AT = datetime(2024, 12, 16, 1, 30, tzinfo=UTC)
QUOTE = {"symbol": "AAPL", "source": "yahoo", "price": "94.5", "time": "2024-12-16T01:00:00Z"}
REPORT = {
    "operation_id": "01234567-89ab-cdef-0123-456789abcdef",
    "person_name": "Ana Ng",
    "symbol": "AAPL",
    "timestamp": "2024-12-16 01:00:00",
    "exchange": "XNAS",
    "currency": "USD",
    "price": "1.50",
    "operation": "sale",
}
# Values as they are written: numbers of all forms, what looks like one, texts, and what is neither.
NUMBERS = (
    *("1", "-0", "0.10", "94745.10", "1e5", "1E-7", "-12.50e+3", "12345678901234567890", "1e999"),
    *("01", "-01", "1.", ".5", "+1", "1e", "-", "NaN", "-Infinity", "1_000", "0x10", "1 2"),
)
TEXTS = (
    *(
        '"x":5,',
        '":5,',
        'x":5,',
        "a,b}",
        "{",
        "}",
        'q"',
        "\\",
        "é\u2028",
        "\x00",
        "",
        "a: 5,",
        "\t",
    ),
    *('\\"x":5,', 'a":5}', '"', "1.5"),
)
VALUES = (
    *NUMBERS,
    *map(json.dumps, TEXTS),
    *(json.dumps(text, ensure_ascii=False) for text in TEXTS),
    *(f'"{text}"' for text in TEXTS),
    *("true", "null", "[1, 2.0]", '{"price": 1}', '{"a": {"price": 1}}', '"\\ud800"', "", '"'),
)
GOOD = pytest.mark.parametrize(
    ("events", "good"), [(markets.EVENTS, QUOTE), (trades.EVENTS, REPORT)], ids=["quotes", "trades"]
)


def lines(good: dict[str, str]) -> Iterator[bytes]:
    """Lines that are like an event but for one thing."""
    written = {name: json.dumps(value) for name, value in good.items()}
    names = (*good, "line", "size", "closes_at", "Other name", "x", "x-y")
    for number, (name, value) in enumerate(itertools.product(names, VALUES)):
        rest = "".join(f'"{other}":{one},' for other, one in written.items() if other != name)
        yield f'{{{rest}"{name}":{value}}}'.encode()
        yield f'{{"{name}": {value},{rest}"z":1}}'.encode()
        colon = (" : ", ":  ", "")[number % 3]
        yield f'{{{rest}"{name}"{colon}{value} }}'.encode()
    whole = json.dumps(good | {"price": 1.25})
    for before, after in itertools.product(
        ("", " ", "[", "{", "x", "\ufeff"), ("", "\r", "]", "}")
    ):
        yield f"{before}{whole}{after}".encode()
    for name, value in itertools.product(("symbol", "price"), VALUES):
        # The same field twice: the last one counts.
        yield f'{whole[:-1]},"{name}":{value}}}'.encode()
        yield f'{{"{name}":{value},{whole[1:]}'.encode()
    yield from (f"{whole},{whole}".encode(), (whole + whole).encode(), b"", b" ", b"5", b'"x"')
    yield from (whole.encode() + b"\xff", whole.encode().replace(b'"AAPL"', b'"\xff":5,"'))
    yield from (whole.encode()[:end] for end in range(len(whole)))


@GOOD
def test_both_decodings_give_the_same_rows(events: Events, good: dict[str, str]) -> None:
    schema = arrow_schema(events.table, stored=True)
    # A record each, so that what is wrong with one is not hidden by another, and several in one.
    each = [line.replace(b"\n", b" ") for line in lines(good)]
    shuffled = random.Random(1).sample(each, len(each))
    records = [Kept(n, AT, line) for n, line in enumerate(each)]
    records += [Kept(n, AT, b"\n".join(shuffled[n : n + 7])) for n in range(0, len(each), 7)]
    read = 0
    for kept in records:
        expected = as_table([*events.rows("shard", kept.sequence, AT, kept.data)], schema)
        [found] = decoded(events, schema, "shard", [kept])
        assert found.equals(expected), kept.data
        read += found["problem"].null_count
    assert 0.1 < read / (2 * len(each)) < 0.9
    [found] = decoded(events, schema, "shard", records[: len(each) // 2])
    rows = [
        row
        for kept in records[: len(each) // 2]
        for row in events.rows("shard", kept.sequence, AT, kept.data)
    ]
    assert found.equals(as_table(rows, schema))


def test_numbers_are_kept_as_they_were_written() -> None:
    line = json.dumps(QUOTE).replace('"94.5"', "94745.10").encode()
    schema = arrow_schema(markets.EVENTS.table, stored=True)
    [table] = decoded(markets.EVENTS, schema, "shard", [Kept(1, AT, line)])
    assert table["price"].to_pylist() == ["94745.10"]
    assert table["problem"].to_pylist() == [None]
