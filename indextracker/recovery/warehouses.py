"""Makes a warehouse anew from the lake as it is: what is loaded, the marts, and their docs.

Runs of backfills load and build by sessions; they are in the code location.
"""

from __future__ import annotations

from pathlib import Path

from indextracker.building import staleness
from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker.warehouse import WarehouseError, WarehouseMissingError, dbt_runs
from indextracker_catalogue import SUBJECTS, TABLES


def is_to_be_remade(platform: Platform) -> bool:
    """Whether something was loaded into the warehouse, and what is published cannot be read."""
    copies = [f"raw/{table.name}" for table in TABLES.values() if table.in_warehouse]
    if not any(staleness.built(platform.lake, copies).values()):
        return False
    try:
        platform.warehouse.verify()
    except (WarehouseError, WarehouseMissingError):
        return True
    return False


def remake(platform: Platform) -> None:
    """Loads everything that the lake holds, builds the marts of it, and publishes them at once.

    Readers see what was published before until then. Killed, it has changed nothing for them.

    Raises:
        DbtError: A model could not be built, or a test did not pass; nothing was published.
    """
    warehouse, progress = platform.warehouse, platform.progress
    folder = Path(platform.settings.docs)
    progress.begin("loading the warehouse from the lake")
    dbt_runs.prepare()
    warehouse.reload(platform.lake)
    failpoint("recovery-reloaded")
    with warehouse.writing():
        with warehouse.built() as connection:
            found = connection.execute('select distinct subject from "raw".loads').fetchall()
        loaded = {subject for (subject,) in found}
        progress.begin("building and testing the marts")
        for subject in SUBJECTS:
            if subject in loaded and dbt_runs.has_models(subject):
                dbt_runs.build(warehouse, subject, folder, lambda _: None)
        dbt_runs.write_docs(warehouse, folder)
        warehouse.publish(dbt_runs.relations())
