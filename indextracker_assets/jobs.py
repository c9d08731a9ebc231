"""The Dagster jobs: acquiring, refining, the marts, and the freshness checks.

Acquiring and refining are separate because a run marks all of its partitions: which sessions are to
be refined is known only after their documents were judged.
"""

from __future__ import annotations

import dagster as dg

from indextracker.building.freshness import watched
from indextracker.building.needs import refined_tables
from indextracker.building.reference_tables import REFERENCES
from indextracker_assets.assets.freshness import CHECK
from indextracker_assets.assets.warehouse import LOADED
from indextracker_assets.specs import asset_key, raw_key

ACQUIRE = "acquire"
REFINE = "refine"
BUILD_MARTS = "build_marts"
FRESHNESS = "freshness"

# What has no sessions is refreshed before anything rests on it: it takes no time.
REFERENCE_KEYS = [
    asset_key(table) for table in (*REFERENCES, *(t for t in refined_tables() if t.is_whole))
]

RAW_KEYS = [raw_key(table) for table in LOADED]

JOBS = [
    dg.define_asset_job(
        ACQUIRE,
        dg.AssetSelection.key_prefixes("bronze"),
        description="Documents of the sessions.",
    ),
    dg.define_asset_job(
        REFINE,
        dg.AssetSelection.key_prefixes("silver", "gold", "raw"),
        description="Reference data, facts, bars and their copies in the warehouse.",
    ),
    dg.define_asset_job(
        BUILD_MARTS,
        dg.AssetSelection.key_prefixes("staging", "intermediate", "marts"),
        description="The marts, tested, documented and published.",
    ),
]
FRESHNESS_JOB = dg.define_asset_job(
    FRESHNESS,
    dg.AssetSelection.checks(*(dg.AssetCheckKey(asset_key(table), CHECK) for table in watched())),
    description="Whether each table has the session that is due.",
)
