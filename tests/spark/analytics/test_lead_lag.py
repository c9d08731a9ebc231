"""Jobs of lead and lag, on the simulated exchange, whose lead is known."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from spark.analytics import simulated
from spark.frames import Frames

from indextracker_catalogue import analytics as a
from indextracker_catalogue import taiwan as t
from indextracker_spark.analytics import lead_lag as jobs
from indextracker_spark.job import conform

ON = date(2022, 3, 3)
PRODUCTS = ("TX", "MTX")
FRONT = simulated.contracts(ON, PRODUCTS, "202203", "202204")
Inputs = tuple[pa.Table, pa.Table]


def inputs(lead_seconds: int) -> Inputs:
    return simulated.levels(ON), simulated.trades(ON, PRODUCTS, lead_seconds)


def leads(rows: Inputs, frames: Frames) -> dict[tuple[str, str], dict]:
    made = jobs.leads(*map(frames.spark.createDataFrame, rows), frames.of(t.CONTRACTS, FRONT))
    table = conform(made, a.LEAD_LAG).toArrow()
    return {(row["asset"], row["other"]): row for row in table.to_pylist()}


def correlations(rows: Inputs, frames: Frames) -> pl.DataFrame:
    made = jobs.correlations(
        *map(frames.spark.createDataFrame, rows), frames.of(t.CONTRACTS, FRONT)
    )
    table = conform(made, a.LEAD_LAG_CORRELATIONS).toArrow()
    return pl.DataFrame(table).sort("asset", "other", "lag_seconds")


@pytest.mark.parametrize("lead", [0, 10, 25])
def test_the_lead_of_futures_is_the_exchanges(frames: Frames, lead: int) -> None:
    """The index has a level every 5 s, and the future a price every 8 s: the correlation falls over
    some 5 s to both sides, and its largest value lies within 2 s of the lead.
    """
    found = leads(inputs(lead), frames)
    assert set(found) == {("TX", "TAIEX"), ("MTX", "TAIEX"), ("TX", "MTX")}
    for future in PRODUCTS:
        row = found[future, "TAIEX"]
        assert row["lead_seconds"] == pytest.approx(lead, abs=2)
        assert row["lead_low_seconds"] <= lead + 1
        assert row["lead_high_seconds"] >= lead - 1
        assert row["leader"] == (future if lead else None)
        assert row["cointegration_p_value"] < 0.01
        if lead:
            assert row["information_share_low"] > 0.5
            assert row["lead_lag_ratio"] > 2
        else:
            assert row["lead_lag_ratio"] == pytest.approx(1, abs=0.5)
        assert (row["expiry"], row["other_expiry"]) == ("202203", None)
        assert row["other_prices"] == 264 * 12 + 1
    # Both follow the same price at the same time.
    between = found["TX", "MTX"]
    assert between["leader"] is None
    assert abs(between["lead_seconds"]) <= 2


def test_correlations_are_those_that_the_lead_is_of(frames: Frames) -> None:
    rows = inputs(10)
    found = correlations(rows, frames)
    assert len(found) == 3 * 121
    for (asset, other), lead in leads(rows, frames).items():
        own = found.filter(pl.col("asset") == asset, pl.col("other") == other)
        assert own["lag_seconds"].to_list() == list(range(-60, 61))
        best = own.sort("correlation").row(-1, named=True)
        assert best["lag_seconds"] == lead["lead_seconds"]
        assert best["correlation"] == lead["correlation"]
        assert best["correlation_low"] < best["correlation"] < best["correlation_high"]


def test_rows_do_not_depend_on_the_order_of_prices(frames: Frames) -> None:
    rows = inputs(10)
    random = np.random.default_rng(2)
    shuffled = tuple(each.take(random.permutation(each.num_rows)) for each in rows)
    assert leads(shuffled, frames) == leads(rows, frames)
    assert correlations(shuffled, frames).equals(correlations(rows, frames))


def test_futures_are_compared_where_there_is_no_index(frames: Frames) -> None:
    levels, trades = inputs(10)
    previous_close = levels.slice(0, 1)
    assert set(leads((previous_close, trades), frames)) == {("TX", "MTX")}


def test_few_prices_tell_nothing(frames: Frames) -> None:
    """99 seconds with a price are counted, and say no more."""
    levels, trades = inputs(10)
    mini = pl.DataFrame(trades).filter(
        pl.col("product") == "MTX",
        pl.col("expiry") == "202203",
        pl.col("traded_at").dt.convert_time_zone("Asia/Taipei").dt.hour().is_between(10, 12),
        pl.col("session_part") == "day",
    )
    few = mini.unique("traded_at").head(99).to_arrow().cast(trades.schema)
    row = leads((levels, few), frames)["MTX", "TAIEX"]
    assert (row["prices"], row["other_prices"]) == (99, 264 * 12 + 1)
    assert row["lead_seconds"] is None
    assert row["information_share_low"] is None
    assert correlations((levels, few), frames).is_empty()
