"""dbt's exposures are whole: each says who owns it, how far it is, and leads to what there is."""

from __future__ import annotations

from urllib.parse import urlsplit

import yaml
from support.sources import PROJECT

EXPOSURES = yaml.safe_load((PROJECT / "dbt_project/models/exposures.yml").read_text("utf-8"))


def test_each_is_described() -> None:
    for one in EXPOSURES["exposures"]:
        assert {"name", "label", "type", "maturity", "description", "owner", "depends_on"} <= set(
            one
        )
        # The page Health asks the monitor alone.
        assert one["depends_on"] or one["name"] == "page_health"


def test_each_notebook_has_an_exposure_and_each_exposure_a_notebook() -> None:
    """As the site shows it."""
    told = {
        urlsplit(one["url"]).path for one in EXPOSURES["exposures"] if one["type"] == "notebook"
    }
    folder = PROJECT / "docs" / "notebooks"
    there = {
        f"/notebooks/{file.relative_to(folder).with_suffix('').as_posix()}/"
        for file in folder.rglob("*.ipynb")
    }
    assert told == there


def test_those_who_query_the_marts_name_all_of_them() -> None:
    marts = {f"ref('{file.stem}')" for file in PROJECT.glob("dbt_project/models/*/marts/*.sql")}
    [query] = [one for one in EXPOSURES["exposures"] if one["name"] == "query_command"]
    assert set(query["depends_on"]) == marts
