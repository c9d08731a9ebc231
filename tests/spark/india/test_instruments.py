"""Instruments of NSE: one through new symbols, series and ISINs, and never one of two."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from spark.frames import Frames

from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import BESIDE_SERIES
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.truth import instrument_spells, truth
from indextracker_spark.india.instruments import instruments
from indextracker_spark.job import conform

FIRST_WITH_ISIN = date(2011, 6, 22)


@pytest.fixture(scope="module")
def nse() -> Exchange:
    return Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))


def sessions(nse: Exchange, first: date, last: date) -> list[date]:
    return [day for day in nse.calendar.sessions if first <= day <= last]


def found(frames: Frames, nse: Exchange, days: Iterable[date]) -> list[dict[str, Any]]:
    """The instruments of some sessions, but for what is traded beside a share's own series."""
    daily = pa.concat_tables([truth(nse, day)["equities_daily"] for day in days])
    rows = conform(instruments(frames.spark.createDataFrame(daily)), t.INSTRUMENTS).collect()
    return [row.asDict() for row in rows if row.series not in BESIDE_SERIES]


def one_to_one(pairs: Iterable[tuple[Any, Any]]) -> bool:
    every = set(pairs)
    return len(every) == len({one for one, _ in every}) == len({other for _, other in every})


def test_spells_and_instruments_of_fifteen_years_are_the_true_ones(
    frames: Frames, nse: Exchange
) -> None:
    days = sessions(nse, FIRST_WITH_ISIN, date(2026, 8, 20))
    called = ("symbol", "series", "isin")
    ours = {
        (*(row[name] for name in called), row["valid_from"], row["valid_to"]): row["instrument_id"]
        for row in found(frames, nse, days)
    }
    true = {
        (*(row[name] for name in called), row["first_session"], row["last_session"]): row["number"]
        for row in instrument_spells(nse, days).to_pylist()
    }
    assert ours.keys() == true.keys()
    assert one_to_one((number, ours[spell]) for spell, number in true.items())


def test_rows_without_an_isin_are_of_the_instrument_that_gets_one(
    frames: Frames, nse: Exchange
) -> None:
    days = sessions(nse, date(2011, 5, 2), date(2011, 7, 29))
    ours = found(frames, nse, days)
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
