"""Coarser bars from stored ones, exactly: added up from the sums that bars carry.

Mean, std and vwap follow from exact sums as in the stored scales (decision 0004), so that a bar of
two hours is to the bit what the pipeline would make of the trades in it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pyarrow as pa

from indextracker import calendars
from indextracker.lake import scratch
from indextracker.lake.arrow import arrow_schema
from indextracker.reader.model import Measures
from indextracker_catalogue import Key, Table
from indextracker_catalogue.shared.bars import SCALES_MINUTES

DAY_MINUTES = 24 * 60
# Periods of whole sessions, by what DuckDB truncates dates to.
PERIODS = ("week", "month", "quarter", "year")


def source_scale(minutes: int) -> int:
    """The stored scale of which bars of so many minutes are made: the coarsest that divides them.

    Raises:
        ValueError: A day is no multiple of the scale, so that bars would not begin at midnight.
    """
    if not isinstance(minutes, int) or minutes < 1 or DAY_MINUTES % minutes:
        near = [n for n in range(1, DAY_MINUTES + 1) if not DAY_MINUTES % n]
        near.sort(key=lambda n: abs(n - minutes))
        raise ValueError(
            f"bars of {minutes} minutes do not divide a day: {near[0]} and {near[1]} do; "
            "whole sessions are per='session'"
        )
    return max(scale for scale in SCALES_MINUTES if minutes % scale == 0)


def to_minutes(bars: pa.Table, table: Table, minutes: int, offset: timedelta) -> pa.Table:
    """Bars of some minutes, aligned to local midnight.

    Args:
        bars: Bars of one stored scale, with all columns of their table.
        table: Their table.
        minutes: A multiple of that scale.
        offset: Of the exchange's zone from UTC.

    Returns:
        Bars with the columns of the table, in no order.
    """
    start = start_of(minutes, offset)
    measures = Measures.of(table)
    keys = ["session_date", *measures.keys]
    made = _rolled(bars, measures, keys, f"{start} as bar_start", "bar_start")
    scale = pa.array([minutes] * made.num_rows, pa.int32())
    schema = arrow_schema(table)
    return made.append_column("scale_minutes", scale).select(schema.names).cast(schema)


def offset_of(table: Table, key: Key) -> timedelta:
    """How far the clock of a table's exchange is from UTC at noon of a key's day."""
    noon = datetime.combine(table.timeline.day_of(key), time(12), calendars.zone(table.timeline))
    offset = noon.utcoffset()
    assert offset is not None
    return offset


def start_of(minutes: int, offset: timedelta, of: str = "bar_start") -> str:
    """SQL of DuckDB for the start of the bar of some minutes in which an instant lies.

    Args:
        minutes: Length of the bar, which is aligned to local midnight.
        offset: Of the exchange's zone from UTC.
        of: The column of the instant.
    """
    shift, width = int(offset.total_seconds()) * 1_000_000, minutes * 60_000_000
    return f"make_timestamptz(epoch_us({of}) - ((epoch_us({of}) + {shift}) % {width}))"


def to_period(sessions: pa.Table, table: Table, period: str) -> pa.Table:
    """Figures of weeks, months, quarters or years from those of sessions.

    Args:
        sessions: Figures of one part of sessions, with all columns of their table.
        table: Their table.
        period: One of `PERIODS`.

    Returns:
        Rows as of the table, in no order. `session_date` is the first session of the period with a
        row; `last_session_date` and `sessions` (bigint), the last one and how many, stand last.
    """
    measures = Measures.of(table)
    of_period = f"date_trunc('{period}', session_date) as period"
    more = (
        "min(session_date) as session_date, max(session_date) as last_session_date, "
        "count(*) as sessions"
    )
    made = _rolled(sessions, measures, list(measures.keys), of_period, "session_date", more)
    schema = arrow_schema(table)
    for field in (
        pa.field("last_session_date", pa.date32()),
        pa.field("sessions", pa.int64()),
    ):
        schema = schema.append(field)
    return made.select(schema.names).cast(schema)


def _rolled(
    bars: pa.Table, measures: Measures, keys: list[str], group: str, order: str, more: str = ""
) -> pa.Table:
    sums = ", ".join(
        (
            *(f"sum({name})::bigint as {name}" for name in measures.totals),
            *(f"sum({name}) as {name}" for name in measures.sums),
        )
    )
    more = f"{more}, " if more else ""
    listed = ", ".join(keys)
    rolled = f"""
        select {listed}, {group}, {more}
            arg_min(open, bars.{order}) filter (where open is not null) as open,
            max(high) as high, min(low) as low,
            arg_max(close, bars.{order}) filter (where close is not null) as close,
            {sums}
        from bars group by all
    """
    n, total = measures.weight, _unscaled(measures.price_sum)
    square = _unscaled(measures.square_sum)
    spread = _double(f"({n}::hugeint * {square} - {total} * {total})", 8)
    figures = [
        f"case when {n} > 0 then {_double(total, 4)} / {n}::double end as mean",
        f"case when {n} > 1 then sqrt({spread} / ({n}::double * ({n}::double - 1.0))) end as std",
    ]
    if volume := measures.volume:
        weighted = _double(_unscaled(f"price_{volume}_sum"), 4)
        figures.append(f"case when {n} > 0 then {weighted} / {volume}::double end as vwap")
    with scratch.catalog() as connection:
        connection.register("bars", bars)
        return connection.sql(f"select *, {', '.join(figures)} from ({rolled})").to_arrow_table()


def _unscaled(decimal: str) -> str:
    """The digits of a decimal as a whole number: its text always has all decimals."""
    return f"replace({decimal}::varchar, '.', '')::hugeint"


def _double(whole: str, decimals: int) -> str:
    """The double nearest to a whole number of units: text is rounded once, a hugeint twice."""
    return f"({whole}::varchar || 'e-{decimals}')::double"
