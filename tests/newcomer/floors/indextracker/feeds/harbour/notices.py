"""The harbour's notices, which come by themselves: kept as they come, each once."""

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa
from indextracker_catalogue.harbour import HARBOUR_NOTICES

from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.ways import Once

WRITER = "harbour_notices"


def keep(lake: Lake, number: int, at: datetime, notices: Sequence[str]) -> None:
    """Adds the notices of one reading to the log, unless that reading is there already."""
    rows = [{"at": at, "notice": notice} for notice in notices]
    lake.append(
        HARBOUR_NOTICES,
        pa.Table.from_pylist(rows, arrow_schema(HARBOUR_NOTICES)),
        Once(WRITER, number),
    )
