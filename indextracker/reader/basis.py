"""The basis: what futures cost more than the index that they deliver, at the same minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.reader import rollups
from indextracker.reader.bars_and_trades import SESSION, Asked, Markets
from indextracker.reader.frames import Frame, all_gaps, table_of_gaps
from indextracker.reader.gaps import EMPTY
from indextracker.reader.model import Kind
from indextracker.reader.names import UnknownNameError, known
from indextracker.reader.tables import keys_in
from indextracker.reader.terms import terms_of

_INSTANT = pa.timestamp("us", "UTC")
_SCHEMA = pa.schema(
    [
        ("session_date", pa.date32()),
        ("product", pa.string()),
        ("expiry", pa.string()),
        ("last_trading_date", pa.date32()),
        ("index_id", pa.string()),
        ("bar_start", _INSTANT),
        ("minute", _INSTANT),
        ("future_price", pa.float64()),
        ("index_level", pa.float64()),
        ("basis", pa.float64()),
        ("basis_percent", pa.float64()),
    ]
)


def basis(markets: Markets, asked: Asked, minutes: int | None, per: str | None) -> Frame:
    """Rows as of `Lakehouse.basis`."""
    kind, name = markets.kind_of(asked.instrument)
    if asked.is_spread or len(kind.contract) != 1 or kind.has_strikes:
        raise ValueError("a basis is of futures, outright: such as TX, or TX and M")
    if (minutes is None) == (per is None):
        raise ValueError("give either `minutes` or `per`")
    if minutes is None:
        known(str(per), (SESSION,), "period of a basis")
    else:
        rollups.source_scale(minutes)  # refuses what does not divide a day
    span = markets.span(kind.bars, asked.first, asked.last, asked.sessions)
    if asked.first is asked.last is asked.sessions is None:
        # The newest session of the futures, and not of each the newest one.
        asked = replace(asked, sessions=[kind.bars.timeline.day_of(key) for key in span.keys])
    index = _index_of(markets, kind, name, kind.bars.timeline.day_of(span.keys[-1]))
    futures = markets.bars(replace(asked, part="day"), 1, None)
    levels = markets.bars(replace(asked, instrument=index, contract=None), 1, None)
    rows = _joined(markets, kind, name, futures.rows, levels.rows, minutes)
    gaps = all_gaps((futures.gaps, levels.gaps))
    told = set() if gaps is None else set(gaps["key"].to_pylist())
    left = [key for key in span.expected if key not in keys_in(rows, kind.bars) | told]
    if left:
        why = f"in no minute of it both {name} {asked.contract or ''} and {index} had a price"
        row = {"feed": None, "state": EMPTY, "reason": " ".join(why.split())}
        gaps = all_gaps((gaps, table_of_gaps([row | {"key": key} for key in left])))
    return Frame(rows, gaps)


def _index_of(markets: Markets, kind: Kind, name: str, day: date) -> str:
    """The index that a product delivers."""
    underlying = terms_of(markets.tables, kind, name, day).underlying
    try:
        found, index = markets.kind_of(underlying)
    except UnknownNameError:
        found = None
    if found is None or found.contract:
        raise ValueError(f"{name} delivers {underlying}, which is none of the indices here")
    return index


def _joined(
    markets: Markets,
    kind: Kind,
    name: str,
    futures: pa.Table,
    levels: pa.Table,
    minutes: int | None,
) -> pa.Table:
    """Of each contract and bar, the last minute in which both had a price."""
    assert kind.codes is not None
    keys = sorted(keys_in(futures, kind.bars))
    columns = ("session_date", "expiry", "last_trading_date")
    codes = markets.tables.read(kind.codes, keys, pc.field(kind.instrument) == name, columns)
    wanted = [field for field in _SCHEMA if minutes is not None or field.name != "bar_start"]
    start = "f.session_date"
    if minutes is not None and keys:
        offset = rollups.offset_of(kind.bars, keys[0])
        start = rollups.start_of(minutes, offset, "f.bar_start")
    with scratch.catalog() as connection:
        for view, rows in (("futures", futures), ("levels", levels), ("codes", codes)):
            connection.register(view, rows)
        found = connection.sql(
            f"""
            with dated as (
                select session_date, expiry, max(last_trading_date) as last_trading_date
                from codes group by all
            ), both_priced as (
                select f.session_date, f.product, f.expiry, l.index_id, {start} as bar_start,
                    f.bar_start as minute, f.close as future_price, l.close as index_level
                from futures f join levels l
                    on f.session_date = l.session_date and f.bar_start = l.bar_start
                where f.close is not null and l.close is not null
            ), last as (
                from both_priced
                qualify row_number() over (
                    partition by session_date, expiry, bar_start order by minute desc) = 1
            )
            select *, future_price - index_level as basis,
                100 * (future_price - index_level) / index_level as basis_percent
            from last left join dated using (session_date, expiry)
            order by session_date, minute, last_trading_date, expiry
            """
        ).to_arrow_table()
    return found.select([field.name for field in wanted]).cast(pa.schema(wanted))
