"""A table as Dagster sees it: key, group, columns, checks, and their results."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

import dagster as dg

from indextracker.building.needs import raw_path
from indextracker.lake import Lake
from indextracker.lake.checks import examine, rules
from indextracker_catalogue import Key, Table, subject_of


def asset_key(table: Table) -> dg.AssetKey:
    """[layer, table]."""
    return dg.AssetKey([table.layer, table.name])


def key_at(path: str) -> dg.AssetKey:
    """The asset of a table of the lake, or of a copy in the warehouse, by its path.

    Dagster's graph shows last names alone: a copy has one of its own there.
    """
    layer, name = path.split("/")
    return dg.AssetKey([layer, f"raw_{name}" if layer == "raw" else name])


def raw_key(table: Table) -> dg.AssetKey:
    """The asset of the table's copy in the warehouse."""
    return key_at(raw_path(table))


def group(subject: str, layer: str) -> str:
    """What Dagster shows together: the tables of a subject in a layer."""
    return f"{subject}_{layer}"


def group_of(table: Table, layer: str = "") -> str:
    """The group of a table, or of its copy in another layer."""
    subject = subject_of(table)
    return group(subject.name if subject else "shared", layer or table.layer)


def metadata(table: Table, uri: str) -> dict[str, object]:
    """Columns with types and meaning, and the place."""
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(
                    column.name,
                    column.type,
                    f"{column.meaning} [{column.unit}]" if column.unit else column.meaning,
                    constraints=dg.TableColumnConstraints(nullable=column.name not in table.key),
                )
                for column in table.columns
            ]
        ),
        "dagster/table_name": table.path.replace("/", "."),
        "dagster/uri": uri,
    }


def check_specs(table: Table) -> list[dg.AssetCheckSpec]:
    """A spec per rule; errors stop what depends on the table."""
    return [
        dg.AssetCheckSpec(
            rule.name,
            asset=asset_key(table),
            description=rule.meaning,
            blocking=rule.severity == "error",
        )
        for rule in rules(table)
    ]


def check_results(
    lake: Lake, table: Table, keys: Sequence[Key] | None, earlier: Collection[Key] = ()
) -> Iterator[dg.AssetCheckResult]:
    """What the rules of a table find in a slice; `earlier` is what they look back to."""
    for finding in examine(lake, table, keys, earlier):
        error = finding.rule.severity == "error"
        notes: dict[str, Any] = {"bad_rows": finding.bad_rows}
        if finding.examples:
            notes["examples"] = "\n".join(finding.examples)
        if finding.keys:
            notes["sessions"] = list(finding.keys)
        yield dg.AssetCheckResult(
            passed=finding.bad_rows == 0,
            asset_key=asset_key(table),
            check_name=finding.rule.name,
            severity=dg.AssetCheckSeverity.ERROR if error else dg.AssetCheckSeverity.WARN,
            metadata=notes,
        )


def blocks(result: dg.AssetCheckResult) -> bool:
    """Whether what depends on the table has to wait: an error was found."""
    return not result.passed and result.severity == dg.AssetCheckSeverity.ERROR
