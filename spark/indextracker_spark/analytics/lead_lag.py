"""Jobs of lead and lag between the index and the front contracts of its futures.

The formulas are in indextracker_numerics/lead_lag.py.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from indextracker_catalogue import analytics as a
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.job import Input
from indextracker_catalogue.taiwan.terms import UTC_OFFSET_SECONDS
from indextracker_numerics import lead_lag
from indextracker_numerics.lead_lag import LeadLag, Series
from indextracker_numerics.sampling import previous_tick
from indextracker_spark.analytics import prints
from indextracker_spark.analytics.arrow import of_rows, schema_of
from indextracker_spark.analytics.by_group import by_group
from indextracker_spark.job import SparkJob

# The first of a pair stands before the second here.
_ASSETS = ("TX", "MTX", "TMF", prints.INDEX)
_FUTURES = _ASSETS[:-1]

_DAY_SECONDS = 24 * 3600

_LEAST_PRICES = 100
# The index has a level every 5 seconds; changes explain changes for a minute.
_GRID_SECONDS, _MEMORY_STEPS = 5, 12


_LAGS = np.arange(-a.LONGEST_LAG_SECONDS, a.LONGEST_LAG_SECONDS + 1)


class _Asset(NamedTuple):
    """One asset of a session.

    Attributes:
        name: Its name.
        expiry: Expiry code of a contract.
        whole: Its prices of the day.
        within: Those while shares trade continuously.
    """

    name: str
    expiry: str | None
    whole: Series
    within: Series


def leads(levels: DataFrame, trades: DataFrame, contracts: DataFrame) -> DataFrame:
    """Which of each pair is ahead, and which finds the price."""
    rows, schema = _prices(levels, trades, contracts), schema_of(a.LEAD_LAG)
    return by_group(rows, ["session_date"], ["asset", "at"], _leads_of_session, schema)


def correlations(levels: DataFrame, trades: DataFrame, contracts: DataFrame) -> DataFrame:
    """Correlations of each pair by lag."""
    rows, schema = _prices(levels, trades, contracts), schema_of(a.LEAD_LAG_CORRELATIONS)
    return by_group(rows, ["session_date"], ["asset", "at"], _correlations_of_session, schema)


def _prices(levels: DataFrame, trades: DataFrame, contracts: DataFrame) -> DataFrame:
    """The last price of each asset in each second of the day part."""
    fronts = prints.of_fronts(trades.where("session_part = 'day'"), contracts, _FUTURES)
    return (
        prints.of_index(levels)
        .unionByName(fronts)
        .groupBy("session_date", "asset", "expiry", "at")
        .agg(F.max_by("price", "line").alias("price"))
    )


def _pairs(rows: pa.Table) -> Iterator[tuple[dict[str, Any], _Asset, _Asset]]:
    """The pairs of a session that both have prices while shares trade continuously."""
    session = rows["session_date"][0].as_py()
    found = [asset for name in _ASSETS if (asset := _asset(rows, name))]
    for first, second in itertools.combinations(found, 2):
        yield {"session_date": session, "asset": first.name, "other": second.name}, first, second


def _asset(rows: pa.Table, name: str) -> _Asset | None:
    own = rows.filter(pc.equal(rows["asset"], name))
    seconds, levels = prints.of_asset(own)
    of_day = (seconds + UTC_OFFSET_SECONDS) % _DAY_SECONDS
    whole = Series(seconds, np.log(levels))
    continuous = (of_day >= prints.CONTINUOUS_FROM) & (of_day <= prints.CONTINUOUS_UNTIL)
    within = Series(whole.seconds[continuous], whole.logs[continuous])
    return _Asset(name, own["expiry"][0].as_py(), whole, within) if len(within.seconds) else None


def _by_lag(key: dict[str, Any], first: _Asset, second: _Asset) -> LeadLag | None:
    """Correlations and lead of a pair, None where either has too few prices to tell.

    What is drawn at random follows from the key: the same rows come of every run.
    """
    if min(len(one.within.seconds) for one in (first, second)) < _LEAST_PRICES:
        return None
    names = "/".join(str(value) for value in key.values())
    random = np.random.default_rng(zlib.crc32(names.encode()))
    return lead_lag.lead_lag(first.whole, second.within, _LAGS, random)


def _leads_of_session(rows: pa.Table) -> pa.Table:
    return of_rows(a.LEAD_LAG, [_lead(*pair) for pair in _pairs(rows)])


def _lead(key: dict[str, Any], first: _Asset, second: _Asset) -> dict[str, Any]:
    """The row of a pair."""
    row = key | {
        "expiry": first.expiry,
        "other_expiry": second.expiry,
        "prices": len(first.within.seconds),
        "other_prices": len(second.within.seconds),
    }
    found = _by_lag(key, first, second)
    if found is None:
        return row
    ahead = first.name if found.lead_low > 0 else second.name if found.lead_high < 0 else None
    row |= {
        "lead_seconds": found.lead,
        "lead_low_seconds": found.lead_low,
        "lead_high_seconds": found.lead_high,
        "leader": ahead,
        "correlation": float(found.correlations[found.lead == _LAGS][0]),
        "lead_lag_ratio": lead_lag.lead_lag_ratio(found.correlations, _LAGS),
    }
    return row | _discovery(first.within, second.within)


def _discovery(first: Series, second: Series) -> dict[str, Any]:
    """Which of two prices finds the common one, on the grid from when both have one."""
    begin = max(first.seconds[0], second.seconds[0])
    end = min(first.seconds[-1], second.seconds[-1])
    grid = np.arange(-(-begin // _GRID_SECONDS) * _GRID_SECONDS, end + 1, _GRID_SECONDS)
    one, other = (previous_tick(*series, grid) for series in (first, second))
    shares = lead_lag.shares(one, other, _MEMORY_STEPS)
    test = lead_lag.engle_granger(one, other, _MEMORY_STEPS)
    return {
        "information_share_low": shares.information_low if shares else None,
        "information_share_high": shares.information_high if shares else None,
        "component_share": shares.component if shares else None,
        "cointegration_statistic": test.statistic if test else None,
        "cointegration_p_value": test.p_value if test else None,
        "basis_half_life_seconds": lead_lag.half_life(one - other, _GRID_SECONDS),
    }


def _correlations_of_session(rows: pa.Table) -> pa.Table:
    found = []
    for key, first, second in _pairs(rows):
        by_lag = _by_lag(key, first, second)
        if by_lag:
            columns = zip(
                _LAGS.tolist(), by_lag.correlations, by_lag.lows, by_lag.highs, strict=True
            )
            found += [
                key
                | {
                    "lag_seconds": lag,
                    "correlation": correlation,
                    "correlation_low": low,
                    "correlation_high": high,
                }
                for lag, correlation, low, high in columns
            ]
    return of_rows(a.LEAD_LAG_CORRELATIONS, found)


_READS = (Input(t.INDEX_LEVELS, optional=True), t.FUTURES_TRADES, t.CONTRACTS)

JOBS = (
    SparkJob(a.LEAD_LAG, _READS, leads),
    SparkJob(a.LEAD_LAG_CORRELATIONS, _READS, correlations),
)
