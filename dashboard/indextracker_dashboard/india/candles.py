"""NSE's shares and indices for the page of candles: their end of day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow.compute as pc

from indextracker.reader import Frame, Lakehouse, UnknownNameError
from indextracker_catalogue.india import INDEX_CLOSES, INSTRUMENTS
from indextracker_dashboard.candles.instruments import Daily


def names(lakehouse: Lakehouse) -> dict[str, str]:
    """Indices of the newest session, and all symbols that shares have or had."""
    found = dict.fromkeys(_indices(lakehouse), "index")
    try:
        rows = lakehouse.table(INSTRUMENTS.path, columns=["symbol", "name"]).rows
    except LookupError:
        return found
    symbols = zip(rows["symbol"].to_pylist(), rows["name"].to_pylist(), strict=True)
    return found | {symbol: name or "share" for symbol, name in sorted(symbols, key=lambda s: s[0])}


def end_of_day(
    lakehouse: Lakehouse, name: str, days: Sequence[date] | None, adjusted: date | None
) -> Frame:
    """Figures of an index or a share.

    Args:
        lakehouse: Where they are.
        name: An index, or a symbol that a share has or had.
        days: The sessions; the newest where None.
        adjusted: Day as of which prices of shares are adjusted; as published where None.

    Returns:
        A frame with the columns of `silver/index_closes`, or of `Lakehouse.equities`, with a row a
        session.

    Raises:
        UnknownNameError: There is neither an index nor a share of that name.
        LookupError: The lake has nothing of NSE yet.
    """
    if name in _indices(lakehouse):
        found = lakehouse.table(INDEX_CLOSES.path, sessions=days)
        rows = found.rows.filter(pc.field("index_name") == name).sort_by("session_date")
        return Frame(rows, found.gaps)
    try:
        frame = lakehouse.equities(name, sessions=days, adjusted=adjusted)
    except UnknownNameError as error:
        raise UnknownNameError(f"NSE has neither a share nor an index {name!r}: {error}") from None
    own = lakehouse.table(INSTRUMENTS.path, columns=["symbol", "series", "is_own_series"]).polars()
    # Beside its own series a share is traded in blocks and auctions, at other prices.
    chosen = (
        frame.polars()
        .join(own.unique(["symbol", "series"]), on=["symbol", "series"], how="left")
        .sort("session_date", "is_own_series", "shares", descending=[False, True, True])
        .unique("session_date", keep="first", maintain_order=True)
        .drop("is_own_series")
    )
    return Frame(chosen.to_arrow().cast(frame.rows.schema), frame.gaps)


def _indices(lakehouse: Lakehouse) -> list[str]:
    try:
        rows = lakehouse.table(INDEX_CLOSES.path, columns=["index_name"]).rows
    except LookupError:
        return []
    return sorted(rows["index_name"].unique().to_pylist())


NSE = Daily(prefix="NSE", exchange="XNSE", names=names, read=end_of_day)
