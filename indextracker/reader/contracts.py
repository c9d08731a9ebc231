"""Contracts by name: an expiry, an expire code, two of them of a spread; a strike and a type.

Which expiry has a code in a session is told by the lake's own table. Of a continuous future it is
the front month, which follows from the dates of expiries alone, or what a rule of rolling put into
a position, which is told by the lake.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import and_, or_

import pyarrow as pa
import pyarrow.compute as pc

from indextracker import calendars
from indextracker.reader.model import Kind
from indextracker.reader.names import known
from indextracker.reader.tables import Tables
from indextracker.reader.terms import terms_of
from indextracker_catalogue import Key

LEG = "/"
_MONTH = r"^\d{6}$"
_EXPIRY = re.compile(r"\d{6}([WF]\d)?")
_TYPES = {"C": "C", "CALL": "C", "P": "P", "PUT": "P"}


@dataclass(frozen=True)
class Wanted:
    """The contracts that are asked for, and the rows that hold them.

    Attributes:
        where: Which rows of a table with the instrument's columns.
        what: How to call them in a message.
    """

    where: pc.Expression
    what: str


@dataclass(frozen=True)
class Front:
    """The front month of each session.

    Attributes:
        before: So many sessions before its last one a contract gives way to the next.
    """

    before: int

    def __str__(self) -> str:
        return "front month"


@dataclass(frozen=True)
class Position:
    """The contract that a rule of rolling has in a position, in each session.

    Attributes:
        rule: `calendar`, `volume` or `open_interest`.
        number: 1 for the front contract.
    """

    rule: str
    number: int

    def __str__(self) -> str:
        return f"position {self.number} by {self.rule.replace('_', ' ')}"


def wanted(
    tables: Tables,
    kind: Kind,
    name: str,
    keys: Sequence[Key],
    contract: str | Front | Position | None,
    strike: float | Decimal | str | None,
    option_type: str | None,
) -> Wanted:
    """The contracts of an instrument that are asked for.

    Args:
        tables: The lake's tables.
        kind: The kind of the instrument.
        name: The instrument.
        keys: The sessions.
        contract: An expiry or an expire code; of a spread two, as `M/M+1`; the front month; a
            position; None for all.
        strike: Strike of options; None for all.
        option_type: `C` or `P`, or the words; None for both.

    Raises:
        UnknownNameError: A contract that no session of the span has.
        ValueError: The kind has no such contracts, or a strike or type cannot be read.
    """
    terms = [pc.field(kind.instrument) == name]
    if isinstance(contract, Front):
        terms.append(_of_front(tables, kind, name, keys, contract))
    elif isinstance(contract, Position):
        terms.append(_of_position(tables, kind, name, keys, contract))
    elif contract is not None:
        terms.append(_of_contract(tables, kind, name, keys, contract))
    if (strike is not None or option_type is not None) and not kind.has_strikes:
        raise ValueError(f"{name} is of {kind.name}: it has neither strikes nor types")
    if strike is not None:
        terms.append(pc.field("strike") == pa.scalar(_strike(strike), pa.decimal128(12, 4)))
    if option_type is not None:
        found = _TYPES.get(option_type.strip().upper())
        if found is None:
            raise ValueError(f"an option is 'C' or 'P', not {option_type!r}")
        terms.append(pc.field("option_type") == found)
    said = (name, contract, strike, option_type)
    return Wanted(reduce(and_, terms), " ".join(str(one) for one in said if one is not None))


def _of_contract(
    tables: Tables, kind: Kind, name: str, keys: Sequence[Key], contract: str
) -> pc.Expression:
    if kind.codes is None:
        raise ValueError(
            f"{name} is of kind {kind.name}, which has no contracts: leave out {contract!r}"
        )
    legs = contract.split(LEG)
    listed = _listed(tables, kind, name, keys)
    by_leg = [_sessions_of(listed, name, leg) for leg in legs]
    if len(legs) == 1:
        [column] = kind.contract
        return _any(
            (pc.field(column) == expiry) & _dated(days) for expiry, days in by_leg[0].items()
        )
    near, far = kind.contract
    return _any(
        (pc.field(near) == one) & (pc.field(far) == other) & _dated(both)
        for one, days in by_leg[0].items()
        for other, others in by_leg[1].items()
        if (both := days & others)
    )


def _of_front(
    tables: Tables, kind: Kind, name: str, keys: Sequence[Key], front: Front
) -> pc.Expression:
    """The front months, by the dates of the product's rule and not by what was traded."""
    if kind.expiries is None:
        raise ValueError(f"{name} is of kind {kind.name}, which has no contracts to be joined")
    rule = terms_of(tables, kind, name, kind.bars.timeline.day_of(keys[-1])).expiry_rule
    rows = tables.read(kind.expiries, None, pc.field("expiry_rule") == rule)
    rows = rows.filter(pc.match_substring_regex(rows["expiry"], _MONTH))
    if not rows.num_rows:
        raise ValueError(
            f"no rule dates the expiries of {name}, so that it cannot be joined: name a contract"
        )
    calendar = calendars.calendar(kind.bars.timeline)
    left, terms = list(keys), []
    for expiry, last in sorted(
        zip(rows["expiry"].to_pylist(), rows["last_trading_date"].to_pylist(), strict=True),
        key=lambda row: row[1],
    ):
        if not left:
            break
        if str(last) < left[0]:
            continue
        until = calendar.last(str(last), front.before + 1)[0]
        days = [key for key in left if key <= until]
        left = left[len(days) :]
        terms.append((pc.field("expiry") == expiry) & _dated(map(date.fromisoformat, days)))
    return _any(terms)


def _of_position(
    tables: Tables, kind: Kind, name: str, keys: Sequence[Key], position: Position
) -> pc.Expression:
    """The contracts of a position, as the lake's series of continuous futures has them."""
    if kind.continuous is None:
        raise ValueError(f"{name} is of kind {kind.name}, of which the lake has no positions")
    where = (pc.field(kind.instrument) == name) & (pc.field("roll_rule") == position.rule)
    where &= pc.field("position") == pa.scalar(position.number, pa.int32())
    columns = ("session_date", "expiry")
    rows = tables.read(kind.continuous, keys, where, columns).group_by(list(columns))
    days: dict[str, list[date]] = {}
    for row in rows.aggregate([]).to_pylist():
        days.setdefault(row["expiry"], []).append(row["session_date"])
    return _any((pc.field("expiry") == expiry) & _dated(found) for expiry, found in days.items())


def _listed(
    tables: Tables, kind: Kind, name: str, keys: Sequence[Key]
) -> list[tuple[date, str, str | None]]:
    """Session, expiry and code of the contracts of an instrument."""
    assert kind.codes is not None
    rows = tables.read(
        kind.codes,
        keys,
        pc.field(kind.instrument) == name,
        ("session_date", "expiry", "expire_code"),
    )
    return list(zip(*(rows[column].to_pylist() for column in rows.column_names), strict=True))


def _sessions_of(
    listed: Iterable[tuple[date, str, str | None]], name: str, leg: str
) -> dict[str, set[date]]:
    """The sessions in which each expiry is what is asked for."""
    asked = leg.strip().upper()
    by_expiry = _EXPIRY.fullmatch(asked) is not None
    column = 1 if by_expiry else 2
    there = {str(row[column]) for row in listed if row[column] is not None}
    if there:
        asked = known(asked, there, "expiry" if by_expiry else "expire code", name)
    found: dict[str, set[date]] = {}
    for row in listed:
        if row[column] == asked:
            found.setdefault(row[1], set()).add(row[0])
    return found


def _strike(value: float | Decimal | str) -> Decimal:
    try:
        found = Decimal(str(value))
        return found.quantize(Decimal("0.0001"))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no strike") from None


def _dated(days: Iterable[date]) -> pc.Expression:
    return pc.field("session_date").isin(pa.array(sorted(days), pa.date32()))


def _any(terms: Iterable[pc.Expression]) -> pc.Expression:
    """Rows for which any term holds; without a term, none."""
    return reduce(or_, terms, pc.scalar(False))
