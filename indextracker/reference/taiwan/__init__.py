"""What the publishers' files leave unsaid: products, ETFs, index names, closures, special sessions.

Each kind of fact is one CSV file beside this module, every row with the source it was taken from,
and one function here that reads it into frozen dataclasses. A file that breaks a rule is refused
with its name and line. Facts only: trading days are computed in ``indextracker.calendars``, and
expiries in Spark. What is inferred says so in its source, and a cell that is not known is empty.
Such facts become outdated unnoticed: ``reviewed.csv`` says up to which day each kind was reviewed.

A product's hours are bounds: they contain every print. Where the start of a night session is not
established, the row carries the night hours for all its time: no earlier print contradicts them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import date, time, timedelta
from importlib import resources
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from indextracker.reference.closures import (
    Closure,
    SpecialSession,
    read_closures,
    read_special_sessions,
)
from indextracker.reference.reviews import Review, Reviews
from indextracker.reference.rows import Row, read
from indextracker_catalogue.taiwan import FUTURES, OPTIONS
from indextracker_catalogue.taiwan.terms import (
    NO_RULE,
    THIRD_FRIDAY_BEFORE_QUARTERLY,
    THIRD_LAST_SESSION_EVEN,
    THIRD_WEDNESDAY,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal
    from importlib.resources.abc import Traversable

FOLDER: Final = resources.files(__name__)

EXPIRY_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        THIRD_WEDNESDAY: (
            "Months: third Wednesday. Weeklies: Wn the nth Wednesday, Fn the nth Friday. "
            "Moved to the next session where closed. Settled the same day."
        ),
        THIRD_FRIDAY_BEFORE_QUARTERLY: (
            "March, June, September, December: third Friday, moved to the session before where "
            "closed. Settled the next session."
        ),
        THIRD_LAST_SESSION_EVEN: (
            "Even months: third last session of the month. Settled the next session."
        ),
        NO_RULE: "No rule that the exchange's own calendar can answer: no dates.",
    }
)
"""Every expiry rule a product may name, with its meaning."""

KINDS: Final = frozenset({"index", "foreign_index", "stock", "etf", "fx", "commodity"})
"""What a product may be a derivative of; ``index`` means an index of Taiwanese shares."""

INSTRUMENTS: Final = frozenset({FUTURES, OPTIONS})
"""What a product may be."""

REVIEWS: Final = Reviews(
    FOLDER,
    MappingProxyType(
        {
            # Typhoons close the exchange some days a year, nearly all from July to October: a
            # quarter without a look may miss a season.
            "closures": timedelta(days=90),
            # The library's holidays are an estimate beyond the published schedules.
            "holidays": timedelta(0),
            # Make-up Saturdays would be in the schedule of a year.
            "special_sessions": timedelta(days=365),
            # A check finds products without a row; no check finds terms that changed.
            "products": timedelta(days=2 * 365),
            # A check finds indices without a row, and the terms of a fund stay.
            "indices": timedelta(days=10 * 365),
            "etfs": timedelta(days=10 * 365),
        }
    ),
)


@dataclass(frozen=True, slots=True)
class Product:
    """The terms of one TAIFEX product over a span of sessions.

    Attributes:
        product: Code in the tick files, such as ``TX``.
        name: English name, with the exchange's Chinese one in parentheses.
        underlying: An ``index_id`` of ``index_names`` where TWSE publishes the index, else a
            plain name; None where not established.
        kind: One of ``KINDS``.
        instrument: One of ``INSTRUMENTS``.
        multiplier: Value of one point, or units of the underlying per contract, in ``currency``.
        currency: ISO 4217 code of the quotation.
        tick_size: Smallest price step; None where it depends on the price.
        day_open: Start of the day session, Taipei time, as are all the hours.
        day_close: Its end.
        last_day_close: Its end for a contract on its last trading day.
        night_open: Start of the night session, on the evening before; None where there is none.
        night_close: Its end, in the morning of the session's own date or of a weekend before.
        expiry_rule: One of ``EXPIRY_RULES``.
        trades_after_last_day: Whether an expiring contract trades on in the night that follows its
            last trading day, which is the next session's; so do some on foreign underlyings.
        valid_from: First session of these terms; None where not known.
        valid_to: Last session of these terms; None while they last.
        source: Where the row comes from.
    """

    product: str
    name: str
    underlying: str | None
    kind: str
    instrument: str
    multiplier: Decimal | None
    currency: str
    tick_size: Decimal | None
    day_open: time
    day_close: time
    last_day_close: time
    night_open: time | None
    night_close: time | None
    expiry_rule: str
    trades_after_last_day: bool
    valid_from: date | None
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Etf:
    """An ETF whose trades are kept.

    Attributes:
        symbol: Code at the stock exchange, such as ``006204``.
        name: English name, with the exchange's Chinese one in parentheses.
        underlying: The ``index_id`` of the index that it follows.
        lot_shares: Shares of a lot, the unit in which trades are published.
        listed_on: First session; None where not known.
        source: Where the row comes from.
    """

    symbol: str
    name: str
    underlying: str
    lot_shares: int
    listed_on: date | None
    source: str


@dataclass(frozen=True, slots=True)
class IndexName:
    """One column name of TWSE's index report and the index it stands for.

    Attributes:
        index_name: The publisher's Chinese name; an index that was renamed has several.
        index_id: The name's stable id.
        name: English name, equal for all names of one id.
        market: The publisher of the index.
        source: Where the row comes from.
    """

    index_name: str
    index_id: str
    name: str
    market: str
    source: str


@functools.cache
def products(folder: Traversable = FOLDER) -> tuple[Product, ...]:
    """Read ``products.csv``, ordered by product and validity.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """

    def build(row: Row) -> Product:
        product = Product(
            product=row.matching("product", r"[A-Z0-9]{2,3}"),
            name=row.text("name"),
            underlying=row.optional_text("underlying"),
            kind=row.one_of("kind", KINDS),
            instrument=row.one_of("instrument", INSTRUMENTS),
            multiplier=row.optional_number("multiplier"),
            currency=row.matching("currency", r"[A-Z]{3}"),
            tick_size=row.optional_number("tick_size"),
            day_open=row.clock("day_open"),
            day_close=row.clock("day_close"),
            last_day_close=row.clock("last_day_close"),
            night_open=row.optional_clock("night_open"),
            night_close=row.optional_clock("night_close"),
            expiry_rule=row.one_of("expiry_rule", EXPIRY_RULES),
            trades_after_last_day=row.flag("trades_after_last_day"),
            valid_from=row.optional_day("valid_from"),
            valid_to=row.optional_day("valid_to"),
            source=row.text("source"),
        )
        _check_hours(product)
        return product

    entries = read(
        folder, "products.csv", _COLUMNS[Product], build, lambda row: (row.product, row.valid_from)
    )
    entries.sort(key=lambda entry: (entry[1].product, entry[1].valid_from or date.min))
    for (earlier_line, earlier), (line, later) in pairwise(entries):
        if earlier.product == later.product and not _ends_before(earlier, later):
            raise ValueError(
                f"products.csv, line {line}: the validity of {later.product} overlaps that of "
                f"line {earlier_line}."
            )
    return tuple(product for _, product in entries)


@functools.cache
def etfs(folder: Traversable = FOLDER) -> tuple[Etf, ...]:
    """Read ``etfs.csv``.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """

    def build(row: Row) -> Etf:
        return Etf(
            symbol=row.matching("symbol", r"[0-9]{4,6}[A-Z]?"),
            name=row.text("name"),
            underlying=row.matching("underlying", r"[A-Z][A-Z0-9_]*"),
            lot_shares=int(row.matching("lot_shares", r"[1-9][0-9]*")),
            listed_on=row.optional_day("listed_on"),
            source=row.text("source"),
        )

    entries = read(folder, "etfs.csv", _COLUMNS[Etf], build, lambda row: row.symbol)
    return tuple(etf for _, etf in entries)


@functools.cache
def index_names(folder: Traversable = FOLDER) -> tuple[IndexName, ...]:
    """Read ``indices.csv``, in the order of the report's columns.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """

    def build(row: Row) -> IndexName:
        return IndexName(
            index_name=row.text("index_name"),
            index_id=row.matching("index_id", r"[A-Z][A-Z0-9_]*"),
            name=row.text("name"),
            market=row.text("market"),
            source=row.text("source"),
        )

    entries = read(folder, "indices.csv", _COLUMNS[IndexName], build, lambda row: row.index_name)
    first: dict[str, IndexName] = {}
    for line, entry in entries:
        known = first.setdefault(entry.index_id, entry)
        if (known.name, known.market) != (entry.name, entry.market):
            raise ValueError(
                f"indices.csv, line {line}: {entry.index_id} has another name or market than in an "
                "earlier line."
            )
    return tuple(entry for _, entry in entries)


@functools.cache
def closures(folder: Traversable = FOLDER) -> tuple[Closure, ...]:
    """Read ``closures.csv``, which holds every unscheduled closure since 2015.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    return read_closures(folder)


@functools.cache
def special_sessions(folder: Traversable = FOLDER) -> tuple[SpecialSession, ...]:
    """Read ``special_sessions.csv``.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    return read_special_sessions(folder)


def reviews(folder: Traversable = FOLDER) -> tuple[Review, ...]:
    """Read ``reviewed.csv``.

    Args:
        folder: Where the reference files are; the package's own by default.

    Raises:
        ValueError: The file breaks a rule; the message names file and line.
    """
    return REVIEWS.read(folder)


def _check_hours(product: Product) -> None:
    if not product.day_open < product.last_day_close <= product.day_close:
        raise ValueError(
            "the day session must open before it closes, on the last day no later than else."
        )
    if (product.night_open is None) != (product.night_close is None):
        raise ValueError("night_open and night_close are given both or not at all.")
    if product.trades_after_last_day and product.night_open is None:
        raise ValueError("trades_after_last_day is true of a product without a night session.")
    if product.night_open is not None and product.night_open <= product.day_close:
        raise ValueError("the night session must open after the close of the day session.")
    if product.night_close is not None and product.night_close >= product.day_open:
        raise ValueError("the night session must close before the day session opens.")
    if product.valid_from and product.valid_to and product.valid_from > product.valid_to:
        raise ValueError("valid_from is after valid_to.")


def _ends_before(earlier: Product, later: Product) -> bool:
    return (
        earlier.valid_to is not None
        and later.valid_from is not None
        and earlier.valid_to < later.valid_from
    )


# The columns of each file, in order. They are not read off the dataclasses, where a field named
# `date` would hide the type.
_COLUMNS: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {
        Product: (
            *("product", "name", "underlying", "kind", "instrument", "multiplier", "currency"),
            *("tick_size", "day_open", "day_close", "last_day_close", "night_open", "night_close"),
            *("expiry_rule", "trades_after_last_day", "valid_from", "valid_to", "source"),
        ),
        Etf: ("symbol", "name", "underlying", "lot_shares", "listed_on", "source"),
        IndexName: ("index_name", "index_id", "name", "market", "source"),
    }
)
