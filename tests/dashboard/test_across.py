"""The page Across markets: what it draws is what the lake has, and values lead to their trades."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.good_rows import Row, rows
from support.viewer import PHONE, Viewer, drawn

from indextracker.lake import Lake
from indextracker_catalogue import analytics as a
from indextracker_catalogue.analytics.across import SERIES
from indextracker_catalogue.news import SENTIMENT_RETURNS

Opens = Callable[..., Viewer]
DAYS = [date(2024, 12, 2) + timedelta(days=number) for number in range(31)]
LAST = DAYS[-1]
NIGHT, OPEN = "tx_night", "nifty_open"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A month of nights, of which each but the first is before an open of India."""
    lake = Lake(str(tmp_path_factory.mktemp("across") / "lake"), "simulated")
    values: list[Row] = [
        {"day": day, "series": series, "value": value}
        for number, day in enumerate(DAYS)
        for series, value in ((NIGHT, number / 1000), (OPEN, number / 2000))
        if (number, series) != (0, OPEN)
    ]
    lake.replace(a.MARKET_DAYS, rows(a.MARKET_DAYS, *values))
    names = list(SERIES)
    figures = ("correlation", "correlation_low", "correlation_high", "p_value", "adjusted_p_value")
    none: Row = dict.fromkeys((*figures, "first_day", "last_day"))
    pairs: list[Row] = [
        {"first_series": first, "second_series": second, "days": 0, "missing": "0 days of 30"}
        | none
        for place, first in enumerate(names)
        for second in names[place + 1 :]
        if (first, second) != (NIGHT, OPEN)
    ]
    told: Row = {"first_series": NIGHT, "second_series": OPEN, "timing": "during", "days": 30}
    told |= dict(zip(figures, (0.62, 0.34, 0.8, 0.0002, 0.003), strict=True)) | {"missing": None}
    lake.replace(a.MARKET_CORRELATIONS, rows(a.MARKET_CORRELATIONS, told, *pairs))
    good: Row = {
        "horizon_sessions": 0,
        "sentiment_class": "positive",
        "mean_return": 0.004,
        "low_95": 0.001,
        "high_95": 0.006,
        "too_few": None,
    }
    few = good | {"sentiment_class": "negative", "too_few": "12 events of 30"}
    few |= dict.fromkeys(("mean_return", "low_95", "high_95", "degrees_of_freedom"))
    lake.replace(SENTIMENT_RETURNS, rows(SENTIMENT_RETURNS, good, few))
    return Path(lake.root)


def test_a_pair_is_drawn_by_day_with_its_figure(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/across-markets")
    [points] = drawn(viewer.page, "TX night and Nifty open by day")
    assert points["x"] == [number / 1000 for number in range(1, 31)]
    assert points["y"] == [number / 2000 for number in range(1, 31)]
    body = viewer.page.locator("#body")
    expect(body).to_contain_text("Correlation +0.62, +0.34 to +0.80 with 95 %, of 30 days")
    expect(body).to_contain_text("nobody trades at the close before")
    night = viewer.page.get_by_role("link", name="+3.00%", exact=True)
    expect(night).to_have_attribute(
        "href", f"/candles?instrument=TX&contract=M&last={LAST}&sessions=1"
    )
    viewer.assert_usable()


def test_all_pairs_are_drawn_once_and_lead_to_their_days(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/across-markets?pair=taiex_open-nifty_day", size=PHONE)
    body = viewer.page.locator("#body")
    expect(body).to_contain_text("No day has both.")
    [cells] = drawn(viewer.page, "Correlations of all pairs")
    assert [text for line in cells["text"] for text in line if text] == ["+0.62*"]
    expect(body).to_contain_text("1 of 1 pairs with a figure are correlated (*)")
    viewer.assert_usable()
    viewer.page.get_by_role("link", name="TX night", exact=True).nth(2).click()
    expect(viewer.page.get_by_role("heading", name="TX night and Nifty open")).to_be_visible()


def test_returns_after_news_are_drawn_with_what_is_too_few(opens_lake: Opens, folder: Path) -> None:
    viewer = opens_lake(folder, "/across-markets")
    at_once, _ = drawn(viewer.page, "Returns of shares after news")
    assert (at_once["x"], at_once["y"]) == (["positive"], [0.004])
    expect(viewer.page.locator("#body")).to_contain_text("1 of 2 figures are of too few events")


def test_a_pair_that_there_is_not_is_said(opens_lake: Opens, folder: Path) -> None:
    body = opens_lake(folder, "/across-markets?pair=nifty_day-tx_night").page.locator("#body")
    expect(body).to_contain_text("There is no pair nifty_day-tx_night")
