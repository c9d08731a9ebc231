"""Reference data as tables of the lake, so that sessions, hours and rules reach a job as rows.

Tables whose rows people write are the `Facts` of `indextracker.reference.<subject>`. How others are
made, such as from a calendar, is declared by their subject in the module of its name beside this
one. No rule is applied here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from indextracker import reference as files
from indextracker.calendars import TradingDays, trading_days
from indextracker.lake.arrow import arrow_schema
from indextracker.reference.closures import Closure
from indextracker.reference.facts import Facts
from indextracker_catalogue import SUBJECTS, Table
from indextracker_catalogue.subjects import declared

FLOOR = "indextracker.building"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Reference:
    """How a reference table is made: whole, at each run.

    Attributes:
        table: The table.
        rows: Makes its rows from the day on which it is made, which decides how far ahead they
            reach (today at an exchange where there is none), and from closures that were found, of
            any exchange.
    """

    table: Table
    rows: Callable[[date | None, Sequence[Closure]], Rows]

    def made(self, today: date | None = None, found: Sequence[Closure] = ()) -> pa.Table:
        """The rows; the arguments are those of `rows`."""
        return pa.Table.from_pylist(self.rows(today, found), arrow_schema(self.table))


def of_exchange(
    table: Table, exchange: str, rows: Callable[[TradingDays, Sequence[Closure]], Rows]
) -> Reference:
    """A reference table that is made from the days of an exchange.

    Args:
        table: The table.
        exchange: The exchange, by its MIC.
        rows: Makes its rows from the days, and from closures that are not in them.
    """
    return Reference(table, lambda today, found: rows(trading_days(exchange, today), found))


def _of_facts(facts: Facts) -> Reference:
    return Reference(facts.table, lambda _, __: facts.read())


REFERENCES: dict[Table, Reference] = {
    reference.table: reference
    for subject in SUBJECTS
    for reference in (
        *declared(FLOOR, subject, Reference),
        *map(_of_facts, declared(files.FLOOR, subject, Facts)),
    )
}
