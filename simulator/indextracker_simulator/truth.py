"""What a reader of the documents must find: tables made of the model's own events.

The tables have the names, columns and key order of the lakehouse's tables, so that the two can be
held against each other. Nothing here looks at a document, and nothing of the lakehouse is used:
intervals, closes, rounding, codes and expiries are worked out anew, one straightforward step
after the other. Indices go by their publisher's names, in a column `index_name`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import pyarrow as pa

from indextracker_simulator.bars import SCALES, Interval, bar_start
from indextracker_simulator.calendar import trading_calendar
from indextracker_simulator.expiries import expire_codes, last_trading_date
from indextracker_simulator.products import PRODUCTS, Product
from indextracker_simulator.walk import CASH_CLOSE, CASH_OPEN, CASH_STEP, HOUR, local_second

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from indextracker_simulator.exchange import Exchange, Session

FUTURES_FEED = "taifex_futures"

IndexForm = Literal["json", "csv"]

_FIRST_LINE_OF_LEVELS: dict[IndexForm, int] = {"json": 1, "csv": 3}
_UTC_OFFSET = 8 * HOUR
_PRODUCTS = {product.name: product for product in PRODUCTS}

_INSTANT = pa.timestamp("us", tz="UTC")
_TYPES = {
    "session_date": pa.date32(),
    "line": pa.int64(),
    "session_part": pa.string(),
    "traded_at": _INSTANT,
    "observed_at": _INSTANT,
    "bar_start": _INSTANT,
    "index_name": pa.string(),
    "is_previous_close": pa.bool_(),
    "product": pa.string(),
    "expiry": pa.string(),
    "near_expiry": pa.string(),
    "far_expiry": pa.string(),
    "opening_auction": pa.bool_(),
    "expire_code": pa.string(),
    "last_trading_date": pa.date32(),
    "final_settlement_date": pa.date32(),
    "feed": pa.string(),
    "text": pa.string(),
    "reason": pa.string(),
    "scale_minutes": pa.int32(),
    "contracts": pa.int64(),
    "spread_contracts": pa.int64(),
    "trades": pa.int64(),
    "ticks": pa.int64(),
}
"""Every column that is not a number of type double."""

_LEVELS = ("session_date", "index_name", "observed_at", "level", "is_previous_close", "line")
_TRADES = (
    "session_date",
    "line",
    "session_part",
    "traded_at",
    "product",
    "expiry",
    "price",
    "contracts",
    "opening_auction",
)
_SPREADS = (
    "session_date",
    "line",
    "session_part",
    "traded_at",
    "product",
    "near_expiry",
    "far_expiry",
    "price",
    "near_price",
    "far_price",
    "contracts",
)
_CONTRACTS = (
    "session_date",
    "product",
    "expiry",
    "expire_code",
    "last_trading_date",
    "final_settlement_date",
)
_REJECTS = ("session_date", "feed", "line", "text", "reason")
_KEYS = frozenset(
    {
        "line",
        "index_name",
        "observed_at",
        "product",
        "expiry",
        "expire_code",
        "near_expiry",
        "far_expiry",
        "session_part",
        "scale_minutes",
        "bar_start",
    }
)
"""Columns that are, or are harmless beside, a table's key; tables are sorted by them."""

_Row: TypeAlias = dict[str, Any]


class _Event(NamedTuple):
    """One row of the tape as plain values, see futures.Tape, and its line in the tick file."""

    product: str
    near: str
    far: str
    second: int
    night: bool
    price: int
    near_price: int
    far_price: int
    contracts: int
    auction: bool
    line: int

    @property
    def part(self) -> str:
        return "night" if self.night else "day"


class _Print(NamedTuple):
    """One thing that a bar counts.

    Attributes:
        subject: What the bar is of: an index, a contract, or a spread.
        part: `day` or `night`.
        second: When it printed, local.
        close: When its subject closes in that part, local.
        price: Hundredths; None where contracts changed hands as a spread's leg.
        weight: Contracts or spreads.
    """

    subject: tuple[str, ...]
    part: str
    second: int
    close: int
    price: int | None
    weight: int


def truth(
    exchange: Exchange, session_date: date, index_form: IndexForm = "json"
) -> dict[str, pa.Table]:
    """Return the tables that the documents of one session must lead to.

    Args:
        exchange: The exchange that publishes them.
        session_date: A session of it, published by now or not.
        index_form: The form of the index report that is read: `line` counts its lines.

    Returns:
        Tables by name, each sorted by its key: index_levels, futures_trades, futures_spreads,
        contracts, rejects, index_bars, index_sessions, futures_bars, futures_sessions,
        spread_bars, spread_sessions. Prices are in points or dollars, instants in UTC.
    """
    return session_tables(exchange.session(session_date), index_form)


def session_tables(session: Session, index_form: IndexForm = "json") -> dict[str, pa.Table]:
    """Return the tables of a session at hand; see `truth`."""
    events = _events(session)
    day = session.session_date
    levels = _level_rows(session, _FIRST_LINE_OF_LEVELS[index_form])
    trades = [_trade_row(event) for event in events if not event.far]
    spreads = [_spread_row(event) for event in events if event.far]
    tables = {
        "index_levels": _table(day, _LEVELS, levels),
        "futures_trades": _table(day, _TRADES, trades, pa.int32()),
        "futures_spreads": _table(day, _SPREADS, spreads, pa.int32()),
        "contracts": _table(day, _CONTRACTS, _contract_rows(day, events)),
        "rejects": _table(day, _REJECTS, _reject_rows(session)),
    }
    tables |= _bar_tables(day, "index", _INDEX_COLUMNS, _index_prints(session))
    tables |= _bar_tables(day, "futures", _FUTURES_COLUMNS, _futures_prints(day, events))
    tables |= _bar_tables(day, "spread", _SPREAD_COLUMNS, _spread_prints(day, events))
    return tables


def _events(session: Session) -> list[_Event]:
    columns = [getattr(session.tape, name) for name in _Event._fields[:-1]]
    columns.append(session.row_lines())
    values = zip(*(column.tolist() for column in columns), strict=True)
    return [_Event(*row) for row in values]


def _table(
    day: date, columns: tuple[str, ...], rows: list[_Row], counts: pa.DataType | None = None
) -> pa.Table:
    types = _TYPES | ({"contracts": counts} if counts else {})
    arrays = {
        name: pa.array([row[name] for row in rows], types.get(name, pa.float64()))
        for name in columns
        if name != "session_date"
    }
    dates = pa.array([day] * len(rows), pa.date32())
    table = pa.table({"session_date": dates, **arrays}).select(columns)
    keys = [(name, "ascending") for name in columns if name in _KEYS]
    return table.sort_by(keys)


def _level_rows(session: Session, first_line: int) -> list[_Row]:
    opening = local_second(session.session_date, CASH_OPEN)
    return [
        {
            "index_name": name,
            "observed_at": _instant(opening + step * CASH_STEP),
            "level": level / 100,
            "is_previous_close": step == 0,
            "line": first_line + step,
        }
        for step, levels in enumerate(session.index.levels.tolist())
        for name, level in zip(session.index.names, levels, strict=True)
    ]


def _trade_row(event: _Event) -> _Row:
    return {
        "line": event.line,
        "session_part": event.part,
        "traded_at": _instant(event.second),
        "product": event.product,
        "expiry": event.near,
        "price": event.price / 100,
        "contracts": event.contracts,
        "opening_auction": event.auction,
    }


def _spread_row(event: _Event) -> _Row:
    return {
        "line": event.line,
        "session_part": event.part,
        "traded_at": _instant(event.second),
        "product": event.product,
        "near_expiry": event.near,
        "far_expiry": event.far,
        "price": event.price / 100,
        "near_price": event.near_price / 100,
        "far_price": event.far_price / 100,
        "contracts": event.contracts,
    }


def _contract_rows(day: date, events: list[_Event]) -> list[_Row]:
    contracts = {(event.product, event.near) for event in events}
    contracts |= {(event.product, event.far) for event in events if event.far}
    return [row for contract in contracts for row in _code_rows(day, *contract)]


def _code_rows(day: date, product: str, expiry: str) -> Iterable[_Row]:
    """Yield a row per code of a contract, one with a null code where it has none."""
    rule = _PRODUCTS[product]
    ends = last_trading_date(expiry, day) if rule.third_wednesday else None
    codes: list[str | None] = [
        code for code, meant in expire_codes(rule, day).items() if meant == expiry
    ]
    for code in codes or [None]:
        yield {
            "product": product,
            "expiry": expiry,
            "expire_code": code,
            "last_trading_date": ends,
            "final_settlement_date": ends,
        }


def _reject_rows(session: Session) -> list[_Row]:
    lines = zip(session.unreadable_line_numbers(), session.unreadable, strict=True)
    return [
        {"feed": FUTURES_FEED, "line": line, "text": slip.text, "reason": slip.reason}
        for line, slip in lines
    ]


def _index_prints(session: Session) -> Iterable[_Print]:
    opening = local_second(session.session_date, CASH_OPEN)
    close = local_second(session.session_date, CASH_CLOSE)
    # The first row is the close of the session before: no level of this one.
    for step, levels in enumerate(session.index.levels.tolist()[1:], start=1):
        for name, level in zip(session.index.names, levels, strict=True):
            yield _Print((name,), "day", opening + step * CASH_STEP, close, level, 1)


def _futures_prints(day: date, events: list[_Event]) -> Iterable[_Print]:
    closes = _Closes(day)
    for event in events:
        legs = (event.near, event.far) if event.far else (event.near,)
        price = None if event.far else event.price
        for expiry in legs:
            close = closes.of(event.product, expiry, event.night)
            contract = (event.product, expiry)
            yield _Print(contract, event.part, event.second, close, price, event.contracts)


def _spread_prints(day: date, events: list[_Event]) -> Iterable[_Print]:
    closes = _Closes(day)
    for event in events:
        if event.far:
            close = closes.of(event.product, event.near, event.night)
            spread = (event.product, event.near, event.far)
            yield _Print(spread, event.part, event.second, close, event.price, event.contracts)


class _Closes:
    """When each contract closes on one session."""

    def __init__(self, day: date) -> None:
        self._day = day
        self._eve = trading_calendar().previous(day)
        self._known: dict[tuple[str, str, bool], int] = {}

    def of(self, product: str, expiry: str, night: bool) -> int:
        """Return the local second at which a contract closes in a part of the session."""
        key = (product, expiry, night)
        if key not in self._known:
            self._known[key] = self._close(_PRODUCTS[product], expiry, night)
        return self._known[key]

    def _close(self, product: Product, expiry: str, night: bool) -> int:
        if night:
            assert product.night is not None
            return local_second(self._eve, product.night.closes)
        ending = product.third_wednesday and last_trading_date(expiry, self._day) == self._day
        return local_second(self._day, product.close_of_day(ending))


class _Columns(NamedTuple):
    """How the two tables of one kind of bar are laid out."""

    subject: tuple[str, ...]
    part_is_key_of_bars: bool
    figures: tuple[str, ...]


_PRICES = ("open", "high", "low", "close", "mean", "std")
_INDEX_COLUMNS = _Columns(("index_name",), False, (*_PRICES, "ticks"))
_FUTURES_COLUMNS = _Columns(
    ("product", "expiry"), True, (*_PRICES, "vwap", "contracts", "spread_contracts", "trades")
)
_SPREAD_COLUMNS = _Columns(
    ("product", "near_expiry", "far_expiry"), True, (*_PRICES, "vwap", "contracts", "trades")
)


def _bar_tables(
    day: date, kind: str, columns: _Columns, prints: Iterable[_Print]
) -> dict[str, pa.Table]:
    bars: dict[tuple[Any, ...], Interval] = defaultdict(Interval)
    parts: dict[tuple[Any, ...], Interval] = defaultdict(Interval)
    for subject, part, second, close, price, weight in prints:
        homes = [parts[*subject, part], parts[*subject, "whole"]]
        homes += [bars[*subject, part, scale, bar_start(second, close, scale)] for scale in SCALES]
        for interval in homes:
            if price is None:
                interval.spread_contracts += weight
            else:
                interval.add(price, weight)
    part_key = (*columns.subject, "session_part")
    bar_key = (*part_key, "scale_minutes", "bar_start")
    bar_rows = [_figure_row(bar_key, key, interval) for key, interval in bars.items()]
    for row in bar_rows:
        row["bar_start"] = _instant(row["bar_start"])
    part_rows = [_figure_row(part_key, key, interval) for key, interval in parts.items()]
    dropped = () if columns.part_is_key_of_bars else ("session_part",)
    bar_columns = tuple(name for name in bar_key if name not in dropped)
    return {
        f"{kind}_bars": _table(day, ("session_date", *bar_columns, *columns.figures), bar_rows),
        f"{kind}_sessions": _table(day, ("session_date", *part_key, *columns.figures), part_rows),
    }


def _figure_row(names: tuple[str, ...], key: tuple[Any, ...], interval: Interval) -> _Row:
    counts = {
        "contracts": sum(interval.weights),
        "spread_contracts": interval.spread_contracts,
        "trades": len(interval.prices),
        "ticks": len(interval.prices),
    }
    return dict(zip(names, key, strict=True)) | interval.figures() | counts


def _instant(second: int) -> int:
    """Return the UTC instant of a local second, microseconds."""
    return (second - _UTC_OFFSET) * 1_000_000
