"""The truth of a session small enough to work out by hand, and of a whole one by its sums."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest

from indextracker_simulator.randomness import DEFAULT_SEED
from indextracker_simulator.taiwan.daily import Line, futures_lines, option_lines
from indextracker_simulator.taiwan.etf import EtfTape
from indextracker_simulator.taiwan.futures import Tape, Trading
from indextracker_simulator.taiwan.indices import IndexReport
from indextracker_simulator.taiwan.options import OptionTape
from indextracker_simulator.taiwan.session import Document, Session
from indextracker_simulator.taiwan.truth import session_tables
from indextracker_simulator.taiwan.truth.bars import Interval, bar_start, sample_std
from indextracker_simulator.taiwan.unreadable import UnreadableLine
from indextracker_simulator.taiwan.walk import local_second

if TYPE_CHECKING:
    pass

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


def _second(day: date, clock: tuple[int, int, int]) -> int:
    hour, minute, second = clock
    return local_second(day, hour * 3600 + minute * 60 + second)


def _tape(rows: list[Row]) -> Tape:
    columns = list(zip(*rows, strict=True))
    seconds = [_second(row[3], row[4]) for row in rows]
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


class Small(Session):
    """A session whose contents are given and not made."""

    def slips(self, kind: Document) -> tuple[UnreadableLine, ...]:
        lines = (UnreadableLine(0, "one", "cells"), UnreadableLine(3, "two", "price"))
        return lines if kind == "futures" else ()


Side = tuple[str, int, bool, date, tuple[int, int, int], bool, int, int]
# expiry, strike, call, calendar day, time, night, price, sides; prices in hundredths
SIDES: list[Side] = [
    ("202412", 23000, True, EVE, (15, 0, 0), True, 1000, 3),
    ("202412", 23000, True, EVE, (15, 0, 0), True, 1000, 1),
    ("202412", 23000, True, DAY, (13, 30, 0), False, 500, 2),
    ("202412", 23000, True, DAY, (13, 30, 0), False, 400, 1),
    ("202412", 23000, True, DAY, (13, 30, 0), False, 400, 1),
    ("202501", 23000, False, DAY, (13, 30, 0), False, 40, 1),
    ("202501", 23000, False, DAY, (13, 30, 0), False, 40, 1),
    ("202501", 23000, False, DAY, (13, 45, 0), False, 50, 5),
    ("202501", 23000, False, DAY, (13, 45, 0), False, 50, 5),
]


def _option_tape(rows: list[Side]) -> OptionTape:
    columns = list(zip(*rows, strict=True))
    return OptionTape(
        product=np.array(["TXO"] * len(rows)),
        expiry=np.array(columns[0]),
        strike=np.array(columns[1]),
        call=np.array(columns[2]),
        second=np.array([_second(row[3], row[4]) for row in rows]),
        night=np.array(columns[5]),
        price=np.array(columns[6]),
        sides=np.array(columns[7]),
        auction=np.array([row[4] == (15, 0, 0) for row in rows]),
    )


# local time in milliseconds of the day, price in hundredths, lots, tick type
ETF = [
    (9 * 3_600_000 + 11_161, 9010, 1, 1),
    (9 * 3_600_000 + 59_999, 9020, 3, 2),
    (13 * 3_600_000 + 1_800_000, 9030, 2, 0),
    (14 * 3_600_000 + 1_800_000, 9030, 7, 0),
]


def _etf_tape() -> EtfTape:
    at, *rest = (np.array(column) for column in zip(*ETF, strict=True))
    return EtfTape(1_000 * local_second(DAY) + at, *rest, to_the_second=False)


def _report_of(tape: Tape, against: Tape) -> tuple[Line, ...]:
    lines = futures_lines(DEFAULT_SEED, DAY, Trading(tape, against), 0)
    traded = [line for line in lines if line.contracts]
    return tuple(replace(line, blocks=5 * (line.key.product == "TJF")) for line in traded)


@pytest.fixture(scope="module")
def small() -> Session:
    session = Small(DEFAULT_SEED, DAY, "demo")
    levels = np.array([[2290000], [2300000], [2300100], [2300100]])
    session.index = IndexReport(("發行量加權股價指數",), levels)
    tape = _tape(ROWS)
    session.futures = Trading(tape, tape.where(tape.far == "none"))
    session.options = _option_tape(SIDES)
    session.etf = _etf_tape()
    session.daily_futures = _report_of(tape, session.futures.against_outrights)
    report = option_lines(DEFAULT_SEED, DAY, session.options, 0)
    session.daily_options = tuple(replace(line, blocks=0) for line in report if line.contracts)
    return session


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
        ("TXO", "202412", "M", DAY),
        ("TXO", "202412", "W", DAY),
        ("TXO", "202501", "M+1", date(2025, 1, 15)),
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


def test_options_are_weighted_by_contracts(tables: dict[str, pa.Table]) -> None:
    whole, night = (
        _found(tables["option_sessions"], expiry="202412", session_part=part)[0]
        for part in ("whole", "night")
    )
    # Two contracts at 10, one at 5, one at 4.
    assert (whole["open"], whole["high"], whole["low"], whole["close"]) == (10, 10, 4, 4)
    assert (whole["contracts"], whole["prints"]) == (4, 5)
    assert whole["mean"] == 29 / 4
    assert whole["std"] == pytest.approx(math.sqrt((4 * 241 - 29**2) / 12), rel=1e-15)
    assert (night["contracts"], night["prints"], night["std"]) == (2, 2, 0)
    (far,) = _found(tables["option_bars"], scale_minutes=1, bar_start=_utc(5, 30))
    assert (far["expiry"], far["contracts"], far["prints"], far["std"]) == ("202501", 1, 2, None)
    assert (far["strike"], far["option_type"]) == (23000, "P")


def test_options_fold_at_the_close_of_their_contract(tables: dict[str, pa.Table]) -> None:
    starts = {
        (row["expiry"], row["session_part"]): row["bar_start"]
        for row in _found(tables["option_bars"], scale_minutes=1)
    }
    assert starts["202412", "day"] == _utc(5, 29)
    assert starts["202501", "day"] == _utc(5, 44)


def test_the_fixed_price_of_the_etf_is_in_no_bar(tables: dict[str, pa.Table]) -> None:
    assert [row["side"] for row in tables["etf_trades"].to_pylist()] == ["buy", "sell", None, None]
    first, last = _found(tables["etf_bars"], scale_minutes=1)
    assert (first["bar_start"], first["prints"], first["shares"]) == (_utc(1, 0), 2, 4_000)
    assert first["vwap"] == pytest.approx((90.1 + 3 * 90.2) / 4)
    assert (last["bar_start"], last["close"], last["shares"]) == (_utc(5, 29), 90.3, 2_000)
    assert tables["etf_sessions"]["shares"].to_pylist() == [6_000, 6_000]
    traded_at = tables["etf_trades"]["traded_at"][0].as_py()
    assert traded_at == datetime(2024, 12, 18, 1, 0, 11, 161_000, tzinfo=UTC)


def test_reconciliation(tables: dict[str, pa.Table]) -> None:
    rows = {
        (row["product"], row["expiry"], row["session_part"]): row
        for row in tables["reconciliation"].to_pylist()
    }
    near = rows["TX", "202412", "day"]
    assert (near["official_open"], near["official_close"]) == (23010, 23020)
    assert (near["official_contracts"], near["computed_contracts"]) == (5, 5)
    block = rows["TJF", "202503", "day"]
    assert (block["class"], block["official_contracts"], block["computed_contracts"]) == (
        "block trades",
        6,
        1,
    )
    assert block["contracts_difference"] == 5
    spread = rows["TX", "202412/202501", "day"]
    assert (spread["computed_open"], spread["official_contracts"]) == (50, 2)
    option = rows["TXO", "202412", "night"]
    assert (option["computed_high"], option["computed_contracts"]) == (10, 2)
    assert {row["class"] for key, row in rows.items() if key[0] != "TJF"} == {"equal"}


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
