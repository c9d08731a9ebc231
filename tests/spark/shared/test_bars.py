"""Bars of every scale, and figures of every session, equal direct computation on random prints."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F
from spark.direct import (
    EDGES,
    FEW,
    HOUR,
    MIDNIGHT,
    PRODUCTS,
    SCALES,
    SESSION,
    Figures,
    assert_same,
    close_of,
    sample_std,
    start_of,
)
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_spark.jobs import JOBS
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.markets import TRADES, futures_bars, index_bars, spread_bars


class Print(NamedTuple):
    """A trade: of an outright contract, or of a spread if it has a far leg."""

    product: str
    near: str
    far: str | None
    second: int  # since the session's midnight; before it on the eve
    ticks: int  # ten-thousandths
    contracts: int

    @property
    def part(self) -> str:
        return "night" if self.second < 8 * HOUR else "day"


# Two contracts and their spread: 202412 ends in this session, 202501 does not.
INSTRUMENTS = st.sampled_from([("202412", None), ("202501", None), ("202412", "202501")])
PRINTS = st.builds(
    lambda product, legs, second, ticks, contracts: Print(
        product, *legs, second, ticks if legs[1] else abs(ticks) + 1, contracts
    ),
    product=st.sampled_from(PRODUCTS),
    legs=INSTRUMENTS,
    second=st.one_of(st.sampled_from(EDGES), st.integers(-9 * HOUR, 16 * HOUR + 900)),
    ticks=st.integers(-(10**10), 10**10),
    contracts=st.integers(1, 10**5),
)


def in_order_of_time(prints: list[Print]) -> list[Print]:
    """As the file has them: by time, inside a second by their sequence."""
    return sorted(prints, key=lambda row: row.second)


def _direct(
    counted: Iterable[tuple[tuple[str, ...], Print, str, bool]],
) -> tuple[dict[tuple[object, ...], Figures], dict[tuple[object, ...], Figures]]:
    """Bars and sessions from prints: (instrument, print, expiry that closes it, whether a leg)."""
    of_bars: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    of_sessions: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    for instrument, row, expiry, is_leg in counted:
        close = close_of(row.product, expiry, row.part)
        homes = [of_sessions[*instrument, row.part], of_sessions[*instrument, "whole"]]
        homes += [
            of_bars[*instrument, row.part, scale, start_of(row.second, close, scale)]
            for scale in SCALES
        ]
        for figures in homes:
            if is_leg:
                figures.legs += row.contracts
            else:
                figures.prints.append((Fraction(row.ticks, 10_000), row.contracts))
    return of_bars, of_sessions


def _as_futures(prints: list[Print]) -> Iterator[tuple[tuple[str, ...], Print, str, bool]]:
    for row in prints:
        for expiry in filter(None, (row.near, row.far)):
            yield (row.product, expiry), row, expiry, row.far is not None


def _as_spreads(prints: list[Print]) -> Iterator[tuple[tuple[str, ...], Print, str, bool]]:
    for row in prints:
        if row.far:
            yield (row.product, row.near, row.far), row, row.near, False


def _trade(line: int, row: Print) -> dict[str, object]:
    return {
        "session_date": SESSION,
        "line": line,
        "session_part": row.part,
        "traded_at": MIDNIGHT + timedelta(seconds=row.second),
        "product": row.product,
        "expiry": row.near,
        "near_expiry": row.near,
        "far_expiry": row.far,
        "price": row.ticks / 10_000,
        "contracts": row.contracts,
        "opening_auction": False,
    }


@FEW
@given(prints=st.lists(PRINTS, min_size=150, max_size=250).map(in_order_of_time))
def test_bars_of_futures_and_spreads(
    frames: Frames, terms: tuple[object, object], prints: list[Print]
) -> None:
    numbered = list(enumerate(prints, 2))
    trades = frames.of(t.FUTURES_TRADES, [_trade(n, p) for n, p in numbered if not p.far])
    spreads = frames.of(t.FUTURES_SPREADS, [_trade(n, p) for n, p in numbered if p.far])

    of_bars, of_sessions = _direct(_as_futures(prints))
    found = futures_bars(trades, spreads, *terms)
    assert_same(found, t.FUTURES_BARS, of_bars)
    assert_same(JOBS["gold/futures_sessions"].transform(found), t.FUTURES_SESSIONS, of_sessions)

    of_bars, of_sessions = _direct(_as_spreads(prints))
    found = spread_bars(spreads, *terms)
    assert_same(found, t.SPREAD_BARS, of_bars)
    assert_same(JOBS["gold/spread_sessions"].transform(found), t.SPREAD_SESSIONS, of_sessions)


LEVELS = st.tuples(
    st.sampled_from(["TAIEX", "模擬測試指數"]),
    st.one_of(
        st.sampled_from([9 * HOUR + 5, 13 * HOUR + 1795, 13 * HOUR + 1800]),
        st.integers(9 * HOUR // 5 + 1, (13 * HOUR + 1800) // 5).map(lambda step: step * 5),
    ),
    st.integers(1, 10**9),
)


@FEW
@given(levels=st.lists(LEVELS, min_size=80, max_size=150, unique_by=lambda level: level[:2]))
def test_bars_of_indices(frames: Frames, levels: list[tuple[str, int, int]]) -> None:
    levels = sorted(levels, key=lambda level: level[1])
    rows = [
        {
            "session_date": SESSION,
            "index_id": index,
            "observed_at": MIDNIGHT + timedelta(seconds=second),
            "level": hundredths / 100,
            "is_previous_close": False,
            "line": line,
        }
        for line, (index, second, hundredths) in enumerate(levels, 2)
    ]
    before = {"line": 1, "observed_at": MIDNIGHT + timedelta(hours=9), "is_previous_close": True}
    rows += [rows[0] | before | {"index_id": index} for index, _, _ in levels]

    of_bars: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    of_sessions: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    for index, second, hundredths in levels:
        homes = [of_sessions[index, "day"], of_sessions[index, "whole"]]
        homes += [
            of_bars[index, scale, start_of(second, 13 * HOUR + 1800, scale)] for scale in SCALES
        ]
        for figures in homes:
            figures.prints.append((Fraction(hundredths, 100), 1))

    found = index_bars(frames.of(t.INDEX_LEVELS, rows))
    assert_same(found, t.INDEX_BARS, of_bars)
    assert_same(JOBS["gold/index_sessions"].transform(found), t.INDEX_SESSIONS, of_sessions)


def test_sums_stay_exact_in_the_largest_session(frames: Frames) -> None:
    """A hundred thousand prints at a million, a ten-thousandth apart, in one session."""
    number = 100_000
    dear, cheap = Decimal("1000000.0001"), Decimal("999999.9999")
    prints = frames.spark.range(number).select(
        F.lit("X").alias("product"),
        F.col("id").alias("line"),
        F.timestamp_seconds(F.lit(1_734_483_600) + F.floor(F.col("id") / 10)).alias("bar_at"),
        F.when(F.col("id") % 2 == 0, float(dear)).otherwise(float(cheap)).alias("price"),
        F.lit(1_000).alias("contracts"),
    )
    printed = bars.printed(prints, ["product"], 8 * HOUR, TRADES)
    minutes = bars.rolled_up(printed, ["product", "bar_start"]).drop("bar_start")
    whole = bars.exact(bars.rolled_up(minutes, ["product"]), TRADES)
    (row,) = bars.with_figures(whole, TRADES).collect()
    prices = [Fraction(dear), Fraction(cheap)] * (number // 2)
    assert row["trades"] == number
    assert Fraction(row["price_sum"]) == sum(prices)
    assert Fraction(row["price_square_sum"]) == sum(price * price for price in prices)
    assert Fraction(row["price_contracts_sum"]) == 1_000 * sum(prices)
    assert (row["mean"], row["vwap"], row["std"]) == (1e6, 1e6, sample_std(prices))
