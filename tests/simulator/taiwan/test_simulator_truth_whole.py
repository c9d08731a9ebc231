"""The truth of a whole session: its tables, their sums, and what no row of them may say."""

from __future__ import annotations

import ast
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

import indextracker_simulator

if TYPE_CHECKING:
    from collections.abc import Iterable


def _found(table: pa.Table, **wanted: Any) -> list[dict[str, Any]]:
    return [
        row
        for row in table.to_pylist()
        if all(row[name] == value for name, value in wanted.items())
    ]


def _utc(hour: int, minute: int) -> datetime:
    return datetime(2024, 12, 18, hour, minute, tzinfo=UTC)


def test_every_difference_is_a_block(whole: dict[str, pa.Table]) -> None:
    rows = whole["reconciliation"].to_pylist()
    classes = Counter(row["class"] for row in rows)
    assert classes["block trades"] > 2
    assert classes["equal"] > 2_000
    for row in rows:
        difference = row["official_contracts"] - row["computed_contracts"]
        assert row["contracts_difference"] == difference
        assert (row["class"] == "block trades") == (difference > 0)
        for name in ("high", "low"):
            assert row[f"official_{name}"] == row[f"computed_{name}"]
        if row["computed_high"] is not None:
            assert row["official_open"] == row["computed_open"]
            assert row["official_close"] == row["computed_close"]


def test_option_groups_are_even(whole: dict[str, pa.Table]) -> None:
    groups: Counter[tuple[Any, ...]] = Counter()
    for row in whole["option_trades"].to_pylist():
        series = (row["product"], row["expiry"], row["strike"], row["option_type"])
        groups[row["traded_at"], series, row["price"]] += row["sides"]
    assert not any(sides % 2 for sides in groups.values())
    contracts = sum(_found_column(whole["option_sessions"], "contracts", "whole"))
    assert groups.total() == 2 * contracts


def _found_column(table: pa.Table, name: str, part: str) -> list[Any]:
    return [row[name] for row in _found(table, session_part=part)]


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
    for rows in _scales_and_parts(whole, "option"):
        sides = sum(whole["option_trades"]["sides"].to_pylist())
        assert 2 * sum(row["contracts"] for row in rows) == sides
        assert sum(row["prints"] for row in rows) == whole["option_trades"].num_rows
    for rows in _scales_and_parts(whole, "etf"):
        in_hours = [row for row in whole["etf_trades"].to_pylist() if row["traded_at"].hour < 6]
        assert sum(row["shares"] for row in rows) == sum(row["shares"] for row in in_hours)
        assert sum(row["prints"] for row in rows) == len(in_hours)
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
REPORTED = "open high low close contracts settlement_price open_interest"
RECONCILED = " ".join(f"official_{name} computed_{name}" for name in REPORTED.split()[:5])
OPTION = "expiry strike option_type"
SIDES_OF = "open high low close mean std contracts prints"
SHARES = "open high low close mean std vwap shares prints"
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
        ("option_trades", f"{TRADED} {OPTION} price sides opening_auction"),
        ("etf_trades", "symbol line traded_at price shares side"),
        (
            "daily_report",
            f"session_part product {OPTION} {REPORTED}",
        ),
        (
            "reconciliation",
            f"session_part product {OPTION} {RECONCILED} contracts_difference class",
        ),
        ("option_bars", f"product {OPTION} session_part scale_minutes bar_start {SIDES_OF}"),
        ("option_sessions", f"product {OPTION} session_part {SIDES_OF}"),
        ("etf_bars", f"symbol scale_minutes bar_start {SHARES}"),
        ("etf_sessions", f"symbol session_part {SHARES}"),
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
    allowed = {*sys.stdlib_module_names, "numpy", "pyarrow", "exchange_calendars", "websockets"}
    for module in Path(indextracker_simulator.__file__).parent.glob("**/*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            roots = {name.partition(".")[0] for name in names}
            assert roots <= allowed | {"indextracker_simulator"}, module
