"""Smiles of expiries: raw SVI through the options out of the money, every half an hour.

The expiries of a product are fitted in the order in which they end, each above the one before. The
formulas are in indextracker_numerics.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import analytics as a
from indextracker_numerics import black76, svi
from indextracker_spark.analytics.arrow import of_table, schema_of, starts
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.analytics.implied_volatility import YEAR_SECONDS
from indextracker_spark.job import SparkJob

Floats = npt.NDArray[np.float64]
Row = dict[str, Any]

# Between the outermost strikes of an expiry arbitrage is looked for at so many places.
_ALONG = 41
_POINTS = 100  # of volatility in 1
_FITTED = ("svi_a", "svi_b", "svi_rho", "svi_m", "svi_sigma")


class _Fitted(NamedTuple):
    """A smile, and the log-moneyness of its outermost strikes."""

    smile: svi.Raw
    low: float
    high: float


def volatility_smiles(options: DataFrame) -> DataFrame:
    """Rows of gold/volatility_smiles."""
    at_half_hours = F.unix_seconds("observed_at") % (a.SMILES_EVERY_MINUTES * 60) == 0
    used = options.where(at_half_hours).withColumn("strike", F.col("strike").cast("double"))
    return by_group(
        used.drop("gamma", "theta"),
        ("session_date", "product", "observed_at"),
        ("expiry", "strike", "option_type"),
        of_moment,
        schema_of(a.VOLATILITY_SMILES),
    )


def of_moment(options: pa.Table) -> pa.Table:
    """The smiles of a product at one instant, from the rows of its options then."""
    ends = np.append(starts(options, ("expiry",)), options.num_rows)
    expiries = [options.slice(first, end - first) for first, end in pairwise(ends)]
    rows = [_known(expiry) for expiry in expiries]
    fitted = [_out_of_the_money(expiry) for expiry in expiries]
    earlier: list[_Fitted] = []
    for place in sorted(range(len(rows)), key=lambda place: rows[place]["years"] or 0.0):
        row, points = rows[place], fitted[place]
        row["reason"] = row["reason"] or _too_few(points)
        if row["reason"] is None:
            moneyness = points["moneyness"].to_numpy()
            along = np.linspace(moneyness.min(), moneyness.max(), _ALONG)
            smile, figures = _fitted(points, row["years"], along, _least(earlier, along))
            row |= figures
            earlier.append(_Fitted(smile, along[0], along[-1]))
    columns = {
        column.name: pa.array([row.get(column.name) for row in rows])
        for column in a.VOLATILITY_SMILES.columns
    }
    return of_table(a.VOLATILITY_SMILES, columns)


def _known(options: pa.Table) -> Row:
    """What is known of an expiry at an instant without a smile: the forward by its newest price."""
    told = options.filter(pc.is_valid(options["forward"]))
    found = told if told.num_rows else options
    [newest] = found.take(pc.sort_indices(found["age_seconds"])[:1]).to_pylist()
    years, reason = newest["years"], None
    if years is not None:
        years -= newest["age_seconds"] / YEAR_SECONDS
    if years is None:
        reason = "undated"
    elif years <= 0:
        reason = "expired"
    elif newest["forward"] is None:
        reason = "no forward"
    names = ("session_date", "product", "expiry", "observed_at", "session_part", "forward")
    return {name: newest[name] for name in names} | {
        "years": years,
        "options": options.num_rows,
        "violations": options.num_rows - options["violations"].null_count,
        "reason": reason,
    }


def _out_of_the_money(options: pa.Table) -> pa.Table:
    """The options of which volatilities are fitted: what others cost is mostly the forward."""
    call = pc.equal(options["option_type"], "C")
    above = pc.greater_equal(options["moneyness"], 0.0)
    return options.filter(pc.and_(pc.equal(call, above), pc.is_valid(options["volatility"])))


def _too_few(points: pa.Table) -> str | None:
    return "few strikes" if len(pc.unique(points["strike"])) < svi.LEAST_STRIKES else None


def _least(earlier: list[_Fitted], along: Floats) -> Floats:
    """The total variance above which there is no calendar arbitrage, at some log-moneyness.

    Zero where no earlier expiry has an option: beyond its strikes a smile is a guess, and an expiry
    that had to lie above the steep wing of one that ends in a day was told at 106 %.
    """
    least = np.zeros_like(along)
    for smile, low, high in earlier:
        told = (along >= low) & (along <= high)
        least = np.maximum(least, np.where(told, svi.total_variance(smile, along), 0.0))
    return least


def _fitted(points: pa.Table, years: float, along: Floats, least: Floats) -> tuple[svi.Raw, Row]:
    """The smile of an expiry, and what a row tells of it."""
    moneyness, volatility, vega, price, tick = (
        points[name].cast(pa.float64()).to_numpy()
        for name in ("moneyness", "volatility", "vega", "price", "tick")
    )
    # By how much a premium may be wrong, in units of total variance.
    error = np.nan_to_num(points["forward_error"].cast(pa.float64()).to_numpy())
    wrong = np.nan_to_num(tick) + np.abs(points["delta"].to_numpy()) * error
    wrong = np.maximum(wrong, 1e-9 * price)
    accuracy = vega * _POINTS / (2 * volatility * years) / wrong
    smile = svi.fit(moneyness, volatility**2 * years, accuracy, along, least)
    variance = svi.total_variance(smile, moneyness)
    there = np.sqrt(np.maximum(variance, 0.0) / years)
    again = black76.premium(
        points["forward"].to_numpy(),
        points["strike"].to_numpy(),
        points["years"].to_numpy(),
        np.maximum(there, 1e-12),
        call=pc.equal(points["option_type"], "C").to_numpy(),
        rate=a.RATE,
    )
    at_the_money = float(svi.total_variance(smile, np.zeros(1))[0])
    figures: Row = dict(zip(_FITTED, smile, strict=True)) | {
        "strikes": len(np.unique(points["strike"].to_numpy())),
        "moneyness_low": float(moneyness.min()),
        "moneyness_high": float(moneyness.max()),
        "rms_points": _POINTS * _root_mean_square(there - volatility),
        "rms_ticks": _or_none(_root_mean_square((again - price) / tick)),
        "least_density_factor": float(svi.density_factor(smile, along).min()),
        "crossedness": svi.crossedness(least, svi.total_variance(smile, along)),
    }
    if at_the_money > 0:
        level = float(np.sqrt(at_the_money / years))
        slope = float(svi.slope(smile, np.zeros(1))[0])
        figures |= {"atm_volatility": level, "atm_skew": slope / (2 * level * years)}
    return smile, figures


def _root_mean_square(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else value


JOBS = (SparkJob(a.VOLATILITY_SMILES, (a.IMPLIED_VOLATILITY,), volatility_smiles),)
