"""Minutes of symbols from events, with the exact sums of which gold makes its bars.

`indextracker_spark.markets.quotes` is what they must be equal to, and says what counts. Which
minutes are kept, and for how long, is told in `day`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import duckdb

_UNITS = 10_000
MICROSECONDS = 60_000_000

# Events as numbers: instants in microseconds, `minute` that of the bar in minutes of the epoch.
QUOTES = f"""
    select
        symbol,
        source,
        quoted_us,
        counts_us,
        counts_us // {MICROSECONDS} as minute,
        line,
        price,
        size,
        day_volume,
        arrived_us
    from (
        select
            symbol,
            source,
            epoch_us(cast("time" as timestamptz)) as quoted_us,
            case
                when quoted_us = epoch_us(try_cast(closes_at as timestamptz))
                    then quoted_us // 1000000 * 1000000 - 1000000
                else quoted_us
            end as counts_us,
            cast(line as bigint) as line,
            cast(price as double) as price,
            cast(size as bigint) as size,
            cast(day_volume as bigint) as day_volume,
            epoch_us(arrived_at) as arrived_us
        from quote_events
        where problem is null
    )
"""

# Each quote once, put in order, and one row for each symbol and minute, as `Minute` has it.
# `place` orders the prices of a minute: trades by line, quotes by time.
MINUTES = """
    with once as (
        select
            symbol, minute, source, quoted_us, counts_us, line, price, day_volume,
            max(size) as size,
            min(arrived_us) as arrived_us
        from quotes
        group by all
    ),
    placed as (
        select
            *,
            cast(round_even(price * 10000, 0) as bigint) as units,
            case when line is null then row_number() over of_minute else line end as place,
            case
                when line is not null then coalesce(size, 0)
                else greatest(coalesce(day_volume - lag(day_volume) over of_minute, 0), 0)
            end as volume
        from once
        window of_minute as (
            partition by symbol, minute, line is null
            order by quoted_us, day_volume nulls first, arrived_us, price
        )
    ),
    ordered as (
        select
            *,
            place::hugeint * 274877906944 + units as key,
            {
                'units': units, 'us': quoted_us, 'size': size, 'day_volume': day_volume,
                'place': case when line is null then minute else line end
            } as one
        from placed
    ),
    rolled as (
        select
            symbol,
            minute,
            arg_min(one, key) as first,
            arg_max(one, key) as last,
            arg_min(one, key) filter (where line is null) as first_quote,
            arg_max(one, key) filter (where line is null) as last_quote,
            max(price) as high,
            min(price) as low,
            sum(units::hugeint) as price_sum,
            sum(units::hugeint * volume) as weighted,
            sum(volume::hugeint) as volume,
            count(*) as quotes
        from ordered
        group by all
    )
    select
        symbol, minute,
        first.place, first.units, last.place, last.units, high, low,
        price_sum, weighted, volume, quotes,
        last.us, last.size, last.day_volume,
        first_quote is not null, first_quote.units, first_quote.day_volume, last_quote.day_volume
    from rolled
"""


class Minute(NamedTuple):
    """What one minute of a symbol says, without what was traded since the minute before.

    Prices are in ten-thousandths where they are whole numbers.

    Attributes:
        first_place: What orders its first price among those of other minutes.
        first: That price.
        last_place: The same of its last price.
        last: That price.
        high: Highest price.
        low: Lowest price.
        price_sum: Sum of the prices.
        weighted: Sum of price times volume.
        volume: Units traded.
        quotes: How many quotes or trades.
        at_us: Time of the last price, in microseconds of the epoch.
        size: Units of the last trade; None of a quote.
        day_volume: Units traded that day, of the last quote; None of a replay.
        has_quotes: Whether it has quotes of a vendor, whose volumes count by how they grow.
        quote_first: Price of the first one of these.
        volume_first: The day's volume of it.
        volume_last: The day's volume of the last one.
    """

    first_place: int
    first: int
    last_place: int
    last: int
    high: float
    low: float
    price_sum: int
    weighted: int
    volume: int
    quotes: int
    at_us: int
    size: int | None
    day_volume: int | None
    has_quotes: bool
    quote_first: int | None
    volume_first: int | None
    volume_last: int | None

    def after(self, before: Minute | None) -> Minute:
        """With what was traded since the last quote before it.

        Args:
            before: The minute with that quote, of its hour or the hour before; None without one.
        """
        if before is None or self.volume_first is None or before.volume_last is None:
            return self
        grown = self.volume_first - before.volume_last
        if grown <= 0 or self.quote_first is None:
            return self
        return self._replace(
            weighted=self.weighted + grown * self.quote_first, volume=self.volume + grown
        )


class Bar(NamedTuple):
    """A bar, of one minute or several, as gold has it."""

    open: float
    high: float
    low: float
    close: float
    mean: float
    vwap: float | None
    volume: int
    quotes: int


def minutes(connection: duckdb.DuckDBPyConnection) -> Iterable[tuple[str, int, Minute]]:
    """The minutes of what is called `quotes` there: symbol, minute of the epoch, what it says."""
    for symbol, minute, *rest in connection.execute(MINUTES).fetchall():
        yield symbol, minute, Minute(*rest)


def bar(parts: Iterable[Minute]) -> Bar:
    """One bar of minutes of a symbol, each `after` the one before it."""
    parts = [*parts]
    total = sum(part.price_sum for part in parts)
    weighted = sum(part.weighted for part in parts)
    volume = sum(part.volume for part in parts)
    quotes = sum(part.quotes for part in parts)
    return Bar(
        open=min((part.first_place, part.first) for part in parts)[1] / _UNITS,
        high=max(part.high for part in parts),
        low=min(part.low for part in parts),
        close=max((part.last_place, part.last) for part in parts)[1] / _UNITS,
        # The division of whole numbers rounds once, to the nearest double.
        mean=total / _UNITS / quotes,
        vwap=weighted / _UNITS / volume if volume > 0 else None,
        volume=volume,
        quotes=quotes,
    )


def price(units: int) -> float:
    """A price of ten-thousandths."""
    return units / _UNITS
