"""Smiles of the simulated exchange: its own volatilities, without arbitrage, or the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from spark.analytics.simulated_options import PRODUCT, market
from spark.frames import Frames

from indextracker_catalogue.analytics import IMPLIED_VOLATILITY, VOLATILITY_SMILES
from indextracker_numerics import svi
from indextracker_simulator.taiwan.pricing import AT_THE_MONEY
from indextracker_simulator.taiwan.pricing import volatility as asked_for
from indextracker_spark.analytics.implied_volatility import of_expiry
from indextracker_spark.analytics.smiles import of_moment, volatility_smiles

SVI = ("svi_a", "svi_b", "svi_rho", "svi_m", "svi_sigma")


@pytest.fixture(scope="module")
def options() -> pa.Table:
    """What the simulated options imply at the half hours."""
    trades = market().trades
    rows = pa.concat_tables(
        of_expiry(trades.filter(pc.equal(trades["expiry"], expiry)).combine_chunks())
        for expiry in market().contracts
    )
    return rows.filter(pc.equal(pc.minute(rows["observed_at"]), 0)).combine_chunks()


def at_once(options: pa.Table, place: int = 0) -> pa.Table:
    """The options of one instant as the job hands them over."""
    at = sorted(set(options["observed_at"].to_pylist()))[place]
    rows = options.filter(
        pc.equal(options["observed_at"], pa.scalar(at, options["observed_at"].type))
    )
    strike = rows["strike"].cast(pa.float64())
    rows = rows.set_column(rows.schema.get_field_index("strike"), "strike", strike)
    order = ("expiry", "strike", "option_type")
    return rows.sort_by([(name, "ascending") for name in order]).combine_chunks()


def test_smiles_are_those_of_the_market(options: pa.Table) -> None:
    """Within two deviations of the forward, to less than half a point; at the money to 0.3.

    A tick there is 0.15 to 0.3 points of volatility (one point of a premium whose vega is 4 to 7),
    and a smile is fitted to some thirty prices, each wrong by a tick and what the forward moved.
    The market's smile is a parabola of log-moneyness, which SVI follows to some 0.05 points.
    """
    smiles = of_moment(at_once(options)).to_pylist()
    assert [row["expiry"] for row in smiles] == sorted(market().contracts)
    for row in smiles:
        assert row["reason"] is None
        assert row["strikes"] > 15
        assert row["atm_volatility"] == pytest.approx(AT_THE_MONEY, abs=0.003)
        deviation = AT_THE_MONEY * np.sqrt(row["years"])
        along = np.linspace(
            max(-2 * deviation, row["moneyness_low"]), min(2 * deviation, row["moneyness_high"]), 21
        )
        smile = svi.Raw(*(row[name] for name in SVI))
        found = np.sqrt(svi.total_variance(smile, along) / row["years"])
        forward = np.full_like(along, row["forward"])
        true = asked_for(forward, forward * np.exp(along), np.full_like(along, row["years"]))
        assert found == pytest.approx(true, abs=0.005)
        # The market's own slope at the money: -0.55 / sqrt(12 years + 0.25).
        slope = -0.55 / np.sqrt(12 * row["years"] + 0.25)
        assert row["atm_skew"] == pytest.approx(slope, abs=0.15)
        assert row["rms_ticks"] < 3


def test_no_smile_leaves_an_arbitrage(options: pa.Table) -> None:
    for place in (0, 1):
        rows = of_moment(at_once(options, place)).to_pylist()
        assert all(row["least_density_factor"] >= 0 for row in rows)
        assert all(row["crossedness"] == 0 for row in rows)


def test_counts_and_reasons_are_told(options: pa.Table) -> None:
    rows = at_once(options)
    first = rows.filter(pc.equal(rows["expiry"], rows["expiry"][0])).slice(0, 4).combine_chunks()

    def with_column(name: str, values: list[Any]) -> pa.Table:
        place = first.schema.get_field_index(name)
        field = first.schema.field(name)
        return first.set_column(place, field, pa.array(values, field.type))

    [few] = of_moment(first).to_pylist()
    assert (few["reason"], few["options"], few["svi_a"], few["rms_points"]) == (
        *("few strikes", 4),
        *(None, None),
    )
    assert few["forward"] is not None
    [counted] = of_moment(with_column("violations", ["parity", None, "convex", None])).to_pylist()
    assert counted["violations"] == 2
    nobody = [None] * 4
    [undated] = of_moment(with_column("years", nobody)).to_pylist()
    assert (undated["reason"], undated["years"]) == ("undated", None)
    [over] = of_moment(with_column("years", [0.0] * 4)).to_pylist()
    assert over["reason"] == "expired"
    [blind] = of_moment(with_column("forward", nobody)).to_pylist()
    assert (blind["reason"], blind["forward"]) == ("no forward", None)


def test_the_job_takes_half_hours_alone(frames: Frames, options: pa.Table) -> None:
    moved = options.to_pylist()[:5]
    for row in moved:
        row["observed_at"] = row["observed_at"].replace(minute=5)
    found = volatility_smiles(frames.of(IMPLIED_VOLATILITY, options.to_pylist() + moved))
    expected = pa.concat_tables(of_moment(at_once(options, place)) for place in (0, 1))
    rows = expected.sort_by([(name, "ascending") for name in VOLATILITY_SMILES.key]).to_pylist()
    stored = [row.asDict() for row in found.orderBy(*VOLATILITY_SMILES.key).collect()]
    assert {row["product"] for row in stored} == {PRODUCT.name}
    assert stored == [
        row | {"observed_at": row["observed_at"].replace(tzinfo=None)} for row in rows
    ]


def test_a_wing_beyond_the_strikes_of_an_expiry_moves_no_later_one(options: pa.Table) -> None:
    rows = at_once(options)
    as_it_is = {row["expiry"]: row for row in of_moment(rows).to_pylist()}
    first = min(as_it_is.values(), key=lambda row: row["years"])["expiry"]
    near, later = (rows.filter(test(rows["expiry"], first)) for test in (pc.equal, pc.not_equal))
    near = near.filter(pc.less(pc.abs(near["moneyness"]), 0.015))
    steep = pc.add(0.16, pc.multiply(4.0, pc.abs(near["moneyness"])))
    place = near.schema.get_field_index("volatility")
    near = near.set_column(place, near.schema.field(place), steep)
    again = {row["expiry"]: row for row in of_moment(pa.concat_tables([near, later])).to_pylist()}
    assert again[first]["reason"] is None
    for expiry in set(as_it_is) - {first}:
        level = as_it_is[expiry]["atm_volatility"]
        assert again[expiry]["atm_volatility"] == pytest.approx(level, abs=0.01)
        assert again[expiry]["crossedness"] == 0
