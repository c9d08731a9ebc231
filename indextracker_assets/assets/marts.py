"""The marts: dbt's models as assets, its tests as their checks, its docs, and publishing.

The SQL is dbt_project's. dbt builds in the warehouse's private file; what passed its tests is
published, and nothing else ever is.
"""

import functools
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtTranslator, DbtCliResource, DbtProject, dbt_assets

from indextracker.platform import Platform
from indextracker.settings import PROJECT

_PROJECT_DIR = PROJECT / "dbt_project"
_DBT_EXECUTABLE = Path(sys.executable).parent / "dbt"


class Translator(DagsterDbtTranslator):
    """Keys are warehouse coordinates, [schema, table], as everywhere."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """[schema, model]; a source is the table that the loader wrote."""
        name = dbt_resource_props.get("identifier") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str | None:  # noqa: ARG002
        """All models so far are of one subject."""
        return "taiwan"


@functools.cache
def dbt_project() -> DbtProject:
    """The project; making it reads its file."""
    return DbtProject(project_dir=_PROJECT_DIR, profiles_dir=_PROJECT_DIR)


def prepare() -> None:
    """Brings dbt's manifest up to date with the project's files.

    Parsing takes seconds, so it happens only where a file is newer than the manifest.
    """
    manifest = dbt_project().manifest_path
    sources = [
        path
        for pattern in ("models/**/*", "macros/**/*", "tests/**/*", "*.yml")
        for path in _PROJECT_DIR.glob(pattern)
        if path.is_file()
    ]
    newest = max(path.stat().st_mtime for path in sources)
    if not manifest.exists() or manifest.stat().st_mtime < newest:
        manifest.parent.mkdir(parents=True, exist_ok=True)
        # Parsed aside: another process that loads the code location reads a whole file.
        with tempfile.TemporaryDirectory(dir=manifest.parent) as aside:
            _dbt("parse", "--target-path", aside)
            for name in ("partial_parse.msgpack", manifest.name):
                Path(aside, name).replace(manifest.with_name(name))


def dbt_resource() -> DbtCliResource:
    """Dbt beside this interpreter, so that no environment needs to be activated."""
    return DbtCliResource(project_dir=dbt_project(), dbt_executable=str(_DBT_EXECUTABLE))


def marts_assets() -> dg.AssetsDefinition:
    """All models in one step: dbt starts once per backfill."""
    manifest = dbt_project().manifest_path

    @dbt_assets(manifest=manifest, dagster_dbt_translator=Translator(), name="marts")
    def marts(
        context: dg.AssetExecutionContext,
        dbt: DbtCliResource,
        platform: dg.ResourceParam[Platform],
    ) -> Iterator[object]:
        with platform.warehouse.writing() as private:
            # The file is dbt's while dbt runs: rows are counted after its last event.
            folder = Path(platform.settings.docs)
            build = dbt.cli(
                ["build", "--exclude-resource-type", "unit_test"],
                context=context,
                target_path=folder,
                raise_on_error=False,
            )
            events = list(build.stream())
            if not build.is_successful():
                yield from events
                raise dg.Failure(_broken(build.get_artifact("run_results.json")))
            for key, count in _row_counts(private, context.selected_asset_keys).items():
                context.add_asset_metadata({"dagster/row_count": count}, key)
            yield from events
            _write_docs(folder)
            platform.warehouse.publish()

    return marts


def _broken(results: Mapping[str, Any]) -> str:
    """What dbt could not build or did not pass, a line each."""
    lines = [
        f"{result['unique_id'].split('.')[2]}: {result['message']}"
        for result in results["results"]
        if result["status"] in ("error", "fail", "runtime error")
    ]
    return "dbt build failed, nothing was published:\n" + "\n".join(lines)


def _row_counts(database: Path, keys: AbstractSet[dg.AssetKey]) -> dict[dg.AssetKey, int]:
    counts = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for key in keys:
            schema, name = key.path
            query = f'select count(*) from {schema}."{name}"'
            counts[key] = connection.execute(query).fetchall()[0][0]
    return counts


def _write_docs(folder: Path) -> None:
    """Writes dbt's docs as one page that needs no server, beside what the build left."""
    _dbt("docs", "generate", "--static", "--no-compile", "--target-path", str(folder))
    (folder / "static_index.html").replace(folder / "index.html")


def _dbt(*arguments: str) -> None:
    project = str(_PROJECT_DIR)
    command = [str(_DBT_EXECUTABLE), "--quiet", *arguments]
    places = ["--project-dir", project, "--profiles-dir", project]
    done = subprocess.run([*command, *places], capture_output=True, text=True, check=False)
    if done.returncode:
        raise dg.Failure(f"dbt {arguments[0]} failed: {done.stdout}{done.stderr}")
