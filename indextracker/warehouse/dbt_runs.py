"""The marts, by dbt in this process: compiled once for each state of the project, run as it is.

A run of dbt's own command takes four seconds before its first query, and dagster-dbt asks it for
its version before, which takes three; dbt's programmatic runner, given the parsed project, needs
none of that. It holds the warehouse no longer than a call lasts, and dies with this process. What
dbt needs of a warehouse, and how that lets go again, the warehouse itself knows.
What the models mean is dbt_project's, and what they are to Dagster `indextracker_assets`'s.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indextracker.settings import PROJECT
from indextracker.warehouse.column_lineage import Origins, column_origins
from indextracker.warehouse.protocol import Warehouse
from indextracker_catalogue import TABLES

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt_common.events.base_types import EventMsg

PROJECT_DIR = PROJECT / "dbt_project"
MANIFEST = PROJECT_DIR / "target" / "manifest.json"
_PARSED = "partial_parse.msgpack"
_LINEAGE = "column_lineage.json"
_STATE = "prepared"
_FILES = ("models/**/*", "macros/**/*", "tests/**/*", "*.yml")
_MAKERS = ("dbt-core", "dbt-duckdb", "sqlglot")
# In memory, of no warehouse: the graph and its lineage are the same whatever it is built in.
_NOWHERE = "memory"


class DbtError(RuntimeError):
    """dbt could not do, or did not pass, what it was asked for; a line for each thing."""


@dataclass(frozen=True)
class Event:
    """Something that dbt logged: its name, and all of it as in dbt's structured log."""

    name: str
    log: dict[str, Any]


def prepared() -> bool:
    """Whether the project was compiled as it stands."""
    state = MANIFEST.with_name(_STATE)
    return state.exists() and state.read_text() == _state()


def prepare() -> None:
    """Compiles the project, and finds its columns' lineage, unless that was done as it stands.

    Takes some ten seconds where a file, a table of `raw` or a version has changed, and none else.
    """
    if prepared():
        return
    target, wanted = MANIFEST.parent, _state()
    target.mkdir(parents=True, exist_ok=True)
    # Made aside: another process that loads the code location reads whole files. The state comes
    # last, so that what a killed process left unfinished is made again.
    with tempfile.TemporaryDirectory(dir=target) as aside:
        _invoke(["compile", "--no-partial-parse"], _NOWHERE, Path(aside))
        manifest = json.loads(Path(aside, MANIFEST.name).read_text(encoding="utf-8"))
        origins = column_origins(manifest, _raw_columns())
        Path(aside, _LINEAGE).write_text(json.dumps(origins), encoding="utf-8")
        Path(aside, _STATE).write_text(wanted)
        for name in (_PARSED, _LINEAGE, MANIFEST.name, _STATE):
            Path(aside, name).replace(target / name)


def origins_of_columns() -> dict[str, Origins]:
    """Where each column comes from, by the model's `schema.name`, as `prepare` found it."""
    lineage = MANIFEST.with_name(_LINEAGE).read_text(encoding="utf-8")
    found: dict[str, Origins] = json.loads(lineage)
    return found


def build(warehouse: Warehouse, folder: Path, tell: Callable[[Event], None]) -> None:
    """Builds and tests all models.

    Unit tests are left out: they hold or do not hold whatever the data, so they are for developers.

    Args:
        warehouse: Where; the caller holds `writing`.
        folder: Where dbt leaves its log and its results.
        tell: Told of each event of dbt's log while it runs, from dbt's threads.

    Raises:
        DbtError: A model could not be built, or a test did not pass.
    """
    with warehouse.dbt() as target:
        _invoke(["build", "--exclude-resource-type", "unit_test"], target, folder, tell)


def write_docs(warehouse: Warehouse, folder: Path) -> None:
    """Writes dbt's docs as one page that needs no server, `index.html`."""
    with warehouse.dbt() as target:
        _invoke(["docs", "generate", "--static", "--no-compile"], target, folder)
    (folder / "static_index.html").replace(folder / "index.html")


def _invoke(
    arguments: list[str],
    target: str,
    folder: Path,
    tell: Callable[[Event], None] | None = None,
) -> None:
    # Imported here: most who load the code location never run dbt.
    from dbt.adapters.factory import cleanup_connections  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415
    from dbt_common.events.functions import msg_to_dict  # noqa: PLC0415

    def heard(message: EventMsg) -> None:
        if tell:
            tell(Event(message.info.name, msg_to_dict(message)))

    where = ["--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR)]
    into = ["--target-path", str(folder), "--log-path", str(folder), "--no-use-colors"]
    try:
        command = [*arguments, "--target", target, *where, *into]
        done = dbtRunner(_manifest(target), [heard]).invoke(command)
    finally:
        cleanup_connections()  # type: ignore[no-untyped-call]  # dbt declares no types here
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
    from dbt.contracts.graph.manifest import Manifest  # noqa: PLC0415

    parsed = MANIFEST.with_name(_PARSED)
    if target == _NOWHERE or not parsed.exists():
        return None
    manifest = Manifest.from_msgpack(parsed.read_bytes())
    if manifest.metadata.adapter_type != target:
        return None
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]  # dbt declares none here
    return manifest


def _state() -> str:
    """A digest of all that compiling and lineage rest on."""
    digest = hashlib.sha256()
    paths = {path for pattern in _FILES for path in PROJECT_DIR.glob(pattern) if path.is_file()}
    for path in sorted(paths):
        digest.update(f"{path.relative_to(PROJECT_DIR)}\n".encode())
        digest.update(path.read_bytes())
    digest.update(json.dumps(_raw_columns()).encode())
    digest.update(str([version(maker) for maker in _MAKERS]).encode())
    return digest.hexdigest()


def _raw_columns() -> Mapping[str, tuple[str, ...]]:
    return {table.name: table.column_names for table in TABLES.values() if table.in_warehouse}
