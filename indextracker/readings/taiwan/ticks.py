"""Readings of tick files: futures with their calendar spreads, options, ETFs.

The spreads' own file is read for its rejects, since the futures file has its trades.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indextracker.readings import cells
from indextracker.readings.cells import Mask
from indextracker.readings.model import Line, Reading, Records, Rule, of_form, quoting, unlike
from indextracker.readings.taiwan import clock
from indextracker_catalogue import taiwan as t
from indextracker_catalogue.taiwan import forms
from indextracker_catalogue.taiwan.terms import ASSUMED_LOT_SHARES

_SPREAD: Final = ".*/.*"
# Sides of one trade have these in common.
_SIDES_MEET: Final = (
    *("trade_date", "trade_time", "product", "expiry"),
    *("strike", "option_type", "price"),
)
_PRICES_OF_SPREAD: Final = ("far_price", "near_price", "price")


def _in_time(lines: pa.Table, session: date) -> Mask:
    """Whether a trade is of the session's day or of one before."""
    return cells.holds(
        lines.column("trade_date"), lambda dates: pc.less_equal(dates, f"{session:%Y%m%d}")
    )


def _is_late(line: Line, session: date) -> bool:
    day = line["trade_date"]
    return day is not None and day > f"{session:%Y%m%d}"


def _legs_give_price(lines: pa.Table) -> Mask:
    """Whether the legs of a spread give its price; of all that is no readable spread, true."""
    gives = np.ones(lines.num_rows, bool)
    places = np.flatnonzero(cells.match(lines.column("expiry"), _SPREAD))
    spreads = lines.select(_PRICES_OF_SPREAD).take(pa.array(places))
    known = reduce(np.logical_and, (cells.match(price, forms.SIGNED) for price in spreads.columns))
    far, near, apart = (
        np.asarray(cells.numbers(price, pa.float64()))
        for price in spreads.filter(pa.array(known)).columns
    )
    gives[places[known]] = np.abs(far - near - apart) <= forms.LEGS_TOLERANCE
    return gives


def _is_spread(line: Line) -> bool:
    return "/" in (line["expiry"] or "")


def _is_apart(line: Line, _: date) -> bool:
    """Whether a spread has prices and its legs do not give its own."""
    if not _is_spread(line):
        return False
    if not all(of_form(line, name, forms.SIGNED) for name in _PRICES_OF_SPREAD):
        return False
    far, near, price = (float(line[name] or "") for name in _PRICES_OF_SPREAD)
    return abs(far - near - price) > forms.LEGS_TOLERANCE


def _is_no_multiple(line: Line, _: date) -> bool:
    return int(line["volume"] or 0) % (4 if _is_spread(line) else 2) != 0


def _is_outright_without_price(line: Line, _: date) -> bool:
    return not _is_spread(line) and not of_form(line, "price", forms.PRICE)


def _is_spread_without_legs(line: Line, _: date) -> bool:
    priced = (of_form(line, name, forms.PRICE) for name in ("near_price", "far_price"))
    return _is_spread(line) and not all(priced)


def _unreadable(expiry: str) -> tuple[Rule, ...]:
    """The rules that a line of any tick file may break."""
    return (
        unlike("trade_date", forms.DATE, "unreadable date"),
        Rule(_is_late, quoting("date after the session", "trade_date")),
        unlike("trade_time", forms.TIME, "unreadable time"),
        Rule(lambda line, _: line["product"] == "", lambda _: "no product"),
        unlike("expiry", expiry, "unreadable expiry"),
        unlike("price", forms.SIGNED, "unreadable price"),
        unlike("volume", forms.VOLUME, "unreadable volume"),
    )


FUTURES = Reading(
    t.TAIFEX_FUTURES,
    forms.FUTURES_LINE,
    lambda lines, session: [_in_time(lines, session), _legs_give_price(lines)],
    (
        *_unreadable(f"{forms.EXPIRY}(/{forms.EXPIRY})?"),
        Rule(_is_outright_without_price, quoting("unreadable price", "price")),
        Rule(_is_no_multiple, quoting("volume no multiple of its sides", "volume")),
        Rule(_is_spread_without_legs, lambda _: "a spread without the prices of its legs"),
        Rule(_is_apart, quoting("a spread whose legs do not give its price", "price")),
    ),
)

COMBINATIONS = Reading(
    t.TAIFEX_COMBINATION_TRADES,
    forms.COMBINATION_LINE,
    lambda lines, session: [_in_time(lines, session)],
    (
        *_unreadable(f"{forms.EXPIRY}/{forms.EXPIRY}"),
        Rule(lambda *_: True, lambda _: "a spread without the prices of its legs"),
    ),
)


def _of_even_groups(well: Mask, lines: pa.Table) -> Mask:
    """Of the lines that are well, those whose second, series and price have an even sum of sides.

    Asked only where another line is not well, which left its other side alone. In a document
    without a reject an odd sum is an error that an audit finds: a line is missing.
    """
    if well.all() or not well.any():
        return well
    meanings = {
        "trade_time": lambda times: pc.utf8_slice_codeunits(times, 0, 6),
        "strike": cells.plain,
        "price": cells.plain,
    }
    found = cells.groups((lines.column(name), meanings.get(name)) for name in _SIDES_MEET)
    odd = well & cells.match(lines.column("volume"), "[0-9]*[13579]")
    even: Mask = np.bincount(found, weights=odd) % 2 == 0
    return well & even[found]


OPTIONS = Reading(
    t.TAIFEX_OPTIONS,
    forms.OPTION_LINE,
    lambda lines, session: [_in_time(lines, session)],
    (
        *_unreadable(forms.EXPIRY),
        unlike("price", forms.PRICE, "unreadable price"),
        unlike("strike", forms.STRIKE, "unreadable strike"),
        unlike("option_type", forms.OPTION_TYPE, "neither call nor put"),
    ),
    _of_even_groups,
    "its other side could not be read: the sides of its group are odd",
)


def _of_etf(lines: pa.Table, session: date) -> Sequence[Mask]:
    of_session = cells.holds(
        lines.column("trade_date"), lambda dates: pc.equal(dates, session.isoformat())
    )
    if session < forms.TICK_TYPE_MEANT_SINCE:
        return [of_session]
    return [of_session, cells.match(lines.column("tick_type"), forms.TICK_TYPE)]


ETF = Reading(
    t.FINMIND_TRADES,
    forms.ETF_LINE,
    _of_etf,
    (
        Rule(
            lambda line, session: line["trade_date"] != session.isoformat(),
            quoting("date of another session", "trade_date"),
        ),
        unlike("stock_id", "[^,]+", "no symbol"),
        unlike("trade_time", forms.EXACT_CLOCK, "unreadable time"),
        unlike("deal_price", forms.PRICE, "unreadable price"),
        unlike("volume", forms.LOTS, "unreadable volume"),
        unlike("tick_type", forms.TICK_TYPE, "unreadable side"),
    ),
)


def _trades(lines: pa.Table, session: date) -> dict[str, pa.Array]:
    """What the facts of all tick files of the futures exchange have."""
    days = clock.day_numbers(lines.column("trade_date"))
    seconds = clock.seconds(lines.column("trade_time"), 0, 2, 4)
    return {
        "line": lines.column("line"),
        "session_part": clock.session_parts(days, seconds, session),
        "traded_at": clock.instants(days, seconds),
        "product": lines.column("product"),
        "price": cells.numbers(lines.column("price"), pa.float64()),
    }


def _contracts(lines: pa.Table, sides: int) -> pa.Array:
    printed = np.asarray(cells.numbers(lines.column("volume"), pa.int64()))
    return pa.array(printed // sides, pa.int32())


def _marked(lines: pa.Table) -> pa.Array:
    """Whether a trade is marked as of the opening auction."""
    column = lines.column("opening_auction")
    return cells.typed(column, lambda marks: pc.equal(marks, "*"))


def _outright(lines: pa.Table, session: date) -> pa.Table:
    own = lines.filter(pa.array(~cells.match(lines.column("expiry"), _SPREAD)))
    return pa.table(
        {
            **_trades(own, session),
            "expiry": own.column("expiry"),
            "contracts": _contracts(own, 2),
            "opening_auction": _marked(own),
        }
    )


def _spreads(lines: pa.Table, session: date) -> pa.Table:
    own = lines.filter(pa.array(cells.match(lines.column("expiry"), _SPREAD)))

    def leg(place: int) -> pa.Array:
        def of_cells(pairs: pa.Array) -> pa.Array:
            return pa.array([pair.split("/")[place] for pair in pairs.to_pylist()], pa.string())

        return cells.typed(own.column("expiry"), of_cells)

    return pa.table(
        {
            **_trades(own, session),
            "near_expiry": leg(0),
            "far_expiry": leg(-1),
            "near_price": cells.numbers(own.column("near_price"), pa.float64()),
            "far_price": cells.numbers(own.column("far_price"), pa.float64()),
            "contracts": _contracts(own, 4),
        }
    )


def _sides(lines: pa.Table, session: date) -> pa.Table:
    return pa.table(
        {
            **_trades(lines, session),
            "expiry": lines.column("expiry"),
            "strike": cells.numbers(lines.column("strike"), pa.decimal128(12, 4)),
            "option_type": lines.column("option_type"),
            "sides": cells.numbers(lines.column("volume"), pa.int32()),
            "opening_auction": _marked(lines),
        }
    )


def _etf_trades(lines: pa.Table, session: date, etfs: pa.Table) -> pa.Table:
    known = dict(zip(etfs["symbol"].to_pylist(), etfs["lot_shares"].to_pylist(), strict=True))

    def lot(symbols: pa.Array) -> pa.Array:
        found = (known.get(symbol) or ASSUMED_LOT_SHARES for symbol in symbols.to_pylist())
        return pa.array(found, pa.int64())

    def whole(volumes: pa.Array) -> pa.Array:
        return pc.list_element(pc.split_pattern(volumes, "."), 0).cast(pa.int64())

    def microseconds(times: pa.Array) -> pa.Array:
        fractions = pc.utf8_rpad(pc.utf8_slice_codeunits(times, 9, 12), 3, "0").cast(pa.int64())
        return pc.multiply(fractions, 1_000)

    times = lines.column("trade_time")
    meant = session >= forms.TICK_TYPE_MEANT_SINCE
    sides = {"1": "buy", "2": "sell"} if meant else {}

    def side(types: pa.Array) -> pa.Array:
        return pa.array([sides.get((kind or "")[:1]) for kind in types.to_pylist()], pa.string())

    return pa.table(
        {
            "symbol": lines.column("stock_id"),
            "line": lines.column("line"),
            "traded_at": clock.instants(
                clock.number_of(session),
                clock.seconds(times, 0, 3, 6),
                np.asarray(cells.typed(times, microseconds)),
            ),
            "price": cells.numbers(lines.column("deal_price"), pa.float64()),
            "shares": pc.multiply(
                cells.typed(lines.column("volume"), whole),
                cells.typed(lines.column("stock_id"), lot),
            ),
            "side": cells.typed(lines.column("tick_type"), side),
        }
    )


FUTURES_TRADES = Records(t.FUTURES_TRADES, (FUTURES,), _outright)
FUTURES_SPREADS = Records(t.FUTURES_SPREADS, (FUTURES,), _spreads)
OPTION_TRADES = Records(t.OPTION_TRADES, (OPTIONS,), _sides)
ETF_TRADES = Records(t.ETF_TRADES, (ETF,), _etf_trades, others=(t.ETFS,))
