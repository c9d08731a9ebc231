"""A lake of features of sessions, all that forecasts of the last two of them are made from."""

from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from indextracker.building.jobs import JOBS
from indextracker.building.reference_tables import REFERENCES
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.analytics.forecasts import FEATURES, FORECAST_FEATURES
from support.good_rows import Row, rows

FORECASTING = (JOBS["gold/forecast_values"], JOBS["gold/forecasts"])
SESSIONS = calendar(t.XTAI).last("2024-12-17", 24)
SEEN, ASKED = SESSIONS[:-2], SESSIONS[-2:]
MINUTES = 60
_TODAY = date(2026, 11, 23)


def forecast_lake(root: Path) -> Lake:
    """The lake, in which nothing is forecast yet; equal wherever it is made."""
    random = np.random.default_rng(17)
    made: list[Row] = []
    for key in SESSIONS:
        opened = datetime.fromisoformat(f"{key}T09:15:00").replace(tzinfo=ZoneInfo("Asia/Taipei"))
        for minute in range(MINUTES):
            known = {column.name: float(random.standard_normal()) for column in FEATURES}
            known["signed_volume"] = np.tanh(known["signed_volume"])
            came = (0.3 * known["return_1"] + random.standard_normal(2)) * 3e-4
            made.append(
                known
                | {"session_date": date.fromisoformat(key)}
                | {"bar_start": opened + timedelta(minutes=minute), "fill_price": 23_000.0}
                | {"next_return_1": float(came[0]), "next_return_5": float(came[1])}
            )
    lake = Lake(str(root), "simulated")
    lake.ensure(table for job in FORECASTING for table in (job.writes, *job.reads))
    lake.replace(FORECAST_FEATURES, rows(FORECAST_FEATURES, *made), SESSIONS)
    asked = [{"session_date": date.fromisoformat(key), "index_id": "TAIEX"} for key in SESSIONS]
    lake.replace(t.INDEX_SESSIONS, rows(t.INDEX_SESSIONS, *asked), SESSIONS)
    lake.replace(t.SESSIONS, REFERENCES[t.SESSIONS].made(_TODAY), [])
    return lake
