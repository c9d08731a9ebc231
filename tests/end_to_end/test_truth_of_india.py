"""The pipeline's tables of the simulated NSE's documents equal what happened there."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from support import one_sail
from support.keys import keys
from support.market import source

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import feeds_of
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS, TABLES, subject_of
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.truth import truth

INDIA = SUBJECTS["india"]
# Before ISINs; a resaved file and wrong shares; without a full bhavcopy; a Saturday; with shares
# that are settled that day; the first session without legacy.
SESSIONS = (
    *(date(2011, 6, 21), date(2020, 7, 13), date(2022, 8, 8), date(2024, 1, 20)),
    *(date(2024, 3, 28), date(2024, 7, 8)),
)
# What the simulator calls the slip in a line, and how the lakehouse's reason for it begins.
REASONS = {
    "cells": "the line does not split",
    "price": "unreadable open",
    "shares": "unreadable shares",
}

Read = Callable[[str, date, list[str]], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def nse() -> Exchange:
    now = datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
    return Exchange(clock=lambda: now)


@pytest.fixture(scope="module")
def read(nse: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Reads a table of a lake that the documents of all sessions have filled."""
    lake = Lake(str(tmp_path_factory.mktemp("india") / "lake"), "simulated")
    with source(nse) as http:
        for feed in feeds_of(INDIA).values():
            asked = sorted({feed.timeline.key_of(session) for session in SESSIONS})
            acquire(lake, feed, asked, http)
    jobs = [job for job in JOBS.values() if subject_of(job.writes) is INDIA]
    lake.ensure(table for job in jobs for table in (job.writes, *job.reads))
    for table in (one for one in REFERENCES if subject_of(one) is INDIA):
        lake.replace(table, REFERENCES[table].made(nse.today))
    for job in jobs:
        run(job, lake, one_sail.engine(), keys(SESSIONS))

    def read_table(path: str, session: date, columns: list[str]) -> list[dict[str, Any]]:
        table = TABLES[path]
        with lake.sql([table], {table.timeline: [str(session)]}) as connection:
            chosen = ", ".join(columns)
            return in_order(connection.sql(f"select {chosen} from {table.name}").to_arrow_table())

    return read_table


def in_order(rows: pa.Table) -> list[dict[str, Any]]:
    return sorted(rows.to_pylist(), key=lambda row: str(sorted(row.items())))


@pytest.mark.parametrize(
    "table", ["equities_daily", "equity_disagreements", "corporate_actions", "index_closes"]
)
@pytest.mark.parametrize("session", SESSIONS, ids=str)
def test_every_row_is_true(nse: Exchange, read: Read, session: date, table: str) -> None:
    happened = truth(nse, session)[table]
    assert read(f"silver/{table}", session, happened.column_names) == in_order(happened)


def test_every_line_that_cannot_be_read_is_kept_with_its_reason(nse: Exchange, read: Read) -> None:
    columns = ["session_date", "feed", "line", "reason"]
    found = [row for one in SESSIONS for row in read("silver/nse_rejects", one, columns)]
    happened = [row for one in SESSIONS for row in truth(nse, one)["rejects"].to_pylist()]
    assert happened

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["session_date"], row["feed"], row["line"]

    for row, slip in zip(sorted(found, key=place), sorted(happened, key=place), strict=True):
        assert place(row) == place(slip)
        assert row["reason"].startswith(REASONS[slip["reason"]])
