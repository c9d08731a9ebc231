"""Futures and ETFs against their index at the same instant; the simulator's curve is recovered."""

from __future__ import annotations

import math
import statistics
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import futures as a
from indextracker_simulator.taiwan import futures as simulated_futures
from indextracker_simulator.taiwan import indices as simulated_indices
from indextracker_simulator.taiwan.contracts import curve_of
from indextracker_simulator.taiwan.products import products_of
from indextracker_simulator.taiwan.walk import local_second
from indextracker_spark.analytics import basis as b
from indextracker_spark.job import conform

Row = dict[str, object]

FRIDAY, MONDAY = date(2024, 12, 13), date(2024, 12, 16)
LAST_DAY = date(2024, 12, 18)
ENDS = {"202412": LAST_DAY, "202501": date(2025, 1, 15), "202506": date(2025, 6, 18)}
SESSIONS = [date(2024, 12, day) for day in (5, 6, 9, 10, 11, 12, 13, 16, 17, 18)]


def at(day: date, clock: str) -> datetime:
    """An instant of a day in Taipei."""
    hours, minutes, seconds = (float(part) for part in clock.split(":"))
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
    return midnight + timedelta(hours=hours, minutes=minutes, seconds=seconds)


def level(day: date, clock: str, points: float, **more: object) -> Row:
    return {
        "session_date": day,
        "index_id": "TAIEX",
        "observed_at": at(day, clock),
        "level": points,
        "is_previous_close": False,
        **more,
    }


def trade(session: date, line: int, when: datetime, price: float, **more: object) -> Row:
    return {
        "session_date": session,
        "line": line,
        "product": "TX",
        "expiry": "202412",
        "session_part": "day",
        "traded_at": when,
        "price": price,
        "contracts": 1,
        **more,
    }


def sessions(frames: Frames) -> DataFrame:
    return frames.of(
        t.SESSIONS,
        [
            {"exchange": "XTAI", "session_date": day, "previous_session_date": before}
            for before, day in zip([None, *SESSIONS], SESSIONS, strict=False)
        ],
    )


def basis(frames: Frames, trades: list[Row], levels: list[Row]) -> list[Row]:
    terms = {
        "underlying": "TAIEX",
        "kind": "index",
        "instrument": "Futures",
        "day_close": "13:45:00",
        "last_day_close": "13:30:00",
        "valid_from": SESSIONS[0],
    }
    contracts = {(row["session_date"], row["product"], row["expiry"]) for row in trades}
    dated: list[Row] = [
        {"session_date": day, "product": product, "expiry": expiry, "expire_code": code}
        | {"last_trading_date": ENDS.get(str(expiry))}
        for day, product, expiry in contracts
        for code in ("M", "W")
    ]
    found = b.basis(
        frames.of(t.FUTURES_TRADES, trades),
        frames.of(t.INDEX_LEVELS, levels),
        frames.of(t.CONTRACTS, dated),
        frames.of(
            t.PRODUCTS,
            [
                terms | {"product": "TX"},
                terms | {"product": "CDF", "kind": "stock", "underlying": "2330"},
                terms | {"product": "BTF", "underlying": "no index of the report"},
            ],
        ),
        frames.of(t.INDICES, [{"index_name": name, "index_id": "TAIEX"} for name in ("a", "b")]),
        sessions(frames),
    )
    rows = conform(found, a.BASIS).orderBy("product", "expiry", "bar_start").collect()
    return [row.asDict() for row in rows]


def test_the_last_trade_of_a_minute_is_held_against_the_level_of_its_instant(
    frames: Frames,
) -> None:
    levels = [
        level(MONDAY, "10:00:00", 23_000.0),
        level(MONDAY, "10:00:05", 23_001.0),
        level(MONDAY, "10:00:10", 99_999.0),
        level(MONDAY, "10:00:05", 1.0, index_id="FINANCE"),
    ]
    trades = [
        trade(MONDAY, 1, at(MONDAY, "10:00:03"), 23_500.0),
        trade(MONDAY, 2, at(MONDAY, "10:00:05"), 23_500.0),
        trade(MONDAY, 3, at(MONDAY, "10:00:05"), 23_046.0),
        trade(MONDAY, 4, at(MONDAY, "10:00:05"), 500.0, product="CDF"),
        trade(MONDAY, 5, at(MONDAY, "10:00:05"), 500.0, product="BTF"),
    ]
    [row] = basis(frames, trades, levels)
    assert row["bar_start"].replace(tzinfo=UTC) == at(MONDAY, "10:00:00")  # type: ignore[attr-defined]
    assert (row["future_price"], row["index_level"]) == (23_046.0, 23_001.0)
    assert row["index_age_seconds"] == 0.0
    days = (at(LAST_DAY, "13:30:00") - at(MONDAY, "10:00:05")) / timedelta(days=1)
    assert row["days_to_settlement"] == days
    assert row["basis"] == 45.0
    assert row["basis_percent"] == 100 * (45.0 / 23_001.0)
    assert row["annualised_carry"] == (45.0 / 23_001.0) / (days / 365)
    fair = 23_001.0 * (1 + 0.015 * (days / 365))
    assert (row["fair_value"], row["mispricing"]) == (fair, 23_046.0 - fair)


@pytest.mark.parametrize(
    ("clock", "age", "fresh"),
    [("10:00:15", 15.0, True), ("10:00:16", 16.0, False)],
)
def test_an_old_level_gives_no_basis_and_tells_its_age(
    frames: Frames, clock: str, age: float, fresh: bool
) -> None:
    trades = [trade(MONDAY, 1, at(MONDAY, clock), 23_046.0)]
    [row] = basis(frames, trades, [level(MONDAY, "10:00:00", 23_000.0)])
    assert (row["index_level"], row["index_age_seconds"]) == (23_000.0, age)
    for name in ("basis", "basis_percent", "annualised_carry", "fair_value", "mispricing"):
        assert (row[name] is not None) == fresh


def test_at_night_the_level_is_the_close_before_and_the_repeated_one_never_counts(
    frames: Frames,
) -> None:
    levels = [
        level(FRIDAY, "13:29:55", 22_000.0),
        level(FRIDAY, "13:30:00", 22_500.0),
        level(MONDAY, "09:00:00", 22_500.0, is_previous_close=True),
        level(MONDAY, "09:00:05", 23_000.0),
    ]
    trades = [
        trade(MONDAY, 1, at(FRIDAY, "15:00:00"), 22_600.0, session_part="night"),
        trade(MONDAY, 2, at(MONDAY, "09:00:02"), 22_700.0),
    ]
    night, early = basis(frames, trades, levels)
    assert (night["index_level"], night["index_age_seconds"]) == (22_500.0, 5_400.0)
    assert early["index_level"] == 22_500.0
    assert night["basis"] is early["basis"] is None
    [alone] = basis(frames, trades[:1], levels[2:])
    assert alone["index_level"] is alone["index_age_seconds"] is alone["basis"] is None


def test_on_the_last_day_there_is_a_basis_and_no_carry(frames: Frames) -> None:
    levels = [level(LAST_DAY, clock, 23_000.0) for clock in ("10:00:00", "13:30:00")]
    trades = [
        trade(LAST_DAY, 1, at(LAST_DAY, "10:00:00"), 23_010.0),
        # At the close: it belongs to the minute before.
        trade(LAST_DAY, 2, at(LAST_DAY, "13:30:00"), 23_002.0),
        trade(LAST_DAY, 3, at(LAST_DAY, "13:30:00"), 23_090.0, expiry="202501"),
        trade(LAST_DAY, 4, at(LAST_DAY, "10:00:00"), 23_090.0, expiry="203001"),
    ]
    morning, close, january, undated = basis(frames, trades, levels)
    assert (morning["basis"], morning["annualised_carry"]) == (10.0, None)
    assert close["days_to_settlement"] == 0.0
    assert close["fair_value"] == 23_000.0
    ends = [row["bar_start"].replace(tzinfo=UTC) for row in (close, january)]  # type: ignore[attr-defined]
    assert ends == [at(LAST_DAY, "13:29:00"), at(LAST_DAY, "13:30:00")]
    assert january["annualised_carry"] == (90.0 / 23_000.0) / (28 / 365)
    assert (undated["basis"], undated["days_to_settlement"], undated["fair_value"]) == (
        90.0,
        None,
        None,
    )


SEED = 7
(TX,) = (product for product in products_of(MONDAY) if product.name == "TX")


@pytest.mark.parametrize("expiry", ["202501", "202506"])
def test_the_carry_of_the_simulated_curve_is_recovered(frames: Frames, expiry: str) -> None:
    """Without a lead, a print is the forward of its second, to a tick and up to a tick beside.

    A minute's carry differs from that of the curve, over index and years, by half a point of
    rounding (variance 1/12), up to a point beside (2/3), and what the index went since its level
    was published, at most what it goes in the 5 s between two levels. The mean over the minutes is
    to be within four of its standard deviations.
    """
    tape = simulated_futures.trading(SEED, MONDAY, "demo", lead=0).tape
    tape = tape.where(
        (tape.product == TX.name) & (tape.near == expiry) & (tape.far == "") & ~tape.night
    )
    report = simulated_indices.report(SEED, MONDAY)
    points = report.levels[1:, report.names.index(simulated_indices.TAIEX)] / 100
    opened, midnight = at(MONDAY, "09:00:00"), at(MONDAY, "00:00:00")
    levels = [
        level(MONDAY, "09:00:00", float(value))
        | {"observed_at": opened + timedelta(seconds=5 * number)}
        for number, value in enumerate(points, 1)
    ]
    seconds = (tape.second - local_second(MONDAY)).tolist()
    trades = [
        trade(MONDAY, line, midnight + timedelta(seconds=second), price, expiry=expiry)
        for line, (second, price) in enumerate(
            zip(seconds, (tape.price / 100).tolist(), strict=True)
        )
    ]
    found = basis(frames, trades, levels)
    carries = [float(str(c)) for row in found if (c := row["annualised_carry"]) is not None]
    years = (ENDS[expiry] - MONDAY).days / 365
    deviation = math.sqrt(1 / 12 + 2 / 3 + np.diff(points).var()) / points.mean() / years
    error = deviation / math.sqrt(len(carries))
    carry = curve_of(TX.underlying, SEED, MONDAY, 0).carry
    assert len(carries) > 10
    assert abs(statistics.mean(carries) - carry) < 4 * error
    assert abs(carry) > 8 * error  # none would be told from it


def etf_trade(session: date, line: int, clock: str, price: float) -> Row:
    return {
        "session_date": session,
        "symbol": "006204",
        "line": line,
        "traded_at": at(session, clock),
        "price": price,
        "shares": 1_000,
    }


def deviations(frames: Frames, trades: list[Row], levels: list[Row]) -> list[Row]:
    etfs: list[Row] = [
        {"symbol": "006204", "underlying": "TAIEX"},
        {"symbol": "0050", "underlying": "TAIWAN_50"},
    ]
    found = b.etf_deviation(
        frames.of(t.ETF_TRADES, trades),
        frames.of(t.INDEX_LEVELS, levels),
        frames.of(t.ETFS, etfs),
        sessions(frames),
    )
    rows = conform(found, a.ETF_DEVIATION).orderBy("bar_start").collect()
    return [row.asDict() for row in rows]


def test_an_etf_is_held_against_what_it_was_in_the_session_before(frames: Frames) -> None:
    days = (FRIDAY, MONDAY)
    levels = [level(day, f"10:0{n}:00", 20_000.0) for day in days for n in range(4)]
    prices = [(FRIDAY, price) for price in (99.0, 100.0, 101.0, 120.0)] + [(MONDAY, 101.505)]
    trades = [
        etf_trade(day, line, f"10:0{line % 4}:00.125", price)
        for line, (day, price) in enumerate(prices)
    ]
    trades.append(etf_trade(FRIDAY, 9, "14:30:00", 999.0))  # at the fixed price
    *first, row = deviations(frames, trades, levels)
    assert [one["deviation_percent"] for one in first] == [None] * 4
    assert (row["ratio"], row["index_age_seconds"]) == (101.505 / 20_000, 0.125)
    reference = statistics.median(price / 20_000 for price in (99.0, 100.0, 101.0, 120.0))
    assert row["reference_ratio"] == reference
    assert (row["reference_date"], row["reference_minutes"]) == (FRIDAY, 4)
    assert row["deviation_percent"] == 100 * (101.505 / 20_000 / reference - 1)
    assert row["deviation_percent"] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("before", "known"), [(SESSIONS[-6], True), (SESSIONS[-7], False)], ids=["five", "six"]
)
def test_the_reference_is_at_most_five_sessions_old(
    frames: Frames, before: date, known: bool
) -> None:
    levels = [level(day, "10:00:00", 20_000.0) for day in (before, LAST_DAY)]
    trades = [etf_trade(day, 1, "10:00:01", 100.0) for day in (before, LAST_DAY)]
    row = deviations(frames, trades, levels)[-1]
    assert row["session_date"] == LAST_DAY
    assert row["reference_date"] == (before if known else None)
    assert row["deviation_percent"] == (0.0 if known else None)


def test_a_price_without_a_fresh_level_has_no_ratio_and_is_no_reference(frames: Frames) -> None:
    trades = [etf_trade(day, 1, "10:00:20", 100.0) for day in (FRIDAY, MONDAY)]
    found = deviations(frames, trades, [level(FRIDAY, "10:00:00", 20_000.0)])
    assert [row["index_level"] for row in found] == [20_000.0, 20_000.0]
    for name in ("ratio", "reference_date", "deviation_percent"):
        assert [row[name] for row in found] == [None, None]
