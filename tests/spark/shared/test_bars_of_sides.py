"""Bars of options and of ETFs equal direct computation on random prints."""

import math
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

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
    double,
    rows_of,
    start_of,
)
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_spark.jobs import JOBS
from indextracker_spark.shared import bars
from indextracker_spark.taiwan.markets import (
    SIDES,
    etf_bars,
    option_bars,
)

SERIES = st.sampled_from(
    [("202412", "C"), ("202412", "P"), ("202501", "C")],
)
DEALS = st.tuples(
    st.sampled_from(PRODUCTS),
    SERIES,
    st.one_of(st.sampled_from(EDGES), st.integers(-9 * HOUR, 16 * HOUR + 900)),
    st.integers(1, 10**9),  # ten-thousandths
    st.lists(st.integers(1, 10**4), min_size=1, max_size=3),  # as the buyers' rows split it
)


def _rows_of(deals: list[tuple[str, tuple[str, str], int, int, list[int]]]) -> list[dict]:
    """A row per buyer, and one of the only seller."""
    rows = []
    for product, (expiry, kind), second, ticks, bought in deals:
        for sides in (*bought, sum(bought)):
            rows.append(
                {
                    "session_date": SESSION,
                    "line": len(rows) + 3,
                    "session_part": "night" if second < 8 * HOUR else "day",
                    "traded_at": MIDNIGHT + timedelta(seconds=second),
                    "product": product,
                    "expiry": expiry,
                    "strike": Decimal("23000.5"),
                    "option_type": kind,
                    "price": ticks / 10_000,
                    "sides": sides,
                    "opening_auction": False,
                }
            )
    return rows


def _weighted(deals: list[tuple[int, int, int]]) -> dict[str, object]:
    """Figures of (ten-thousandths, contracts, printed rows), each contract counted once."""
    prices = [Fraction(ticks, 10_000) for ticks, _, _ in deals]
    contracts = sum(number for _, number, _ in deals)
    total = sum(p * n for p, (_, n, _) in zip(prices, deals, strict=True))
    squares = sum(p * p * n for p, (_, n, _) in zip(prices, deals, strict=True))
    numerator = contracts * squares - total * total
    return {
        "open": double(prices[0]),
        "high": double(max(prices)),
        "low": double(min(prices)),
        "close": double(prices[-1]),
        "mean": double(total) / contracts,
        "std": math.sqrt(double(numerator) / (contracts * (contracts - 1)))
        if contracts > 1
        else None,
        "contracts": contracts,
        "prints": sum(rows for _, _, rows in deals),
    }


@FEW
@given(deals=st.lists(DEALS, min_size=80, max_size=120))
def test_bars_of_options(
    frames: Frames,
    terms: tuple[object, object],
    deals: list[tuple[str, tuple[str, str], int, int, list[int]]],
) -> None:
    """Rows that split a trade arbitrarily count it once."""
    deals = sorted(deals, key=lambda deal: deal[2])
    of_bars: dict[tuple[object, ...], list[tuple[int, int, int]]] = defaultdict(list)
    of_sessions: dict[tuple[object, ...], list[tuple[int, int, int]]] = defaultdict(list)
    for product, (expiry, kind), second, ticks, bought in deals:
        part = "night" if second < 8 * HOUR else "day"
        series = (product, expiry, Decimal("23000.5000"), kind)
        close = close_of(product, expiry, part)
        homes = [of_sessions[*series, part], of_sessions[*series, "whole"]]
        homes += [of_bars[*series, part, scale, start_of(second, close, scale)] for scale in SCALES]
        for home in homes:
            home.append((ticks, sum(bought), len(bought) + 1))

    found = option_bars(frames.of(t.OPTION_TRADES, _rows_of(deals)), *terms)
    for frame, table, direct in (
        (found, t.OPTION_BARS, of_bars),
        (JOBS["gold/option_sessions"].transform(found), t.OPTION_SESSIONS, of_sessions),
    ):
        expected = {key: _weighted(figures) for key, figures in direct.items()}
        rows = rows_of(frame, table)
        assert {key: {n: row[n] for n in expected.get(key, row)} for key, row in rows.items()} == (
            expected
        )


ETF_PRINTS = st.tuples(
    st.one_of(
        st.sampled_from(
            [
                *(9 * HOUR * 1000, 13 * HOUR * 1000 + 1_799_999, 13 * HOUR * 1000 + 1_800_000),
                *(13 * HOUR * 1000 + 1_800_500, 14 * HOUR * 1000, 14 * HOUR * 1000 + 1_800_000),
            ]
        ),
        st.integers(9 * HOUR * 1000, 13 * HOUR * 1000 + 1_800_000),
    ),
    st.integers(1, 10**7),  # hundredths
    st.integers(1, 10**5),  # lots
)


@FEW
@given(prints=st.lists(ETF_PRINTS, min_size=80, max_size=150))
def test_bars_of_etfs(frames: Frames, prints: list[tuple[int, int, int]]) -> None:
    prints = sorted(prints, key=lambda row: row[0])
    rows = [
        {
            "session_date": SESSION,
            "symbol": "006204",
            "line": line,
            "traded_at": MIDNIGHT + timedelta(milliseconds=milliseconds),
            "price": hundredths / 100,
            "shares": 1_000 * lots,
        }
        for line, (milliseconds, hundredths, lots) in enumerate(prints, 1)
    ]
    of_bars: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    of_sessions: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    for milliseconds, hundredths, lots in prints:
        if milliseconds >= 14 * HOUR * 1000:
            continue  # at the fixed price of after the close
        close = 13 * HOUR + 1800
        homes = [of_sessions["006204", "day"], of_sessions["006204", "whole"]]
        homes += [
            of_bars["006204", scale, start_of(milliseconds // 1000, close, scale)]
            for scale in SCALES
        ]
        for figures in homes:
            figures.prints.append((Fraction(hundredths, 100), 1_000 * lots))

    found = etf_bars(frames.of(t.ETF_TRADES, rows))
    assert_same(found, t.ETF_BARS, of_bars)
    assert_same(JOBS["gold/etf_sessions"].transform(found), t.ETF_SESSIONS, of_sessions)


def test_weighted_sums_stay_exact_in_the_largest_session(frames: Frames) -> None:
    """A hundred thousand sides of a hundred contracts each, a ten-thousandth apart."""
    number = 100_000
    dear, cheap = Decimal("10000.0001"), Decimal("9999.9999")
    prints = frames.spark.range(number).select(
        F.lit("X").alias("product"),
        F.col("id").alias("line"),
        F.timestamp_seconds(F.lit(1_734_483_600) + F.floor(F.col("id") / 10)).alias("bar_at"),
        F.when(F.col("id") % 4 < 2, float(dear)).otherwise(float(cheap)).alias("price"),
        F.lit(100).alias("sides"),
    )
    printed = bars.printed(prints, ["product"], 8 * HOUR, SIDES)
    minutes = bars.rolled_up(printed, ["product", "bar_start"]).drop("bar_start")
    whole = bars.exact(bars.rolled_up(minutes, ["product"]), SIDES)
    (row,) = bars.with_figures(whole, SIDES).collect()
    prices = [Fraction(dear), Fraction(cheap)]
    contracts = number * 100 // 2
    assert (row["prints"], row["contracts"]) == (number, contracts)
    assert Fraction(row["price_contracts_sum"]) == sum(prices) * contracts // 2
    squares = sum(price * price for price in prices) * contracts / 2
    assert Fraction(row["price_square_contracts_sum"]) == squares
    assert (row["mean"], row["std"]) == (
        1e4,
        math.sqrt(
            double(contracts * squares - (10**4 * contracts) ** 2) / (contracts * (contracts - 1))
        ),
    )
