"""Outcomes of a run, as sentences and figures for people: its errors and warnings.

Read from Dagster's events; names of classes and of steps are not shown to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import dagster as dg

from indextracker.building.planning import Span
from indextracker.building.reports import Warned
from indextracker.lake.checks import rules
from indextracker_assets.assets.documents import CHECK, STEPS
from indextracker_assets.internals import SerializableErrorInfo
from indextracker_catalogue import TABLES, Key

# The report names what is missing itself, with reasons.
TOLD_ALREADY = (CHECK,)
_JOBS = {"acquire": "asking for documents", "refine": "refining", "build_marts": "the marts"}


def warned(events: Iterable[dg.DagsterEvent]) -> list[Warned]:
    """The rules that stop nothing and were found broken."""
    return [
        Warned(
            table=found.asset_key.to_user_string(),
            check=found.check_name,
            meaning=_meaning(found.asset_key.to_user_string(), found.check_name),
            bad_rows=_bad_rows(found),
            sessions=_sessions(found),
        )
        for found in _broken_rules(events, dg.AssetCheckSeverity.WARN)
        if found.check_name not in TOLD_ALREADY
    ]


def failures(events: Iterable[dg.DagsterEvent], job: str, span: Span | None) -> list[str]:
    """What broke, a sentence each: which table, of which sessions, why, and what can be done."""
    events = list(events)
    of = f" of {_range(span.first, span.last)}" if span else ""
    rules_broken = _broken_rules(events, dg.AssetCheckSeverity.ERROR)
    told = [_rule_in_words(found, of) for found in rules_broken if _in_lake(found)]
    explained = {"__".join(found.asset_key.path) for found in rules_broken if _in_lake(found)}
    steps = [event for event in events if event.is_step_failure]
    for said, tables in _together(step for step in steps if step.step_key not in explained).items():
        told.append(f"{', '.join(tables)}{of}: {said}")
    if not steps:
        # A run can fail between its steps as well: its database is gone, say.
        of_job = [event for event in events if event.is_job_failure]
        told += [f"{_JOBS.get(job, job)}{of}: {sentence(event)}" for event in of_job]
    return told


def sentence(event: dg.DagsterEvent) -> str:
    """What a failed step, or run, says, without traceback and names of classes."""
    if event.is_step_failure:
        told = event.step_failure_data.user_failure_data
        if told and told.description:
            return told.description
        error = event.step_failure_data.error
    else:
        error = event.job_failure_data.error
    while error and error.cause:
        error = error.cause
    return _in_words(error) if error else "it failed without a message"


def _in_words(error: SerializableErrorInfo) -> str:
    said = re.sub(
        rf"^(?:\w+\.)*{re.escape(error.cls_name or '')}(?::|$)", "", error.message.strip()
    )
    return said.strip() or "it failed without a message; --debug shows where"


def _together(steps: Iterable[dg.DagsterEvent]) -> dict[str, list[str]]:
    """Per sentence the tables that it is said of: a full disk breaks many at once."""
    found: dict[str, list[str]] = {}
    for step in steps:
        key = step.step_key or ""
        found.setdefault(sentence(step), []).append(_step_in_words(key))
    return found


def _step_in_words(step: str) -> str:
    """What a step does, for people: its table, or what it does for several."""
    if step.startswith("raw_"):
        return "loading the warehouse"
    if step.startswith(STEPS):
        return "finding closed days"
    return "the marts" if step.startswith("marts") else step.replace("__", "/")


def _broken_rules(
    events: Iterable[dg.DagsterEvent], severity: dg.AssetCheckSeverity
) -> list[dg.AssetCheckEvaluation]:
    kind = dg.DagsterEventType.ASSET_CHECK_EVALUATION
    found = [e.asset_check_evaluation_data for e in events if e.event_type == kind]
    return [one for one in found if not one.passed and one.severity == severity]


def _in_lake(found: dg.AssetCheckEvaluation) -> bool:
    """Whether the rule is of a table of the lake; dbt's own words tell of its tests."""
    return found.asset_key.to_user_string() in TABLES


def _rule_in_words(found: dg.AssetCheckEvaluation, of: str) -> str:
    table, rows = found.asset_key.to_user_string(), _bad_rows(found)
    days = _sessions(found)
    if days:
        of = f" of {', '.join(days[:3])}{' and later' if len(days) > 3 else ''}"
    examples = found.metadata.get("examples")
    such = f", such as {str(examples.value).splitlines()[0]}" if examples else ""
    return (
        f"{table}{of}: {rows:,} row{'s break' if rows != 1 else ' breaks'} the rule "
        f'"{_meaning(table, found.check_name)}" ({found.check_name}){such}. No table was '
        "built from it, and the published marts are unchanged. `indextracker query --lake` shows "
        f"the rows of {table.replace('/', '.')}; if the document is wrong, replace it with a right "
        "one and run the same command again"
    )


def _meaning(table: str, check: str) -> str:
    if table not in TABLES:
        return check.replace("_", " ")
    return next((rule.meaning for rule in rules(TABLES[table]) if rule.name == check), check)


def _bad_rows(found: dg.AssetCheckEvaluation) -> int:
    for name in ("bad_rows", "dagster_dbt/failed_row_count"):
        if name in found.metadata:
            return int(str(found.metadata[name].value))
    return 0


def _sessions(found: dg.AssetCheckEvaluation) -> tuple[Key, ...]:
    told: Any = found.metadata.get("sessions")
    return tuple(told.value) if told else ()


def _range(first: Key, last: Key) -> str:
    return first if first == last else f"{first} to {last}"
