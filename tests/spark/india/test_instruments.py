"""Instruments of NSE: one through new symbols, series and ISINs, and never one of two."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame
from spark.frames import Frames
from support.documents import accepted

from indextracker.feeds import Feed
from indextracker.feeds.india import lists as feeds
from indextracker.readings.india import lists as readings
from indextracker.readings.model import Records
from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import BESIDE_SERIES
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.lists import listed_csv, members_csv, symbol_changes_csv
from indextracker_simulator.india.truth import instrument_spells, truth
from indextracker_spark.india.instruments import instruments
from indextracker_spark.job import conform

FIRST_WITH_ISIN = date(2011, 6, 22)
LAST = date(2026, 8, 20)
LISTS = (
    (feeds.SYMBOL_CHANGES, readings.RENAMED, symbol_changes_csv),
    (feeds.LISTED, readings.LISTINGS, listed_csv),
    (feeds.INDEX_MEMBERS, readings.MEMBERS, members_csv),
)


@pytest.fixture(scope="module")
def nse() -> Exchange:
    return Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))


def sessions(nse: Exchange, first: date, last: date) -> list[date]:
    return [day for day in nse.calendar.sessions if first <= day <= last]


def listed(frames: Frames, feed: Feed, records: Records, body: bytes, day: date) -> DataFrame:
    return frames.spark.createDataFrame(records.of([accepted(feed, body, day)], day))


def own(rows: DataFrame) -> list[dict[str, Any]]:
    """The instruments, but for what is traded beside a share's own series."""
    found = conform(rows, t.INSTRUMENTS).collect()
    return [row.asDict() for row in found if row.series not in BESIDE_SERIES]


def simulated(frames: Frames, nse: Exchange, days: list[date]) -> list[dict[str, Any]]:
    daily = pa.concat_tables([truth(nse, day)["equities_daily"] for day in days])
    lists = [
        listed(frames, feed, records, csv(nse.instruments, LAST), LAST)
        for feed, records, csv in LISTS
    ]
    return own(instruments(frames.spark.createDataFrame(daily), *lists))


def one_to_one(pairs: Iterable[tuple[Any, Any]]) -> bool:
    every = set(pairs)
    return len(every) == len({one for one, _ in every}) == len({other for _, other in every})


def test_instruments_of_fifteen_years_are_the_true_ones(frames: Frames, nse: Exchange) -> None:
    days = sessions(nse, FIRST_WITH_ISIN, LAST)
    called = ("symbol", "series", "isin")
    ours = {
        (*(row[name] for name in called), row["valid_from"], row["valid_to"]): row
        for row in simulated(frames, nse, days)
    }
    true = {
        (*(row[name] for name in called), row["first_session"], row["last_session"]): row
        for row in instrument_spells(nse, days).to_pylist()
    }
    assert ours.keys() == true.keys()
    assert one_to_one((true[spell]["number"], ours[spell]["instrument_id"]) for spell in true)
    renamed = {spell[0] for spell in true if true[spell]["name"].startswith("New ")}
    named = [spell for spell in true if spell[0] in renamed or ours[spell]["name"]]
    assert len(named) > 50
    assert [s for s in named if ours[s]["name"] != true[s]["name"]] == []
    with_industry = [spell for spell in true if ours[spell]["industry"]]
    assert len(with_industry) > 50
    assert [s for s in with_industry if ours[s]["industry"] != true[s]["industry"]] == []


def test_rows_without_an_isin_are_of_the_instrument_that_gets_one(
    frames: Frames, nse: Exchange
) -> None:
    days = sessions(nse, date(2011, 5, 2), date(2011, 7, 29))
    ours = simulated(frames, nse, days)
    pairs = [
        (spell["number"], row["instrument_id"])
        for spell in instrument_spells(nse, days).to_pylist()
        for row in ours
        if (row["symbol"], row["series"]) == (spell["symbol"], spell["series"])
        and row["valid_from"] <= spell["last_session"]
        and spell["first_session"] <= row["valid_to"]
    ]
    assert one_to_one(pairs)
    assert {row["instrument_id"] for row in ours} == {instrument for _, instrument in pairs}


def test_a_chain_of_renamings_is_one_instrument(
    frames: Frames, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue("samples").parent / "cases/india/rename-chain"
    if not folder.is_dir():
        pytest.skip("the cases are not there")
    body = (folder / "symbolchange.csv").read_bytes()
    days = {"ALFA": date(2020, 1, 3), "BETA": date(2020, 1, 6), "GAMMA": date(2020, 1, 13)}
    for isin in ("INE000A01010", None):
        daily = [
            {"session_date": day, "symbol": symbol, "series": "EQ", "isin": isin, "close": close}
            for (symbol, day), close in zip(days.items(), (10.0, 11.0, 12.0), strict=True)
        ]
        changes = listed(frames, feeds.SYMBOL_CHANGES, readings.RENAMED, body, date(2026, 8, 20))
        rows = own(
            instruments(
                frames.of(t.EQUITIES_DAILY, daily),
                changes,
                frames.of(t.LISTED_SECURITIES, []),
                frames.of(t.INDEX_MEMBERS, []),
            )
        )
        assert {row["symbol"]: row["valid_from"] for row in rows} == days
        assert {row["instrument_id"] for row in rows} == {"INE000A01" if isin else "ALFA-EQ"}
        assert {row["name"] for row in rows} == {None, "Gamma Limited"}
