"""Months of the simulated NSE as tables, with the factors of their prices."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyspark.sql import DataFrame
from spark.frames import Frames
from spark.india import lists

from indextracker.feeds.india.daily_report import MARKET_CAPS
from indextracker.lake.arrow import arrow_schema
from indextracker.readings.india import market_caps
from indextracker_catalogue import india as t
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.india.truth import truth
from indextracker_spark.india.adjustments import equities_adjusted
from indextracker_spark.india.instruments import instruments
from indextracker_spark.job import conform
from support.documents import accepted


class Months(NamedTuple):
    """What a lake has of some sessions.

    Attributes:
        nse: The exchange.
        sessions: The sessions.
        equities: Rows of silver/equities_daily.
        announced: Rows of silver/corporate_actions.
        caps: Rows of silver/market_caps.
        instruments: Rows of silver/instruments.
        adjusted: Rows of gold/equities_adjusted.
    """

    nse: Exchange
    sessions: Sequence[date]
    equities: pa.Table
    announced: pa.Table
    caps: pa.Table
    instruments: pa.Table
    adjusted: pa.Table


def months(frames: Frames, first: date, last: date) -> Months:
    """The sessions from one day to another."""
    nse = Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=ZoneInfo("Asia/Kolkata")))
    sessions = nse.calendar.between(first, last)
    happened = [truth(nse, session) for session in sessions]
    equities = pa.concat_tables([tables["equities_daily"] for tables in happened])
    # With the columns that only an imported list has.
    every = [field.with_nullable(True) for field in arrow_schema(t.CORPORATE_ACTIONS)]
    reported = [tables["corporate_actions"] for tables in happened]
    announced = pa.concat_tables(
        [pa.schema(every).empty_table(), *reported], promote_options="default"
    )
    caps = pa.concat_tables([capitals(nse, session) for session in sessions])

    def frame(rows: pa.Table) -> DataFrame:
        return frames.spark.createDataFrame(rows)

    known = conform(instruments(frame(equities), *lists.none(frames)), t.INSTRUMENTS).toArrow()
    found = equities_adjusted(
        frame(equities),
        frame(announced),
        frame(caps),
        frame(known),
        frames.of(t.CORPORATE_ACTION_LISTS, []),
    )
    adjusted = conform(found, t.EQUITIES_ADJUSTED).drop("year").toArrow()
    return Months(nse, sessions, equities, announced, caps, known, adjusted)


def capitals(nse: Exchange, session: date) -> pa.Table:
    """The face values of a session, as they are read from its report."""
    published = nse.published("report", session)
    assert published is not None
    return market_caps.CAPITALS.of([accepted(MARKET_CAPS, published.body, session)], session)
