"""Continuous futures: the front months of the sessions as one series, and what joins them.

Where one contract gives way to the next, their prices differ by the cost of carrying. How much is
measured in the last session of the old one, as the median over the minutes in which both were
traded: on its last day a contract converges to the mean of the index over half an hour, so that its
last minute alone says little.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.lake import scratch
from indextracker.reader.bars_and_trades import Asked, Markets
from indextracker.reader.frames import Frame, all_gaps, table_of_gaps
from indextracker.reader.gaps import NOT_JOINED, warn
from indextracker.reader.model import Kind

DIFFERENCE, RATIO = "difference", "ratio"
ADJUSTMENTS = (DIFFERENCE, RATIO)
_PRICES = ("open", "high", "low", "close", "mean", "vwap")


@dataclass(frozen=True)
class Roll:
    """One contract giving way to the next.

    Attributes:
        session: The last session of the old one that is there.
        old: Its expiry.
        new: The expiry of the next one.
    """

    session: date
    old: str
    new: str


def continuous(
    markets: Markets, asked: Asked, minutes: int | None, per: str | None, adjust: str | None
) -> Frame:
    """Bars as of `Lakehouse.continuous`; the contract that is asked for is the front month."""
    kind, name = markets.kind_of(asked.instrument)
    if len(kind.contract) != 1 or kind.has_strikes:
        raise ValueError(f"{name} is of kind {kind.name}: a continuous future is of futures")
    frame = markets.bars(asked, minutes, per)
    rows = frame.rows
    if adjust is None:
        return Frame(
            rows.append_column("adjustment", pa.nulls(len(rows), pa.float64())), frame.gaps
        )
    rolls = list(_rolls(rows))
    steps = _steps(markets, kind, name, rolls, adjust)
    untold = [roll for roll in rolls if roll not in steps]
    return Frame(_adjusted(rows, rolls, steps, adjust), _with(frame.gaps, name, untold))


def _rolls(rows: pa.Table) -> Iterator[Roll]:
    pairs = rows.select(["session_date", "expiry"]).group_by(["session_date", "expiry"])
    listed = pairs.aggregate([]).sort_by("session_date").to_pylist()
    for before, after in pairwise(listed):
        if before["expiry"] != after["expiry"]:
            yield Roll(before["session_date"], before["expiry"], after["expiry"])


def _steps(
    markets: Markets, kind: Kind, name: str, rolls: list[Roll], adjust: str
) -> dict[Roll, float]:
    """How far, or by what factor, the new contract was above the old one; of what can be told."""
    if not rolls:
        return {}
    expiries = {expiry for roll in rolls for expiry in (roll.old, roll.new)}
    where = (pc.field(kind.instrument) == name) & pc.field("open").is_valid()
    where &= pc.field("scale_minutes") == pa.scalar(1, pa.int32())
    where &= pc.field("expiry").isin(pa.array(sorted(expiries), pa.string()))
    columns = ("session_date", "expiry", "bar_start", "close")
    keys = [kind.bars.timeline.key_of(roll.session) for roll in rolls]
    bars = markets.tables.read(kind.bars, keys, where, columns)
    told = {"session": pa.array([roll.session for roll in rolls], pa.date32())}
    for leg in ("old", "new"):
        told[leg] = pa.array([getattr(roll, leg) for roll in rolls], pa.string())
    step = "new.close - old.close" if adjust == DIFFERENCE else "new.close / old.close"
    with scratch.catalog() as connection:
        connection.register("bars", bars)
        connection.register("rolls", pa.table(told))
        found = connection.sql(
            f"""
            select rolls.session, rolls.old, rolls.new, median({step}) as step
            from rolls
            join bars as old on old.session_date = rolls.session and old.expiry = rolls.old
            join bars as new on new.session_date = rolls.session and new.expiry = rolls.new
                and new.bar_start = old.bar_start
            group by all
            """
        ).fetchall()
    return {Roll(*row[:3]): float(row[3]) for row in found}


def _adjusted(rows: pa.Table, rolls: list[Roll], steps: dict[Roll, float], adjust: str) -> pa.Table:
    """Earlier prices as if they had been of the last contract; nan where a step is not known."""
    ends = np.array([roll.session for roll in rolls], "datetime64[D]")
    of_rolls = np.array([steps.get(roll, np.nan) for roll in rolls])
    if adjust == DIFFERENCE:
        later = np.append(np.cumsum(of_rolls[::-1])[::-1], 0.0)
    else:
        later = np.append(np.cumprod(of_rolls[::-1])[::-1], 1.0)
    sessions = rows["session_date"].to_numpy().astype("datetime64[D]")
    # A contract has the sessions after that of the roll before it, up to that of its own.
    value = later[np.searchsorted(ends, sessions, side="left")]
    adjustment = pa.array(value, pa.float64(), from_pandas=True)
    for column in rows.column_names:
        if column in _PRICES:
            change = pc.add if adjust == DIFFERENCE else pc.multiply
        elif column == "std" and adjust == RATIO:
            change = pc.multiply
        else:
            continue
        place = rows.column_names.index(column)
        rows = rows.set_column(place, rows.field(place), change(rows[column], adjustment))
    return rows.append_column("adjustment", adjustment)


def _with(gaps: pa.Table | None, name: str, untold: list[Roll]) -> pa.Table | None:
    """What is missing, and the rolls of which nobody knows how far the contracts were apart."""
    if not untold:
        return gaps
    rows = [
        {
            "key": str(roll.session),
            "feed": None,
            "state": NOT_JOINED,
            "reason": f"in no minute of it both {name} {roll.old} and {roll.new} were traded: what "
            "an earlier price is after the roll is not known, and null",
        }
        for roll in untold
    ]
    warn(f"{name} cannot be adjusted up to {rows[-1]['key']}: {rows[-1]['reason']}")
    return all_gaps((gaps, table_of_gaps(rows)))
