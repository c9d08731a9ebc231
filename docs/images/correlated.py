"""A lake of 250 drawn days of both markets, to picture the page Across markets.

Series have nothing to do with each other, but for the open of India, which follows Taiwan's night
with a correlation of 0.4. Correlations are made by the job itself.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from indextracker.building.jobs import JOBS, run
from indextracker.building.staleness import record
from indextracker.engines.sail import SailEngine
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue.analytics import MARKET_CORRELATIONS, MARKET_DAYS
from indextracker_catalogue.analytics.across import SERIES
from indextracker_catalogue.news import SENTIMENT_RETURNS

_LAST, _DAYS = date(2024, 12, 13), 250
_CORRELATION, _RETURN, _SENTIMENT = 0.4, 0.007, 0.15


def fill(folder: Path) -> Path:
    """Makes the lake in a folder; some ten seconds."""
    lake = Lake(str(folder / "lake"), "simulated")
    lake.ensure([MARKET_DAYS, MARKET_CORRELATIONS, SENTIMENT_RETURNS])
    every = (_LAST - timedelta(days=number) for number in range(2 * _DAYS))
    days = sorted([day for day in every if day.weekday() < 5][:_DAYS])
    random = np.random.default_rng(8)
    drawn = {name: random.standard_normal(_DAYS) for name in SERIES}
    own = np.sqrt(1 - _CORRELATION**2) * drawn["nifty_open"]
    drawn["nifty_open"] = _CORRELATION * drawn["tx_night"] + own
    rows = [
        {"day": day, "series": name, "value": float(value)}
        for name, values in drawn.items()
        for day, value in zip(
            days,
            np.tanh(_SENTIMENT * values) if "news" in name else _RETURN * values,
            strict=True,
        )
    ]
    lake.replace(MARKET_DAYS, pa.Table.from_pylist(rows, arrow_schema(MARKET_DAYS)), [])
    engine = SailEngine()
    run(JOBS[MARKET_CORRELATIONS.path], lake, engine, [])
    engine.close()
    record(lake, {MARKET_CORRELATIONS.path: {"": "simulated"}})
    return Path(lake.root)
