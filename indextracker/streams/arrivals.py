"""Which subjects have streams, and what has arrived of each in the lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pyarrow as pa

from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS, Table
from indextracker_catalogue.subjects import declared
from indextracker_spark.events.decoding import Events

FLOOR = "indextracker_spark.events"

# How the events of each subject that has a stream are read, by the subject's name.
EVENTS: Final[dict[str, Events]] = {
    subject: events for subject in SUBJECTS for events in declared(FLOOR, subject, Events)
}


@dataclass(frozen=True)
class Arrived:
    """What a table of events has.

    Attributes:
        rows: How many.
        last_at: When the last of them arrived in the stream, in UTC; None without a row.
    """

    rows: int
    last_at: datetime | None


def arrived(lake: Lake, table: Table) -> Arrived:
    """What a table of events has, by its log, at no cost in its size."""
    if not lake.exists(table):
        return Arrived(0, None)
    files = pa.table(lake.open(table).get_add_actions(flatten=True))
    latest = [at for at in files["max.arrived_at"].to_pylist() if at] if files.num_rows else []
    return Arrived(sum(files["num_records"].to_pylist()), max(latest, default=None))
