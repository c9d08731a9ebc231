"""The marts: dbt's models as assets, its tests as their checks, its docs, and publishing.

dbt builds in schemas that readers do not see; only what passed its tests is published. The SQL is
in dbt_project, and `dbt_runs` runs dbt.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from indextracker.platform import Platform
from indextracker.system.failpoints import failpoint
from indextracker.system.progress import Progress
from indextracker.warehouse import Warehouse, dbt_runs
from indextracker.warehouse.column_lineage import Origins
from indextracker_assets import pools
from indextracker_assets.internals import dbt_message
from indextracker_assets.runs import mark
from indextracker_assets.specs import group, key_at
from indextracker_catalogue import SUBJECTS, Subject


class Translator(DagsterDbtTranslator):
    """Keys are warehouse coordinates, [schema, table]; a copy of the lake's is the loader's."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """[schema, model]; a source is the table that the loader wrote."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return key_at(f"{dbt_resource_props['schema']}/{name}")

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """What a subject, whose folder the model stands in, has in a schema."""
        return group(dbt_resource_props["fqn"][1], dbt_resource_props["schema"])


def shown_manifest() -> dict[str, Any]:
    """What dbt knows of its models and tests, with each test where people look for it.

    A view of the marts has the rows of one table of the intermediate layer, which is what dbt
    tests: those tests are shown as the view's. Dagster takes descriptions from `meta`.
    """
    manifest = dbt_runs.manifest()
    nodes, children = manifest["nodes"], manifest["child_map"]
    tests = {name: node for name, node in nodes.items() if node["resource_type"] == "test"}
    for test in tests.values():
        test["meta"]["description"] = test["description"]
    for name, view in nodes.items():
        below = view["depends_on"].get("nodes", [])
        if view["schema"] != "marts" or view["config"]["materialized"] != "view" or len(below) != 1:
            continue
        [table] = below
        for child in children[table]:
            if child in tests and _tested(tests[child]) == table.rpartition(".")[2]:
                tests[child]["config"]["meta"]["dagster"] = {"ref": {"name": view["name"]}}
                children[name].append(child)
    return manifest


def _tested(test: Mapping[str, Any]) -> str | None:
    """The model that a test is of: the one that its `meta` names, or the one it is written at."""
    named: str | None = test["config"]["meta"].get("dagster", {}).get("ref", {}).get("name")
    return named or (test["attached_node"] or "").rpartition(".")[2] or None


def marts_assets() -> list[dg.AssetsDefinition]:
    """All models of a subject in one step: dbt starts once per backfill."""
    manifest = shown_manifest()
    subjects = [subject for subject in SUBJECTS.values() if dbt_runs.has_models(subject.name)]
    return [_marts(subject, manifest) for subject in subjects]


def _marts(subject: Subject, manifest: Mapping[str, Any]) -> dg.AssetsDefinition:
    translator = Translator()

    @dbt_assets(
        manifest=manifest,
        select=dbt_runs.selection(subject.name),
        dagster_dbt_translator=translator,
        name=f"marts{subject.suffix}",
        pool=pools.WAREHOUSE,
    )
    def marts(
        context: dg.AssetExecutionContext, platform: dg.ResourceParam[Platform]
    ) -> Iterator[object]:
        mark(context)
        folder = Path(platform.settings.docs)
        warehouse = platform.warehouse
        with warehouse.writing():
            told: list[dbt_runs.Event] = []

            def heard(event: dbt_runs.Event) -> None:
                told.append(event)
                _tell(platform.progress, event)

            failpoint("dbt-before")
            try:
                dbt_runs.build(warehouse, subject.name, folder, heard)
            except dbt_runs.DbtError as error:
                yield from _outcomes(context, translator, manifest, told)
                raise dg.Failure(f"dbt build failed, nothing was published:\n{error}") from error
            failpoint("dbt-after")
            counts = _row_counts(warehouse, context.selected_asset_keys)
            lineage = dbt_runs.origins_of_columns()
            for key, count in counts.items():
                found = {
                    "dagster/row_count": count,
                    **_lineage(lineage.get(".".join(key.path), {})),
                }
                context.add_asset_metadata(found, key)
            yield from _outcomes(context, translator, manifest, told)
            platform.progress.begin("writing dbt's docs and publishing the marts")
            dbt_runs.write_docs(warehouse, folder)
            warehouse.publish(dbt_runs.relations())

    return marts


def _tell(progress: Progress, event: dbt_runs.Event) -> None:
    """Tells how far dbt is, which numbers its models and tests."""
    numbers = event.log["data"]
    if event.name == "LogStartLine" and numbers["index"] == 1:
        progress.begin("building and testing the marts", numbers["total"], "models and tests")
    elif event.name in ("LogModelResult", "LogTestResult"):
        progress.advance()


def _outcomes(
    context: dg.AssetExecutionContext,
    translator: Translator,
    manifest: Mapping[str, Any],
    told: list[dbt_runs.Event],
) -> Iterator[object]:
    """What became of each model and test, as events of Dagster's."""
    for event in told:
        yield from dbt_message(event.log).to_default_asset_events(manifest, translator, context)


def _lineage(origins: Origins) -> dict[str, dg.TableColumnLineage]:
    if not origins:
        return {}
    deps = {
        column: [dg.TableColumnDep(key_at(f"{schema}/{table}"), name) for schema, table, name in of]
        for column, of in origins.items()
    }
    return {"dagster/column_lineage": dg.TableColumnLineage(deps)}


def _row_counts(warehouse: Warehouse, keys: AbstractSet[dg.AssetKey]) -> dict[dg.AssetKey, int]:
    counts = {}
    with warehouse.built() as connection:
        for key in keys:
            schema, name = key.path
            query = f'select count(*) from {schema}."{name}"'
            counts[key] = connection.execute(query).fetchall()[0][0]
    return counts
