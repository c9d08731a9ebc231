"""Which contract is in which position by each rule, and how far two are apart at a roll.

December ends on the 18th of December 2024 and January on the 15th. Contracts are compared from
December the 2nd, the first session at the front here.
"""

from __future__ import annotations

import math
import random
import statistics
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import futures as a
from indextracker_simulator.taiwan import futures as simulated_futures
from indextracker_simulator.taiwan.contracts import contracts_of, curve_of
from indextracker_simulator.taiwan.products import products_of
from indextracker_simulator.taiwan.walk import local_second
from indextracker_spark.analytics import continuous as c
from indextracker_spark.job import conform

Row = dict[str, object]

DECEMBER = [day for n in range(19) if (day := date(2024, 12, 2) + timedelta(n)).weekday() < 5]
# In a year's end no session is missing: what is before the first one is never looked at.
SESSIONS = [date(2024, 11, 27), date(2024, 11, 28), date(2024, 11, 29), *DECEMBER]
LAST_DAY = date(2024, 12, 18)
SEED = 7
THURSDAY = date(2024, 12, 19)
ENDS = {
    "202412": LAST_DAY,
    "202501": date(2025, 1, 15),
    "202502": date(2025, 2, 19),
    "202503": date(2025, 3, 19),
    "202506": date(2025, 6, 18),
    "202509": date(2025, 9, 17),
}
CODES = ("M", "M+1", "M+2", "Q+1", "Q+2")


def terms(frames: Frames, *products: str) -> tuple[DataFrame, DataFrame, DataFrame, DataFrame]:
    """Products on an index, their expiries and codes, and the sessions."""
    rule = {"expiry_rule": "third_wednesday"}
    known = rule | {"kind": "index", "instrument": "Futures", "valid_from": SESSIONS[0]}
    others: list[Row] = [
        known | {"product": "CDF", "kind": "stock"},
        known | {"product": "TXO", "instrument": "Options"},
        known | {"product": "OLD", "valid_to": SESSIONS[0]},
    ]
    spans = ((ENDS, DECEMBER[0], LAST_DAY), (list(ENDS)[1:], THURSDAY, date(2025, 1, 15)))
    codes: list[Row] = [
        rule | {"expiry": expiry, "expire_code": code, "valid_from": since, "valid_to": until}
        for listed, since, until in spans
        for expiry, code in [*zip(listed, CODES, strict=False), (next(iter(listed)), "W+1")]
    ]
    return (
        frames.of(t.PRODUCTS, [known | {"product": name} for name in products] + others),
        frames.of(
            t.EXPIRIES, [rule | {"expiry": e, "last_trading_date": d} for e, d in ENDS.items()]
        ),
        frames.of(t.EXPIRE_CODES, codes),
        frames.of(
            t.SESSIONS,
            [
                {"exchange": "XTAI", "session_date": day, "previous_session_date": before}
                for before, day in zip([None, *SESSIONS], SESSIONS, strict=False)
            ],
        ),
    )


def minute(day: date, expiry: str, number: int, close: float | None, product: str = "TX") -> Row:
    at = datetime(day.year, day.month, day.day, 1, tzinfo=UTC) + timedelta(minutes=number)
    return {
        "session_date": day,
        "product": product,
        "expiry": expiry,
        "session_part": "day",
        "scale_minutes": 1,
        "bar_start": at,
        "close": close,
        "open": close,
        "contracts": 1,
    }


def bars(frames: Frames, days: list[date], product: str = "TX") -> DataFrame:
    """One bar of each listed contract in each session."""
    rows = [
        minute(day, expiry, 0, 23_000.0, product)
        for day in days
        for expiry in ENDS
        if day <= ENDS[expiry]
    ]
    return frames.of(t.FUTURES_BARS, rows)


def volume(day: date, expiry: str, contracts: int, legs: int = 0, product: str = "TX") -> Row:
    return {
        "session_date": day,
        "product": product,
        "expiry": expiry,
        "session_part": "whole",
        "contracts": contracts,
        "spread_contracts": legs,
    }


def interest(day: date, expiry: str, contracts: int | None) -> Row:
    return {
        "session_date": day,
        "product": "TX",
        "expiry": expiry,
        "session_part": "day",
        "open_interest": contracts,
        "instrument": "Futures",
    }


def fronts(positions: DataFrame, position: int = 1) -> dict[date, str]:
    rows = positions.where(f"product = 'TX' and position = {position}").collect()
    return {row.session_date: row.expiry for row in rows if row.session_date in DECEMBER}


def test_by_calendar_a_month_is_kept_to_its_last_day(frames: Frames) -> None:
    positions = c.by_calendar(bars(frames, DECEMBER), *terms(frames, "TX"))
    for position in (1, 2, 3):
        expected = {day: list(ENDS)[position - 1 + (day > LAST_DAY)] for day in DECEMBER}
        assert fronts(positions, position) == expected
    rows = positions.collect()
    assert {row.product for row in rows} == {"TX"}
    assert {row.missing_sessions for row in rows} == {0}


MONDAY, TUESDAY, WEDNESDAY = (date(2024, 12, day) for day in (9, 10, 11))


@pytest.mark.parametrize(
    ("january", "legs", "takes_over"),
    [(101, 0, TUESDAY), (100, 0, THURSDAY), (1, 100, TUESDAY), (0, 0, THURSDAY)],
    ids=["more", "as much", "legs of spreads", "none"],
)
def test_by_volume_the_next_month_takes_over_the_session_after(
    frames: Frames, january: int, legs: int, takes_over: date
) -> None:
    figures = [volume(day, "202412", 100) for day in DECEMBER if day <= LAST_DAY]
    figures += [volume(MONDAY, "202501", january, legs), volume(THURSDAY, "202501", 1)]
    # It stays where it is: afterwards December leads again, and February never counts.
    figures += [volume(day, "202502", 10**6) for day in DECEMBER if day <= LAST_DAY]
    volumes = frames.of(t.FUTURES_SESSIONS, figures)
    positions = c.by_volume(bars(frames, DECEMBER), volumes, *terms(frames, "TX"))
    assert fronts(positions) == {
        day: "202501" if day >= takes_over else "202412" for day in DECEMBER
    }
    assert fronts(positions, 3)[takes_over] == "202503"
    assert {row.missing_sessions for row in positions.where("product = 'TX'").collect()} == {0}


def test_open_interest_counts_once_its_report_is_out(frames: Frames) -> None:
    """The report of Monday comes out when the night part of Tuesday's session has begun."""
    figures = [interest(day, "202412", 100) for day in DECEMBER if day <= LAST_DAY]
    figures += [interest(MONDAY, "202501", 101), interest(DECEMBER[0], "202501", None)]
    report = frames.of(t.DAILY_REPORT, figures)
    positions = c.by_open_interest(bars(frames, DECEMBER), report, *terms(frames, "TX"))
    assert fronts(positions) == {
        day: "202501" if day >= WEDNESDAY else "202412" for day in DECEMBER
    }


def test_sessions_that_are_not_in_the_lake_are_counted(frames: Frames) -> None:
    volumes = frames.of(t.FUTURES_SESSIONS, [volume(MONDAY, "202412", 1, product="MTX")])
    positions = c.by_volume(bars(frames, DECEMBER), volumes, *terms(frames, "TX"))
    counted = {row.session_date: row.missing_sessions for row in positions.collect()}
    for day in DECEMBER:
        since = DECEMBER[0] if day <= LAST_DAY else THURSDAY
        before = [one for one in DECEMBER if since <= one < day and one != MONDAY]
        assert counted[day] == len(before)


PRODUCTS = [f"P{number:02}" for number in range(60)]


@cache
def drawn() -> list[Row]:
    """Volumes of sixty products, in a part of the sessions and of few sizes: many are equal."""
    random_ = random.Random(1)
    return [
        volume(day, expiry, random_.randrange(3), product=product)
        for product in PRODUCTS
        for day in DECEMBER
        for expiry in ("202412", "202501", "202502")
        if day <= ENDS[expiry] and random_.random() < 0.3
    ]


def led(product: str, day: date) -> str:
    """The front contract of a session, worked out from the volumes before it."""
    figures = {
        (row["session_date"], row["expiry"]): row["contracts"]
        for row in drawn()
        if row["product"] == product
    }
    nearest, after = ("202412", "202501") if day <= LAST_DAY else ("202501", "202502")
    since = DECEMBER[0] if day <= LAST_DAY else THURSDAY
    gave_way = any(
        int(str(figures.get((one, after), 0))) > int(str(figures.get((one, nearest), 0)))
        for one in DECEMBER
        if since <= one < day
    )
    return after if gave_way else nearest


def test_no_contract_comes_back_and_a_session_follows_from_its_look_back_alone(
    frames: Frames,
) -> None:
    given = terms(frames, *PRODUCTS)
    day = DECEMBER[7]
    earlier = [row for row in drawn() if day - timedelta(40) <= row["session_date"] <= day]  # type: ignore[operator]

    def positions(days: list[date], figures: list[Row]) -> dict[tuple[str, date], str]:
        volumes = frames.of(t.FUTURES_SESSIONS, figures)
        found = c.by_volume(bars(frames, days, "P00"), volumes, *given).where("position = 1")
        return {(row["product"], row.session_date): row.expiry for row in found.collect()}

    of_all = positions(DECEMBER, drawn())
    for product in PRODUCTS:
        of_product = [of_all[product, day] for day in DECEMBER]
        assert of_product == [led(product, day) for day in DECEMBER]
        assert all(one <= other for one, other in pairwise(of_product))
    assert any(of_all[product, LAST_DAY] == "202501" for product in PRODUCTS)
    alone = positions([day], earlier)
    assert {key: value for key, value in alone.items() if key[1] == day} == {
        key: value for key, value in of_all.items() if key[1] == day
    }


def rolls(frames: Frames, rows: list[Row]) -> list[Row]:
    """Rolls by calendar of the Thursday, by position."""
    given = terms(frames, "TX")
    made = frames.of(t.FUTURES_BARS, [*rows, minute(THURSDAY, "202501", 0, 1.0)])
    found = conform(c.rolls(c.by_calendar(made, *given), made, given[-1]), a.FUTURES_ROLLS)
    return [
        row.asDict()
        for row in found.where(f"session_date = '{THURSDAY}'").orderBy("position").collect()
    ]


def test_the_gap_is_the_median_over_the_minutes_of_both(frames: Frames) -> None:
    gaps = [100.0, 101.5, 99.0, 500.0]
    near = [minute(LAST_DAY, "202412", n, 23_000.0 + n) for n in range(len(gaps))]
    far = [minute(LAST_DAY, "202501", n, 23_000.0 + n + gap) for n, gap in enumerate(gaps)]
    alone = [minute(LAST_DAY, "202501", 60, 1.0), minute(LAST_DAY, "202412", 61, 2.0)]
    legs = [minute(LAST_DAY, "202412", 62, None), minute(LAST_DAY, "202501", 62, 1.0)]
    first, second, third = rolls(frames, [*near, *far, *alone, *legs])
    assert (first["from_expiry"], first["to_expiry"]) == ("202412", "202501")
    assert first["measured_on"] == LAST_DAY
    assert first["gap"] == statistics.median(gaps) == 100.75
    assert first["ratio"] == statistics.median(
        one["close"] / other["close"]  # type: ignore[operator]
        for one, other in zip(far, near, strict=True)
    )
    assert (first["common_minutes"], first["gap_reason"]) == (4, None)
    assert [row["from_expiry"] for row in (second, third)] == ["202501", "202502"]
    assert [row["gap_reason"] for row in (second, third)] == [a.NOT_TRADED_TOGETHER] * 2
    assert [row["common_minutes"] for row in (second, third)] == [0, 0]


def test_the_gap_of_the_simulated_curve_is_recovered(frames: Frames) -> None:
    """Both legs are forwards of their second, to a tick and up to a tick beside.

    A minute's gap differs from the curve's by the rounding of two prices (variance 1/12 each),
    up to a point beside (2/3 each), and what the index went in the seconds between the last prints.
    A median's deviation is 1.25 times that of a mean; within four of them.
    """
    of_tx = next(one for one in products_of(LAST_DAY) if one.name == "TX")
    tape = simulated_futures.trading(SEED, LAST_DAY, "demo", lead=0).tape
    tape = tape.where((tape.product == of_tx.name) & (tape.far == "") & ~tape.night)
    opened = local_second(LAST_DAY, 9 * 3600)
    last: dict[tuple[str, int], tuple[float, int]] = {}
    for expiry, second, price in zip(tape.near, tape.second, tape.price / 100, strict=True):
        last[str(expiry), int(second - opened) // 60] = float(price), int(second)
    legs = ("202412", "202501")
    rows = [minute(LAST_DAY, leg, n, price) for (leg, n), (price, _) in last.items() if leg in legs]
    first, *_ = rolls(frames, rows)
    common = sorted(n for leg, n in last if leg == legs[1] and (legs[0], n) in last)
    curve = curve_of(of_tx.underlying, SEED, LAST_DAY, 0)
    contracts = {one.expiry: one for one in contracts_of(of_tx, LAST_DAY)}
    at = opened + 60 * np.array(common) + 30
    near, far = (np.asarray(curve.forward(contracts[leg], at)) for leg in legs)
    apart = np.array([abs(last[legs[0], n][1] - last[legs[1], n][1]) for n in common])
    of_a_second = (np.diff(near) ** 2 / np.diff(at)).mean()
    variance = 2 * (1 / 12 + 2 / 3) + of_a_second * apart.mean()
    error = 1.25 * math.sqrt(variance / len(common))
    assert first["common_minutes"] == len(common) > 30
    assert abs(float(str(first["gap"])) - np.median(far - near)) < 4 * error
    assert abs(np.median(far - near)) > 8 * error  # none would be told from it
    assert first["ratio"] == pytest.approx(np.median(far / near), abs=4 * error / near.mean())


def test_a_difference_of_ticks_is_exact(frames: Frames) -> None:
    """Of doubles, 850.35 less 849.9 is 0.4500000000000455."""
    both = [minute(LAST_DAY, "202412", 0, 849.9), minute(LAST_DAY, "202501", 0, 850.35)]
    assert rolls(frames, both)[0]["gap"] == 0.45


def test_without_the_session_before_a_roll_has_no_gap_and_says_so(frames: Frames) -> None:
    found = rolls(frames, [])
    assert [(row["gap"], row["ratio"], row["gap_reason"]) for row in found] == [
        (None, None, a.NOT_TRADED)
    ] * 3


def test_a_series_has_the_bars_of_its_contracts(frames: Frames) -> None:
    given = terms(frames, "TX")
    made = bars(frames, [LAST_DAY, THURSDAY])
    series = conform(c.continuous(c.by_calendar(made, *given), made), a.CONTINUOUS_FUTURES)
    found = series.orderBy("session_date", "position").select("session_date", "position", "expiry")
    assert [tuple(row) for row in found.collect()] == [
        (day, position, list(ENDS)[position - 1 + (day > LAST_DAY)])
        for day in (LAST_DAY, THURSDAY)
        for position in (1, 2, 3)
    ]
