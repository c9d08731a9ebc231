"""Analytics: one module each, with its jobs. The formulas are those of indextracker_numerics.

A module reads tables, brings the rows of a group together and hands arrays to a formula.
"""

from indextracker_spark.analytics import (
    across,
    basis,
    continuous,
    forecasts,
    implied_volatility,
    lead_lag,
    option_flow,
    realised_volatility,
    smiles,
    volatility_index,
)
from indextracker_spark.job import SparkJob

JOBS: tuple[SparkJob, ...] = (
    *continuous.JOBS,
    *basis.JOBS,
    *realised_volatility.JOBS,
    *lead_lag.JOBS,
    *forecasts.JOBS,
    *across.JOBS,
    *option_flow.JOBS,
    *volatility_index.JOBS,
    *implied_volatility.JOBS,
    *smiles.JOBS,
)

__all__ = ["JOBS"]
