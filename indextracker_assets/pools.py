"""Pools: resources that one step at a time may use, across machines.

On one machine, locks of the operating system do this (indextracker/system/locks.py) and pools have
no limit, so they have no effect. On AWS every run is a machine of its own, and
deployment/aws/dagster.yaml gives each pool one slot, kept in Dagster's database.
"""

from __future__ import annotations

import dagster as dg
from sqlalchemy.exc import DBAPIError

from indextracker.feeds import FEEDS
from indextracker_catalogue import TABLES, Table

# Loading and building: Redshift would run them side by side, and undo one of two that meet.
WAREHOUSE = "warehouse"


def publisher(name: str) -> str:
    """Asking a publisher. A table of bronze is written by those who ask its publisher alone."""
    return f"publisher/{name}"


def table(written: Table) -> str:
    """Writing a table."""
    return f"table/{written.path}"


def make_places(instance: dg.DagsterInstance) -> None:
    """Gives each pool its place where pools have a limit, before two steps meet at a new one.

    Dagster makes it for the first step that comes, and fails one of two that come at once:
    PostgreSQL refuses what it asks after its insert was refused (1.13.27).
    """
    storage = instance.event_log_storage
    if storage.get_pool_config().default_pool_limit is None:
        return
    written = (one for one in TABLES.values() if one.layer in ("silver", "gold"))
    every = {WAREHOUSE, *(publisher(feed.publisher) for feed in FEEDS.values())}
    for pool in sorted((every | {table(one) for one in written}) - _placed(instance)):
        try:
            storage.initialize_concurrency_limit_to_default(pool)
        except DBAPIError:
            if pool not in _placed(instance):
                raise


def _placed(instance: dg.DagsterInstance) -> set[str]:
    return set(instance.event_log_storage.get_concurrency_keys())
