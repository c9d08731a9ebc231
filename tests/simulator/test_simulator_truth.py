"""The truth of a session small enough to work out by hand, and of a whole one by its sums."""

from __future__ import annotations

import ast
import math
import sys
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

import indextracker_simulator
from indextracker_simulator.bars import Interval, bar_start, sample_std
from indextracker_simulator.exchange import Session
from indextracker_simulator.futures import Tape
from indextracker_simulator.indices import IndexReport
from indextracker_simulator.truth import session_tables
from indextracker_simulator.unreadable import UnreadableLine
from indextracker_simulator.walk import local_second

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = date(2024, 12, 18)  # a third Wednesday
EVE = date(2024, 12, 17)

Row = tuple[str, str, str, date, tuple[int, int, int], bool, int, int, int]
# product, near, far, calendar day, time, night, price, near price, contracts; prices in hundredths
ROWS: list[Row] = [
    ("OJF", "202501", "", DAY, (13, 45, 0), False, 2283, 0, 1),
    ("OJF", "202501", "", DAY, (16, 15, 0), False, 2284, 0, 1),
    ("TJF", "202503", "", DAY, (8, 0, 0), False, 274150, 0, 1),
    ("TX", "202412", "", EVE, (15, 0, 0), True, 2300000, 0, 3),
    ("TX", "202412", "", DAY, (5, 0, 0), True, 2300500, 0, 1),
    ("TX", "202412", "", DAY, (13, 29, 58), False, 2301000, 0, 1),
    ("TX", "202412", "202501", DAY, (13, 30, 0), False, 5000, 2302000, 2),
    ("TX", "202412", "", DAY, (13, 30, 0), False, 2302000, 0, 2),
    ("TX", "202501", "", DAY, (13, 30, 0), False, 2307000, 0, 1),
    ("TX", "202501", "", DAY, (13, 45, 0), False, 2307100, 0, 1),
]


def _tape(rows: list[Row]) -> Tape:
    columns = list(zip(*rows, strict=True))
    seconds = [
        local_second(day, hour * 3600 + minute * 60 + second)
        for day, (hour, minute, second) in zip(columns[3], columns[4], strict=True)
    ]
    price, near_price = np.array(columns[6]), np.array(columns[7])
    return Tape(
        product=np.array(columns[0]),
        near=np.array(columns[1]),
        far=np.array(columns[2]),
        second=np.array(seconds),
        night=np.array(columns[5]),
        price=price,
        near_price=near_price,
        far_price=np.where(near_price > 0, near_price + price, 0),
        contracts=np.array(columns[8]),
        auction=np.array([row[4] == (15, 0, 0) for row in rows]),
    )


@pytest.fixture(scope="module")
def small() -> Session:
    levels = np.array([[2290000], [2300000], [2300100], [2300100]])
    slips = (UnreadableLine(0, "one", "cells"), UnreadableLine(3, "two", "price"))
    return Session(DAY, IndexReport(("發行量加權股價指數",), levels), _tape(ROWS), slips)


@pytest.fixture(scope="module")
def tables(small: Session) -> dict[str, pa.Table]:
    return session_tables(small)


def _found(table: pa.Table, **wanted: Any) -> list[dict[str, Any]]:
    return [
        row
        for row in table.to_pylist()
        if all(row[name] == value for name, value in wanted.items())
    ]


def _utc(hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2024, 12, 18, hour, minute, second, tzinfo=UTC)


def test_lines_count_the_header_and_the_unreadable(tables: dict[str, pa.Table]) -> None:
    assert tables["futures_trades"]["line"].to_pylist() == [3, 4, 5, 7, 8, 9, 11, 12, 13]
    assert tables["futures_spreads"]["line"].to_pylist() == [10]
    assert [(row["line"], row["text"]) for row in tables["rejects"].to_pylist()] == [
        (2, "one"),
        (6, "two"),
    ]


def test_index_lines_count_as_the_form_that_is_read(small: Session) -> None:
    as_json = session_tables(small, "json")["index_levels"]
    as_csv = session_tables(small, "csv")["index_levels"]
    assert as_json["line"].to_pylist() == [1, 2, 3, 4]
    assert as_csv["line"].to_pylist() == [3, 4, 5, 6]
    assert as_csv.drop("line") == as_json.drop("line")


def test_parts_and_instants(tables: dict[str, pa.Table]) -> None:
    trades = {row["line"]: row for row in tables["futures_trades"].to_pylist()}
    assert trades[7]["traded_at"] == datetime(2024, 12, 17, 7, tzinfo=UTC)
    assert [trades[line]["session_part"] for line in (5, 7, 8, 9)] == [
        "day",
        "night",
        "night",
        "day",
    ]
    assert trades[7]["opening_auction"]


@pytest.mark.parametrize(
    ("product", "expiry", "starts"),
    [
        ("OJF", "202501", [(5, 45), (8, 14)]),
        ("TJF", "202503", [(0, 0)]),
        ("TX", "202412", [(20, 59), (5, 29)]),
        ("TX", "202501", [(5, 30), (5, 44)]),
    ],
)
def test_bars_fold_at_their_own_close(
    tables: dict[str, pa.Table], product: str, expiry: str, starts: list[tuple[int, int]]
) -> None:
    found = _found(tables["futures_bars"], product=product, expiry=expiry, scale_minutes=1)
    at = {(row["bar_start"].hour, row["bar_start"].minute) for row in found}
    assert at - {(7, 0)} == set(starts)


def test_legs_count_without_a_price(tables: dict[str, pa.Table]) -> None:
    (near,) = _found(
        tables["futures_bars"], expiry="202412", scale_minutes=1, bar_start=_utc(5, 29)
    )
    assert (near["open"], near["high"], near["low"], near["close"]) == (23010, 23020, 23010, 23020)
    assert (near["contracts"], near["spread_contracts"], near["trades"]) == (3, 2, 2)
    assert near["mean"] == 23015
    assert near["vwap"] == (23010 + 2 * 23020) / 3
    assert near["std"] == math.sqrt(50)
    (far,) = _found(tables["futures_bars"], expiry="202501", scale_minutes=1, bar_start=_utc(5, 30))
    assert (far["open"], far["contracts"], far["spread_contracts"]) == (23070, 1, 2)
    assert far["std"] is None


def test_a_bar_of_legs_alone_has_no_price() -> None:
    interval = Interval(spread_contracts=4)
    assert set(interval.figures().values()) == {None}


def test_a_spread_closes_with_its_near_leg(tables: dict[str, pa.Table]) -> None:
    bars = _found(tables["spread_bars"], scale_minutes=5)
    assert [row["bar_start"] for row in bars] == [_utc(5, 25)]
    assert (bars[0]["close"], bars[0]["contracts"], bars[0]["trades"]) == (50, 2, 1)
    assert "spread_contracts" not in bars[0]


def test_parts_of_a_session(tables: dict[str, pa.Table]) -> None:
    found = _found(tables["futures_sessions"], product="TX", expiry="202412")
    figures = {row["session_part"]: (row["open"], row["close"], row["contracts"]) for row in found}
    assert figures == {
        "night": (23000, 23005, 4),
        "day": (23010, 23020, 3),
        "whole": (23000, 23020, 7),
    }
    assert {row["session_part"]: row["spread_contracts"] for row in found} == {
        "night": 0,
        "day": 2,
        "whole": 2,
    }


def test_contracts_have_a_row_a_code(tables: dict[str, pa.Table]) -> None:
    rows = [
        (row["product"], row["expiry"], row["expire_code"], row["last_trading_date"])
        for row in tables["contracts"].to_pylist()
    ]
    assert rows == [
        ("OJF", "202501", "M+1", date(2025, 1, 15)),
        ("TJF", "202503", None, None),
        ("TX", "202412", "M", DAY),
        ("TX", "202412", "W", DAY),
        ("TX", "202501", "M+1", date(2025, 1, 15)),
    ]


def test_the_previous_close_is_in_no_index_bar(tables: dict[str, pa.Table]) -> None:
    (bar,) = _found(tables["index_bars"], scale_minutes=1)
    assert (bar["bar_start"], bar["open"], bar["ticks"]) == (_utc(1, 0), 23000, 3)
    first, *later = tables["index_levels"].to_pylist()
    assert first["is_previous_close"]
    assert not any(row["is_previous_close"] for row in later)
    day, whole = tables["index_sessions"].to_pylist()
    assert (day.pop("session_part"), whole.pop("session_part")) == ("day", "whole")
    assert day == whole


@pytest.mark.parametrize(
    ("scale", "second", "start"),
    [
        (1, (13, 44, 59), (13, 44)),
        (1, (13, 45, 0), (13, 44)),
        (60, (8, 45, 0), (8, 0)),
        (60, (13, 45, 0), (13, 0)),
        (15, (13, 30, 0), (13, 30)),
        (30, (9, 0, 0), (9, 0)),
    ],
)
def test_bar_start(scale: int, second: tuple[int, int, int], start: tuple[int, int]) -> None:
    def at(hour: int, minute: int, second: int = 0) -> int:
        return local_second(DAY, hour * 3600 + minute * 60 + second)

    assert bar_start(at(*second), at(13, 45), scale) == at(*start)


def test_std_loses_no_digit() -> None:
    prices = [10**9 + step for step in (0, 1, 2, 5, 7, 7, 11)]
    mean = Fraction(sum(prices), len(prices))
    variance = sum((price - mean) ** 2 for price in prices) / (len(prices) - 1)
    assert sample_std(prices) == pytest.approx(math.sqrt(variance) / 100, rel=1e-15)
    assert sample_std([7, 7, 7]) == 0
    assert sample_std([7]) is None


def _scales_and_parts(tables: dict[str, pa.Table], kind: str) -> Iterable[list[dict[str, Any]]]:
    bars = tables[f"{kind}_bars"].to_pylist()
    for scale in (1, 5, 15, 30, 60):
        yield [row for row in bars if row["scale_minutes"] == scale]
    yield _found(tables[f"{kind}_sessions"], session_part="whole")


def test_every_scale_holds_every_trade(whole: dict[str, pa.Table]) -> None:
    trades, spreads = whole["futures_trades"], whole["futures_spreads"]
    traded = sum(trades["contracts"].to_pylist())
    spread = sum(spreads["contracts"].to_pylist())
    for rows in _scales_and_parts(whole, "futures"):
        assert sum(row["contracts"] for row in rows) == traded
        assert sum(row["spread_contracts"] for row in rows) == 2 * spread
        assert sum(row["trades"] for row in rows) == trades.num_rows
    for rows in _scales_and_parts(whole, "spread"):
        assert sum(row["contracts"] for row in rows) == spread
    for rows in _scales_and_parts(whole, "index"):
        assert sum(row["ticks"] for row in rows) == whole["index_levels"].num_rows * 3240 / 3241


def test_prices_are_null_exactly_without_a_trade(whole: dict[str, pa.Table]) -> None:
    rows = whole["futures_bars"].to_pylist()
    for row in rows:
        prices = [row[name] for name in ("open", "high", "low", "close", "mean", "vwap")]
        assert (row["trades"] == 0) == (None in prices) == all(p is None for p in prices)
        assert (row["std"] is None) == (row["trades"] < 2)
    assert any(row["trades"] == 0 for row in rows)


def test_no_bar_starts_at_a_close(whole: dict[str, pa.Table]) -> None:
    at_close = _found(whole["futures_bars"], bar_start=_utc(5, 45), scale_minutes=1)
    assert {row["product"] for row in at_close} == {"OJF", "TJF"}
    assert not _found(whole["index_bars"], bar_start=_utc(5, 30))


FUTURES = "open high low close mean std vwap contracts spread_contracts trades"
SPREADS = "open high low close mean std vwap contracts trades"
TRADED = "line session_part traded_at product"
INDEX = "open high low close mean std ticks"


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("index_levels", "index_name observed_at level is_previous_close line"),
        ("futures_trades", f"{TRADED} expiry price contracts opening_auction"),
        (
            "futures_spreads",
            f"{TRADED} near_expiry far_expiry price near_price far_price contracts",
        ),
        ("contracts", "product expiry expire_code last_trading_date final_settlement_date"),
        ("rejects", "feed line text reason"),
        ("index_bars", f"index_name scale_minutes bar_start {INDEX}"),
        ("index_sessions", f"index_name session_part {INDEX}"),
        ("futures_bars", f"product expiry session_part scale_minutes bar_start {FUTURES}"),
        ("futures_sessions", f"product expiry session_part {FUTURES}"),
        (
            "spread_bars",
            f"product near_expiry far_expiry session_part scale_minutes bar_start {SPREADS}",
        ),
        ("spread_sessions", f"product near_expiry far_expiry session_part {SPREADS}"),
    ],
)
def test_columns(whole: dict[str, pa.Table], table: str, columns: str) -> None:
    assert whole[table].column_names == ["session_date", *columns.split()]


def test_types(whole: dict[str, pa.Table]) -> None:
    trades, bars = whole["futures_trades"].schema, whole["futures_bars"].schema
    assert trades.field("traded_at").type == pa.timestamp("us", "UTC")
    assert (trades.field("contracts").type, trades.field("line").type) == (pa.int32(), pa.int64())
    assert (bars.field("contracts").type, bars.field("vwap").type) == (pa.int64(), pa.float64())


def test_the_simulator_stands_alone() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "pyarrow", "exchange_calendars"}
    for module in Path(indextracker_simulator.__file__).parent.glob("**/*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            roots = {name.partition(".")[0] for name in names}
            assert roots <= allowed | {"indextracker_simulator"}, module
