"""End of day of securities: as published, or adjusted for corporate actions as of a date.

An instrument is asked for by any symbol that it has, or had, and comes with its earlier ones. Which
spells are one instrument, and what an action leaves of a price, is decided by the pipeline.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.reader.model import Equities
from indextracker.reader.names import known
from indextracker.reader.tables import Tables
from indextracker_catalogue import Key

_PRICES = ("previous_close", "open", "high", "low", "close", "last", "vwap")


def symbols_of(tables: Tables, equities: Equities, asked: Sequence[str]) -> pa.Table | None:
    """The spells of the instruments that have, or had, some symbols.

    Args:
        tables: The lake's tables.
        equities: What the subject declares.
        asked: Symbols; without one all instruments.

    Returns:
        Rows of the table of instruments; None where there are none in the lake yet.

    Raises:
        UnknownNameError: No instrument ever had a symbol.
    """
    if not tables.exists(equities.instruments):
        return None
    spells = tables.read(equities.instruments)
    if not spells.num_rows or not asked:
        return spells
    every = [str(name) for name in spells["symbol"].unique().to_pylist()]
    wanted = pa.array([known(symbol, every, "symbol") for symbol in asked], pa.string())
    meant = pc.is_in(spells["symbol"], value_set=wanted)
    ids = spells.filter(meant)["instrument_id"].unique()
    return spells.filter(pc.is_in(spells["instrument_id"], value_set=ids))


def end_of_day(
    tables: Tables,
    equities: Equities,
    keys: list[Key],
    asked: Sequence[str],
    series: str | None,
    adjusted: date | None,
) -> pa.Table:
    """Rows as of `Lakehouse.equities`.

    Args:
        tables: The lake's tables.
        equities: What the subject declares.
        keys: The sessions.
        asked: Symbols; without one all.
        series: A series; None for all.
        adjusted: The date as of which prices are adjusted; None as published.
    """
    spells = symbols_of(tables, equities, asked)
    where = None
    if asked:
        names = asked if spells is None else spells["symbol"].unique().to_pylist()
        where = pc.field("symbol").isin(pa.array(names, pa.string()))
    if series is not None:
        of_series = pc.field("series") == series
        where = of_series if where is None else where & of_series
    daily = tables.read(equities.daily, keys, where)
    with scratch.catalog() as connection:
        connection.register("daily", daily)
        if spells is None:
            identified = "select *, null::varchar as instrument_id from daily"
        else:
            connection.register("spells", spells)
            # Of a symbol that two instruments had one after the other, the one that is asked for.
            identified = (
                f"select daily.*, spells.instrument_id from daily {'' if asked else 'left '}join "
                "spells on daily.symbol = spells.symbol and daily.series = spells.series "
                "and daily.session_date between spells.valid_from and spells.valid_to"
            )
        made = _adjusted(connection, tables, equities, keys, identified, adjusted)
        return connection.sql(
            f"from ({made}) order by session_date, symbol, series"
        ).to_arrow_table()


def _adjusted(
    connection: duckdb.DuckDBPyConnection,
    tables: Tables,
    equities: Equities,
    keys: list[Key],
    identified: str,
    adjusted: date | None,
) -> str:
    """SQL for the rows with their adjustment, which is null as published."""
    if adjusted is None:
        return f"select *, null::double as adjustment from ({identified})"
    first, last = min(keys), adjusted.isoformat()
    between = (pc.field("session_date") > pa.scalar(date.fromisoformat(first))) & (
        pc.field("session_date") <= pa.scalar(date.fromisoformat(last))
    )
    changed = (pc.field("factor") != 1.0) | pc.field("factor").is_null()
    factors = tables.read(
        equities.factors, None, between & changed, ("session_date", "instrument_id", "factor")
    )
    connection.register("factors", factors)
    values = ", ".join(
        f"priced.{name} * adjustment as {name}" if name in _PRICES else f"priced.{name}"
        for name in equities.daily.column_names
    )
    # The factor of a session stands in each series of its instrument: it counts once. One that is
    # not known leaves no price before it known.
    return f"""
        with priced as ({identified}),
        steps as (select distinct instrument_id, session_date, factor from factors),
        spans as (
            select r.instrument_id, r.session_date,
                case when count(*) filter (where s.instrument_id is not null and s.factor is null)
                    > 0 then null else coalesce(product(s.factor), 1) end as adjustment
            from (select distinct instrument_id, session_date from priced) r
            left join steps s
                on r.instrument_id = s.instrument_id and r.session_date < s.session_date
            group by all
        )
        select {values}, priced.instrument_id, adjustment
        from priced left join spans using (instrument_id, session_date)
    """
