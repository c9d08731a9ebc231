"""The marts, by dbt in this process: compiled once for each state of the project, run as it is.

A run of dbt's own command takes four seconds before its first query, and dagster-dbt asks it for
its version before, which takes three; dbt's programmatic runner, given the parsed project, needs
none of that. It holds the warehouse no longer than a call lasts, and ends with this process. The
connection is made and released by the warehouse's own module.
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indextracker.settings import cache
from indextracker.system.installation import shipped
from indextracker.warehouse import dbt_internals
from indextracker.warehouse.protocol import Warehouse
from indextracker_catalogue import TABLES

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

    from indextracker.warehouse.column_lineage import Origins

_MANIFEST = "manifest.json"
_PARSED = "partial_parse.msgpack"
_LINEAGE = "column_lineage.json"
_FILES = ("models/**/*", "macros/**/*", "tests/**/*", "*.yml")
_MAKERS = ("dbt-core", "dbt-duckdb", "sqlglot")
# Those who compiled a state of the project that is gone do not come back for it.
_KEPT_SECONDS = 30 * 24 * 60 * 60
# Of the 3,000 events of a run these are of use; to turn all into dictionaries took 0.3 s.
_TOLD = ("LogStartLine", "LogModelResult", "LogTestResult")
# In memory, of no warehouse: the graph and its lineage are the same whatever it is built in.
_NOWHERE = "memory"
# And the kind of warehouse that this is, as dbt names its adapters.
_COMPILED_KIND = "duckdb"


class DbtError(RuntimeError):
    """dbt could not do, or did not pass, what it was asked for; a line for each thing."""


@dataclass(frozen=True)
class Event:
    """A model or test that begins or ends: name, and all of it as in dbt's structured log."""

    name: str
    log: dict[str, Any]


def prepared() -> bool:
    """Whether the project was compiled in its present state."""
    return _compiled().exists()


def prepare() -> None:
    """Compiles the project, and finds its columns' lineage, unless its present state has been.

    Takes some ten seconds where a file, a table of `raw` or a version has changed, and none else.

    Raises:
        DbtError: The project cannot be compiled, or the user's cache cannot be written.
    """
    compiled = _compiled()
    if compiled.exists():
        return
    try:
        compiled.parent.mkdir(parents=True, exist_ok=True)
        _forget_old(compiled.parent)
        # Made aside and renamed as a whole: what a killed process left unfinished does not count.
        with tempfile.TemporaryDirectory(dir=compiled.parent, prefix=".making-") as aside:
            _compile(Path(aside))
            kept = Path(aside, "kept")
            kept.mkdir()
            for name in (_MANIFEST, _PARSED, _LINEAGE):
                Path(aside, name).rename(kept / name)
            try:
                kept.rename(compiled)
            except OSError:
                # Another process may have been faster, with the same files.
                if not compiled.exists():
                    raise
    except OSError as error:
        raise DbtError(
            f"the compiled dbt project cannot be kept in {compiled.parent} ({error.strerror}): "
            "set XDG_CACHE_HOME to a folder that can be written"
        ) from error


def manifest() -> dict[str, Any]:
    """What dbt says of its models and tests, as `prepare` had it compiled."""
    found: dict[str, Any] = json.loads((_compiled() / _MANIFEST).read_text(encoding="utf-8"))
    return found


def origins_of_columns() -> dict[str, Origins]:
    """Where each column comes from, by the model's `schema.name`, as `prepare` found it."""
    found: dict[str, Origins] = json.loads((_compiled() / _LINEAGE).read_text(encoding="utf-8"))
    return found


@functools.cache
def relations() -> dict[str, list[str]]:
    """By subject what dbt builds of it, each as `schema.name`."""
    found: dict[str, list[str]] = {}
    for node in manifest()["nodes"].values():
        if node["resource_type"] == "model":
            found.setdefault(node["fqn"][1], []).append(f"{node['schema']}.{node['alias']}")
    return found


def has_models(subject: str) -> bool:
    """Whether anything of a subject is built by dbt."""
    return subject in relations()


def load() -> None:
    """Loads dbt, which takes a second and a half, for who has something to wait for before `build`.

    By a call that selects nothing: each one after the first is half a second shorter.
    """
    with tempfile.TemporaryDirectory() as folder:
        nothing = ["list", "--select", "fqn:nothing", "--no-write-json"]
        _invoke(nothing, _COMPILED_KIND, Path(folder))


def selection(subject: str) -> str:
    """The selection that a run of a subject builds and tests: its folders, and the books."""
    return f"fqn:indextracker.{subject} fqn:indextracker.books"


def build(warehouse: Warehouse, subject: str, folder: Path, tell: Callable[[Event], None]) -> None:
    """Builds and tests all models of a subject.

    A test of another subject's that also reads these models is not run: it would hold them back.
    Unit tests are left out: they hold or do not hold whatever the data, so they are for developers.

    Args:
        warehouse: Where; the caller holds `writing`.
        subject: Name of the subject.
        folder: Where dbt leaves the SQL that it ran.
        tell: Told of each model and test that begins or ends, from dbt's threads.

    Raises:
        DbtError: A model could not be built, or a test did not pass.
    """
    with warehouse.dbt() as target:
        chosen = ["--select", *selection(subject).split(), "--indirect-selection", "empty"]
        chosen += ["--exclude-resource-type", "unit_test"]
        # `tell` tells the results, and the manifest of 1.3 MB would say what the compiled one says.
        _invoke(["build", *chosen, "--no-write-json"], target, folder, tell)


def write_docs(warehouse: Warehouse, folder: Path) -> None:
    """Writes dbt's docs as one page that needs no server, `index.html`."""
    with warehouse.dbt() as target:
        generate = ["docs", "generate", "--static"]
        if _compiled_for(target):
            shutil.copyfile(_compiled() / _MANIFEST, folder / _MANIFEST)
            generate.append("--no-compile")
        _invoke(generate, target, folder)
    (folder / "static_index.html").replace(folder / "index.html")


def _invoke(
    arguments: list[str],
    target: str,
    folder: Path,
    tell: Callable[[Event], None] | None = None,
) -> None:
    # Imported here: most who load the code location never run dbt.
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    def heard(message: EventMsg) -> None:
        if tell and message.info.name in _TOLD:
            tell(Event(message.info.name, dbt_internals.as_log(message)))

    project = str(_project())
    where = ["--project-dir", project, "--profiles-dir", project]
    # Without a log it makes the log's folder all the same, by default among the sources.
    into = ["--target-path", str(folder), "--log-path", str(folder)]
    # `tell` tells: a line of a log for each of 3,000 events, whether it was kept or not, took 1 s.
    into += ["--log-level", "none", "--log-level-file", "none"]
    try:
        command = [*arguments, "--target", target, *where, *into]
        done = dbtRunner(_manifest(target), [heard]).invoke(command)
    finally:
        dbt_internals.close_connections()
    if done.exception:
        raise DbtError(f"dbt {arguments[0]} failed: {done.exception}")
    if not done.success:
        raise DbtError("\n".join(_broken(done.result)))


def _broken(result: Any) -> list[str]:
    """What dbt could not build or did not pass, a line each."""
    return [
        f"{node.node.name}: {node.message}"
        for node in result.results
        if node.status in ("error", "fail", "runtime error")
    ]


def _manifest(target: str) -> Manifest | None:
    """The parsed project, where it was parsed for that kind of warehouse; else dbt parses itself.

    dbt then keeps what it parsed in the folder of the run, and looks at what changed since. The
    project is read for each run, since a run writes its own SQL into it.
    """
    if not _compiled_for(target):
        return None
    return dbt_internals.parsed_project((_compiled() / _PARSED).read_bytes())


def _compiled_for(target: str) -> bool:
    """Whether the project was compiled, and for that kind of warehouse."""
    return target == _COMPILED_KIND and prepared()


def _project() -> Path:
    return shipped("dbt_project")


@functools.cache
def _compiled() -> Path:
    """The folder of the compiled project: one for each state of all that compiling rests on.

    Of the state in which this process first asked for it: what runs in it was loaded from there.
    """
    digest, project = hashlib.sha256(), _project()
    # dbt writes down where a file lies.
    digest.update(f"{project}\n".encode())
    paths = {path for pattern in _FILES for path in project.glob(pattern) if path.is_file()}
    for path in sorted(paths):
        digest.update(f"{path.relative_to(project)}\n".encode())
        digest.update(path.read_bytes())
    digest.update(json.dumps(_raw_columns()).encode())
    digest.update(str([version(maker) for maker in _MAKERS]).encode())
    return cache() / "dbt" / digest.hexdigest()[:16]


def _compile(folder: Path) -> None:
    """Has dbt compile the project into a folder, and adds the lineage of its columns."""
    _invoke(["compile", "--no-partial-parse"], _NOWHERE, folder)
    from indextracker.warehouse.column_lineage import column_origins  # noqa: PLC0415 - sqlglot

    compiled = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    origins = column_origins(compiled, _raw_columns())
    (folder / _LINEAGE).write_text(json.dumps(origins), encoding="utf-8")


def _forget_old(folder: Path) -> None:
    """Removes what was compiled long ago: every change of a file leaves another folder."""
    for old in folder.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > _KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)


def _raw_columns() -> Mapping[str, tuple[str, ...]]:
    return {table.name: table.column_names for table in TABLES.values() if table.in_warehouse}
