"""Frames: rows as the reader gives them, in Arrow, polars and pandas, with what is missing of them.

Reading and computing rows do not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl


class MissingSessionsWarning(UserWarning):
    """Some of the sessions that were asked for have no rows; the frame's `missing` says why."""


@dataclass(frozen=True, eq=False)
class Frame:
    """Rows of one answer, in a fixed order, with the columns and units of the data dictionary.

    A frame is its own copy: what is written to the lake afterwards does not change it. Libraries
    that read Arrow's C stream take it as it is: `polars.DataFrame(frame)`,
    `duckdb.sql("from frame")` after `frame = frame.arrow()`.

    Attributes:
        rows: The rows in Arrow.
        gaps: What `missing` is made of.
    """

    rows: pa.Table
    gaps: pa.Table | None = None

    @property
    def missing(self) -> Frame:
        """The sessions asked for that have no rows, with their states and reasons.

        Returns:
            A frame with a row per session, or hour or day, and feed: `key` (as `2024-12-16`),
            `feed` (null where it is of no feed), `state` and `reason`, all strings. Beside the
            states of documents, which the guide explains, `empty` is what is there and holds
            nothing of what was asked for, `not_built` what was not made of its documents yet, and
            `not_joined` the session of a roll that cannot be adjusted. Without a row where nothing
            is missing.
        """
        return Frame(table_of_gaps() if self.gaps is None else self.gaps)

    @property
    def columns(self) -> list[str]:
        """The names of the columns in their order."""
        return list(self.rows.column_names)

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    def __repr__(self) -> str:
        missing = len(self.missing)
        said = f", {missing} missing" if missing else ""
        return f"<Frame {len(self):,} x {len(self.columns)}{said}: {', '.join(self.columns)}>"

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.rows.__arrow_c_stream__(requested_schema)

    def arrow(self) -> pa.Table:
        """The rows in Arrow: types as in the dictionary, instants in UTC but for `in_zone`."""
        return self.rows

    def polars(self) -> pl.DataFrame:
        """The rows in polars: instants are `Datetime("us", zone)`, decimals are `Decimal`."""
        import polars as pl  # noqa: PLC0415 - a tenth of a second

        frame = pl.from_arrow(self.rows)
        assert isinstance(frame, pl.DataFrame)
        return frame

    def pandas(self) -> pd.DataFrame:
        """The rows in pandas: dates are `datetime64`, whole numbers and booleans may be null.

        A type does not depend on whether a null is among the rows: whole numbers are `Int64` and
        `Int32`, booleans `boolean`. Instants have their zone; decimals are Python's.
        """
        import pandas as pd  # noqa: PLC0415 - half a second

        nullable: dict[pa.DataType, Any] = {
            pa.int64(): pd.Int64Dtype(),
            pa.int32(): pd.Int32Dtype(),
            pa.bool_(): pd.BooleanDtype(),
        }
        frame: pd.DataFrame = self.rows.to_pandas(types_mapper=nullable.get, date_as_object=False)
        return frame

    def in_zone(self, zone: str) -> Frame:
        """The same rows with their instants shown in a zone, such as `Asia/Taipei`.

        Raises:
            zoneinfo.ZoneInfoNotFoundError: There is no such zone.
        """
        kind = pa.timestamp("us", tz=ZoneInfo(zone).key)
        rows = self.rows
        for place, field in enumerate(rows.schema):
            if pa.types.is_timestamp(field.type):
                moved = rows.column(place).cast(kind)
                rows = rows.set_column(place, field.with_type(kind), moved)
        return Frame(rows, self.gaps)


def all_gaps(found: Iterable[pa.Table | None]) -> pa.Table | None:
    """What is missing of several tables together; None where nothing is."""
    gaps = [one for one in found if one is not None]
    return pa.concat_tables(gaps) if gaps else None


def table_of_gaps(rows: Sequence[Mapping[str, str | None]] = ()) -> pa.Table:
    """The rows of `Frame.missing`; made when they are needed, since Arrow then loads pandas."""
    columns = ("key", "feed", "state", "reason")
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in columns})
