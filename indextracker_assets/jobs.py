"""The jobs of each subject: acquiring, refining, the marts, and how fresh it all is.

Acquiring and refining are apart because a run marks all of its partitions: which sessions are to
be refined is known only once their documents were judged. A subject has jobs of its own, so that
its failures are its own; of its time lines too, since a job has partitions of one kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import dagster as dg

from indextracker.building.jobs import writers
from indextracker.building.needs import refined_tables
from indextracker.building.reference_tables import REFERENCES
from indextracker.feeds import feeds_of
from indextracker.warehouse import dbt_runs
from indextracker_assets.assets.freshness import CHECK, looked_at
from indextracker_assets.assets.warehouse import loaded_of
from indextracker_assets.specs import asset_key, group, raw_key
from indextracker_catalogue import (
    SUBJECTS,
    Subject,
    Table,
    Timeline,
    Whole,
    subject_of,
)

ACQUIRE = "acquire"
REFINE = "refine"
BUILD_MARTS = "build_marts"
FRESHNESS = "freshness"
# The tag by which the queue of runs keeps places for each subject (deployment/*/dagster.yaml).
SUBJECT = "indextracker/subject"


def job_name(kind: str, subject: Subject, timeline: Timeline | None = None) -> str:
    """What a kind of job of a subject is called.

    A job has the partitions of one time line. The subject's own stays without the name of it, and
    so does what is asked for all at once: it has no partitions.
    """
    name = f"{kind}{subject.suffix}"
    if timeline is None or timeline == subject.timeline or (kind == ACQUIRE and timeline.at_once):
        return name
    return f"{name}_{timeline.name}"


def reference_keys(subject: Subject) -> list[dg.AssetKey]:
    """What has no keys is refreshed before anything rests on it: it takes no time."""
    whole = (table for table in refined_tables() if table.is_whole)
    return [asset_key(table) for table in _of(subject, (*REFERENCES, *whole))]


def whole_keys(subject: Subject) -> list[dg.AssetKey]:
    """All that has no keys: what `reference_keys` names, and the copies of it in the warehouse."""
    copies = loaded_of(subject).get(Whole(), [])
    return [*reference_keys(subject), *map(raw_key, copies)]


def gathered_tables(subject: Subject) -> list[Table]:
    """Tables in one piece that are made of tables with keys: whatever fills these renews them."""
    return [
        table
        for table in _of(subject, refined_tables())
        if table.is_whole and any(not read.is_whole for job in writers(table) for read in job.reads)
    ]


def following_tables(subject: Subject) -> dict[Table, list[Table]]:
    """Tables in one piece that rest on other subjects' tables, which their own runs do not renew.

    Returns:
        For each of them the tables of others.
    """
    found = {}
    for table in _of(subject, refined_tables()):
        reads = [read for job in writers(table) for read in job.reads]
        others = [read for read in reads if subject_of(read) not in (subject, None)]
        if table.is_whole and others:
            found[table] = others
    return found


def raw_keys(subject: Subject) -> list[dg.AssetKey]:
    """The copies of a subject's tables in the warehouse."""
    return [raw_key(table) for tables in loaded_of(subject).values() for table in tables]


@cache
def jobs_of(kind: str, subject: Subject) -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs of a kind that a subject has: one for each of its time lines, or none."""
    description, selections = {
        ACQUIRE: ("Documents of the sessions.", _documents),
        REFINE: ("Reference data, facts, bars and their copies in the warehouse.", _tables),
        BUILD_MARTS: ("The marts, tested, documented and published.", _marts),
    }[kind]
    return [
        dg.define_asset_job(name, selection, description=description, tags={SUBJECT: subject.name})
        for name, selection in selections(subject).items()
    ]


def work_jobs(*kinds: str) -> list[dg.UnresolvedAssetJobDefinition]:
    """The jobs of some kinds, of each subject that has any."""
    return [
        job for subject in SUBJECTS.values() for kind in kinds for job in jobs_of(kind, subject)
    ]


def freshness_jobs() -> list[dg.UnresolvedAssetJobDefinition]:
    """What looks how fresh the tables of each subject are."""
    return [
        dg.define_asset_job(
            job_name(FRESHNESS, subject),
            dg.AssetSelection.checks(*(dg.AssetCheckKey(asset_key(table), CHECK) for table in of)),
            description="Whether each table has the session that is due, or what arrived.",
            tags={SUBJECT: subject.name},
        )
        for subject in SUBJECTS.values()
        if (of := looked_at(subject))
    ]


def _of(subject: Subject, tables: Iterable[Table]) -> list[Table]:
    return [table for table in tables if subject_of(table) is subject]


def _documents(subject: Subject) -> dict[str, dg.AssetSelection]:
    """The documents that each job of a subject asks for."""
    found: dict[str, list[dg.AssetKey]] = {}
    for feed in feeds_of(subject).values():
        name = job_name(ACQUIRE, subject, feed.timeline)
        found.setdefault(name, []).append(asset_key(feed.table))
    return {name: dg.AssetSelection.assets(*keys) for name, keys in found.items()}


def _tables(subject: Subject) -> dict[str, dg.AssetSelection]:
    """The tables and copies that each job of a subject fills, those in one piece in each."""
    whole = whole_keys(subject)
    found = {subject.timeline: [*whole]} if whole else {}
    for table in _of(subject, refined_tables()):
        if not table.is_whole:
            found.setdefault(table.timeline, [*whole]).append(asset_key(table))
    for timeline, tables in loaded_of(subject).items():
        if timeline != Whole():
            found.setdefault(timeline, [*whole]).extend(map(raw_key, tables))
    return {
        job_name(REFINE, subject, timeline): dg.AssetSelection.assets(*dict.fromkeys(keys))
        for timeline, keys in found.items()
    }


def _marts(subject: Subject) -> dict[str, dg.AssetSelection]:
    if not dbt_runs.has_models(subject.name):
        return {}
    schemas = ("staging", "intermediate", "marts")
    groups = (group(subject.name, schema) for schema in schemas)
    return {job_name(BUILD_MARTS, subject): dg.AssetSelection.groups(*groups)}
