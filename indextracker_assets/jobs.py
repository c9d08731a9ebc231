"""The jobs of a backfill: acquiring, refining, and the marts.

Acquiring and refining are apart because a run marks all of its partitions: which sessions are to
be refined is known only once their documents were judged.
"""

from __future__ import annotations

import dagster as dg

from indextracker.reference_tables import REFERENCES
from indextracker_assets.assets.silver_gold import refined_tables
from indextracker_assets.specs import asset_key

ACQUIRE = "acquire"
REFINE = "refine"
BUILD_MARTS = "build_marts"

# What has no sessions is refreshed before anything rests on it: it takes no time.
REFERENCE_KEYS = [
    asset_key(table)
    for table in (*REFERENCES, *(t for t in refined_tables() if t.storage == "whole"))
]

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
        dg.AssetSelection.key_prefixes("staging", "marts"),
        description="The marts, tested, documented and published.",
    ),
]
