"""Reference data as tables of the lake, so that sessions, hours and rules reach a job as rows.

How each is made is declared by its subject, in the module of its name beside this one, and found
there. The facts come from reference/<subject>/*.csv and from the calendars; no rule is applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from indextracker.calendars import TradingDays, trading_days
from indextracker.reference.closures import Closure
from indextracker_catalogue import SUBJECTS, Table
from indextracker_catalogue.subjects import declared

FLOOR = "indextracker.building"


@dataclass(frozen=True)
class Reference:
    """How a reference table is made: whole, at each run.

    Attributes:
        table: The table, of one exchange and its instruments.
        exchange: The exchange, by its MIC.
        rows: Makes its rows from the days of the exchange, and from closures that were found and
            are not in them.
    """

    table: Table
    exchange: str
    rows: Callable[[TradingDays, Sequence[Closure]], pa.Table]

    def made(self, today: date | None = None, found: Sequence[Closure] = ()) -> pa.Table:
        """The rows.

        Args:
            today: Decides how far ahead they reach; today at the exchange by default.
            found: Closures that were found, of any exchange.
        """
        return self.rows(trading_days(self.exchange, today), found)


REFERENCES: dict[Table, Reference] = {
    reference.table: reference
    for subject in SUBJECTS
    for reference in declared(FLOOR, subject, Reference)
}
