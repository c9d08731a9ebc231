"""A session that is replayed through a stream gives the bars that the session has in gold."""

from __future__ import annotations

import pytest
from support import one_sail
from support.market import MONDAY, TAIWAN, Market

from indextracker.building.jobs import JOBS, run
from indextracker.lake import Lake
from indextracker.lake.tail import OvertakenError
from indextracker.lake.upkeep import compact
from indextracker.live.day import Day
from indextracker.streams.consuming import Consumer
from indextracker.streams.embedded import EmbeddedStream
from indextracker.streams.producing.replaying import Wish, replay
from indextracker.streams.putting import Putter
from indextracker_catalogue import TABLES
from indextracker_catalogue import markets as m
from indextracker_catalogue.shared.bars import SCALES_MINUTES
from indextracker_spark.events.markets import EVENTS

SUMS = ("open", "high", "low", "close", "mean", "std", "price_sum", "price_square_sum")
# What bars of a session are called there: symbol, volume, its exact sum with the price, and prints.
IN_GOLD = {
    "futures_bars": ("product || ' ' || expiry", "contracts", "trades"),
    "etf_bars": ("symbol", "shares", "prints"),
    "index_bars": ("index_id", "", "ticks"),
}


@pytest.fixture(scope="module")
def replayed(market: Market, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake of quotes alone: events out of order and some of them twice, through two shards.

    Two consumers take turns, one is started anew, and files are put together between.
    """
    folder = tmp_path_factory.mktemp("replayed")
    stream = EmbeddedStream(folder / "events.sqlite")
    stream.create()
    wish = Wish(shuffle_seconds=60, duplicates=0.01)
    lake = Lake(str(folder / "lake"), "simulated")
    consumers = [Consumer(stream, lake, EVENTS) for _ in range(2)]
    with Putter(stream) as putter:
        for number, batch in enumerate(replay(market.lake, TAIWAN, MONDAY, wish)):
            for symbol, event in batch:
                putter.put(symbol, event)
            if number == 1:
                putter.flush()
                stream.split(stream.shards()[0].name)
                consumers[0].step()
    consumers[1] = Consumer(stream, lake, EVENTS)
    rows = 1
    while rows:
        rows = 0
        for consumer in consumers:
            try:
                rows += consumer.step().rows
            except OvertakenError:
                rows += 1
        compact(lake, m.QUOTE_EVENTS)
    hours = sorted(lake.marks(m.QUOTE_EVENTS))
    for name in ("silver/quotes", "gold/quote_bars"):
        lake.ensure([JOBS[name].writes])
        run(JOBS[name], lake, one_sail.engine(), hours)
    return lake


@pytest.mark.parametrize("of", IN_GOLD)
def test_bars_of_the_stream_are_those_of_the_session(
    market: Market, replayed: Lake, of: str
) -> None:
    symbol, volume, prints = IN_GOLD[of]
    same = ", ".join((*SUMS, prints))
    here = ", ".join((*SUMS, "quotes"))
    if volume:
        same += f", {volume}, vwap, price_{volume}_sum"
        here += ", volume, vwap, price_volume_sum"
    bar = "scale_minutes, bar_start"
    with market.lake.sql([TABLES[f"gold/{of}"]]) as there:
        expected = there.execute(
            f"select {symbol}, {bar}, {same} from {of} where session_date = ? and {prints} > 0"
            " order by 1, 2, 3",
            [MONDAY],
        ).fetchall()
    symbols = sorted({row[0] for row in expected})
    with replayed.sql([m.QUOTE_BARS]) as stored:
        found = stored.execute(
            f"select symbol, {bar}, {here} from quote_bars where symbol in"
            " (select unnest(?)) order by 1, 2, 3",
            [symbols],
        ).fetchall()
    assert len(expected) > 40
    assert found == expected


def test_what_the_live_view_shows_is_what_gold_has(replayed: Lake) -> None:
    day = Day()
    for key in sorted(replayed.marks(m.QUOTE_EVENTS)):
        hour = int(m.QUOTE_EVENTS.timeline.value_of(key).timestamp()) // 3600
        with replayed.sql([m.QUOTE_EVENTS], {m.QUOTE_EVENTS.timeline: [key]}) as connection:
            day.read(hour, connection)
    found = sorted(
        (name, scale, start * 60, *bar)
        for name, symbol in day.symbols.items()
        for scale in SCALES_MINUTES
        for start, bar in symbol.bars(scale).items()
    )
    first = [(name, symbol.first_shown * 60) for name, symbol in day.symbols.items()]
    with replayed.sql([m.QUOTE_BARS]) as stored:
        stored.execute("create temp table shown (symbol text, first_second bigint)")
        stored.executemany("insert into shown values (?, ?)", first)
        expected = stored.execute(
            "select symbol, scale_minutes, epoch(bar_start)::bigint, open, high, low, close, mean,"
            " vwap, volume, quotes from quote_bars join shown using (symbol)"
            " where epoch(bar_start) >= first_second order by 1, 2, 3"
        ).fetchall()
    assert len(expected) > 1000
    assert found == expected


def test_every_event_is_in_bronze_and_every_trade_once_in_silver(
    market: Market, replayed: Lake
) -> None:
    events = sum(
        len(batch)
        for batch in replay(market.lake, TAIWAN, MONDAY, Wish(shuffle_seconds=60, duplicates=0.01))
    )
    once = sum(len(batch) for batch in replay(market.lake, TAIWAN, MONDAY, Wish()))
    assert replayed.total_rows(m.QUOTE_EVENTS) == events > once
    assert replayed.total_rows(m.QUOTES) == once
