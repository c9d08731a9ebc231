"""Local time in Taipei: the hours of trading that are the same for all products.

Hours of a product are reference data.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

EXCHANGE = "XTAI"
STOCKS_CLOSE = "13:30:00"  # of indices and ETFs
FIXED_PRICE_OPENS = "14:00:00"  # trading at the close's price, matched at 14:30:00


def seconds(clock: str) -> Column:
    """Seconds since midnight of a constant HH:MM:SS."""
    hours, minutes, rest = (int(part) for part in clock.split(":"))
    return F.lit(hours * 3600 + minutes * 60 + rest).cast("bigint")
