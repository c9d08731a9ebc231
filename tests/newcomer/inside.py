"""Prints what a house holds, as JSON; runs inside of it.

Its declarations, what the code location makes of them, the rows of the harbour's tables, and what
starts by itself: the documents of an hour are asked for by their schedule, after which its tables
are stale.
"""

from __future__ import annotations

import json
import runpy
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from indextracker.feeds.harbour.notices import keep

from indextracker import settings as environment
from indextracker.building.jobs import JOBS
from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker_catalogue import SUBJECTS, TABLES, subject_of

TESTS = Path(__file__).parents[1]
sys.path.append(str(TESTS))

from support.ticks import Asked, Harness  # noqa: E402 - found by the line above

SUNDAY_MORNING = datetime(2024, 12, 22, 1, 10, tzinfo=UTC)
graph_of = runpy.run_path(str(TESTS / "indextracker_assets/test_code_location.py"))["graph_of"]


def told(asked: list[Asked] | str) -> object:
    """The job, the keys and the tables of each run that was asked for; or why there is none."""
    if isinstance(asked, str):
        return asked
    return [[one.job, one.keys, sorted(one.assets)] for one in asked]


def main() -> None:
    settings = environment.load()
    environment.export(settings)
    platform = Platform(settings, lambda: SUNDAY_MORNING)
    with dg.DagsterInstance.from_config(settings.dagster.home) as instance:
        harness = Harness(platform, instance)
        # A reading that is kept twice, and one after it.
        for number in (1, 1, 2):
            keep(platform.lake, number, datetime(2024, 12, 21, number, tzinfo=UTC), ["fog", "ebb"])
        of_the_hour = harness.schedule("gauges_of_the_hour", SUNDAY_MORNING)
        harness.run(of_the_hour)
        nodes = harness.defs.resolve_asset_graph().asset_nodes
        found = {
            "subjects": list(SUBJECTS),
            "tables": [path for path, table in TABLES.items() if _is_ours(table)],
            "feeds": [name for name, feed in FEEDS.items() if _is_ours(feed.table)],
            "jobs": [name for name, job in JOBS.items() if _is_ours(job.writes)],
            "graph": graph_of(harness.defs),
            "partitions": {
                node.key.to_user_string(): list(
                    node.partitions_def.get_partition_keys(dynamic_partitions_store=instance)
                )[:100]
                for node in nodes
                if node.partitions_def
            },
            "rows": {
                path: platform.lake.rows(table).to_table().to_pylist()
                for path, table in TABLES.items()
                if _is_ours(table)
            },
            "due": FEEDS["harbour_auctions"].due("2024-11-02"),
            "schedules": {
                "gauges": told(of_the_hour),
                "auctions on Saturday": told(
                    harness.schedule("auctions_of_today", datetime(2024, 12, 21, 5, 30, tzinfo=UTC))
                ),
                "auctions on Friday": told(
                    harness.schedule("auctions_of_today", datetime(2024, 12, 20, 5, 30, tzinfo=UTC))
                ),
                "freshness": told(harness.schedule("freshness_of_today_harbour", SUNDAY_MORNING)),
            },
            "sensors": {
                name: told(harness.sensor(name))
                for name in (
                    "stale_sessions",
                    "stale_sessions_harbour",
                    "outstanding_documents_harbour",
                )
            },
        }
    print(json.dumps(found, default=str))  # noqa: T201 - its answer


def _is_ours(table: object) -> bool:
    subject = subject_of(table)
    return subject is not None and subject.name == "harbour"


if __name__ == "__main__":
    main()
