"""What the page Candles answers: bars for the browser, and the same as a table to download.

What an address means is told in `state`, and what is around the chart in `page`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import polars as pl
from pydantic import BaseModel, Field

from indextracker import Frame, calendars
from indextracker_dashboard.candles import wire
from indextracker_dashboard.candles.bars import PERIODS, SCALES, Candles, read
from indextracker_dashboard.candles.instruments import Instrument
from indextracker_dashboard.candles.state import (
    CandlesState,
    Meant,
    beside,
    days_of,
    fitting,
    meant,
    most,
)
from indextracker_dashboard.data import Data

# More at once would keep people waiting; the browser asks again.
_MOST_ADDED = 250


class Asked(BaseModel):
    """What the browser asks for.

    Attributes:
        side: All that an address means, or sessions before or after those that it has.
        query: The address.
        day: The session beside which others are asked for.
        count: How many.
        number: Of the question, which comes back with the answer.
    """

    side: Literal["all", "before", "after"]
    query: str
    number: int
    day: date | None = None
    count: Annotated[int, Field(ge=0, le=_MOST_ADDED)] = 0


def loaded(
    asked: Asked, state: CandlesState, of: Meant, data: Data
) -> tuple[dict[str, Any], list[str]]:
    """What the browser asked for, and what could not be drawn over it, in sentences.

    Raises:
        LookupError: Something that the state names is not there.
        ValueError: Something of it cannot be read, or drawn.
    """
    if asked.side == "all":
        days = days_of(state, of, data)
    else:
        count = -asked.count if asked.side == "before" else asked.count
        days = data.ask(beside, of.exchange, asked.day or of.newest, count)
        days = tuple(day for day in days if day <= of.newest)
    main = _bars(of.instrument, state, of, days, data)
    missing = wire.missing(main, days)
    if asked.side == "all" and state.sessions is None:
        # Whatever fits is wanted, and not what was before the lakehouse began.
        begin: date = next(iter(main.rows["session"].to_list()), days[-1])
        days = tuple(day for day in days if day >= begin)
        missing = [row for row in missing if row["key"] >= begin.isoformat()]
    series = [{"name": str(of.instrument), **wire.series(main, state.scale, line=False)}]
    wrong: list[str] = []
    for other in of.over:
        try:
            candles = _bars(other, state, of, days, data)
            series.append({"name": str(other), **wire.series(candles, state.scale, line=True)})
        except (LookupError, ValueError) as error:
            series.append({"name": str(other), "at": [], "close": [], "runs": []})
            wrong.append(f"{other} is not drawn: {error}.")
    market = of.instrument.daily
    answer = asked.model_dump(mode="json") | {
        "series": series,
        "missing": missing,
        "days": [day.isoformat() for day in days],
        "newest": of.newest.isoformat(),
        "older": bool(days),
        "later": bool(days) and days[-1] < of.newest,
        "daily": state.scale in PERIODS,
        "scaleName": SCALES.get(state.scale, f"bars of {state.scale} minutes"),
        "zone": _zone(of),
        "unit": "shares" if market or of.kind == "ETF" else "contracts",
        "fitting": fitting(state.scale),
        "settled": _settled(of),
        "note": _note(state, of),
    }
    return answer, wrong


def shown(state: CandlesState, data: Data) -> Frame:
    """What a state shows, as it is drawn: all series below each other.

    Returns:
        A frame with `instrument`, `bar_start` (in the zone of the axis; of bars of minutes alone),
        `session_date`, `session_part`, `contract`, open, high, low, close, `vwap`, `volume`
        (contracts or shares) and `spread_contracts`.
    """
    of = meant(state, data)
    days = days_of(state, of, data)
    parts = []
    for one in (of.instrument, *of.over):
        rows = _bars(one, state, of, days, data).rows
        parts.append(rows.select(pl.lit(str(one)).alias("instrument"), pl.all()))
    rows = pl.concat(parts)
    if state.begin and state.end:
        seen = rows.filter(pl.col("at").is_between(state.begin.timestamp(), state.end.timestamp()))
        rows = seen if _reaches(seen["session"], rows["session"]) else rows
    zone = "UTC" if state.zone == "utc" else _zone(of)
    at = pl.from_epoch("at", time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    rows = rows.with_columns(at.dt.convert_time_zone(zone).alias("at"))
    named = {
        "at": "bar_start",
        "session": "session_date",
        "part": "session_part",
        "legs": "spread_contracts",
    }
    rows = rows.rename(named)
    return Frame((rows.drop("bar_start") if state.scale in PERIODS else rows).to_arrow())


def _reaches(seen: pl.Series, there: pl.Series) -> bool:
    """Whether a view has bars of the first session and of the last, as the browser takes it."""
    return bool(len(seen)) and (seen.min(), seen.max()) == (there.min(), there.max())


def _bars(
    instrument: Instrument, state: CandlesState, of: Meant, days: tuple[date, ...], data: Data
) -> Candles:
    market = instrument.daily
    adjusted = of.newest if market and state.prices == "adjusted" else None
    return data.ask(read, instrument, state.scale, days, adjusted)


def _zone(of: Meant) -> str:
    return str(calendars.EXCHANGES[of.exchange].zone)


def _settled(of: Meant) -> dict[str, str]:
    """What the address left open, and the view's address holds: which series was traded most."""
    if not of.instrument.strike:
        return {}
    return {"strike": of.instrument.strike, "type": of.instrument.option_type}


def _note(state: CandlesState, of: Meant) -> str:
    """What people should know of the bars, in sentences."""
    said = []
    if state.sessions and state.sessions > most(state.scale):
        said.append(f"At this scale {most(state.scale)} sessions are drawn at once.")
    if state.begin is None and state.last and state.last > of.newest:
        said.append(f"The newest session is {of.newest}.")
    if of.instrument.daily and state.prices == "adjusted" and of.kind != "index":
        said.append(f"Prices are adjusted for corporate actions as of {of.newest}.")
    return " ".join(said)
