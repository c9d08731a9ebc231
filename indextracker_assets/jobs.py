"""The jobs of each subject: acquiring, refining, the marts, and how fresh it all is.

Acquiring and refining are apart because a run marks all of its partitions: which sessions are to
be refined is known only once their documents were judged. A subject has jobs of its own, so that
its failures are its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import dagster as dg

from indextracker.building.freshness import watched
from indextracker.building.needs import refined_tables
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import feeds_of
from indextracker_assets.assets.freshness import CHECK
from indextracker_assets.assets.marts import has_models
from indextracker_assets.assets.warehouse import loaded_of
from indextracker_assets.specs import asset_key, group, raw_key
from indextracker_catalogue import SUBJECTS, Sessions, Subject, Table, subject_of

ACQUIRE = "acquire"
REFINE = "refine"
BUILD_MARTS = "build_marts"
FRESHNESS = "freshness"


def job_name(kind: str, subject: Subject) -> str:
    """What a kind of job of a subject is called."""
    return f"{kind}{subject.suffix}"


def kind_of(job: str) -> str:
    """What kind of job one is, whose name has its subject's at the end."""
    kinds = (ACQUIRE, REFINE, BUILD_MARTS, FRESHNESS)
    return next((k for k in kinds for s in SUBJECTS.values() if job_name(k, s) == job), job)


def reference_keys(subject: Subject) -> list[dg.AssetKey]:
    """What has no keys is refreshed before anything rests on it: it takes no time."""
    whole = (table for table in refined_tables() if table.is_whole)
    return [asset_key(table) for table in _of(subject, (*REFERENCES, *whole))]


def raw_keys(subject: Subject) -> list[dg.AssetKey]:
    """The copies of a subject's tables in the warehouse."""
    return [raw_key(table) for tables in loaded_of(subject).values() for table in tables]


@cache
def work_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """What fills tables and marts, of each subject that has any."""
    return [
        dg.define_asset_job(job_name(kind, subject), selection, description=description)
        for subject in SUBJECTS.values()
        for kind, selection, description in (
            (ACQUIRE, _documents(subject), "Documents of the sessions."),
            (
                REFINE,
                _tables(subject),
                "Reference data, facts, bars and their copies in the warehouse.",
            ),
            (BUILD_MARTS, _marts(subject), "The marts, tested, documented and published."),
        )
        if selection is not None
    ]


def freshness_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """What looks how fresh the tables of each subject are."""
    return [
        dg.define_asset_job(
            job_name(FRESHNESS, subject),
            dg.AssetSelection.checks(*(dg.AssetCheckKey(asset_key(table), CHECK) for table in of)),
            description="Whether each table has the session that is due.",
        )
        for subject in SUBJECTS.values()
        if isinstance(subject.timeline, Sessions) and (of := watched(subject))
    ]


def _of(subject: Subject, tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if subject_of(table) is subject]


def _documents(subject: Subject) -> dg.AssetSelection | None:
    keys = [asset_key(feed.table) for feed in feeds_of(subject).values()]
    return dg.AssetSelection.assets(*keys) if keys else None


def _tables(subject: Subject) -> dg.AssetSelection | None:
    refined = map(asset_key, _of(subject, refined_tables()))
    keys = dict.fromkeys((*reference_keys(subject), *refined, *raw_keys(subject)))
    return dg.AssetSelection.assets(*keys) if keys else None


def _marts(subject: Subject) -> dg.AssetSelection | None:
    schemas = ("staging", "intermediate", "marts")
    groups = (group(subject.name, schema) for schema in schemas)
    return dg.AssetSelection.groups(*groups) if has_models(subject) else None
