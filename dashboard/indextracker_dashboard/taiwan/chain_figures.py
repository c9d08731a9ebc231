"""Figures of the page Chain: what one session says of the contracts of a product.

Each function answers with a frame, whose `missing` says what the answer is without. How they are
drawn is told in `chain`.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa

from indextracker.reader import Frame, Lakehouse, UnknownNameError
from indextracker_catalogue.taiwan import (
    DAILY_REPORT,
    FUTURES_SESSIONS,
    PRODUCTS,
    SPREAD_SESSIONS,
    TAIFEX_DAILY_FUTURES,
    TAIFEX_DAILY_OPTIONS,
)

WHOLE, DAY = "whole", "day"
_SIDES = {"C": "call", "P": "put"}
_OF_SIDE = ("settlement_price", "close", "contracts", "open_interest")


def products(lakehouse: Lakehouse) -> dict[str, str]:
    """Products of futures and of options, each with its kind."""
    return {
        name: kind
        for name, kind in sorted(lakehouse.instruments().items())
        if kind in ("futures", "options")
    }


def newest(lakehouse: Lakehouse) -> date:
    """The newest session with futures.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(FUTURES_SESSIONS.path, columns=["session_date"]).rows
    found: date = rows["session_date"][0].as_py()
    return found


def underlying(lakehouse: Lakehouse, product: str) -> str | None:
    """The index or share that a product follows, by its published terms."""
    terms = lakehouse.table(PRODUCTS.path, columns=["product", "underlying"]).polars()
    found: list[str] = terms.filter(pl.col("product") == product)["underlying"].to_list()
    return found[0] if found else None


def day_close(lakehouse: Lakehouse, index: str | None, on: date) -> float | None:
    """The close of an index by day, where the lake has it."""
    try:
        rows = lakehouse.bars(index or "", per="session", part=DAY, sessions=[on]).rows
    except UnknownNameError:  # such as a single share
        return None
    return rows["close"][0].as_py() if rows.num_rows else None


def term_structure(lakehouse: Lakehouse, product: str, on: date, part: str) -> Frame:
    """The futures of a product in a session, by expiry.

    Args:
        lakehouse: Where they are.
        product: A product of futures.
        on: The session.
        part: Whose prices and volume: `whole`, `day` or `night`.

    Returns:
        A frame with `expiry`, `codes` (joined by commas), `last_trading_date`, `days` until it, the
        exchange's `settlement_price` and `open_interest`; close, contracts and `spread_contracts`
        of the part; `basis`: the last price before the index closed, less its close; and
        `settlement_basis`, the settlement price less that close. In the order of dates.

    Raises:
        LookupError: The product or the session is not known.
        ValueError: It is no product of futures.
    """
    of_part = None if part == WHOLE else part
    bars = lakehouse.bars(product, per="session", part=of_part, sessions=[on])
    if "spread_contracts" not in bars.columns:
        raise ValueError(f"{product} has no futures: choose a product of futures")
    figures = bars.polars().select("expiry", "close", "contracts", "spread_contracts")
    report = _report(lakehouse, product, on).filter(~pl.col("expiry").str.contains("/"))
    dated = (
        lakehouse.contracts(product, sessions=[on])
        .polars()
        .group_by("expiry")
        .agg(
            pl.col("expire_code").drop_nulls().sort().str.join(",").alias("codes"),
            pl.col("last_trading_date").max(),
        )
    )
    close = pl.lit(day_close(lakehouse, underlying(lakehouse, product), on), pl.Float64)
    rows = (
        figures.join(report.drop("strike", "option_type"), on="expiry", how="full", coalesce=True)
        .join(dated, on="expiry", how="left")
        .join(_before_the_index_closed(lakehouse, product, on), on="expiry", how="left")
        .select(
            "expiry",
            "codes",
            "last_trading_date",
            (pl.col("last_trading_date") - pl.lit(on)).dt.total_days().alias("days"),
            "settlement_price",
            "close",
            "contracts",
            "spread_contracts",
            "open_interest",
            (pl.col("price") - close).alias("basis"),
            (pl.col("settlement_price") - close).alias("settlement_basis"),
        )
        .sort("last_trading_date", "expiry", nulls_last=True)
    )
    return _with_reasons(rows, bars, report, lakehouse, TAIFEX_DAILY_FUTURES.path, on)


def by_strike(lakehouse: Lakehouse, product: str, on: date, contract: str, part: str) -> Frame:
    """The options of one expiry in a session, calls and puts beside each other.

    Args:
        lakehouse: Where they are.
        product: A product of options.
        on: The session.
        contract: An expiry or an expire code.
        part: Whose prices and volume: `whole`, `day` or `night`.

    Returns:
        A frame with a row a strike: `strike` (double), and for `call` and `put` each
        `settlement_price`, `close`, `contracts` and `open_interest`, such as `call_close`; and the
        `expiry` that is meant.

    Raises:
        LookupError: The product, the contract or the session is not known.
        ValueError: It is no product of options.
    """
    chain = lakehouse.chain(product, on, contract=contract, part=part)
    rows = chain.polars().with_columns(pl.col("strike").cast(pl.Float64))
    expiry = rows["expiry"].unique().to_list()
    sides = [
        rows.filter(pl.col("option_type") == letter).select(
            "strike", pl.col(_OF_SIDE).name.prefix(f"{side}_")
        )
        for letter, side in _SIDES.items()
    ]
    joined = sides[0].join(sides[1], on="strike", how="full", coalesce=True).sort("strike")
    wide = joined.with_columns(pl.lit(expiry[0] if expiry else None, pl.String).alias("expiry"))
    report = rows.filter(pl.col("settlement_price").is_not_null())
    return _with_reasons(wide, chain, report, lakehouse, TAIFEX_DAILY_OPTIONS.path, on)


def smile(lakehouse: Lakehouse, product: str, on: date, contract: str) -> Frame:
    """What the options of an expiry imply at the close of a session: as `Lakehouse.smile`."""
    return lakehouse.smile(product, on, contract)


def with_volatility(chain: Frame, smile: Frame) -> Frame:
    """`by_strike` with the volatility of each call and put, null where its price implies none."""
    implied = smile.polars().select(
        pl.col("strike").cast(pl.Float64), *(f"{side}_volatility" for side in _SIDES.values())
    )
    return Frame(chain.polars().join(implied, on="strike", how="left").to_arrow(), chain.gaps)


def spreads(lakehouse: Lakehouse, product: str, on: date, part: str) -> Frame:
    """The calendar spreads of a product that were traded in a session, the busiest first.

    Returns:
        A frame with `near_expiry`, `far_expiry`, open, high, low, close, vwap (points, far less
        near), contracts and trades.
    """
    wanted = ["near_expiry", "far_expiry", "open", "high", "low", "close", "vwap"]
    frame = lakehouse.table(SPREAD_SESSIONS.path, sessions=[on])
    rows = (
        frame.polars()
        .filter((pl.col("product") == product) & (pl.col("session_part") == part))
        .sort("contracts", "near_expiry", "far_expiry", descending=[True, False, False])
        .select(*wanted, "contracts", "trades")
    )
    return Frame(rows.to_arrow(), frame.gaps)


def _report(lakehouse: Lakehouse, product: str, on: date) -> pl.DataFrame:
    """The exchange's figures of a product: those of the day, which alone has them all."""
    columns = ["product", "session_part", "expiry", "strike", "option_type"]
    figures = ["settlement_price", "open_interest"]
    rows = lakehouse.table(DAILY_REPORT.path, sessions=[on], columns=[*columns, *figures]).polars()
    of_day = (pl.col("product") == product) & (pl.col("session_part") == DAY)
    return rows.filter(of_day).select(*columns[2:], *figures)


def _before_the_index_closed(lakehouse: Lakehouse, product: str, on: date) -> pl.DataFrame:
    """The last price of each expiry before the cash market closed."""
    [closed] = lakehouse.sessions(first=on, last=on).rows["closed_at"].to_pylist()
    bars = lakehouse.bars(product, minutes=1, part=DAY, sessions=[on]).polars()
    # A bar of a minute that begins before the close ends by it.
    before = bars.filter((pl.col("bar_start") < closed) & pl.col("close").is_not_null())
    return before.group_by("expiry").agg(pl.col("close").sort_by("bar_start").last().alias("price"))


def _with_reasons(
    rows: pl.DataFrame, bars: Frame, report: pl.DataFrame, lakehouse: Lakehouse, of: str, on: date
) -> Frame:
    """Rows with what is missing of them: their bars, and the report of the exchange."""
    gaps = [bars.missing.rows]
    if report.is_empty():
        gaps.append(lakehouse.table(of, sessions=[on], columns=["session_date"]).missing.rows)
    return Frame(rows.to_arrow(), pa.concat_tables(gaps).combine_chunks())
