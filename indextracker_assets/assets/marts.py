"""The marts: dbt's models as assets, its tests as their checks, its docs, and publishing.

The SQL is dbt_project's, and how dbt runs is `dbt_runs`'s. dbt builds where no reader looks; what
passed its tests is published, and nothing else ever is.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

from indextracker.failpoints import failpoint
from indextracker.platform import Platform
from indextracker.progress import Progress
from indextracker.warehouse import Warehouse, dbt_runs
from indextracker.warehouse.column_lineage import Origins
from indextracker_assets import pools
from indextracker_assets.runs import mark
from indextracker_assets.specs import group, key_at


class Translator(DagsterDbtTranslator):
    """Keys are warehouse coordinates, [schema, table]; a copy of the lake's is the loader's."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """[schema, model]; a source is the table that the loader wrote."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return key_at(f"{dbt_resource_props['schema']}/{name}")

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:
        """All models so far are of one subject."""
        return group("taiwan", dbt_resource_props["schema"])


def marts_assets() -> dg.AssetsDefinition:
    """All models in one step: dbt starts once per backfill."""
    translator = Translator()

    @dbt_assets(
        manifest=dbt_runs.MANIFEST,
        dagster_dbt_translator=translator,
        name="marts",
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
                dbt_runs.build(warehouse, folder, heard)
            except dbt_runs.DbtError as error:
                yield from _outcomes(context, translator, told)
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
            yield from _outcomes(context, translator, told)
            platform.progress.begin("writing dbt's docs and publishing the marts")
            dbt_runs.write_docs(warehouse, folder)
            warehouse.publish()

    return marts


def _tell(progress: Progress, event: dbt_runs.Event) -> None:
    """Tells how far dbt is, which numbers its models and tests."""
    numbers = event.log["data"]
    if event.name == "LogStartLine" and numbers["index"] == 1:
        progress.begin("building and testing the marts", numbers["total"], "models and tests")
    elif event.name in ("LogModelResult", "LogTestResult"):
        progress.advance()


def _outcomes(
    context: dg.AssetExecutionContext, translator: Translator, told: list[dbt_runs.Event]
) -> Iterator[object]:
    """What became of each model and test, as events of Dagster's."""
    manifest = dbt_runs.MANIFEST
    for event in told:
        message = DbtCoreCliEventMessage(event.log, event_history_metadata={})
        yield from message.to_default_asset_events(manifest, translator, context)


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
