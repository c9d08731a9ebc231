"""Ranges on the command line: without a session, in the future, or invalid."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from support.calendars import taiwan
from support.homes import Home

from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import SUBJECTS
from indextracker_cli.days import no_session, traded_without_session
from indextracker_cli.wishes import keys_of_each, wishes

WHOLE: dict[str, Any] = {"first": None, "last": None, "tables": None, "to_layer": "marts"}


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2024-12-14", "2024-12-15", "2024-12-14 to 2024-12-15 are a weekend"),
        ("2024-12-15", "2024-12-15", "2024-12-15 is a Sunday"),
        ("2024-10-10", "2024-10-10", "2024-10-10 is a holiday of the exchange"),
        ("2022-01-29", "2022-02-01", "a weekend and holidays of the exchange"),
    ],
)
def test_a_range_without_a_session_says_why(first: str, last: str, sentence: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert sentence in no_session(taiwan(), *days)


def test_the_nearest_sessions_are_named() -> None:
    said = no_session(taiwan(), date(2024, 12, 14), date(2024, 12, 15))
    assert said.endswith("the nearest are 2024-12-13 and 2024-12-16")


def test_documents_of_a_day_without_a_session_are_told(tmp_path: Path) -> None:
    saturday, sunday = date(2024, 12, 14), date(2024, 12, 15)
    header = (
        "成交日期,商品代號,到期月份(週別),成交時間,成交價格,成交數量(B+S),近月價格,遠月價格,"
        "開盤集合競價\r\n"
    )
    lines = "20241214,TX,202412,084500,23000,2,-,-,*\r\n"
    with zipfile.ZipFile(tmp_path / "Daily_2024_12_14.zip", "w") as packed:
        packed.writestr("Daily_2024_12_14.csv", (header + lines).encode("cp950"))
    (tmp_path / "Daily_2024_12_15.zip").write_text("<script>alert('查無資料')</script>")
    empty = '{"msg": "success", "status": 200, "data": []}'
    (tmp_path / "TaiwanStockPriceTick_006204_2024-12-15.json").write_text(empty)
    archive, now = ArchiveSource(tmp_path), datetime(2024, 12, 20, tzinfo=UTC)
    feeds = [FEEDS["taifex_futures"], FEEDS["finmind_trades"]]
    [told] = traded_without_session(archive, SUBJECTS["taiwan"], feeds, [saturday, sunday], now)
    assert told.startswith("Daily_2024_12_14.zip is a whole document of 2024-12-14")
    assert "special_sessions.csv" in told


def test_hours_that_are_not_due_are_left_out_unless_they_are_named(
    tmp_path: Path,
) -> None:
    # It is the next day in India already.
    now = datetime(2024, 12, 16, 21, 56, tzinfo=UTC)
    of = Platform(Settings(lake=str(tmp_path)), clock=lambda: now)
    [wish] = wishes(SUBJECTS["news"], feeds=["alphavantage_news"], **WHOLE)
    [hours] = keys_of_each(of, [wish])["news"].values()
    assert (hours[0], hours[-1]) == ("2024-12-16T00", "2024-12-16T20")
    named = replace(wish, first=date(2024, 12, 16), last=date(2024, 12, 16))
    [hours] = keys_of_each(of, [named])["news"].values()
    assert (hours[0], hours[-1]) == ("2024-12-16T00", "2024-12-16T23")


def test_a_weekend_is_nothing_to_do(empty: Home) -> None:
    done = empty.run("backfill", "taiwan", "--from", "2024-12-14", "--to", "2024-12-15", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert '"sessions": {}' in done.stdout
    assert "a weekend" in done.stderr
    # Known before Dagster begins.
    assert not empty.dagster.exists()


def test_the_future_is_not_asked_for(empty: Home) -> None:
    day = taiwan().sessions(date.today(), taiwan().horizon)[-1].isoformat()  # noqa: DTZ011
    done = empty.run("backfill", "taiwan", "--from", day, "--to", day)
    assert done.returncode == 2
    assert f"the first session of the range is {day}" in done.stderr
    assert not empty.dagster.exists()
