"""Figures of the page Smiles: what options implied at one instant of a session.

How they are drawn is told in `smile_drawing`.
"""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import polars as pl

from indextracker.reader import Frame, Lakehouse
from indextracker_catalogue.analytics import IMPLIED_VOLATILITY, SUBJECT, VOLATILITY_SMILES

ZONE = SUBJECT.zone


def newest(lakehouse: Lakehouse) -> date:
    """The newest session with smiles.

    Raises:
        LookupError: There is none yet.
    """
    rows = lakehouse.table(VOLATILITY_SMILES.path, columns=["session_date"]).rows
    if not rows.num_rows:
        raise LookupError("no session has smiles yet: indextracker backfill analytics makes them")
    found: date = rows["session_date"][0].as_py()
    return found


def products(lakehouse: Lakehouse, on: date) -> list[str]:
    """The products of options that have smiles in a session."""
    rows = lakehouse.table(VOLATILITY_SMILES.path, sessions=[on], columns=["product"]).rows
    return sorted(rows["product"].unique().to_pylist())


def smiles(lakehouse: Lakehouse, product: str, on: date) -> Frame:
    """The smiles of a product in a session, as gold/volatility_smiles has them.

    Returns:
        A frame by time and years to expiry, with `clock` beside its columns: HH:MM of the exchange.

    Raises:
        LookupError: The session has none of the product.
    """
    frame = lakehouse.table(VOLATILITY_SMILES.path, sessions=[on], where={"product": product})
    if not len(frame):
        raise LookupError(f"{product} has no smiles in the session of {on}")
    clock = pl.col("observed_at").dt.convert_time_zone(ZONE).dt.strftime("%H:%M").alias("clock")
    rows = (
        frame.polars().with_columns(clock).sort("observed_at", "years", "expiry", nulls_last=True)
    )
    return Frame(rows.to_arrow(), frame.gaps)


def moment(rows: pl.DataFrame, clock: str | None) -> datetime:
    """The instant that a time of the day names in a session; by default the last with a smile.

    Raises:
        LookupError: The session has no smiles at that time.
    """
    at = rows.filter(pl.col("svi_a").is_not_null()) if clock is None else rows.filter(clock=clock)
    if at.is_empty():
        times = rows["clock"].unique(maintain_order=True).to_list()
        told = f"it has {times[0]} to {times[-1]}" if times else "it has none"
        raise LookupError(f"the session has no smile at {clock or 'any time'}: {told}")
    found: datetime = at["observed_at"].to_list()[-1]
    return found


def options(lakehouse: Lakehouse, product: str, on: date, at: datetime) -> Frame:
    """What each option of a product implied at an instant, as gold/implied_volatility has it.

    Returns:
        A frame by expiry, strike and type, with `strike` as a double.
    """
    where = {"product": product, "observed_at": at}
    frame = lakehouse.table(IMPLIED_VOLATILITY.path, sessions=[on], where=where)
    rows = frame.polars().with_columns(pl.col("strike").cast(pl.Float64))
    return Frame(rows.sort("expiry", "strike", "option_type").to_arrow(), frame.gaps)


def local(at: datetime) -> str:
    """An instant as the exchange's clock has it."""
    return f"{at.astimezone(ZoneInfo(ZONE)):%Y-%m-%d %H:%M}"
