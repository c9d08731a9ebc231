"""Takes all tables of a lake back to one instant, and the warehouse with them.

What is to be done is noted in the lake before anything is done, so that a run that was killed is
ended by the next one. Each table goes back by a commit of its own: nothing that was committed later
is lost. Until the end the log of builds says that nothing is up to date, and it goes back last:
where nobody ends what was begun, the next backfill builds everything from the documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from deltalake.exceptions import DeltaError

from indextracker.building import staleness
from indextracker.lake import Lake, TableShapeError
from indextracker.lake.instants import Instant
from indextracker.lake.restoring import Restoration, plan_emptying, restore
from indextracker.lake.restoring import plan as plan_table
from indextracker.platform import Platform
from indextracker.recovery.warehouses import is_to_be_remade, remake
from indextracker.system.failpoints import failpoint
from indextracker_catalogue import TABLES
from indextracker_catalogue.shared.builds import BUILDS

_FOLDER, _FILE = "going-back", "plan.json"


class CannotGoBackError(LookupError):
    """Something that is needed to go back is gone; the message says what."""


@dataclass(frozen=True)
class Plan:
    """What going back to an instant changes.

    Attributes:
        instant: Where to.
        tables: Every table of the lake, the log of builds last.
        begun: Whether an earlier run has begun it.
        loaded: Whether the warehouse is to be made anew.
    """

    instant: Instant
    tables: list[Restoration]
    begun: bool
    loaded: bool

    @property
    def is_needed(self) -> bool:
        """Whether anything is to be done."""
        return self.begun or self.loaded or any(one.changed for one in self.tables)


def unfinished(lake: Lake) -> Instant | None:
    """The instant that a run which was killed was going back to."""
    place = lake.beside(_FOLDER)
    if not place.exists(_FILE):
        return None
    found = json.loads(place.read(_FILE))
    return Instant(found["name"], datetime.fromisoformat(found["at"]), found["versions"])


@contextmanager
def alone(platform: Platform) -> Iterator[None]:
    """Keeps all who write tables out, on this machine; they wait, and go on from what they find."""
    with ExitStack() as held:
        for path in sorted(TABLES):
            held.enter_context(platform.locks.table(path))
        yield


def plan(platform: Platform, instant: Instant) -> Plan:
    """Finds out what going back would change; nothing is written. Call it while `alone`.

    Raises:
        CannotGoBackError: Something that is needed is gone, unreadable or of another declaration,
            each with what.
    """
    lake = platform.lake
    begun = unfinished(lake)
    is_begun = begun is not None and begun.versions == instant.versions
    tables, wrong = [], []
    lost = [path for path in instant.versions if not lake.exists(TABLES[path])]
    wrong += [f"{path} is not there any more" for path in lost]
    for table in sorted(lake.tables(), key=lambda table: table is BUILDS):
        number = instant.versions.get(table.path)
        try:
            tables.append(
                plan_emptying(lake, table) if number is None else plan_table(lake, table, number)
            )
        except (LookupError, TableShapeError, DeltaError) as error:
            wrong.append(str(error).strip().splitlines()[0])
    if wrong:
        raise CannotGoBackError(
            f"the lake cannot go back to {instant}, and nothing was changed: "
            f"{'; '.join(wrong)}. What is gone may be in a copy: indextracker restore --from COPY"
        )
    changed = any(one.changed for one in tables)
    return Plan(instant, tables, is_begun, _is_loaded(platform, changed or begun is not None))


def go_back(platform: Platform, planned: Plan) -> None:
    """Does what was planned, table by table, and then makes the warehouse anew.

    Call it while `alone`, from the plan on. Killed, it is ended by a later run of the same.

    Raises:
        DbtError: The marts could not be built from what the lake held then; readers see them as
            they were.
    """
    lake, progress = platform.lake, platform.progress
    about = {"name": planned.instant.name, "at": planned.instant.at.isoformat()}
    body = json.dumps(about | {"versions": dict(planned.instant.versions)})
    if not planned.begun:
        lake.beside(_FOLDER).remove()  # of a run to another instant, which this one overtakes
    lake.beside(_FOLDER).keep(_FILE, body.encode())
    failpoint("recovery-planned")
    if lake.exists(BUILDS):
        staleness.doubt(lake)
    failpoint("recovery-doubted")
    progress.begin("going back", len(planned.tables), "tables")
    for one in planned.tables:
        if one.table is not BUILDS:
            restore(lake, one)
        progress.advance()
    if planned.loaded:
        remake(platform)
    failpoint("recovery-loaded")
    if lake.exists(BUILDS):
        number = planned.instant.versions.get(BUILDS.path)
        restore(
            lake,
            plan_emptying(lake, BUILDS) if number is None else plan_table(lake, BUILDS, number),
        )
    failpoint("recovery-logged")
    lake.beside(_FOLDER).remove()


def _is_loaded(platform: Platform, changed: bool) -> bool:
    """Whether there is a warehouse, and it holds something else or cannot be read."""
    return is_to_be_remade(platform) or (changed and platform.warehouse.published_yet())
