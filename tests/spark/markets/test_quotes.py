"""Quotes: each once, in their order, with what was traded between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from spark.frames import Frames

from indextracker_catalogue import markets as m
from indextracker_spark.markets.quotes import quote_bars, quotes

HOUR = datetime(2024, 12, 16, 1, tzinfo=UTC)
Row = dict[str, object]


def event(second: int, price: float, **more: object) -> Row:
    at = HOUR + timedelta(seconds=second)
    return {
        "hour": HOUR,
        "symbol": "AAPL",
        "price": str(price),
        "time": at.isoformat().replace("+00:00", "Z"),
        "source": "yahoo",
        "arrived_at": at + timedelta(seconds=1),
    } | more


def quote(second: int, price: float, **more: object) -> Row:
    at = HOUR + timedelta(seconds=second)
    return {
        "hour": HOUR,
        "symbol": "AAPL",
        "price": price,
        "quoted_at": at,
        "counts_at": at,
        "source": "yahoo",
        "arrived_at": at,
    } | more


def bars(frames: Frames, *rows: Row) -> list[Row]:
    found = quote_bars(frames.of(m.QUOTES, [*rows])).toArrow().to_pylist()
    return sorted(found, key=lambda row: (row["scale_minutes"], row["bar_start"]))


def test_a_quote_that_comes_again_is_there_once_as_it_came_first(frames: Frames) -> None:
    later = {"arrived_at": HOUR + timedelta(hours=3)}
    rows = [
        event(5, 94.5, day_volume="100", previous_close="90"),
        event(5, 94.5, day_volume="100", previous_close="90") | later,
        event(5, 94.5, day_volume="101"),
        event(5, 94.5, source="replay", line="7", size="2"),
        event(5, 94.5, source="replay", line="8", size="2"),
        event(5, 0, problem="no number"),
    ]
    found = quotes(frames.of(m.QUOTE_EVENTS, rows)).toArrow().to_pylist()
    assert sorted((row["source"], row["line"] or row["day_volume"]) for row in found) == [
        *(("replay", 7), ("replay", 8)),
        *(("yahoo", 100), ("yahoo", 101)),
    ]
    first = next(row for row in found if row["day_volume"] == 100)
    assert first["arrived_at"] == HOUR + timedelta(seconds=6)
    assert (first["price"], first["previous_close"]) == (94.5, 90.0)


def test_the_volume_of_quotes_is_by_how_much_that_of_the_day_grew(frames: Frames) -> None:
    before = quote(-30, 90.0, day_volume=100, hour=HOUR - timedelta(hours=1))
    rows = [
        before,
        quote(10, 91.0, day_volume=130),
        quote(20, 95.0, day_volume=130),
        quote(40, 92.0, day_volume=150),
        quote(70, 93.0, day_volume=5),  # of a window that moves on, as of the last 24 hours
        quote(80, 94.0, day_volume=9),
    ]
    found = [row for row in bars(frames, *rows) if row["hour"] == HOUR]
    by_minute = [
        tuple(row[name] for name in ("open", "high", "low", "close", "volume", "quotes"))
        for row in found
        if row["scale_minutes"] == 1
    ]
    assert by_minute == [(91.0, 95.0, 91.0, 92.0, 50, 3), (93.0, 94.0, 93.0, 94.0, 4, 2)]
    assert found[0]["vwap"] == (91.0 * 30 + 92.0 * 20) / 50
    [hour] = [row for row in found if row["scale_minutes"] == 60]
    assert (hour["open"], hour["close"], hour["volume"]) == (91.0, 94.0, 54)


def test_a_quote_of_two_hours_before_says_nothing_of_what_was_traded(frames: Frames) -> None:
    rows = [
        quote(-3600, 90.0, day_volume=100, hour=HOUR - timedelta(hours=1)),
        quote(3600, 91.0, day_volume=130, hour=HOUR + timedelta(hours=1)),
    ]
    assert {row["volume"] for row in bars(frames, *rows)} == {0}


def test_quotes_of_one_second_are_ordered_by_the_volume_of_the_day(frames: Frames) -> None:
    rows = [
        quote(10, 93.0, day_volume=300),
        quote(10, 91.0, day_volume=100),
        quote(10, 92.0, day_volume=200),
    ]
    [minute] = [row for row in bars(frames, *rows) if row["scale_minutes"] == 1]
    assert (minute["open"], minute["close"], minute["volume"]) == (91.0, 93.0, 200)


def test_without_a_volume_there_is_no_mean_weighted_by_it(frames: Frames) -> None:
    found = bars(frames, quote(10, 93.0), quote(20, 94.0))
    assert {(row["volume"], row["vwap"], row["mean"]) for row in found} == {(0, None, 93.5)}
