"""Options chains: the series of a session with figures, ours and the exchange's, and dates."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.reader.model import Chains
from indextracker.reader.tables import Tables, keys_in
from indextracker_catalogue import Key

_FIGURES = ("open", "high", "low", "close", "mean", "std", "contracts", "prints")
_SERIES = ("session_date", "product", "expiry", "strike", "option_type")


@dataclass(frozen=True)
class Chain:
    """Series, and of which sessions each kind of figures is there.

    Attributes:
        rows: A row a series.
        traded: The sessions with trades.
        reported: The sessions with the exchange's own figures.
    """

    rows: pa.Table
    traded: set[Key]
    reported: set[Key]


def chain(
    tables: Tables, chains: Chains, keys: list[Key], where: pc.Expression, part: str
) -> Chain:
    """The series of sessions, traded or reported, as of `Lakehouse.chain`.

    Args:
        tables: The lake's tables.
        chains: What the subject declares.
        keys: The sessions.
        where: Which series, by the columns of contracts.
        part: Whose figures: `whole`, `day` or `night`.
    """
    kind = chains.options
    assert kind.codes is not None
    figures = tables.read(
        kind.sessions, keys, where & (pc.field("session_part") == part), (*_SERIES, *_FIGURES)
    )
    official = ("settlement_price", "open_interest")
    if tables.was(chains.report):
        # Settlement price and open interest stand in the rows of the day alone.
        of_day = where & (pc.field("session_part") == "day") & pc.field("strike").is_valid()
        report = tables.read(chains.report, keys, of_day, (*_SERIES, *official))
    else:
        report = figures.select(_SERIES).slice(0, 0)
        for name, type_ in zip(official, (pa.float64(), pa.int64()), strict=True):
            report = report.append_column(name, pa.nulls(0, type_))
    codes = tables.read(
        kind.codes,
        keys,
        None,
        ("session_date", "product", "expiry", "expire_code", "last_trading_date"),
    )
    with scratch.catalog() as connection:
        for name, rows in (("figures", figures), ("report", report), ("codes", codes)):
            connection.register(name, rows)
        series = ", ".join(_SERIES)
        rows = connection.sql(
            f"""
            with dated as (
                select session_date, product, expiry, max(last_trading_date) as last_trading_date,
                    string_agg(expire_code, ',' order by expire_code) as expire_codes
                from codes group by all
            ), every as (
                select {series}, {", ".join(f"figures.{name}" for name in _FIGURES)},
                    report.settlement_price, report.open_interest
                from figures full join report using ({series})
            )
            select {series}, expire_codes, last_trading_date, every.* exclude ({series})
            from every left join dated using (session_date, product, expiry)
            order by session_date, product, last_trading_date, expiry, strike, option_type
            """
        ).to_arrow_table()
    return Chain(rows, keys_in(figures, kind.sessions), keys_in(report, chains.report))
