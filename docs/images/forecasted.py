"""A lake of sixty simulated sessions of TX that are forecast, to picture the page Forecasts.

Prices are those of the simulator every 5 seconds, to the tick and up to a tick beside it, as its
futures are printed; features and forecasts are made by the formulas and jobs themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.building.staleness import record
from indextracker.engines.sail import SailEngine
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Table
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics import FORECAST_FEATURES, FORECAST_VALUES, FORECASTS
from indextracker_numerics import minute_features
from indextracker_simulator.taiwan.calendar import trading_calendar
from indextracker_simulator.taiwan.contracts import contracts_of, curve_of
from indextracker_simulator.taiwan.products import products_of
from indextracker_simulator.taiwan.walk import local_second

_FIRST, _LAST = date(2024, 7, 1), date(2024, 12, 13)
_TRAINED, _FORECAST = 40, 60
_AHEAD_OF_UTC = 8 * 3600
_KEPT = range(30, 284)


def fill(folder: Path) -> Path:
    """Makes the lake in a folder; a minute and a half."""
    calendar = [day for day in trading_calendar().sessions if _FIRST <= day <= _LAST]
    days = calendar[-_TRAINED - _FORECAST :]
    keys, asked = [*map(str, days)], [*map(str, days[_TRAINED:])]
    lake = Lake(str(folder / "lake"), "simulated")
    jobs = [JOBS[table.path] for table in (FORECAST_VALUES, FORECASTS)]
    lake.ensure(table for job in jobs for table in (job.writes, *job.reads))
    features = [row for day in days for row in _features(day)]
    lake.replace(FORECAST_FEATURES, _table(FORECAST_FEATURES, features), keys)
    levels = [{"session_date": day, "index_id": "TAIEX", "session_part": "day"} for day in days]
    figures = dict.fromkeys(("open", "high", "low", "close", "mean"), 1.0)
    sums = {"ticks": 1, "price_sum": 1, "price_square_sum": 1}
    made = [row | figures | sums for row in levels]
    lake.replace(t.INDEX_SESSIONS, _table(t.INDEX_SESSIONS, made), keys)
    lake.replace(t.SESSIONS, REFERENCES[t.SESSIONS].made(_LAST), [])
    engine = SailEngine()
    for job in jobs:
        run(job, lake, engine, asked, earlier=keys)
        record(lake, {job.writes.path: dict.fromkeys(asked, "simulated")})
    engine.close()
    return Path(lake.root)


def _features(day: date) -> Iterator[dict[str, Any]]:
    (product,) = (product for product in products_of(day) if product.name == "TX")
    curve = curve_of(product.underlying, 7, day, 0)
    front = next(one for one in contracts_of(product, day) if not one.weekly)
    opened = local_second(day, 8 * 3600 + 45 * 60)
    seconds = opened + 5 * np.arange(3600)
    beside = np.random.default_rng(day.toordinal()).integers(-1, 2, len(seconds))
    prints = (np.round(curve.forward(front, seconds)) + beside).reshape(300, 12)
    levels = curve.path.at(seconds).reshape(300, 12)[:, -1].copy()
    levels[:15] = levels[285:] = np.nan
    bars = {
        "high": prints.max(axis=1),
        "low": prints.min(axis=1),
        "close": prints[:, -1],
        "contracts": np.full(300, 12.0),
    }
    known = minute_features.features(bars, levels, 0.0)
    ahead = {n: minute_features.returns_ahead(prints[:, 0], n) for n in (1, 5)}
    for minute in _KEPT:
        at = 1_000_000 * (opened + 60 * minute - _AHEAD_OF_UTC)
        yield {name: float(values[minute]) for name, values in known.items()} | {
            "session_date": day,
            "product": "TX",
            "expiry": front.expiry,
            "bar_start": np.datetime64(at, "us").item(),
            "fill_price": float(prints[minute + 1, 0]),
            **{f"next_return_{n}": float(values[minute]) for n, values in ahead.items()},
        }


def _table(table: Table, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, arrow_schema(table))
