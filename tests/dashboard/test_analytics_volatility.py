"""The pages Volatility, and Lead and lag: what they draw is what the lake has."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from playwright.sync_api import expect
from support.viewer import PHONE, Viewer, drawn

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import Table
from indextracker_catalogue import analytics as a

Opens = Callable[..., Viewer]
SESSIONS = [date(2022, 3, day) for day in (1, 2, 3, 4)]
JUMPED = SESSIONS[2]


def put(lake: Lake, table: Table, rows: list[dict[str, object]]) -> None:
    names = [column.name for column in table.columns]
    whole = [{name: row.get(name) for name in names} for row in rows]
    lake.replace(
        table, pa.Table.from_pylist(whole, arrow_schema(table)), [str(day) for day in SESSIONS]
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sessions: volatility falls, the third has a jump, and TX is ahead but on the last."""
    folder = tmp_path_factory.mktemp("analytics") / "lake"
    lake = Lake(str(folder), "simulated")
    measured = [
        {
            "session_date": on,
            "asset": "TAIEX",
            "session_part": "day",
            "prints": 3229,
            "span_minutes": 269,
            **dict.fromkeys(("open", "high", "low", "close"), 17_000.0),
            **{
                f"{name}_volatility": 16.0 - place
                for name in ("realised", "subsampled", "bipower", "kernel", "daily")
            },
            "jump_p_value": 0.001 if on == JUMPED else 0.5,
        }
        for place, on in enumerate(SESSIONS)
    ]
    expected = [
        {
            "session_date": on,
            "asset": "TAIEX",
            "next_session_volatility": 20.0 + place,
            "next_session_sample": 100 + place,
            "next_month_sample": 0,
        }
        for place, on in enumerate(SESSIONS)
    ]
    pairs = [
        {
            "session_date": on,
            "asset": "TX",
            "other": "TAIEX",
            "expiry": "202203",
            "prices": 2000,
            "other_prices": 3000,
            "lead_seconds": 0 if on == SESSIONS[-1] else 10,
            "lead_low_seconds": -1.0 if on == SESSIONS[-1] else 9.0,
            "lead_high_seconds": 11.0,
            "leader": None if on == SESSIONS[-1] else "TX",
            "correlation": 0.9,
            "information_share_low": 0.7,
            "information_share_high": 0.9,
            "component_share": 0.8,
        }
        for on in SESSIONS
    ]
    lags = [
        {
            "session_date": on,
            "asset": "TX",
            "other": "TAIEX",
            "lag_seconds": lag,
            "correlation": math.exp(-abs(lag - 10) / 5),
            "correlation_low": math.exp(-abs(lag - 10) / 5) - 0.1,
            "correlation_high": math.exp(-abs(lag - 10) / 5) + 0.1,
        }
        for on in SESSIONS
        for lag in range(-60, 61)
    ]
    put(lake, a.REALISED_VOLATILITY, measured)
    put(lake, a.VOLATILITY_FORECASTS, expected)
    put(lake, a.LEAD_LAG, pairs)
    put(lake, a.LEAD_LAG_CORRELATIONS, lags)
    return folder


def test_measures_jumps_and_forecasts_are_drawn(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/volatility?last=2022-03-04&span=1m")
    subsampled, kernel, _, jumps = drawn(viewer.page, "Realised volatility of TAIEX")
    assert subsampled["y"] == kernel["y"] == [16.0, 15.0, 14.0, 13.0]
    assert jumps["x"] == [JUMPED.isoformat()]
    measured, forecast, *_ = drawn(viewer.page, "Expected volatility of TAIEX")
    assert measured["y"] == [16.0, 15.0, 14.0, 13.0]
    # What was forecast of a session is told at the end of the one before.
    assert forecast["y"] == [None, 20.0, 21.0, 22.0]
    body = viewer.page.locator("#body")
    expect(body).to_contain_text("1 of 4 days have a jump at the level of 1 %")
    expect(body).to_contain_text("of which the newest day has 103")
    link = viewer.page.get_by_role("link", name="2022-03-04", exact=True)
    expect(link).to_have_attribute(
        "href", "/candles?instrument=TAIEX&scale=1&last=2022-03-04&sessions=1"
    )
    viewer.assert_usable()


def test_the_lead_and_its_interval_are_drawn(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/lead-lag?last=2022-03-03&span=1m")
    _, _, correlation = drawn(viewer.page, "Correlation of TX-TAIEX by lag")
    assert correlation["x"] == list(range(-60, 61))
    assert max(correlation["y"]) == correlation["y"][70] == 1.0
    (lead,) = drawn(viewer.page, "Lead of TX over TAIEX")
    assert lead["y"] == [10, 10, 10]
    body = viewer.page.locator("#body")
    expect(body).to_contain_text("2022-03-03: TX is 10 s ahead of TAIEX.")
    expect(body).to_contain_text("+9 to +11 s")
    for behind in ("the trades of TX 202203", "the levels of TAIEX"):
        expect(viewer.page.get_by_role("link", name=behind)).to_be_visible()
    viewer.assert_usable()


def test_no_lead_is_told_where_its_interval_holds_zero(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/lead-lag?last=2022-03-04&span=1m", size=PHONE)
    expect(viewer.page.locator("#body")).to_contain_text(
        "2022-03-04: no lead is told, its interval of 95 % holds zero (-1 to +11 s)."
    )
    viewer.assert_usable()
    viewer.open("/lead-lag?pair=TX-MTX&last=2022-03-04&span=1m")
    expect(viewer.page.locator("#body")).to_contain_text(
        "No session of these has prices of both TX and MTX."
    )
