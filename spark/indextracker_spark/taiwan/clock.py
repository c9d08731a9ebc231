"""Local time in Taipei: hours of trading, parts of a session, and instants.

It has the hours that are the same for all products, and the conversion of a document's times to
instants. Hours of a product are reference data.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from indextracker_catalogue.taiwan.terms import UTC_OFFSET_SECONDS

EXCHANGE = "XTAI"
NIGHT_ENDS = "08:00:00"  # TJF opens by day at 08:00; no night part reaches beyond 05:00
STOCKS_CLOSE = "13:30:00"  # of indices and ETFs
FIXED_PRICE_OPENS = "14:00:00"  # trading at the close's price, matched at 14:30:00
PREVIOUS_CLOSE_ROW = "09:00:00"  # the report opens with the close of the session before


def instant(day: Column, seconds: Column) -> Column:
    """The instant of so many seconds after a day's local midnight."""
    return F.timestamp_seconds(F.unix_date(day) * 86_400 + seconds - UTC_OFFSET_SECONDS)


def seconds(clock: str) -> Column:
    """Seconds since midnight of a constant HH:MM:SS."""
    hours, minutes, rest = (int(part) for part in clock.split(":"))
    return F.lit(hours * 3600 + minutes * 60 + rest).cast("bigint")


def session_part(day: Column, of_day: Column) -> Column:
    """The part of the session that a trade belongs to, by its date and its seconds of the day."""
    at_night = (day < F.col("session_date")) | (of_day < seconds(NIGHT_ENDS))
    return F.when(at_night, "night").otherwise("day")
