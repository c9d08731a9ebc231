"""What the market day asks of the lakehouse: each a function of the reader and of plain values.

Figures are the lake's own; here rows of a session are put beside each other. Drawing is done in the
modules beside this one.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from indextracker import Frame, Lakehouse
from indextracker_catalogue import TABLES
from indextracker_catalogue.india.terms import SHARE_SERIES

DAILY = "silver/equities_daily"
CRORE = 10_000_000
NOT_KNOWN, FUNDS = "industry not known", "funds"


def session(lakehouse: Lakehouse, on: date | None) -> date:
    """The session that is meant: by default the newest with prices.

    Raises:
        LookupError: There are no prices, or none of that day; it says why.
    """
    found = lakehouse.table(DAILY, sessions=None if on is None else [on], columns=["session_date"])
    if len(found):
        day: date = found.arrow()["session_date"][0].as_py()
        return day
    why = [f"{row['feed'] or DAILY}: {row['reason']}" for row in found.missing.arrow().to_pylist()]
    raise LookupError(f"{on} has no prices in the lake ({'; '.join(dict.fromkeys(why))})")


def shares(lakehouse: Lakehouse, on: date) -> Frame:
    """Each share and unit of a fund that was traded in a session, under its own series.

    Returns:
        A frame with symbol, series, instrument_id, name, industry (null where no list has it),
        is_fund, close (INR), change (of the adjusted close before, a fraction; null where it is
        not known), shares, turnover_inr, trades, deliverable_shares, delivery (a fraction),
        market_cap_inr (null where the daily report has none), new_high and new_low, the largest
        turnover first.
        `missing` has what is not there of the session.
    """
    daily = lakehouse.table(DAILY, sessions=[on])
    of = ["symbol", "series"]
    spells = (
        there(lakehouse, "silver/instruments")
        .filter(pl.col("valid_from") <= on, pl.col("valid_to") >= on, pl.col("is_own_series"))
        .select(*of, "instrument_id", "name", "industry")
        .unique(of)
    )
    returns = there(lakehouse, "gold/equity_returns", on)
    caps = there(lakehouse, "silver/market_caps", on)
    found = (
        daily.polars()
        .filter(pl.col("series").is_in(SHARE_SERIES))
        .join(spells, on=of, how="left")
        .with_columns(pl.col("instrument_id").fill_null(pl.col("symbol")))
        .join(
            returns.select(*of, change="return_1", new_high="new_high", new_low="new_low"),
            on=of,
            how="left",
        )
        .join(caps.select(*of, "market_cap_inr").unique(of), on=of, how="left")
        .sort("shares", descending=True)
        .unique("instrument_id", keep="first", maintain_order=True)
        .with_columns(
            pl.col("turnover_inr", "market_cap_inr").cast(pl.Float64),
            delivery=pl.col("deliverable_shares") / pl.col("shares"),
            # Units of funds have such ISINs; breadth does not count them either.
            is_fund=pl.col("isin").str.starts_with("INF").fill_null(value=False),
        )
        .select(
            *("symbol", "series", "instrument_id", "name", "industry", "is_fund"),
            *("close", "change", "shares"),
            *("turnover_inr", "trades", "deliverable_shares", "delivery", "market_cap_inr"),
            *("new_high", "new_low"),
        )
        .sort("turnover_inr", "symbol", descending=[True, False])
    )
    return Frame(found.to_arrow(), daily.missing.arrow())


def breadth(lakehouse: Lakehouse, last: date, count: int) -> Frame:
    """Advances and declines of shares, turnover and delivery, by session, the last ones.

    Returns:
        A frame with session_date, advances, declines, unchanged, not_compared, new_highs, new_lows
        (null where they are not built), turnover_inr, and delivery, the fraction of the shares
        whose delivery is told.
    """
    daily = lakehouse.table(
        DAILY,
        last=last,
        sessions=count,
        columns=["session_date", "turnover_inr", "shares", "deliverable_shares"],
    )
    told = pl.col("deliverable_shares").is_not_null()
    turnover = (
        daily.polars()
        .group_by("session_date")
        .agg(
            pl.col("turnover_inr").cast(pl.Float64).sum(),
            delivery=pl.col("deliverable_shares").sum() / pl.col("shares").filter(told).sum(),
        )
        .with_columns(pl.col("delivery").fill_nan(None))
    )
    counts = ("advances", "declines", "unchanged", "not_compared", "new_highs", "new_lows")
    rising = (
        there(lakehouse, "gold/equity_breadth", last, count)
        .filter(pl.col("series").is_in(SHARE_SERIES))
        .group_by("session_date")
        .agg(pl.col(*counts).sum())
    )
    found = turnover.join(rising, on="session_date", how="left").sort("session_date")
    return Frame(
        found.select("session_date", *counts, "turnover_inr", "delivery").to_arrow(),
        daily.missing.arrow(),
    )


def industries(frame: Frame) -> Frame:
    """The industries of `shares`: how many, how many rise and fall, turnover, and weighted change.

    Args:
        frame: The answer of `shares`.

    Returns:
        A frame with industry, instruments, advances, declines, turnover_inr, and change, the mean
        weighted by turnover of those whose change is known.
    """
    known = pl.col("change").is_not_null()
    weight = pl.col("turnover_inr").filter(known)
    return Frame(
        frame.polars()
        .with_columns(industry=industry())
        .group_by("industry")
        .agg(
            instruments=pl.len(),
            advances=(pl.col("change") > 0).sum(),
            declines=(pl.col("change") < 0).sum(),
            turnover_inr=pl.col("turnover_inr").sum(),
            change=(pl.col("change").filter(known) * weight).sum() / weight.sum(),
        )
        .with_columns(pl.col("change").fill_nan(None))
        .sort("turnover_inr", descending=True)
        .to_arrow()
    )


def industry() -> pl.Expr:
    """The industry of a row of `shares`, in words where there is none."""
    of_funds = pl.when("is_fund").then(pl.lit(FUNDS)).otherwise(pl.lit(NOT_KNOWN))
    return pl.col("industry").fill_null(of_funds)


def movers(frame: Frame, least_crore: int, rising: bool, count: int = 10) -> Frame:
    """The shares of `shares` that moved most, of those with some turnover at least."""
    order = pl.col("change") > 0 if rising else pl.col("change") < 0
    return Frame(
        frame.polars()
        .filter(order, ~pl.col("is_fund"), pl.col("turnover_inr") >= least_crore * CRORE)
        .sort("change", "symbol", descending=[rising, False])
        .head(count)
        .to_arrow()
    )


def indices(lakehouse: Lakehouse, on: date) -> Frame:
    """The indices of a session."""
    found = there(lakehouse, "silver/index_closes", on)
    columns = ("index_name", "close", "points_change", "percent_change")
    return Frame(found.select(*columns).sort("index_name").to_arrow())


def there(
    lakehouse: Lakehouse, path: str, on: date | None = None, count: int = 0, **more: Any
) -> pl.DataFrame:
    """Rows of a table; none where the lake does not have it yet, or nothing of the session.

    Args:
        lakehouse: The reader.
        path: Of the table.
        on: The session, or the last one; none of a table in one piece.
        count: How many sessions; that one alone by default.
        **more: As of `Lakehouse.table`.
    """
    span: dict[str, Any] = {}
    if on is not None:
        span = {"last": on, "sessions": count} if count else {"sessions": [on]}
    try:
        return lakehouse.table(path, **span, **more).polars()
    except LookupError:
        return _empty(path)


_KINDS: dict[str, Any] = {
    "string": pl.String,
    "date": pl.Date,
    "timestamp": pl.Datetime("us", "UTC"),
    "int": pl.Int32,
    "bigint": pl.Int64,
    "double": pl.Float64,
    "boolean": pl.Boolean,
}


def _empty(path: str) -> pl.DataFrame:
    columns = TABLES[path].columns
    return pl.DataFrame(
        schema={one.name: _KINDS.get(one.type, pl.Decimal(20, 2)) for one in columns}
    )
