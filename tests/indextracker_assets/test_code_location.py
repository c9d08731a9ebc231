"""The code location as a whole: it loads, it loads lightly, and its graph is the reviewed one.

After an intended change of the graph, renew its snapshot and review the difference:
`python tests/indextracker_assets/test_code_location.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from indextracker.settings import Settings, cache
from indextracker_catalogue import SUBJECTS

SNAPSHOT = Path(__file__).with_name("asset_graph.json")
PROJECT = Path(__file__).parents[2]  # not of `support`: this is run as a program too
PACKAGES = ("indextracker", "indextracker_assets", "indextracker_spark", "indextracker_simulator")
# What is imported before anything is watched: its doings are not the project's.
FOREIGN = (
    "dagster",
    "dagster_dbt",
    "deltalake",
    "duckdb",
    "exchange_calendars",
    "pyarrow",
    "pyspark.sql",
    "requests",
)


def graph_of(definitions: dg.Definitions) -> dict[str, Any]:
    """What the graph consists of, by asset key."""
    graph = definitions.resolve_asset_graph()
    checks: dict[dg.AssetKey, list[str]] = {}
    for check in graph.asset_check_keys:
        blocking = graph.get_check_spec(check).blocking
        checks.setdefault(check.asset_key, []).append(f"{check.name}{' !' if blocking else ''}")
    return {
        node.key.to_user_string(): {
            "group": node.group_name,
            "kinds": sorted(node.kinds),
            "partitioned": node.is_partitioned,
            "deps": sorted(parent.to_user_string() for parent in node.parent_keys),
            "checks": sorted(checks.get(node.key, [])),
        }
        for node in sorted(graph.asset_nodes, key=lambda node: node.key)
    }


def test_definitions_are_loadable(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_graph_is_the_reviewed_one(definitions: dg.Definitions) -> None:
    expected = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    assert graph_of(definitions) == expected, f"if it is meant: python {Path(__file__)}"


def test_every_dependency_is_an_asset(definitions: dg.Definitions) -> None:
    graph = graph_of(definitions)
    assert {dep for node in graph.values() for dep in node["deps"]} <= set(graph)


def test_leaf_names_are_told_apart_in_the_graph(definitions: dg.Definitions) -> None:
    """The UI shows last names alone."""
    names = [dg.AssetKey.from_user_string(key).path[-1] for key in graph_of(definitions)]
    assert sorted(names) == sorted(set(names))


def test_a_group_is_what_a_subject_has_in_a_layer(definitions: dg.Definitions) -> None:
    for key, node in graph_of(definitions).items():
        layer, _ = dg.AssetKey.from_user_string(key).path
        assert node["group"] in {f"{subject}_{layer}" for subject in SUBJECTS}


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with the settings alone, all places in a folder that is not there yet."""
    return {
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(cache().parent),
        "DAGSTER_DISABLE_TELEMETRY": "1",
        "INDEXTRACKER_LAKE": str(tmp_path / "data" / "lake"),
        "INDEXTRACKER_WAREHOUSE": str(tmp_path / "data" / "warehouse.duckdb"),
        "INDEXTRACKER_DAGSTER_HOME": str(tmp_path / "data" / "dagster"),
    }


def python(code: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_dagster_validates_the_workspace(bare: dict[str, str]) -> None:
    dagster = Path(sys.executable).parent / "dagster"
    done = subprocess.run(
        [dagster, "definitions", "validate", "-w", "workspace.yaml"],
        cwd=PROJECT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "Validation successful for code location indextracker" in done.stderr + done.stdout


# What a process does is told by the interpreter itself.
WATCH = """
import importlib, os, pkgutil, sys, time
for name in {foreign}:
    importlib.import_module(name)
seen = []

def _ours():
    frame = sys._getframe(2)
    while frame:
        if frame.f_globals.get("__name__", "").partition(".")[0] in {packages}:
            return True
        frame = frame.f_back
    return False

def _watch(event, arguments):
    if event in ("socket.connect", "socket.bind", "subprocess.Popen", "os.system"):
        if _ours():
            seen.append(f"{{event}} {{arguments[0]}}")
    elif event in ("open", "os.listdir", "os.scandir", "os.mkdir"):
        path = str(arguments[0])
        if path.startswith({watched}) and not path.endswith((".py", ".pyc")):
            if "__pycache__" not in path:
                seen.append(f"{{event}} {{path}}")

class _Environment(type(os.environ)):
    def __getitem__(self, name):
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__") in ("os", "_collections_abc", "collections.abc"):
            frame = frame.f_back
        if frame.f_globals.get("__name__", "").partition(".")[0] in {packages}:
            seen.append(f"environment {{name}}")
        return super().__getitem__(name)
"""


def test_importing_does_nothing(bare: dict[str, str]) -> None:
    """No module of the project opens a file of it, connects, or reads the environment."""
    folders = tuple(f"{PROJECT}/{name}" for name in (*PACKAGES, "dbt_project", "data", "spark"))
    code = WATCH.format(foreign=FOREIGN, packages=PACKAGES, watched=(*folders, bare["HOME"]))
    code += f"""
os.environ.__class__ = _Environment
sys.addaudithook(_watch)
modules = []
for package in {PACKAGES}:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            modules.append(module.name)
# Listing the packages is the walk's own doing.
seen = [s for s in seen if not s.startswith(("os.listdir", "os.scandir"))]
print(len(modules), seen)
"""
    done = python(code, bare)
    assert done.returncode == 0, done.stderr
    count, _, seen = done.stdout.partition(" ")
    assert int(count) > 40
    assert seen.strip() == "[]"


def test_loading_the_definitions_is_light(bare: dict[str, str]) -> None:
    """Nothing starts and nothing is made: no server, no connection, no lake, no warehouse."""
    code = WATCH.format(foreign=FOREIGN, packages=PACKAGES, watched=(bare["HOME"],))
    code += """
from indextracker.warehouse.dbt_runs import prepare
prepare()
seen.clear()
sys.addaudithook(_watch)
started = time.perf_counter()
from indextracker_assets.definitions import defs
loaded = defs()
print(f"loaded in {time.perf_counter() - started:.2f} s", file=sys.stderr)
assert loaded.resolve_asset_graph().get_all_asset_keys()
print(seen, "pysail" in sys.modules)
"""
    done = python(code, bare)
    assert done.returncode == 0, done.stderr
    sys.stderr.write(done.stderr)
    assert done.stdout.strip() == "[] False"
    assert not Path(bare["INDEXTRACKER_LAKE"]).parent.exists()


@pytest.mark.usefixtures("definitions")  # for which the dbt project is compiled
def test_what_computes_tables_is_loaded_without_dbt(bare: dict[str, str]) -> None:
    """A backfill loads dbt while Spark computes, and one that stops at silver never."""
    code = """
        import sys
        from indextracker import settings
        from indextracker.platform import Platform
        from indextracker_assets import backfill
        from indextracker_assets.definitions import table_defs
        table_defs(Platform(settings.load()))
        print(sorted({"dbt", "dagster_dbt", "sqlglot"} & {*sys.modules}))
    """
    done = python(textwrap.dedent(code), bare)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_the_code_location_marks_where_things_are(definitions: dg.Definitions) -> None:
    """Every table of the lake shows its columns and its place."""
    lake = os.environ["INDEXTRACKER_LAKE"]
    for spec in definitions.resolve_all_asset_specs():
        if spec.key.path[0] in ("bronze", "silver", "gold"):
            assert spec.metadata["dagster/uri"] == f"{lake}/{'/'.join(spec.key.path)}"
            schema = spec.metadata["dagster/column_schema"]
            assert all(column.description for column in schema.columns)


if __name__ == "__main__":
    from indextracker.platform import Platform
    from indextracker.warehouse.dbt_runs import prepare
    from indextracker_assets.definitions import build_defs

    prepare()
    graph = graph_of(build_defs(Platform(Settings())))
    text = json.dumps(graph, indent=1, ensure_ascii=False, sort_keys=True)
    SNAPSHOT.write_text(f"{text}\n", encoding="utf-8")
