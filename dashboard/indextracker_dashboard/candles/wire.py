"""Candles in the form in which browsers get them: columns of numbers, and what holds for runs.

Nothing is read here; what the browser does with it is in `assets/candles.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from indextracker_dashboard.candles.bars import PERIODS, Candles

# What changes seldom is told once for all bars up to the next change.
_RUN = ("session", "part", "contract")
_VALUES = ("open", "high", "low", "close", "vwap", "volume", "legs")


def series(candles: Candles, scale: str, *, line: bool) -> dict[str, Any]:
    """One series.

    Args:
        candles: Its bars.
        scale: Minutes of a bar, or a period.
        line: Whether it is drawn over another, as a line of closes.

    Returns:
        `at`: starts of bars, in seconds of the epoch or as days; a list for each value that any
        bar has; `runs`: for each run of bars its first bar's place, session, part and contract.

    Raises:
        ValueError: Two bars begin at the same time, so that they cannot be drawn in one series.
    """
    rows = candles.rows
    if line:
        rows = rows.filter(pl.col("close").is_not_null())
    at = rows["session"].cast(pl.String) if scale in PERIODS else rows["at"]
    if not at.is_unique().all():
        raise ValueError(
            f"bars of {scale} hold several that begin at once, such as a night and a day: "
            "choose a smaller scale, or one contract"
        )
    wanted = ("close",) if line else _VALUES
    values = {name: rows[name].to_list() for name in wanted if rows[name].count()}
    if "vwap" in values:
        values["vwap"] = rows["vwap"].round(4).to_list()
    if "legs" in values and not rows["legs"].sum():
        del values["legs"]
    return {"at": at.to_list(), **values, "runs": _runs(rows)}


def missing(candles: Candles, days: Sequence[date]) -> list[dict[str, Any]]:
    """The sessions that were asked for and have no bars, each once, with why."""
    wanted = {day.isoformat() for day in days}
    found: dict[str, dict[str, Any]] = {}
    for row in candles.frame.missing.rows.to_pylist():
        if row["key"] in wanted:
            found.setdefault(row["key"], row)
    return list(found.values())


def _runs(rows: pl.DataFrame) -> list[list[Any]]:
    first = rows.select(_RUN).with_row_index("place")
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in _RUN)
    starts = first.filter(changed | (pl.col("place") == 0))
    return [
        [place, str(session), part, contract]
        for place, session, part, contract in starts.select("place", *_RUN).iter_rows()
    ]
