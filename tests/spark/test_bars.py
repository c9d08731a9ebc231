"""Bars of every scale, and figures of every session, equal direct computation on random prints."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from spark.frames import Frames

from indextracker_spark import bars
from indextracker_spark.job import conform
from indextracker_spark.jobs import JOBS
from indextracker_spark.tables import taiwan as t
from indextracker_spark.taiwan import futures_bars, index_bars, spread_bars

SESSION = date(2024, 12, 18)
LATER = date(2025, 1, 15)
EVE = date(2024, 12, 17)
MIDNIGHT = datetime(2024, 12, 17, 16, tzinfo=UTC)  # of the session, in Taipei
HOUR = 3600
SCALES = (1, 5, 15, 30, 60)

# product: close by day, close on a contract's last day
CLOSES = {
    "USUAL": ("13:45:00", "13:30:00"),
    "LONG": ("16:15:00", "16:15:00"),
    "EARLY": ("16:15:00", "11:00:00"),
}
UNKNOWN = "UNKNOWN"  # has no terms: 13:45:00, and 13:30:00 on the last day
PRODUCTS = (*CLOSES, UNKNOWN)
NIGHT_CLOSE = 5 * HOUR

# Where mistakes are made: at closes of all kinds, beside them, and at the edges of intervals.
EDGES = [
    clock + beside
    for clock in (
        *(-9 * HOUR, 0, NIGHT_CLOSE, 8 * HOUR, 8 * HOUR + 2700, 9 * HOUR, 11 * HOUR),
        *(13 * HOUR + 1800, 13 * HOUR + 2700, 15 * HOUR, 16 * HOUR + 900),
    )
    for beside in (-1, 0, 1)
]


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


class Figures:
    """The prints of one bar, or of one part of a session, in the order of their lines."""

    def __init__(self) -> None:
        self.prints: list[tuple[Fraction, int]] = []
        self.legs = 0

    def row(self) -> dict[str, object]:
        prices = [price for price, _ in self.prints]
        number = len(prices)
        contracts = sum(count for _, count in self.prints)
        return {
            "open": _double(prices[0]) if prices else None,
            "high": _double(max(prices)) if prices else None,
            "low": _double(min(prices)) if prices else None,
            "close": _double(prices[-1]) if prices else None,
            "mean": _double(sum(prices)) / number if prices else None,
            "std": _sample_std(prices) if number > 1 else None,
            "vwap": _double(sum(p * n for p, n in self.prints)) / contracts if prices else None,
            "contracts": contracts,
            "spread_contracts": self.legs,
            "trades": number,
            "ticks": number,
        }


def _double(exact: Fraction | int) -> float:
    return float(exact)


def _sample_std(prices: list[Fraction]) -> float:
    """Exact up to the numerator; the division and the root round once each."""
    number = len(prices)
    numerator = number * sum(price * price for price in prices) - sum(prices) ** 2
    return math.sqrt(_double(numerator) / (number * (number - 1)))


def _close(product: str, expiry: str, part: str) -> int:
    if part == "night":
        return NIGHT_CLOSE
    by_day, on_last_day = CLOSES.get(product, ("13:45:00", "13:30:00"))
    hours, minutes, seconds = map(int, (on_last_day if expiry == "202412" else by_day).split(":"))
    return hours * HOUR + minutes * 60 + seconds


def _start(second: int, close: int, scale: int) -> datetime:
    inside = second - 1 if second == close else second
    return MIDNIGHT + timedelta(seconds=inside - inside % (60 * scale))


def _direct(
    counted: Iterable[tuple[tuple[str, ...], Print, str, bool]],
) -> tuple[dict[tuple[object, ...], Figures], dict[tuple[object, ...], Figures]]:
    """Bars and sessions from prints: (instrument, print, expiry that closes it, whether a leg)."""
    of_bars: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    of_sessions: dict[tuple[object, ...], Figures] = defaultdict(Figures)
    for instrument, row, expiry, is_leg in counted:
        close = _close(row.product, expiry, row.part)
        homes = [of_sessions[*instrument, row.part], of_sessions[*instrument, "whole"]]
        homes += [
            of_bars[*instrument, row.part, scale, _start(row.second, close, scale)]
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


def _rows(frame: object, table: t.Table) -> dict[tuple[object, ...], dict[str, object]]:
    keys = [name for name in table.key if name != "session_date"]
    found = {}
    for row in conform(frame, table).toArrow().to_pylist():
        assert row["session_date"] == SESSION
        key = tuple(row[name] for name in keys)
        assert key not in found
        found[key] = row
    return found


def _expected(
    direct: dict[tuple[object, ...], Figures], table: t.Table
) -> dict[tuple[object, ...], dict[str, object]]:
    names = [c.name for c in table.columns if c.name in Figures().row()]
    return {key: {n: f.row()[n] for n in names} for key, f in direct.items()}


def _same(frame: object, table: t.Table, direct: dict[tuple[object, ...], Figures]) -> None:
    expected = _expected(direct, table)
    found = _rows(frame, table)
    assert {key: {n: row[n] for n in expected.get(key, row)} for key, row in found.items()} == (
        expected
    )


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


@pytest.fixture(scope="module")
def terms(frames: Frames) -> tuple[object, object]:
    """Contracts and products of the prints above."""
    contracts = [
        {
            "session_date": SESSION,
            "product": p,
            "expiry": e,
            "last_trading_date": ends,
            "product_assumed": False,
        }
        for p in PRODUCTS
        for e, ends in (("202412", SESSION), ("202501", LATER))
    ]
    products = [
        {
            "product": product,
            "day_close": by_day,
            "last_day_close": on_last_day,
            "expiry_rule": "third_wednesday",
            "valid_from": EVE,
        }
        for product, (by_day, on_last_day) in CLOSES.items()
    ]
    return frames.of(t.CONTRACTS, contracts), frames.of(t.PRODUCTS, products)


FEW = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),  # an example costs Spark jobs: too dear to shrink
    verbosity=Verbosity.quiet,  # and too long to print
    suppress_health_check=list(HealthCheck),
)


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
    _same(found, t.FUTURES_BARS, of_bars)
    _same(JOBS["gold/futures_sessions"].transform(found), t.FUTURES_SESSIONS, of_sessions)

    of_bars, of_sessions = _direct(_as_spreads(prints))
    found = spread_bars(spreads, *terms)
    _same(found, t.SPREAD_BARS, of_bars)
    _same(JOBS["gold/spread_sessions"].transform(found), t.SPREAD_SESSIONS, of_sessions)


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
            of_bars[index, scale, _start(second, 13 * HOUR + 1800, scale)] for scale in SCALES
        ]
        for figures in homes:
            figures.prints.append((Fraction(hundredths, 100), 1))

    found = index_bars(frames.of(t.INDEX_LEVELS, rows))
    _same(found, t.INDEX_BARS, of_bars)
    _same(JOBS["gold/index_sessions"].transform(found), t.INDEX_SESSIONS, of_sessions)


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
    minutes = bars.minutes(prints, ["product"], 8 * HOUR, count="trades")
    whole = bars.rolled_up(minutes, ["product"], "bar_start", ["contracts", "trades"])
    (row,) = bars.with_figures(whole, "trades").collect()
    prices = [Fraction(dear), Fraction(cheap)] * (number // 2)
    assert row["trades"] == number
    assert Fraction(row["price_sum"]) == sum(prices)
    assert Fraction(row["price_square_sum"]) == sum(price * price for price in prices)
    assert Fraction(row["price_contracts_sum"]) == 1_000 * sum(prices)
    assert (row["mean"], row["vwap"], row["std"]) == (1e6, 1e6, _sample_std(prices))
