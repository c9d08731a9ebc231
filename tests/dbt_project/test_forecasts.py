"""The mart that says whether there is an edge says what the formulas say."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import numpy as np
import pytest
from support.small_market import PROJECT

from indextracker_numerics import forecasting

SESSIONS = 25
MODEL = PROJECT / "models/analytics/marts/fct_forecast_edge.sql"
# What a model is above zero in each session, in errors of its squares; and what it made.
MODELS = {
    "edge": (3e-7, 5.0),
    "before_cost": (3e-7, -5.0),
    "nothing": (0.0, 0.0),
    "worse": (-3e-7, -5.0),
    "few": (3e-7, 5.0),
}


def test_whether_there_is_an_edge_is_what_the_formulas_say() -> None:
    random = np.random.default_rng(7)
    sql = MODEL.read_text(encoding="utf-8").replace("{{ ref('int_forecast') }}", "scored")
    with duckdb.connect() as connection:
        connection.execute(
            "create table scored (session_date date, product varchar, horizon_minutes integer, "
            "model varchar, squared_returns double, squared_errors double, pnl_points double, "
            "trades integer, missing varchar)"
        )
        expected = {}
        for model, (better, made) in MODELS.items():
            number = 19 if model == "few" else SESSIONS
            squares = 2e-5 * random.uniform(0.5, 2, number)
            errors = squares - better - 1e-7 * random.standard_normal(number)
            points = made + random.standard_normal(number)
            for place in range(number):
                day = date(2024, 1, 1) + timedelta(days=place)
                row = [day, "TX", 1, model, squares[place], errors[place], points[place], 2, None]
                connection.execute(f"insert into scored values ({', '.join('?' * 9)})", row)
            missing = [date(2023, 12, 31), "TX", 1, model, *[None] * 4, "0 sessions"]
            connection.execute(f"insert into scored values ({', '.join('?' * 9)})", missing)
            expected[model] = forecasting.over_sessions(squares, errors, points)
        rows = connection.sql(sql).to_arrow_table().to_pylist()
    assert {row["model"]: row["verdict"] for row in rows} == {
        "edge": "edge found, after cost too",
        "before_cost": "edge found, not after cost",
        "nothing": "no edge found",
        "worse": "no edge found: worse than zero",
        "few": "too few sessions",
    }
    for row in rows:
        found = expected[row["model"]]
        assert row["verdict"] == forecasting.verdict(found)
        assert row["trades"] == 2 * row["sessions"]
        for place, name in enumerate(("r2", "pnl_points")):
            told = (row[name], row[f"{name}_low"], row[f"{name}_high"])
            if found is None:
                assert told == (None, None, None)
                continue
            one = found[place]
            half = one.high - one.value
            # The quantile of Student's t is to 1 % there.
            assert told == pytest.approx((one.value, one.low, one.high), abs=0.01 * half)
