"""Runs in the warehouse: loaded beside those that are there, and the marts built of them.

Where the settings name a PostgreSQL, what the marts say of them goes there too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from indextracker.lake import Lake
from indextracker.platform import Platform
from indextracker.strategies import postgresql, storing
from indextracker.strategies.files import COLLECTIONS
from indextracker.strategies.storing import Stored
from indextracker.warehouse import dbt_runs
from indextracker_catalogue import subject_of
from indextracker_catalogue.files import FILE_DOCUMENTS
from indextracker_catalogue.files import gold as g


def with_parts(lake: Lake, run: Stored) -> list[str]:
    """The ids of a run, and of the runs that it is made of."""
    if run.row["kind"] == g.PLAIN:
        return [run.run_id]
    parts = storing.read(lake, g.STRATEGY_PARTS, [run.run_id], "part_run_id, run_id, part")
    return [*dict.fromkeys(parts["part_run_id"].to_pylist()), run.run_id]


def publish(platform: Platform, run_ids: Sequence[str], to_layer: str = "marts") -> None:
    """Loads runs and the lists of files into the warehouse, builds the marts, and hands them on.

    Loading is repeated where it was done: the slices of the runs are replaced.

    Args:
        platform: Lake and warehouse.
        run_ids: Runs that are complete.
        to_layer: `warehouse`, or `marts`.

    Raises:
        DbtError: A model could not be built, or a test did not pass.
        ResultsError: The PostgreSQL that the settings name does not take what was built.
    """
    platform.progress.begin("loading into the warehouse")
    warehouse = platform.warehouse
    warehouse.load(platform.lake, storing.LOADED, run_ids)
    if platform.lake.exists(FILE_DOCUMENTS):
        warehouse.load(platform.lake, [FILE_DOCUMENTS], COLLECTIONS.names(platform.lake))
    subject = subject_of(g.STRATEGY_RUNS)
    if to_layer != "marts" or subject is None:
        return
    platform.progress.begin("building and testing the marts")
    dbt_runs.prepare()
    folder = Path(platform.settings.docs)
    with warehouse.writing():
        dbt_runs.build(warehouse, subject.name, folder, lambda _: None)
        dbt_runs.write_docs(warehouse, folder)
        warehouse.publish(dbt_runs.relations())
    if address := platform.settings.warehouse.results:
        platform.progress.begin("copying the results to PostgreSQL")
        with warehouse.reading() as marts:
            postgresql.keep(address, platform.settings.world, marts, run_ids)
