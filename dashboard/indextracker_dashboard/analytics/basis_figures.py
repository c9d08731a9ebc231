"""Figures of the page Term structure and basis: what it asks of the tables of analytics.

How they are drawn is told in `basis`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from indextracker.reader import Frame, Lakehouse
from indextracker_catalogue.analytics.futures import BASIS, FUTURES_ROLLS
from indextracker_catalogue.analytics.subject import SUBJECT


def products(lakehouse: Lakehouse) -> list[str]:
    """Products of futures of which the newest session has a basis."""
    rows = lakehouse.table(BASIS.path, columns=["product"]).polars()
    return sorted(rows["product"].unique().to_list())


def newest(lakehouse: Lakehouse) -> date:
    """The newest session with a basis.

    Raises:
        LookupError: There is none yet.
    """
    found: date = (
        lakehouse.table(BASIS.path, columns=["session_date"]).rows["session_date"][0].as_py()
    )
    return found


def expiries(lakehouse: Lakehouse, product: str, on: date) -> list[str]:
    """The contracts of a product that were traded in a session, the first to end first."""
    rows = _minutes(lakehouse, product, on).polars()
    by_end = rows.group_by("expiry").agg(pl.col("days_to_settlement").min())
    return by_end.sort("days_to_settlement", "expiry", nulls_last=True)["expiry"].to_list()


def term_structure(lakehouse: Lakehouse, product: str, on: date, at: time | None) -> Frame:
    """The contracts of a product at an instant, each by its last trade in the session until then.

    Args:
        lakehouse: Where they are.
        product: A product of futures on an index.
        on: The session.
        at: Clock of the exchange, by day; by default that of the last basis.

    Returns:
        A frame with the columns of gold/basis and `price_age_seconds`: how long before the instant
        the trade was. In the order of the contracts' ends.
    """
    frame = _minutes(lakehouse, product, on)
    rows = frame.polars()
    if at is None:
        told = rows.filter(pl.col("basis").is_not_null())
        instant = (rows if told.is_empty() else told)["priced_at"].max()
    else:
        instant = datetime.combine(on, at, ZoneInfo(SUBJECT.zone)).astimezone(UTC)
    # Of a product that was not traded there is no instant.
    until = pl.lit(instant, rows.schema["priced_at"])
    last = (
        rows.filter(pl.col("priced_at") <= until)
        .sort("priced_at")
        .group_by("expiry")
        .last()
        .with_columns((until - pl.col("priced_at")).dt.total_seconds().alias("price_age_seconds"))
        .sort("days_to_settlement", "expiry", nulls_last=True)
    )
    return Frame(last.to_arrow(), frame.gaps)


def through_the_day(lakehouse: Lakehouse, product: str, on: date, expiry: str) -> Frame:
    """The minutes of a contract in which it has a basis, as gold/basis has them, by time."""
    frame = _minutes(lakehouse, product, on)
    of_contract = (pl.col("expiry") == expiry) & pl.col("basis").is_not_null()
    return Frame(frame.polars().filter(of_contract).sort("bar_start").to_arrow(), frame.gaps)


def rolls(lakehouse: Lakehouse, product: str, rule: str, on: date) -> Frame:
    """The rolls of a product by a rule in the year before a session, the newest first."""
    frame = lakehouse.table(
        FUTURES_ROLLS.path,
        first=on.replace(year=on.year - 1, day=1),
        last=on,
        where={"product": product, "roll_rule": rule},
    )
    rows = frame.polars().sort("session_date", "position", descending=[True, False])
    return Frame(rows.to_arrow())


def _minutes(lakehouse: Lakehouse, product: str, on: date) -> Frame:
    return lakehouse.table(BASIS.path, sessions=[on], where={"product": product})
