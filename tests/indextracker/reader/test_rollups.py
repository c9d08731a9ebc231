"""Bars that are rolled up equal, to the bit, those that are made directly of the same prints."""

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indextracker.lake.arrow import arrow_schema
from indextracker.reader.model import Measures
from indextracker.reader.rollups import source_scale, to_minutes, to_period
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t

TAIPEI = timedelta(hours=8)
OPENS = datetime(2024, 12, 16, 0, 45, tzinfo=UTC)  # 08:45 in Taipei
KEYS: dict[str, Any] = {
    "session_date": date(2024, 12, 16),
    "product": "TX",
    "expiry": "202412",
    "session_part": "day",
}
SERIES = {"strike": Decimal("23000.0000"), "option_type": "C"}
UNIT = Decimal("0.0001")

# Second of the day part, price in ten-thousandths, contracts; none priced at null is a leg.
Print = tuple[int, int | None, int]

prints = st.lists(
    st.tuples(
        st.integers(0, 5 * 3600 - 1),
        st.one_of(st.none(), st.integers(1, 3 * 10**9)),
        st.integers(1, 5000),
    ),
    min_size=1,
    max_size=60,
).map(lambda found: sorted(found, key=lambda one: one[0]))


def directly(prints: Iterable[Print], minutes: int, table: Table) -> list[dict[str, Any]]:
    """The bars of some prints, by exact arithmetic, without any other scale between."""
    weighted = table is t.OPTION_BARS
    width = timedelta(minutes=minutes)
    midnight = datetime(2024, 12, 15, 16, tzinfo=UTC)

    def start(one: Print) -> datetime:
        at = OPENS + timedelta(seconds=one[0])
        return midnight + (at - midnight) // width * width

    rows = []
    for begin, found in groupby(prints, key=start):
        every = list(found)
        priced = [(price, contracts) for _, price, contracts in every if price is not None]
        rows.append(
            KEYS
            | (SERIES if weighted else {})
            | {"scale_minutes": minutes, "bar_start": begin}
            | (_weighted(priced) if weighted else _unweighted(priced, every))
        )
    return rows


def _prices(priced: list[tuple[int, int]]) -> dict[str, float | None]:
    if not priced:
        return dict.fromkeys(("open", "high", "low", "close"))
    every = [price / 10_000 for price, _ in priced]
    return {"open": every[0], "high": max(every), "low": min(every), "close": every[-1]}


def _moments(n: int, total: int, square: int) -> dict[str, float | None]:
    spread = float(Fraction(n * square - total * total, 10**8))
    return {
        "mean": float(Fraction(total, 10_000)) / n if n else None,
        "std": math.sqrt(spread / (float(n) * (n - 1.0))) if n > 1 else None,
    }


def _unweighted(priced: list[tuple[int, int]], every: list[Print]) -> dict[str, Any]:
    total, square = sum(p for p, _ in priced), sum(p * p for p, _ in priced)
    volume, turnover = sum(c for _, c in priced), sum(p * c for p, c in priced)
    return {
        **_prices(priced),
        **_moments(len(priced), total, square),
        "vwap": float(Fraction(turnover, 10_000)) / volume if priced else None,
        "contracts": volume,
        "spread_contracts": sum(c for _, price, c in every if price is None),
        "trades": len(priced),
        "price_sum": total * UNIT,
        "price_square_sum": square * UNIT**2,
        "price_contracts_sum": turnover * UNIT,
    }


def _weighted(priced: list[tuple[int, int]]) -> dict[str, Any]:
    volume = sum(c for _, c in priced)
    total, square = sum(p * c for p, c in priced), sum(p * p * c for p, c in priced)
    return {
        **_prices(priced),
        **_moments(volume, total, square),
        "contracts": volume,
        "prints": len(priced),
        "price_contracts_sum": total * UNIT,
        "price_square_contracts_sum": square * UNIT**2,
    }


def rows_of(found: list[dict[str, Any]], table: Table) -> pa.Table:
    return pa.Table.from_pylist(found, arrow_schema(table)).sort_by("bar_start")


@given(prints, st.sampled_from([5, 10, 15, 45, 60, 90, 120, 240, 1440]))
@settings(max_examples=60)
def test_bars_of_futures_are_those_of_their_prints(found: list[Print], minutes: int) -> None:
    stored = rows_of(directly(found, source_scale(minutes), t.FUTURES_BARS), t.FUTURES_BARS)
    made = to_minutes(stored, t.FUTURES_BARS, minutes, TAIPEI).sort_by("bar_start")
    assert made.to_pylist() == directly(found, minutes, t.FUTURES_BARS)


@given(prints.map(lambda all_: [one for one in all_ if one[1]]).filter(bool))
@settings(max_examples=30)
def test_bars_of_options_are_weighted_by_contracts(found: list[Print]) -> None:
    stored = rows_of(directly(found, 60, t.OPTION_BARS), t.OPTION_BARS)
    made = to_minutes(stored, t.OPTION_BARS, 120, TAIPEI).sort_by("bar_start")
    assert made.to_pylist() == directly(found, 120, t.OPTION_BARS)


def test_a_week_has_the_figures_of_all_its_prints() -> None:
    """Three sessions of two weeks: the prices of spreads, below zero too, add up as others do."""
    days = [date(2024, 12, 12), date(2024, 12, 13), date(2024, 12, 16)]
    prices = [[-5, 10_000, 7], [12_345, -20_000], [30_000]]
    rows = []
    for day, of_day in zip(days, prices, strict=True):
        keys = {
            "session_date": day,
            "product": "TX",
            "near_expiry": "202412",
            "far_expiry": "202501",
            "session_part": "whole",
        }
        figures = _unweighted([(price, 1) for price in of_day], [])
        del figures["spread_contracts"]
        rows.append(keys | figures)
    table = t.SPREAD_SESSIONS
    made = to_period(pa.Table.from_pylist(rows, arrow_schema(table)), table, "week")
    first, second = made.sort_by("session_date").to_pylist()
    expected = _unweighted([(price, 1) for price in (*prices[0], *prices[1])], [])
    del expected["spread_contracts"]
    assert {name: first[name] for name in expected} == expected
    assert (first["session_date"], first["last_session_date"], first["sessions"]) == (
        days[0],
        days[1],
        2,
    )
    assert (second["session_date"], second["close"]) == (days[2], 3.0)


@pytest.mark.parametrize(
    "table", [t.INDEX_BARS, t.ETF_BARS, t.FUTURES_BARS, t.SPREAD_BARS, t.OPTION_BARS]
)
def test_measures_use_every_column_of_bars(table: Table) -> None:
    """A column that no measure knew would be left out of coarser bars."""
    measures = Measures.of(table)
    made = {"session_date", "scale_minutes", "bar_start", "open", "high", "low", "close", "mean"}
    made |= {"std", *measures.keys, *measures.totals, *measures.sums}
    assert {*table.column_names} - made == ({"vwap"} if measures.volume else set())


@pytest.mark.parametrize(("minutes", "scale"), [(1, 1), (10, 5), (45, 15), (90, 30), (240, 60)])
def test_bars_are_made_of_the_coarsest_that_fit(minutes: int, scale: int) -> None:
    assert source_scale(minutes) == scale


@pytest.mark.parametrize("minutes", [7, 0, -5, 100, 2880])
def test_bars_that_do_not_divide_a_day_are_refused_with_others(minutes: int) -> None:
    with pytest.raises(ValueError, match=f"bars of {minutes} minutes do not divide a day: "):
        source_scale(minutes)
