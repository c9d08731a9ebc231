"""Bars for candles, whatever market they are of: read, brought to one form, and the vwap added.

What an instrument is called is told in `instruments`; drawing does not belong here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from indextracker.reader import Frame, Lakehouse
from indextracker_dashboard.candles.instruments import Instrument

SESSION, WEEK, MONTH = "session", "week", "month"
PERIODS = (SESSION, WEEK, MONTH)
SCALES = {
    **{str(n): f"{n} minute{'s' if n > 1 else ''}" for n in (1, 2, 3, 5, 10, 15, 30)},
    "60": "1 hour",
    "120": "2 hours",
    "240": "4 hours",
    SESSION: "sessions",
    WEEK: "weeks",
    MONTH: "months",
}
_EVERY = {WEEK: "1w", MONTH: "1mo"}
# What a column of the form is called in a table of bars.
_NAMES = {
    "session": ("session_date",),
    "part": ("session_part",),
    "contract": ("expiry",),
    "volume": ("contracts", "shares"),
    "legs": ("spread_contracts",),
    # The mean of options is weighted by contracts.
    "vwap": ("vwap", "mean"),
}
FORM = pl.Schema(
    {
        "at": pl.Int64,
        "session": pl.Date,
        "part": pl.String,
        "contract": pl.String,
        "open": pl.Float64,
        "high": pl.Float64,
        "low": pl.Float64,
        "close": pl.Float64,
        "vwap": pl.Float64,
        "volume": pl.Int64,
        "legs": pl.Int64,
    }
)


@dataclass(frozen=True)
class Candles:
    """Bars of one instrument.

    Attributes:
        frame: The rows as the reader gives them, and what is missing of them.
        rows: The same in the one `FORM`: `at` is the start of a bar in seconds of the epoch, null
            of bars of whole sessions, which have `session` alone. `vwap` is that of the session up
            to the end of the bar; of bars of sessions and longer, that of the bar. `volume`
            (contracts, shares) is null of what has none, as an index. `legs` are contracts of
            calendar spreads, which are in no price.
    """

    frame: Frame
    rows: pl.DataFrame


def read(
    lakehouse: Lakehouse,
    instrument: Instrument,
    scale: str,
    days: Sequence[date],
    adjusted: date | None = None,
) -> Candles:
    """The bars of some sessions.

    Args:
        lakehouse: Where they are.
        instrument: Whose.
        scale: Minutes of a bar, or one of `PERIODS`.
        days: The sessions.
        adjusted: Day as of which prices of shares are adjusted; as published where None.

    Raises:
        LookupError: The instrument, its contract or the sessions are not known.
        ValueError: There are no bars of that scale.
    """
    if (market := instrument.daily) is not None:
        if scale not in PERIODS:
            raise ValueError(f"{instrument} has bars of a session, a week and a month alone")
        frame = market.read(lakehouse, instrument.own_name, days, adjusted)
        rows = formed(frame)
        return Candles(frame, rows if scale == SESSION else _longer(rows, _EVERY[scale]))
    frame = lakehouse.bars(
        instrument.name,
        instrument.contract or None,
        minutes=None if scale in PERIODS else _whole(scale),
        per=scale if scale in PERIODS else None,
        sessions=days,
        strike=instrument.strike or None,
        option_type=instrument.option_type or None,
    )
    rows = formed(frame)
    return Candles(frame, rows if scale in PERIODS else _with_vwap_so_far(rows))


def formed(frame: Frame) -> pl.DataFrame:
    """Rows of the reader in the one `FORM`."""
    rows = frame.polars()
    there = set(rows.columns)
    has_volume = bool({"contracts", "shares"} & there)
    made = []
    for name, kind in FORM.items():
        found = next((one for one in _NAMES.get(name, (name,)) if one in there), None)
        if name == "at" and "bar_start" in there:
            value = pl.col("bar_start").dt.epoch("s")
        elif name == "contract" and "near_expiry" in there:
            value = pl.concat_str("near_expiry", pl.lit("/"), "far_expiry")
        elif found is None or (name == "vwap" and not has_volume):
            value = pl.lit(None)
        else:
            value = pl.col(found)
        made.append(value.cast(kind).alias(name))
    return rows.select(made)


def _with_vwap_so_far(rows: pl.DataFrame) -> pl.DataFrame:
    priced = pl.col("vwap").is_not_null()
    traded = pl.when(priced).then(pl.col("volume")).otherwise(0)
    turnover = (pl.col("vwap") * traded).fill_null(0.0)
    so_far = turnover.cum_sum().over("session") / traded.cum_sum().over("session")
    return rows.with_columns(pl.when(priced).then(so_far).alias("vwap"))


def _longer(rows: pl.DataFrame, every: str) -> pl.DataFrame:
    """Bars of weeks or months from those of sessions, named by their first session."""
    turnover = (pl.col("vwap") * pl.col("volume")).sum() / pl.col("volume").sum()
    return (
        rows.group_by(pl.col("session").dt.truncate(every).alias("period"), maintain_order=True)
        .agg(
            pl.col("session", "at", "part", "contract").first(),
            pl.col("open").drop_nulls().first(),
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").drop_nulls().last(),
            turnover.alias("vwap"),
            *(
                pl.when(pl.col(name).count() > 0).then(pl.col(name).sum()).alias(name)
                for name in ("volume", "legs")
            ),
        )
        .select(FORM.names())
        .cast(FORM)
    )


def _whole(scale: str) -> int:
    if not scale.isdecimal():
        raise ValueError(f"{scale!r} is no scale: give minutes, or {', '.join(PERIODS)}")
    return int(scale)
