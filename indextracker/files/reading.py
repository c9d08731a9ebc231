"""The rows of a table as its columns were found to mean: records, sums, and what is odd of them.

What columns mean is decided in `roles`; nothing is decided here, and nothing is dropped unseen:
rows without a date or a price are counted, with the first of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from indextracker.files.model import Role, Row, Table
from indextracker.files.moments import read_clock
from indextracker.files.numbers import Signs, is_missing, number
from indextracker.files.roles import Roles
from indextracker.files.tickers import Ticker

PRICES = (Role.OPEN, Role.HIGH, Role.LOW, Role.CLOSE)
_ADJUSTED = (Role.ADJ_OPEN, Role.ADJ_HIGH, Role.ADJ_LOW, Role.ADJ_CLOSE)
_BEYOND = (Role.SETTLE, Role.LAST, Role.BID, Role.ASK)
_COUNTS = (Role.VOLUME, Role.ADJ_VOLUME, Role.OPEN_INTEREST)
_VALUES = (*PRICES, *_ADJUSTED, *_BEYOND, *_COUNTS)
_KEPT = 8
# A price that is so many times the one before, or the one before is so many times it.
_JUMP = Decimal("1.4")
# Over a longer gap a price may go anywhere: 10 days, or thrice the usual time between two.
_JUMP_DAYS = timedelta(days=10)


@dataclass(frozen=True)
class Record:
    """One price of one instrument at one time."""

    line: int
    ticker: str | None
    at: datetime | None
    values: dict[Role, Decimal | None]

    @property
    def price(self) -> Decimal | None:
        """Its close, or else its bid."""
        close = self.values.get(Role.CLOSE)
        return close if close is not None else self.values.get(Role.BID)


@dataclass
class Readout:
    """What came of a table's rows."""

    records: list[Record] = field(default_factory=list)
    data_rows: int = 0
    without_price: list[Row] = field(default_factory=list)
    without_date: list[Row] = field(default_factory=list)
    some_missing: int = 0
    cells_with_price: int = 0
    cells_without: int = 0

    def extend(self, other: Readout) -> None:
        """Adds those of another table of the same file."""
        self.records += other.records
        self.data_rows += other.data_rows
        self.without_price += other.without_price
        self.without_date += other.without_date
        self.some_missing += other.some_missing
        self.cells_with_price += other.cells_with_price
        self.cells_without += other.cells_without


def read(table: Table, roles: Roles, ticker: Ticker, signs: Signs) -> Readout:
    """Every row of a table, as its columns mean."""
    out = Readout()
    held = {column.index: column.role for column in roles.columns if column.role in _VALUES}
    matrix = [column for column in roles.columns if column.role is Role.INSTRUMENT]
    for row in table.rows:
        at = _at(row, roles)
        if row.blank or (at is None and roles.date is not None):
            out.without_date.append(row)
            continue
        if matrix:
            before = out.cells_with_price
            for column in matrix:
                value = _value(row, column.index, signs)
                out.cells_without += value is None
                if value is not None:
                    out.cells_with_price += 1
                    out.records.append(
                        Record(row.line, column.meaning or column.header, at, {Role.CLOSE: value})
                    )
            out.data_rows += out.cells_with_price > before
            continue
        values = {role: _value(row, place, signs) for place, role in held.items()}
        priced = [values[role] for role in (*PRICES, *_BEYOND) if role in values]
        if priced and all(value is None for value in priced):
            out.without_price.append(row)
            continue
        out.some_missing += any(value is None for value in priced)
        out.data_rows += 1
        out.records.append(Record(row.line, _ticker(row, ticker), at, values))
    return out


def cell(row: Row, place: int) -> str:
    """The cell of a row at a place, without blanks; empty where the row is too short."""
    return row.cells[place].strip() if place < len(row.cells) else ""


def _value(row: Row, place: int, signs: Signs) -> Decimal | None:
    text = cell(row, place)
    return None if is_missing(text) else number(text, signs.decimal, signs.thousands)


def _ticker(row: Row, ticker: Ticker) -> str | None:
    # An apostrophe before a code keeps spreadsheets from taking it for a number.
    return ticker.value if ticker.column is None else cell(row, ticker.column).lstrip("'")


def _at(row: Row, roles: Roles) -> datetime | None:
    if roles.date is None or roles.moments is None:
        return None
    day = roles.moments.read(cell(row, roles.date))
    if day is None or roles.time is None:
        return day
    clock = read_clock(cell(row, roles.time))
    return None if clock is None else datetime.combine(day.date(), clock, day.tzinfo)


def frequency(records: list[Record], *, timed: bool) -> str:
    """The length of the bars: the usual time between two of the same instrument."""
    times = sorted({moment_of(record) for record in records if record.at})
    if len(times) < 2:
        return "unknown"
    gaps = Counter(b - a for a, b in pairwise(times))
    usual = min(gap for gap, _ in gaps.most_common(3) if gaps[gap] >= gaps.most_common(1)[0][1] / 2)
    if usual < timedelta(hours=20) and timed:
        return _span(usual)
    return _days(times, gaps)


def _span(gap: timedelta) -> str:
    seconds = int(gap.total_seconds())
    for unit, size in (("h", 3600), ("m", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s" if seconds else "tick"


def _days(times: list[datetime], gaps: Counter[timedelta]) -> str:
    ordered = sorted(gap.days for gap in gaps.elements())
    middle = ordered[len(ordered) // 2]
    weekend = sum(time.weekday() >= 5 for time in times)
    if 27 <= middle <= 32 and ordered[0] >= 20:
        return "1mo"
    if 6 <= middle <= 8 and ordered[0] >= 5:
        return "1w"
    if 85 <= middle <= 95 and ordered[0] >= 80:
        return "3mo"
    if middle >= 360 and ordered[0] >= 350:
        return "1y"
    every = ordered[-1] <= 1 and len(times) > 7 and weekend >= len(times) // 4
    return "1d calendar days" if every else "1d"


def order(records: list[Record]) -> tuple[str, str | None]:
    """Whether rows follow each other in time: asc, desc or mixed; and inside of an instrument."""
    times = [moment_of(record) for record in records if record.at]
    whole = _direction(times)
    if whole != "mixed":
        return whole, None
    by_ticker: dict[str | None, list[datetime]] = {}
    for record in records:
        if record.at:
            by_ticker.setdefault(record.ticker, []).append(moment_of(record))
    inside = {_direction(found) for found in by_ticker.values() if len(found) > 1}
    return "mixed", inside.pop() if len(inside) == 1 else None


def _direction(times: list[datetime]) -> str:
    if not times:
        return "unknown"
    up = any(a < b for a, b in pairwise(times))
    down = any(a > b for a, b in pairwise(times))
    if up and down:
        return "mixed"
    return "desc" if down else "asc"


def outside_lines(records: list[Record]) -> list[int]:
    """Lines of bars whose open or close is not between low and high."""
    return [record.line for record in records if _is_outside(record)]


def _is_outside(record: Record) -> bool:
    high, low = record.values.get(Role.HIGH), record.values.get(Role.LOW)
    if high is None or low is None:
        return False
    inner = [record.values.get(role) for role in (Role.OPEN, Role.CLOSE)]
    return high < low or any(price is not None and not low <= price <= high for price in inner)


def jumps(records: list[Record]) -> Iterator[int]:
    """Lines of prices that are 40 % away from the one before of the same instrument."""
    before: dict[str | None, tuple[datetime, Decimal]] = {}
    ordered = sorted(records, key=moment_of)
    gaps = sorted(moment_of(b) - moment_of(a) for a, b in pairwise(ordered))
    longest = max(_JUMP_DAYS, 3 * gaps[len(gaps) // 2]) if gaps else _JUMP_DAYS
    for record in ordered:
        if (price := record.price) is None:
            continue
        at, last = before.get(record.ticker, (moment_of(record), price))
        near = price > 0 < last and moment_of(record) - at <= longest
        if near and max(price, last) > _JUMP * min(price, last):
            yield record.line
        before[record.ticker] = moment_of(record), price


def moment_of(record: Record) -> datetime:
    """Its time without a zone, by which records are sorted."""
    if record.at is None:
        return datetime.min  # noqa: DTZ901 - compared with times without a zone
    return record.at.replace(tzinfo=None) if record.at.tzinfo else record.at


def anomalies(records: list[Record]) -> dict[str, object]:
    """What is odd of the records, counted; lines of the first."""
    seen = Counter((record.ticker, record.at) for record in records)
    outside, jumped = outside_lines(records), list(jumps(records))
    prices = [price for record in records for price in [record.price] if price is not None]
    found: dict[str, object] = {"duplicate_ticker_time": sum(seen.values()) - len(seen)}
    if any(Role.HIGH in record.values for record in records[:1]):
        found |= {
            "bars_outside_high_low": len(outside),
            "bars_outside_high_low_lines": outside[:_KEPT],
        }
    found |= {
        "zero_prices": sum(_any(record, lambda price: price == 0) for record in records),
        "negative_prices": sum(price < 0 for price in prices),
    }
    if any(Role.VOLUME in record.values for record in records[:1]):
        volumes = [record.values.get(Role.VOLUME) for record in records]
        there = [volume for volume in volumes if volume is not None]
        found |= {
            "zero_volume": sum(volume == 0 for volume in there),
            "missing_volume": len(volumes) - len(there),
            "fractional_volume": sum(volume % 1 != 0 for volume in there),
        }
    days = [record.at for record in records if record.at]
    return found | {
        "close_jumps_over_40pct": len(jumped),
        "close_jumps_lines": jumped[:_KEPT],
        "weekend_rows": sum(day.weekday() >= 5 for day in days),
    }


def _any(record: Record, holds: object) -> bool:
    values = (record.values.get(role) for role in (*PRICES, Role.BID, Role.ASK))
    return any(value is not None and callable(holds) and holds(value) for value in values)
