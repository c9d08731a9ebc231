"""Dagster's history of runs: its size, and removal of old logs.

It has a database for each run, a row for every materialisation and check, and the output of steps.
Records in PostgreSQL are not touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import dagster as dg

from indextracker_assets.event_log import KeptEventLog
from indextracker_assets.runs import UNFINISHED, open_instance


@dataclass(frozen=True)
class Thinned:
    """What became of the history: its size in bytes, and of how many runs only the end is left."""

    bytes_before: int
    bytes_after: int
    runs: int


def thin(home: str, retain_days: int, now: datetime) -> Thinned | None:
    """Deletes what runs logged that ended long ago.

    That they were and how they ended is kept, and so is when each session of each table was last
    materialised and what each check last found.

    Args:
        home: DAGSTER_HOME.
        retain_days: For how many days back everything is kept.
        now: Taken as the present.

    Returns:
        What that changed; null where the records are not in this folder.
    """
    folder = Path(home)
    with open_instance(home) as instance:
        records = instance.event_log_storage
        if not isinstance(records, KeptEventLog):
            return None
        before = _size(folder)
        finished = [status for status in dg.DagsterRunStatus if status not in UNFINISHED]
        until = now - timedelta(days=retain_days)
        old = instance.get_run_ids(dg.RunsFilter(statuses=finished, updated_before=until))
        # Those that were thinned before have no events left.
        there = [run_id for run_id in old if Path(records.path_for_shard(run_id)).exists()]
        records.thin(there)
        for run_id in there:
            instance.compute_log_manager.delete_logs(prefix=[run_id])
    return Thinned(before, _size(folder), len(there))


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
