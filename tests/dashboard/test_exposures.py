"""dbt's exposures are the pages that there are, and name the tables that these read."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from support.sources import PROJECT

from indextracker import Lakehouse
from indextracker.reader.tables import Tables
from indextracker.settings.dashboard import DashboardSettings
from indextracker_catalogue import Table
from indextracker_dashboard.data import Data
from indextracker_dashboard.page import Page
from indextracker_dashboard.pages import PAGES

EXPOSURES = yaml.safe_load((PROJECT / "dbt_project/models/exposures.yml").read_text("utf-8"))
DASHBOARDS = [one for one in EXPOSURES["exposures"] if one["type"] == "dashboard"]
BY_PATH = {urlsplit(one["url"]).path: one for one in DASHBOARDS}


def test_each_page_has_an_exposure_and_each_exposure_a_page() -> None:
    assert {path: one["label"] for path, one in BY_PATH.items()} == {
        page.path: page.title for page in PAGES
    }
    settings = DashboardSettings()
    assert {urlsplit(one["url"]).netloc for one in DASHBOARDS} == {
        f"{settings.host}:{settings.port}"
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path)
def test_an_exposure_names_every_table_that_its_page_reads(
    page: Page[Any], lakehouse: Lakehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = set[str]()
    read = Tables.read

    def noted(self: Tables, table: Table, *args: Any, **kwargs: Any) -> Any:
        if table.in_warehouse:
            found.add(f"source('raw', '{table.name}')")
        return read(self, table, *args, **kwargs)

    monkeypatch.setattr(Tables, "read", noted)
    data, state = Data(partial(Lakehouse, lakehouse.place)), page.read("")
    page.body(state, data)
    if page.controls:
        page.controls(state, data)
    assert found - set(BY_PATH[page.path]["depends_on"]) == set()
