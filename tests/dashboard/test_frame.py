"""The frame around all pages: permalinks, the back button, refusals, an empty lakehouse."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.good_rows import rows
from support.market_lake import LAST
from support.viewer import PHONE, Viewer

from indextracker.building.staleness import record
from indextracker.lake import Lake
from indextracker_catalogue.india import EQUITIES_DAILY
from indextracker_dashboard import app
from indextracker_dashboard.pages import PAGES
from indextracker_dashboard.pages.health import HEALTH

Opens = Callable[..., Viewer]
PATHS = [page.path for page in PAGES]


@pytest.mark.parametrize("path", PATHS)
def test_every_page_is_usable_on_a_desktop_and_a_phone(opens: Opens, path: str) -> None:
    opens(path).assert_usable()
    opens(path, size=PHONE, scheme="dark").assert_usable()


# Health tells of processes: it has something to say before there is any data.
@pytest.mark.parametrize("path", [path for path in PATHS if path != HEALTH.path])
def test_an_empty_lakehouse_says_what_to_run(opens_none: Opens, path: str) -> None:
    viewer = opens_none(path)
    expect(viewer.page.locator("#body")).to_contain_text("indextracker backfill")
    viewer.assert_usable()


def test_a_page_that_is_open_says_that_new_data_was_published(
    opens_lake: Callable[..., Viewer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "LOOKS_EVERY_MS", 1_000)
    lake = Lake(str(tmp_path / "lake"), "simulated")

    def publish(crore: int) -> None:
        row = {"session_date": LAST, "series": "EQ", "turnover_inr": Decimal(crore * 10**7)}
        lake.replace(EQUITIES_DAILY, rows(EQUITIES_DAILY, row), [str(LAST)])
        record(lake, {EQUITIES_DAILY.path: {str(LAST): f"a list of {crore} crore"}})

    publish(25)
    page = opens_lake(tmp_path / "lake", "/india").page
    said, cards = page.get_by_text("New data was published"), page.locator(".cards")
    expect(cards).to_contain_text("25")
    expect(said).to_be_hidden()
    publish(37)
    expect(said).to_be_visible()
    # What people look at stays until they ask for what is new.
    expect(cards).to_contain_text("25")
    page.get_by_role("button", name="Show it").click()
    expect(cards).to_contain_text("37")
    expect(said).to_be_hidden()


@pytest.mark.parametrize("path", PATHS)
def test_what_an_address_cannot_say_is_refused_and_not_run(opens: Opens, path: str) -> None:
    viewer = opens(f"{path}?<img src=x onerror=alert(1)>=1")
    expect(viewer.page.locator("#body")).to_contain_text("This address cannot be shown")
    assert viewer.page.locator("#body img").count() == 0
    viewer.assert_usable()
