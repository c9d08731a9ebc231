"""What prices of options imply: the simulator's own volatilities, by hand, in real documents."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from spark.analytics.simulated_options import SESSION, market, settled
from spark.frames import Frames

from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import IMPLIED_VOLATILITY, PRICES_WITHIN_SECONDS, RATE
from indextracker_numerics.black76 import premium
from indextracker_simulator.taiwan.pricing import volatility as asked_for
from indextracker_spark.analytics.implied_volatility import implied_volatility, of_expiry, ticks

EXPIRIES = ("202203W2", "202203")
# A price is rounded to a tick, and one added or taken away: two cover it. The tick is that of the
# price before, which may be on the next rung of the ladder.
TICKS = 2
NOON = datetime(2022, 3, 3, 4, tzinfo=UTC)
SETTLES = NOON + timedelta(days=30)


@pytest.fixture(scope="module", params=EXPIRIES)
def rows(request: pytest.FixtureRequest) -> pl.DataFrame:
    """The rows of a simulated expiry, with the true forward and volatility of each trade."""
    trades = market().trades
    own = trades.filter(pc.equal(trades["expiry"], request.param)).combine_chunks()
    found = pl.DataFrame(pl.from_arrow(of_expiry(own)))
    seconds = found["traded_at"].dt.epoch("s").to_numpy()
    forward = market().forward(request.param, seconds)
    strike = found["strike"].cast(pl.Float64).to_numpy()
    true = asked_for(forward, strike, found["years"].to_numpy())
    return found.with_columns(true_forward=forward, true_volatility=true)


def test_the_forward_is_where_the_market_was(rows: pl.DataFrame) -> None:
    """A call at one second less a put at another is the strike less than a forward between those.

    Each leg is wrong by two ticks at most, which are of one point near the money; the legs are at
    most five minutes old, and so may be the forward.
    """
    known = rows.drop_nulls("forward")
    assert known.height > 0.95 * rows.height
    seconds = known["traded_at"].dt.epoch("s").to_numpy()
    back = np.arange(-600, 61, 5)
    around = market().forward(known["expiry"][0], seconds[:, None] + back)
    found = known["forward"].to_numpy()
    assert (found > around.min(axis=1) - 2 * TICKS).all()
    assert (found < around.max(axis=1) + 2 * TICKS).all()


def test_volatilities_are_those_of_the_market(rows: pl.DataFrame) -> None:
    """To the ticks and the error of the forward, over the vega of the trade."""
    found = rows.drop_nulls("volatility")
    assert found.height > 0.9 * rows.height
    step = ticks("TXO", 1.02 * found["price"].to_numpy())
    wrong = found.with_columns(step=step).select(
        off=(pl.col("volatility") - pl.col("true_volatility")).abs(),
        told=(
            TICKS * pl.col("step")
            + pl.col("delta").abs() * (pl.col("forward") - pl.col("true_forward")).abs()
        )
        / (100 * pl.col("vega")),
    )
    # Where a tick is worth more than two points of volatility the price is no straight line of it.
    clear = wrong.filter(pl.col("told") < 0.02)
    assert clear.height > 0.5 * found.height
    assert (clear["off"] <= 1.3 * clear["told"] + 1e-4).all()


def test_a_market_without_arbitrage_breaks_few_relations(rows: pl.DataFrame) -> None:
    """Its prices are of one smile, to their ticks: what is left is the error of forwards."""
    assert rows["violations"].is_not_null().mean() < 0.05


def test_a_row_is_of_its_last_trade_and_not_too_old(rows: pl.DataFrame) -> None:
    trades = pl.DataFrame(pl.from_arrow(market().trades)).select(
        pl.col("strike").cast(pl.Decimal(12, 4)),
        *("expiry", "option_type", "line", "price", pl.col("traded_at").alias("then")),
    )
    series = ("expiry", "strike", "option_type")
    joined = rows.join(trades, on=series, suffix="_of_trade").filter(
        pl.col("then") <= pl.col("observed_at")
    )
    last = joined.sort("then", "line").group_by(*series, "observed_at").last()
    assert last.height == rows.height
    assert (last["price_of_trade"] == last["price"]).all()
    age = (last["observed_at"] - last["then"]).dt.total_seconds()
    assert (age == last["age_seconds"]).all()
    assert age.max() <= PRICES_WITHIN_SECONDS
    assert (rows["observed_at"].dt.epoch("s") % 300 == 0).all()
    expected = (settled(market().contracts[rows["expiry"][0]]) - last["then"]).dt.total_seconds()
    assert last["years"].to_numpy() == pytest.approx(expected.to_numpy() / (365 * 86_400))


def by_hand(prices: dict[tuple[float, str], float], settles: datetime | None = SETTLES) -> pa.Table:
    """Trades of some options, all at noon in UTC."""
    rows = [
        {
            "session_date": SESSION,
            "product": "TXO",
            "expiry": "202204",
            "strike": strike,
            "option_type": kind,
            "session_part": "day",
            "traded_at": NOON,
            "line": line,
            "price": price,
            "settles_at": settles,
        }
        for line, ((strike, kind), price) in enumerate(sorted(prices.items()))
    ]
    kinds = {"traded_at": pa.timestamp("us", "UTC"), "settles_at": pa.timestamp("us", "UTC")}
    names = list(rows[0])
    return pa.table(
        {name: pa.array([row[name] for row in rows], kinds.get(name)) for name in names}
    )


def chain(forward: float = 17_000.0, volatility: float = 0.2) -> dict[tuple[float, str], float]:
    """Exact prices of a few options."""
    years = 30 / 365
    return {
        (strike, kind): float(
            premium(forward, strike, years, volatility, call=kind == "C", rate=RATE)
        )
        for strike in np.arange(16_400.0, 17_700.0, 100.0)
        for kind in ("C", "P")
    }


def told(prices: dict[tuple[float, str], float], **more: Any) -> dict[tuple[float, str], Any]:
    """The rows of some options, by strike and type."""
    found = of_expiry(by_hand(prices, **more)).to_pylist()
    assert [row["observed_at"] for row in found] == [NOON] * len(prices)
    return {(float(row["strike"]), row["option_type"]): row for row in found}


def test_exact_prices_give_their_volatility_and_nothing_to_object() -> None:
    for row in told(chain()).values():
        assert row["forward"] == pytest.approx(17_000, abs=1e-6)
        assert row["forward_error"] == pytest.approx(0, abs=1e-6)
        assert (row["forward_pairs"], row["forward_age_seconds"], row["age_seconds"]) == (5, 0, 0)
        assert row["volatility"] == pytest.approx(0.2, abs=1e-9)
        assert row["reason"] is None
        assert row["violations"] is None
    at = told(chain())[17_000.0, "C"]
    # By hand: F exp(-rT) phi(s/2) sqrt(T) / 100 with s = 0.2 sqrt(30/365), and its decay by a day.
    assert at["vega"] == pytest.approx(17_000 * 0.99877 * 0.39878 * 0.28669 / 100, rel=1e-4)
    assert at["theta"] == pytest.approx(-at["vega"] * 100 * 0.2 / 2 / 30, rel=0.01)
    assert at["delta"] == pytest.approx(0.99877 * 0.51143, rel=1e-4)


def test_reasons_are_told() -> None:
    assert {row["reason"] for row in told(chain(), settles=None).values()} == {"undated"}
    over = told(chain(), settles=NOON - timedelta(hours=1))
    assert {row["reason"] for row in over.values()} == {"expired"}
    calls = {key: price for key, price in chain().items() if key[1] == "C"}
    assert {row["reason"] for row in told(calls).values()} == {"no forward"}
    # Below 600, discounted. Neither is among the five nearest to the money, which tell the forward.
    odd = told(chain() | {(16_400.0, "C"): 590.0, (17_400.0, "C"): 18_000.0})
    assert odd[16_400.0, "C"]["reason"] == "below intrinsic"
    assert odd[17_400.0, "C"]["reason"] == "above bound"
    assert odd[16_400.0, "C"]["violations"] == odd[17_400.0, "C"]["violations"] == "bound"


def test_violations_are_told_beyond_ticks() -> None:
    """A call of 17,400 that is dearer by 2 ticks breaks nothing; by 12 it does, each in its way."""
    key = (17_400.0, "C")
    fair = chain()[key]
    assert told(chain() | {key: fair + 2})[key]["violations"] is None
    # Parity with a put, both to a tick of 1: 12 is more; a butterfly of 100 costs 12 less.
    assert told(chain() | {key: fair + 12})[key]["violations"] == "parity, convex"
    steep = told(chain() | {key: fair + 120})
    assert steep[key]["violations"] == "parity, monotone, convex"
    assert steep[17_300.0, "C"]["violations"] == "monotone"


def test_ticks_are_those_of_the_price() -> None:
    prices = np.array([0.1, 9.9, 10.0, 49.5, 50.0, 499.0, 500.0, 1000.0])
    assert ticks("TXO", prices).tolist() == [0.1, 0.1, 0.5, 0.5, 1.0, 1.0, 5.0, 10.0]
    assert np.isnan(ticks("CDO", prices)).all()


def test_the_job_brings_trades_and_terms_together(frames: Frames) -> None:
    trades = market().trades
    few = trades.filter(pc.less(trades["line"], trades["line"][0].as_py() + 4_000))
    prints = few.drop_columns(["settles_at"]).to_pylist()
    contracts = [
        {
            "session_date": SESSION,
            "product": "TXO",
            "expiry": expiry,
            "expire_code": code,
            "last_trading_date": market().contracts[expiry].last_day,
        }
        # An expiry has a row per code.
        for expiry, code in zip(EXPIRIES * 2, ("W", "M", "W+1", "M+1"), strict=True)
    ]
    found = implied_volatility(
        frames.of(t.OPTION_TRADES, [row | {"strike": Decimal(row["strike"])} for row in prints]),
        frames.of(t.CONTRACTS, contracts),
        frames.reference(t.PRODUCTS),
    )
    expected = [
        of_expiry(few.filter(pc.equal(few["expiry"], name)).combine_chunks()) for name in EXPIRIES
    ]
    rows = pa.concat_tables(expected).sort_by([(n, "ascending") for n in IMPLIED_VOLATILITY.key])
    columns = [column.name for column in IMPLIED_VOLATILITY.columns]
    assert [tuple(row) for row in found.orderBy(*IMPLIED_VOLATILITY.key).collect()] == [
        tuple(naive(row[name]) for name in columns) for row in rows.to_pylist()
    ]
    assert rows.num_rows > 500


def naive(value: Any) -> Any:
    """A value as Spark gives it: instants without their zone."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_real_prices_give_sane_volatilities(samples: Path) -> None:
    """TXO on 26 July 2021, two days and three weeks before its expiries end.

    The exchange's own volatility index was between 15 and 23 in that month.
    """
    ends = {"202107W4": date(2021, 7, 28), "202108": date(2021, 8, 18)}
    rows = pl.concat(
        pl.DataFrame(pl.from_arrow(of_expiry(real_trades(samples, expiry, last_day))))
        for expiry, last_day in ends.items()
    )
    assert rows.height > 10_000
    assert (rows["reason"] == "below intrinsic").sum() < 0.02 * rows.height
    assert rows["violations"].is_not_null().mean() < 0.05
    near = rows.filter(pl.col("moneyness").abs() < 0.01, pl.col("volatility").is_not_null())
    middle = dict(near.group_by("expiry").agg(pl.col("volatility").median()).iter_rows())
    assert 0.10 < middle["202107W4"] < 0.20
    assert 0.14 < middle["202108"] < 0.21
    # The futures of August were traded between 17,197 and 17,487 in that session.
    august = rows.filter(pl.col("expiry") == "202108").drop_nulls("forward")["forward"]
    assert 17_150 < august.min() < august.max() < 17_530
    # Every price is one of the exchange's steps.
    steps = rows["price"] / rows["tick"]
    assert (steps - steps.round()).abs().max() < 1e-6


def real_trades(samples: Path, expiry: str, last_day: date) -> pa.Table:
    """The prints of an expiry of TXO in the options tick file, as the job hands them over."""
    with zipfile.ZipFile(samples / "taifex" / "OptionsDaily_2021_07_26.zip") as archive:
        text = archive.read(archive.namelist()[0]).decode("big5")
    rows = []
    for line, cells in enumerate(csv.reader(io.StringIO(text))):
        row = [cell.strip() for cell in cells]
        if len(row) < 8 or row[1] != "TXO" or row[3] != expiry:
            continue
        then = datetime.strptime(row[0] + row[5] + "+0800", "%Y%m%d%H%M%S%z")
        night = row[0] < "20210726" or row[5] < "080000"
        rows.append((float(row[2]), row[4], "night" if night else "day", then, line, float(row[6])))
    names = ("strike", "option_type", "session_part", "traded_at", "line", "price")
    settles = datetime(last_day.year, last_day.month, last_day.day, 5, 30, tzinfo=UTC)
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    for name, value in (
        ("session_date", date(2021, 7, 26)),
        ("product", "TXO"),
        ("expiry", expiry),
        ("settles_at", settles),
    ):
        table = table.append_column(name, pa.array([value] * len(rows)))
    order = ("strike", "option_type", "traded_at", "line")
    return table.sort_by([(name, "ascending") for name in order]).combine_chunks()
