"""What a table knew at an instant: the newest row of each of its series.

How rows are read does not belong here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from indextracker import calendars
from indextracker.lake import scratch
from indextracker_catalogue import Key, Table

_OBSERVED, _BAR, _SCALE = "observed_at", "bar_start", "scale_minutes"


@dataclass(frozen=True)
class Moment:
    """An instant, for a table whose rows are of instants.

    Attributes:
        table: The table.
        at: The instant.

    Raises:
        ValueError: The rows of the table are of sessions, or of none.
    """

    table: Table
    at: datetime

    def __post_init__(self) -> None:
        if not {_OBSERVED, _BAR} & set(self.table.key):
            raise ValueError(f"{self.table.path} has no instants within a session: leave out `at`")

    def keys(self) -> list[Key]:
        """The sessions in which it may lie: that of its day, and the next one, by its night."""
        calendar = calendars.calendar(self.table.timeline)
        key = calendar.key_at(self.at)
        return [*([key] if calendar.is_key(key) else []), calendar.next(key)]

    def newest(self, rows: pa.Table) -> pa.Table:
        """The newest row of each series, in the newest session that has one by then.

        A bar is known at its end, what was observed at once.
        """
        session = self.table.key_column
        column = _OBSERVED if _OBSERVED in self.table.key else _BAR
        series = [name for name in self.table.key if name != column]
        minutes = _SCALE if _SCALE in self.table.column_names else "1"
        known = f"{_BAR} + to_minutes({minutes})" if column == _BAR else column
        with scratch.catalog() as connection:
            connection.register("rows", rows)
            return connection.sql(
                f"""
                with known as (from rows where {known} <= $at)
                from known where {session} = (select max({session}) from known)
                qualify row_number() over (
                    partition by {", ".join(series)} order by {column} desc
                ) = 1
                """,
                params={"at": self.at},
            ).to_arrow_table()
