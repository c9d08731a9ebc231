"""The page Forecasts says plainly whether there is an edge, with the figures of the lake."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from playwright.sync_api import expect
from support.good_rows import rows
from support.viewer import PHONE, Viewer, drawn

from indextracker import Lakehouse
from indextracker.building.staleness import record
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker_catalogue.analytics import FORECAST_VALUES, FORECASTS
from indextracker_catalogue.analytics.forecasts import MODELS, RIDGE
from indextracker_dashboard.analytics import forecast_figures as figures
from indextracker_numerics import forecasting

Opens = Callable[..., Viewer]

LAST = date(2024, 12, 17)
DAYS = [date.fromisoformat(key) for key in calendar(FORECASTS.timeline).last(str(LAST), 26)]
# The first session has too few to train on.
FEW, SCORED = DAYS[0], DAYS[1:]
# By how much squared errors are below squared returns of 2e-5: 5 %, nothing, or 5 % above.
BETTER = {1: 1e-6, 5: 0.0}
MINUTES = 40


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of scores and forecasts in which ridge has an edge a minute ahead, and not at five."""
    random = np.random.default_rng(3)
    lake = Lake(str(tmp_path_factory.mktemp("forecasts") / "lake"), "simulated")
    scores, values = [], []
    for place, day in enumerate(DAYS):
        for horizon, better in BETTER.items():
            for model in MODELS:
                row = {"session_date": day, "horizon_minutes": horizon, "model": model}
                if day == FEW and model != "last_return":
                    nothing = dict.fromkeys(("r2", "hit_rate", "pnl_points"))
                    scores.append(row | nothing | {"missing": "19 sessions to train on of 20"})
                    continue
                gain = better if model == RIDGE else 0.0
                # Up and down by turns, so that on the whole it is nothing.
                squared = 2e-5 - gain + (-1) ** place * 1e-7
                points = -3.0 + random.standard_normal()
                scores.append(
                    row
                    | {"squared_returns": 2e-5, "squared_errors": squared}
                    | {"r2": 1 - squared / 2e-5, "r2_low": -0.1, "r2_high": 0.1}
                    | {"trades": 7, "pnl_points": points}
                    | {"pnl_points_low": points - 5, "pnl_points_high": points + 5}
                )
            begin = datetime(day.year, day.month, day.day, 1, 15, tzinfo=UTC)
            for minute in range(MINUTES):
                told = float(random.standard_normal()) * 1e-4
                values.append(
                    {"session_date": day, "horizon_minutes": horizon}
                    | {"bar_start": begin + timedelta(minutes=minute), "ridge": told}
                    | {"next_return": told + float(random.standard_normal()) * 1e-4}
                )
    keys = [*map(str, DAYS)]
    for table, made in ((FORECASTS, scores), (FORECAST_VALUES, values)):
        lake.replace(table, rows(table, *made), keys)
        record(lake, {table.path: dict.fromkeys(keys, "made up")})
    return Path(lake.root)


@pytest.fixture
def opens_forecasts(opens_lake: Callable[..., Viewer], folder: Path) -> Opens:
    return lambda path, **how: opens_lake(folder, path, **how)


def test_it_is_said_plainly_whether_there_is_an_edge(opens_forecasts: Opens) -> None:
    viewer = opens_forecasts("/forecasts")
    said = viewer.page.locator("#forecasts-verdict")
    expect(said).to_contain_text(
        "TX, 1 minute ahead, by ridge: edge found, not after cost. Over 25"
    )
    viewer.assert_usable()
    viewer.page.get_by_text("5 minutes", exact=True).click()
    expect(said).to_contain_text(
        "TX, 5 minutes ahead, by ridge: no edge found. Over 25 sessions R2"
    )
    expect(viewer.page).to_have_url(re.compile("horizon=5"))
    viewer.page.get_by_text("boosting", exact=True).first.click()
    expect(said).to_contain_text("by boosting: no edge found")
    again = opens_forecasts(f"/forecasts{viewer.query}", size=PHONE, scheme="dark")
    expect(again.page.locator("#forecasts-verdict")).to_contain_text("5 minutes ahead, by boosting")
    again.assert_usable()


def test_a_few_sessions_say_nothing(opens_forecasts: Opens) -> None:
    page = opens_forecasts("/forecasts?sessions=10").page
    expect(page.locator("#forecasts-verdict")).to_contain_text(
        "too few sessions to say. 10 have figures, and 20 are needed"
    )


def test_what_is_drawn_is_what_the_lake_has(opens_forecasts: Opens, folder: Path) -> None:
    page = opens_forecasts("/forecasts").page
    found = Lakehouse(folder).sql(
        "select * from gold.forecasts where horizon_minutes = 1 and model = 'ridge' "
        "and missing is null order by session_date"
    )
    known = found.polars()
    (by_session,) = drawn(page, "Out-of-sample R2 by session")
    assert by_session["x"] == [*map(str, SCORED)]
    assert by_session["y"] == pytest.approx((known["r2"] * 100).to_list())
    each, total = drawn(page, "Points that a contract made")
    assert each["y"] == known["pnl_points"].to_list()
    assert total["y"] == pytest.approx(known["pnl_points"].cum_sum().to_list())
    groups = figures.by_size(
        figures.minutes(Lakehouse(folder), LAST, 60, horizon=1).polars(), RIDGE
    )
    _, points = drawn(page, "Forecasts in ten groups by size")
    assert points["y"] == pytest.approx((groups["came"] * 1e4).to_list())
    missing = page.locator("#forecasts-missing")
    expect(missing).to_contain_text("34 of 60 sessions have no forecasts; of the first, 2024-09-19")
    row = page.get_by_role("row", name=str(FEW))
    expect(row).to_contain_text("19 sessions to train on of 20")
    link = page.get_by_role("link", name=str(LAST))
    assert f"last={LAST}" in (link.get_attribute("href") or "")


def test_groups_are_of_equally_many_minutes_by_the_forecast() -> None:
    random = np.random.default_rng(9)
    told = random.standard_normal(1000)
    values = pl.DataFrame({"ridge": told, "next_return": 2 * told})
    groups = figures.by_size(values, RIDGE)
    assert groups["minutes"].to_list() == [100] * figures.GROUPS
    assert groups["forecast"].is_sorted()
    assert groups["came"].to_list() == pytest.approx((2 * groups["forecast"]).to_list())
    assert figures.by_size(values.with_columns(ridge=pl.lit(None, pl.Float64)), RIDGE).is_empty()


def test_figures_over_sessions_are_those_of_the_formulas(folder: Path) -> None:
    scores = figures.scores(Lakehouse(folder), LAST, 60).polars()
    summary = figures.over_sessions(scores)
    assert summary.height == len(BETTER) * len(MODELS)
    [row] = summary.filter((pl.col("horizon_minutes") == 1) & (pl.col("model") == RIDGE)).to_dicts()
    own = scores.filter(
        (pl.col("horizon_minutes") == 1)
        & (pl.col("model") == RIDGE)
        & pl.col("squared_errors").is_not_null()
    )
    found = forecasting.over_sessions(
        *(own[name].to_numpy() for name in ("squared_returns", "squared_errors", "pnl_points"))
    )
    assert found is not None
    assert (row["r2"], row["r2_low"], row["r2_high"]) == (
        found[0].value,
        found[0].low,
        found[0].high,
    )
    assert row["sessions"] == len(SCORED)
