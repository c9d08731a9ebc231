"""The live day: its bars are those of gold, whatever comes in what order."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support import one_sail

from indextracker.building.jobs import JOBS, run
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.tail import Tail
from indextracker.live.day import Day
from indextracker_catalogue import markets as m
from indextracker_catalogue.shared.bars import SCALES_MINUTES
from indextracker_spark.events.markets import EVENTS

START = datetime(2024, 12, 16, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIGURES = ("open", "high", "low", "close", "mean", "vwap", "volume", "quotes")


def hour_of(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(hours=1)


def rows(events: list[dict[str, object]], sequence: int = 0, second: int = 0) -> pa.Table:
    """Events as the consumer appends them."""
    arrived = START + timedelta(hours=9, seconds=second)
    data = "\n".join(map(json.dumps, events)).encode()
    found = [*EVENTS.rows("shard", sequence, arrived, data)]
    schema = arrow_schema(m.QUOTE_EVENTS, stored=True)
    columns = zip(*found, strict=True)
    return pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)],
        schema=schema,
    )


def quote(at: datetime, price: float, day_volume: int | None, **more: object) -> dict[str, object]:
    volume = {} if day_volume is None else {"day_volume": day_volume}
    time = at.isoformat().replace("+00:00", "Z")
    return {"symbol": "AAPL", "price": price, "time": time, "source": "yahoo"} | volume | more


def trade(at: datetime, price: float, line: int, size: int | None) -> dict[str, object]:
    of = {"symbol": "TX 202412", "source": "replay", "line": line}
    closes_at = (START + timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    return quote(at, price, None, **of, closes_at=closes_at) | (
        {} if size is None else {"size": size}
    )


def happened(chance: random.Random) -> list[dict[str, object]]:
    """Quotes and trades of three hours, in order; volumes fall now and then, or are not told."""
    found: list[dict[str, object]] = []
    volume = 1000
    for second in sorted(chance.sample(range(3 * 3600), 500)):
        at = START + timedelta(seconds=second)
        volume = chance.choice((volume, volume + chance.randrange(500), volume - 7, volume + 1))
        told = None if chance.random() < 0.05 else volume
        found.append(quote(at, round(chance.uniform(90, 110), 4), told))
        if chance.random() < 0.2:
            found.append(quote(at, round(chance.uniform(90, 110), 2), volume + 3))
    # Once in two hours: the volume of the second one is compared with none.
    found += [
        quote(START + timedelta(seconds=second), 5.0, second, symbol="RARE")
        for second in (100, 2 * 3600 + 600)
    ]
    instants = sorted(chance.randrange(2 * 3600 + 1) for _ in range(500))
    for line, second in enumerate([*instants, 7200, 7200]):
        price = chance.choice((23000.0, 23001.0, round(chance.uniform(-2, 2), 4), 9_999_999.9999))
        at = START + timedelta(
            seconds=second, microseconds=chance.choice((0, 0, 500_000)) * (second < 7200)
        )
        found.append(trade(at, price, line, chance.choice((None, 0, 1, 900_000))))
    return found


def appends(chance: random.Random) -> list[pa.Table]:
    """The same in several appends: out of order, some twice, some hours late."""
    events = happened(chance)
    order = sorted(range(len(events)), key=lambda place: place % 520 + chance.uniform(0, 60))
    late = [place for place in order if chance.random() < 0.03]
    again = [chance.choice(order) for _ in range(60)]
    ordered = [place for place in order if place not in {*late}] + late
    for place in again:
        ordered.insert(chance.randrange(len(ordered)), place)
    cuts = sorted(chance.sample(range(1, len(ordered)), 12))
    pieces = [ordered[a:b] for a, b in zip([0, *cuts], [*cuts, len(ordered)], strict=True)]
    found = []
    for number, piece in enumerate(pieces):
        some = [events[place] for place in piece]
        found.append(rows([*some, {"symbol": "AAPL", "price": "much"}], number, number))
    return found


def followed(day: Day, lake: Lake, appended: list[pa.Table], chance: random.Random) -> None:
    """Has a day hear of appends, and read what became stale, now and then and at the end."""
    tail = Tail(lake, m.QUOTE_EVENTS)
    for number, part in enumerate(appended):
        tail.append(part, {"test": number})
        day.add(part)
        if chance.random() < 0.7:
            read(day, lake, 3)
    read(day, lake, 1000)


def read(day: Day, lake: Lake, most: int) -> None:
    while most and (hour := day.next_stale()) is not None:
        most -= 1
        key = m.QUOTE_EVENTS.timeline.key_of(EPOCH + timedelta(hours=hour))
        with lake.sql([m.QUOTE_EVENTS], {m.QUOTE_EVENTS.timeline: [key]}) as connection:
            day.read(hour, connection)


Rows = list[tuple[object, ...]]


def of_day(day: Day) -> Rows:
    found: Rows = []
    for name, symbol in day.symbols.items():
        for scale in SCALES_MINUTES:
            for start, bar in symbol.bars(scale).items():
                at = EPOCH + timedelta(minutes=start)
                found.append((name, scale, at, *(getattr(bar, figure) for figure in FIGURES)))
    return sorted(found, key=lambda row: row[:3])


def gold(lake: Lake) -> Rows:
    """The bars that the jobs make of the same events, the hours in one run."""
    keys = sorted(lake.marks(m.QUOTE_EVENTS))
    for name in ("silver/quotes", "gold/quote_bars"):
        lake.ensure([JOBS[name].writes])
        run(JOBS[name], lake, one_sail.engine(), keys)
    columns = ", ".join(FIGURES)
    with lake.sql([m.QUOTE_BARS]) as connection:
        return connection.execute(
            f"select symbol, scale_minutes, bar_start, {columns} from quote_bars order by 1, 2, 3"
        ).fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[Lake]:
    yield Lake(str(tmp_path / "lake"), "simulated")


@pytest.mark.parametrize("seed", range(3))
def test_bars_are_those_of_gold_whatever_came_late_twice_or_out_of_order(
    lake: Lake, seed: int
) -> None:
    chance = random.Random(seed)
    # So few quotes stay in memory that minutes are closed, and read again, all the time.
    day = Day(most_quotes=(500_000, 300, 0)[seed])
    followed(day, lake, appends(chance), chance)
    expected = gold(lake)
    assert len(expected) > 300
    assert of_day(day) == expected
