"""Smiles: what the options of one expiry say of the volatility, strike by strike, at a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from indextracker import calendars
from indextracker.lake import scratch
from indextracker.reader.bars_and_trades import Asked, Markets
from indextracker.reader.frames import Frame
from indextracker.reader.model import Kind
from indextracker.reader.spans import Day, day_of, instant_of
from indextracker.reader.terms import Terms, terms_of
from indextracker_numerics import black76, parity

_YEAR = timedelta(days=365)
_INSTANT = pa.timestamp("us", "UTC")
_SCHEMA = pa.schema(
    [
        ("session_date", pa.date32()),
        ("product", pa.string()),
        ("expiry", pa.string()),
        ("last_trading_date", pa.date32()),
        ("at", _INSTANT),
        ("years", pa.float64()),
        ("forward", pa.float64()),
        ("strike", pa.decimal128(12, 4)),
        ("moneyness", pa.float64()),
        *(
            (f"{leg}_{name}", kind)
            for leg in ("call", "put")
            for name, kind in (
                ("price", pa.float64()),
                ("traded_at", _INSTANT),
                ("volatility", pa.float64()),
                ("reason", pa.string()),
            )
        ),
        ("volatility", pa.float64()),
        ("mid_volatility", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Leg:
    """The calls, or the puts, of a smile, by strike.

    Attributes:
        call: Whether they are calls.
        price: Their last prices; nan without a trade that counts.
        reason: Why a price does not count; None where it does.
    """

    call: bool
    price: NDArray[np.float64]
    reason: list[str | None]


def smile(
    markets: Markets, product: str, on: Day | None, contract: str, within: int, rate: float
) -> Frame:
    """Rows as of `Lakehouse.smile`."""
    kind, name = markets.kind_of(product)
    if not kind.has_strikes or kind.codes is None:
        raise ValueError(f"{name} is of kind {kind.name}: a smile is of options")
    if within < 1:
        raise ValueError(f"`within` is {within}: prices count for one minute or more")
    moment = _moment(on)
    sessions = None if on is None else [_session(markets, kind, name, on)]
    [key] = markets.span(kind.bars, None, None, sessions).keys
    session = kind.bars.timeline.day_of(key)
    frame = markets.bars(Asked(name, contract, sessions=[session]), 1, None)
    terms = terms_of(markets.tables, kind, name, session)
    expiries = frame.rows["expiry"].unique().to_pylist()
    if not expiries:
        return Frame(_SCHEMA.empty_table(), frame.gaps)
    [expiry] = expiries
    where = (pc.field(kind.instrument) == name) & (pc.field("expiry") == expiry)
    codes = markets.tables.read(kind.codes, [key], where, ["last_trading_date"])
    last_day = codes["last_trading_date"][0].as_py()
    if last_day is None:
        raise ValueError(f"nobody dates the expiry {expiry} of {name}: it has no time to go")
    at = moment or terms.closes(session, last_day).astimezone(UTC)
    return Frame(
        _rows(frame.rows, terms, last_day, at, timedelta(minutes=within), rate), frame.gaps
    )


def _moment(on: Day | None) -> datetime | None:
    """The instant that is asked for, if it is one and not a session."""
    if isinstance(on, datetime) or (isinstance(on, str) and ":" in on):
        return instant_of(on)
    return None


def _session(markets: Markets, kind: Kind, name: str, on: Day) -> date:
    """The session of a day, or in which an instant lies: an evening is of the next one's night."""
    moment = _moment(on)
    if moment is None:
        return day_of(on)
    calendar = calendars.calendar(kind.bars.timeline)
    key = calendar.key_at(moment)
    day = kind.bars.timeline.day_of(key)
    if not calendar.is_key(key) or terms_of(markets.tables, kind, name, day).is_evening(moment):
        return kind.bars.timeline.day_of(calendar.next(key))
    return day


def _rows(
    bars: pa.Table, terms: Terms, last_day: date, at: datetime, within: timedelta, rate: float
) -> pa.Table:
    with scratch.catalog() as connection:
        connection.register("bars", bars)
        rows = connection.sql(
            """
            with last as (
                from bars where bar_start + interval 1 minute <= $at
                qualify row_number() over (
                    partition by strike, option_type order by bar_start desc) = 1
            )
            select session_date, product, expiry, strike,
                max(close) filter (where option_type = 'C') as call_price,
                max(bar_start) filter (where option_type = 'C') as call_traded_at,
                max(close) filter (where option_type = 'P') as put_price,
                max(bar_start) filter (where option_type = 'P') as put_traded_at
            from last group by all order by strike
            """,
            params={"at": at},
        ).to_arrow_table()
    legs = [_leg(rows, name, at, within) for name in ("call", "put")]
    strike = rows["strike"].cast(pa.float64()).to_numpy()
    years = (terms.closes(last_day, last_day) - at) / _YEAR
    growth = np.array([np.exp(rate * years) if years > 0 else np.nan])
    [forward] = parity.forwards(strike, legs[0].price[None], legs[1].price[None], growth).forward
    of = partial(black76.implied_volatility, forward=forward, strike=strike, years=years, rate=rate)
    call, put = (of(leg.price, call=leg.call) for leg in legs)
    away = np.where(strike >= forward, call, put)
    columns = {
        "last_trading_date": pa.array([last_day] * len(strike), pa.date32()),
        "at": pa.array([at] * len(strike), _INSTANT),
        "years": np.full_like(strike, years),
        "forward": np.full_like(strike, forward),
        "moneyness": np.log(strike / forward),
        "volatility": away,
        "mid_volatility": (call + put) / 2,
    }
    for name, leg, found in (("call", legs[0], call), ("put", legs[1], put)):
        columns[f"{name}_volatility"] = found
        columns[f"{name}_reason"] = pa.array(
            _reasons(leg, found, forward, strike, years, rate), pa.string()
        )
    for name in rows.column_names:
        columns.setdefault(name, rows[name])
    made = {
        field.name: pa.array(values, field.type, from_pandas=True)
        if isinstance(values := columns[field.name], np.ndarray)
        else values
        for field in _SCHEMA
    }
    return pa.table(made).cast(_SCHEMA)


def _leg(rows: pa.Table, name: str, at: datetime, within: timedelta) -> Leg:
    """The prices of calls or puts, of which those that are too old do not count."""
    price = rows[f"{name}_price"].to_numpy().astype(np.float64)
    reasons: list[str | None] = []
    for place, traded in enumerate(rows[f"{name}_traded_at"].to_pylist()):
        reason = None
        if traded is None:
            reason = "no trade in the session up to then"
        elif at - traded > within:
            reason = "its last trade is too old"
        if reason:
            price[place] = np.nan
        reasons.append(reason)
    return Leg(name == "call", price, reasons)


def _reasons(
    leg: Leg,
    found: NDArray[np.float64],
    forward: float,
    strike: NDArray[np.float64],
    years: float,
    rate: float,
) -> list[str | None]:
    """Why the price of an option implies no volatility; None where it does."""
    least, _ = black76.bounds(forward, strike, years, call=leg.call, rate=rate)
    reasons = list(leg.reason)
    for place, volatility in enumerate(found):
        if reasons[place] is not None or np.isfinite(volatility):
            continue
        if years <= 0:
            reasons[place] = "no time is left"
        elif not np.isfinite(forward):
            reasons[place] = "no strike has a call and a put to tell the forward"
        elif leg.price[place] <= least[place]:
            reasons[place] = "it costs no more than it would pay if the forward stayed"
        else:
            reasons[place] = "it costs as much as what it is an option on"
    return reasons
