"""A backfill up to today: lists are of today alone, and tables in one piece know all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.archives import MakePlatform
from support.backfills import backfill_sessions
from support.market import serving

from indextracker.building.reports import Report
from indextracker.platform import Platform
from indextracker_catalogue import SUBJECTS, TABLES
from indextracker_catalogue.india.terms import BESIDE_SERIES
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.truth import instrument_spells

INDIA = SUBJECTS["india"]
DAYS = [date(2024, 4, 29), date(2024, 4, 30)]
PAST, TODAY = map(str, DAYS)
LISTS = ("nse_symbol_changes", "nse_listed", "nse_index_members")


@dataclass
class Lakehouse:
    """A platform, and what its backfill reported."""

    nse: Exchange
    platform: Platform
    report: Report

    def rows(self, path: str) -> list[dict[str, Any]]:
        with self.platform.lake.sql([TABLES[path]]) as connection:
            found = connection.sql(f"select * from {path.split('/')[1]}").to_arrow_table()
        return found.to_pylist()


@pytest.fixture(scope="module")
def lakehouse(make_platform: MakePlatform) -> Iterator[Lakehouse]:
    evening = datetime(2024, 4, 30, 19, tzinfo=ZoneInfo("Asia/Kolkata"))
    nse = Exchange(clock=lambda: evening, unreadable=False)
    with serving(nse) as address:
        platform = make_platform(f"simulated:{address}", clock=nse.clock)
        feeds = ("nse_udiff_bhavcopy", *LISTS)
        report = backfill_sessions(platform, DAYS, INDIA, feeds=feeds, to_layer="silver")
        yield Lakehouse(nse, platform, report)


def test_lists_are_of_today_and_complete_for_all_days(lakehouse: Lakehouse) -> None:
    assert lakehouse.report.failures == []
    for feed in LISTS:
        states = {key: found[feed].state for key, found in lakehouse.report.sessions.items()}
        assert states == {PAST: "never", TODAY: "accepted"}
    for table in ("symbol_changes", "listed_securities", "index_members"):
        assert {row["session_date"] for row in lakehouse.rows(f"silver/{table}")} == {DAYS[1]}


def test_what_is_made_of_all_sessions_knows_those_of_the_last_run(lakehouse: Lakehouse) -> None:
    """Today has more documents than the day before, and is refined in a run of its own."""
    ours = {
        (row["symbol"], row["series"], row["isin"], row["valid_from"], row["valid_to"], row["name"])
        for row in lakehouse.rows("silver/instruments")
        if row["series"] not in BESIDE_SERIES
    }
    true = instrument_spells(lakehouse.nse, DAYS).to_pylist()
    listed = {row["isin"] for row in lakehouse.rows("silver/listed_securities")}
    assert len(listed) > 20
    assert ours == {
        (
            *(row[name] for name in ("symbol", "series", "isin", "first_session", "last_session")),
            row["name"] if row["isin"] in listed else None,
        )
        for row in true
    }
