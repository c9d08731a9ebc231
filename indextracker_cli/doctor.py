"""Finds what would keep this installation from working, and says what to do about it.

Each part is checked on its own, so that an error in one is its finding and hides no other. Nothing
is repaired, no document is requested, and nothing is changed.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Literal
from uuid import uuid4

from indextracker import settings as environment
from indextracker.settings import Origins, Settings, SettingsError
from indextracker.system.installation import shipped
from indextracker.system.places import place
from indextracker.system.rooms import existing, rooms, unwritable
from indextracker_catalogue import SECRETS

Verdict = Literal["ok", "warning", "problem"]

PYTHONS = ((3, 11), (3, 14))
CONNECT_SECONDS = 5.0
ENGINE_SECONDS = 120.0
COMFORT_BYTES = 10_000_000_000
# Some four years of sessions, whose last records are kept for good.
LONG_HISTORY_BYTES = 500_000_000
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class Finding:
    """What was found of a part, and what to do about it."""

    part: str
    verdict: Verdict
    says: str


Findings = Iterator[Finding]


def examine() -> Findings:
    """Looks at one part after the other; a finding comes as soon as it is made."""
    yield from _guarded("Python", _python)
    yield from _guarded("dbt", _dbt)
    try:
        origins = environment.origins()
        settings = environment.load()
        environment.export(settings)
    except SettingsError as error:
        for sentence in error.sentences:
            ours = sentence.startswith("INDEXTRACKER_")
            says = f"{sentence}: set or unset this variable" if ours else sentence
            yield Finding("settings", "problem", says)
        yield Finding("settings", "warning", "nothing that depends on them was checked")
        return
    yield Finding("settings", "ok", f"source {settings.source.address}, world {settings.world}")
    yield Finding("settings", "ok", _told(origins))
    parts: dict[str, Callable[[Settings], Findings]] = {
        "folders": _folders,
        "disk": _disk,
        "lake": _lake,
        "reference data": _reviews,
        "warehouse": _warehouse,
        "locks": _locks,
        "Dagster": _dagster,
        "history": _history,
        "secrets": _secrets,
        "source": _source,
    }
    with ThreadPoolExecutor(1) as meanwhile:
        # It takes as long as all others together.
        engine = meanwhile.submit(lambda: [*_guarded("engine", partial(_engine, settings))])
        for part, look in parts.items():
            yield from _guarded(part, partial(look, settings))
        yield from engine.result()


def _guarded(part: str, look: Callable[[], Findings]) -> Findings:
    """What a part's look finds; that it breaks is a finding too."""
    try:
        yield from look()
    except Exception as error:  # noqa: BLE001 - anything that is broken becomes a finding
        first = str(error).strip().splitlines()
        yield Finding(part, "problem", first[0] if first else type(error).__name__)


def _told(origins: Origins) -> str:
    """Which settings come from where."""
    filed = f"{', '.join(origins.filed) or 'nothing'} from {origins.file}"
    if not origins.file.exists():
        filed = f"there is no {origins.file}"
    return f"{filed}; {', '.join(origins.variables) or 'nothing'} from the environment"


def _python() -> Findings:
    found = sys.version_info[:2]
    says = f"{sys.version.split()[0]} at {sys.executable}"
    if PYTHONS[0] <= found < PYTHONS[1]:
        yield Finding("Python", "ok", says)
    else:
        yield Finding(
            "Python", "problem", f"{says}; 3.11 to 3.13 is needed: make PYTHON=python3.12"
        )


def _dbt() -> Findings:
    command = Path(sys.executable).parent / "dbt"
    project = shipped("dbt_project/dbt_project.yml")
    if not command.exists():
        yield Finding("dbt", "problem", f"there is no {command}: make setup")
    elif not project.exists():
        yield Finding("dbt", "problem", f"there is no {project}: run from a whole checkout")
    else:
        yield Finding("dbt", "ok", str(command))


def _folders(settings: Settings) -> Findings:
    for name, address, wrong in unwritable(settings):
        if wrong:
            yield Finding("folders", "problem", wrong)
        else:
            yield Finding("folders", "ok", f"{name} can be written: {address}")


def _disk(settings: Settings) -> Findings:
    for room in rooms(settings):
        if room.short:
            yield Finding("disk", "problem", room.shortage)
        elif room.free < COMFORT_BYTES:
            yield Finding("disk", "warning", f"{room}: `indextracker maintain` frees some")
        else:
            yield Finding("disk", "ok", str(room))


def _lake(settings: Settings) -> Findings:
    from indextracker.acquiring.deliveries import current  # noqa: PLC0415 - Arrow takes a second
    from indextracker.feeds import FEEDS  # noqa: PLC0415
    from indextracker.lake import Lake  # noqa: PLC0415
    from indextracker.lake.arrow import without_pandas  # noqa: PLC0415
    from indextracker.lake.shapes import missing_columns  # noqa: PLC0415

    without_pandas()
    lake = Lake(settings.lake.address, settings.world)
    # The mark is looked at first: of the other world's lake nothing else is worth telling.
    answers = current(lake, FEEDS)
    tables, broken = lake.tables(), []
    for table in tables:
        try:
            missing_columns(lake.open(table), table)
        except Exception as error:  # noqa: BLE001 - each table has its own finding
            says = _first_line(error)
            named = says if table.path in says else f"{table.path}: {says}"
            broken.append(Finding("lake", "problem", named))
    yield from broken
    if not tables:
        yield Finding("lake", "ok", f"{settings.lake.address} is empty so far")
    elif not broken:
        yield Finding("lake", "ok", f"{len(tables)} tables of the {settings.world} world")
    newest = max((answer.fetched_at for answer in answers.values()), default=None)
    now = datetime.now(UTC)
    if newest and newest > now + CLOCK_TOLERANCE:
        yield Finding(
            "clock",
            "problem",
            f"it is {now:%Y-%m-%d %H:%M} UTC here, and the newest answer in the lake is of "
            f"{newest:%Y-%m-%d %H:%M} UTC: set the clock of this machine",
        )
    else:
        yield Finding("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC, after all that is in the lake")


def _reviews(settings: Settings) -> Findings:
    """Whether somebody has looked lately for closures, products and the like."""
    from indextracker.reference import old_reviews, reviews  # noqa: PLC0415

    del settings  # it comes with the package
    old = old_reviews(datetime.now(UTC).date())
    for review in old:
        yield Finding(
            "reference data",
            "warning",
            f"{review.exchange} {review.kind} were reviewed until {review.reviewed_until}: update "
            "IndexTracker, or add the changes since then, with their source, to "
            f"indextracker/reference/{review.subject}",
        )
    if fresh := [review for review in reviews() if review not in old]:
        said = ", ".join(f"{r.exchange} {r.kind} until {r.reviewed_until}" for r in fresh)
        yield Finding("reference data", "ok", f"reviewed: {said}")


def _warehouse(settings: Settings) -> Findings:
    from indextracker.platform import Platform  # noqa: PLC0415
    from indextracker.warehouse import WarehouseError  # noqa: PLC0415

    warehouse = Platform(settings).warehouse
    try:
        if not warehouse.published_yet():
            yield Finding("warehouse", "ok", f"{warehouse.address} is not made yet")
            return
        marts = sum(name.startswith("marts.") for name, *_ in warehouse.relations())
    except WarehouseError as error:
        yield Finding("warehouse", "problem", str(error))
        return
    if marts:
        yield Finding("warehouse", "ok", f"{marts} marts in {warehouse.address}")
    else:
        yield Finding("warehouse", "warning", "it holds no marts: backfill any session")


def _locks(settings: Settings) -> Findings:
    from filelock import FileLock  # noqa: PLC0415

    from indextracker.system.locks import Locks  # noqa: PLC0415

    folder = Locks.beside(settings.lake.address).folder
    with tempfile.NamedTemporaryFile(dir=existing(folder), suffix=".lock") as file:
        try:
            with FileLock(file.name, timeout=0, fallback_to_soft=False):
                yield Finding("locks", "ok", f"can be taken in {folder}")
        except NotImplementedError:  # how filelock says that a file system has no locks
            # Those of a bucket lie in the user's cache.
            variable = "HOME" if "://" in settings.lake.address else "INDEXTRACKER_LAKE"
            yield Finding(
                "locks",
                "problem",
                f"the file system of {folder} has none: set {variable} to a folder of a local disk",
            )


def _dagster(settings: Settings) -> Findings:
    ours = shipped(f"deployment/{settings.deployment.env}/dagster.yaml")
    theirs = Path(settings.dagster.home) / "dagster.yaml"
    if not ours.exists():
        yield Finding("Dagster", "problem", f"there is no {ours}: run from a whole checkout")
    elif not theirs.exists():
        yield Finding("Dagster", "ok", f"the first backfill puts dagster.yaml into {theirs.parent}")
    elif theirs.read_bytes() != ours.read_bytes():
        yield Finding(
            "Dagster",
            "warning",
            f"{theirs} differs from {ours}: copy the latter over it unless you changed it yourself",
        )
    else:
        yield Finding("Dagster", "ok", f"{theirs} is in place")


def _history(settings: Settings) -> Findings:
    """What Dagster keeps of runs; where PostgreSQL has it, there is next to nothing here."""
    files = Path(settings.dagster.home).rglob("*")
    size = sum(file.stat().st_size for file in files if file.is_file())
    says = f"{size / 1e6:,.1f} MB of Dagster's runs in {settings.dagster.home}"
    if size > LONG_HISTORY_BYTES:
        yield Finding("history", "warning", f"{says}: `indextracker maintain` removes old logs")
    else:
        yield Finding("history", "ok", says)


def _secrets(settings: Settings) -> Findings:
    """The secret of each publisher that wants one, by the publisher's name."""
    for name, secret in SECRETS.items():
        if name in settings.source.secrets:
            yield Finding(secret.site, "ok", "a token is set; it is shown nowhere")
        elif settings.source.address == "live":
            yield Finding(
                secret.site,
                "warning",
                f"no token is set, so that {secret.opens} are blocked, and nothing else: "
                f"{secret.advice}",
            )
        else:
            yield Finding(secret.site, "ok", "no token is set, and this source needs none")


def _source(settings: Settings) -> Findings:
    kind, _, address = settings.source.address.partition(":")
    if kind == "live":
        yield from _live(settings)
    elif kind == "archive":
        try:
            files = len(place(address).files())
        except OSError as error:
            says = f"{error}: set INDEXTRACKER_SOURCE to archive:<folder or s3 prefix>"
            yield Finding("source", "problem", says)
        else:
            verdict: Verdict = "ok" if files else "warning"
            yield Finding("source", verdict, f"{files:,} files in {address}")
    else:
        yield from _simulated(settings)


def _live(settings: Settings) -> Findings:
    """Each publisher's host, by the head of its front page: no document is asked for."""
    import requests  # noqa: PLC0415

    from indextracker.feeds import PUBLISHERS  # noqa: PLC0415

    behind: list[timedelta] = []
    for publisher in PUBLISHERS.values():
        try:
            reply = requests.head(
                publisher.base_url,
                timeout=CONNECT_SECONDS,
                allow_redirects=False,
                headers={"User-Agent": settings.source.user_agent},
            )
        except requests.RequestException as error:
            yield Finding(
                "source",
                "problem",
                f"{publisher.base_url} cannot be reached ({type(error).__name__}): look at "
                "network, proxy and firewall",
            )
            continue
        yield Finding("source", "ok", f"{publisher.base_url} answers")
        if dated := reply.headers.get("Date"):
            behind.append(parsedate_to_datetime(dated) - datetime.now(UTC))
    if behind:
        wrong = min(behind, key=abs)
        if abs(wrong) > CLOCK_TOLERANCE:
            yield Finding(
                "clock",
                "problem",
                f"publishers' clocks differ from this one by {round(wrong.total_seconds())} s: "
                "set the clock of this machine",
            )
        else:
            yield Finding("clock", "ok", "agrees with the publishers' clocks")


def _simulated(settings: Settings) -> Findings:
    from indextracker.feeds import FEEDS  # noqa: PLC0415
    from indextracker.platform import Platform  # noqa: PLC0415

    platform = Platform(settings)
    try:
        listed = platform.source.listing(next(feed for feed in FEEDS.values() if feed.listing))
    finally:
        platform.close()
    yield Finding("source", "ok", f"the simulated exchange runs and lists {len(listed)} sessions")


def _engine(settings: Settings) -> Findings:
    """A job in a process of its own: what hangs or crashes there does neither here."""
    from indextracker.platform import Platform  # noqa: PLC0415

    engine = Platform(settings).engine
    if not engine.alone:
        yield Finding(
            "engine", "warning", f"{engine.name} runs only jobs of a backfill: none was tried"
        )
        return
    try:
        done = subprocess.run(
            [sys.executable, "-c", "from indextracker_cli.doctor import run_a_job; run_a_job()"],
            capture_output=True,
            text=True,
            timeout=ENGINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        yield Finding(
            "engine",
            "problem",
            f"{engine.name} did not finish a job in {ENGINE_SECONDS:.0f} s: it is reached at "
            "127.0.0.1, where a firewall, or a proxy without NO_PROXY=127.0.0.1, may be in the way",
        )
        return
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"])[-1]
        yield Finding("engine", "problem", f"{engine.name} could not run a job: {last}")
    else:
        yield Finding("engine", "ok", f"{engine.name} started, ran a job and committed")


def run_a_job() -> None:
    """Runs a job on a lake of its own: without input it empties the slice that is there.

    Raises:
        RuntimeError: The slice is not empty.
    """
    import pyarrow as pa  # noqa: PLC0415

    from indextracker.lake import Lake  # noqa: PLC0415
    from indextracker.lake.arrow import arrow_schema  # noqa: PLC0415
    from indextracker.platform import Platform  # noqa: PLC0415
    from indextracker_spark.jobs import JOBS  # noqa: PLC0415

    job = next(job for job in JOBS.values() if job.writes.layer == "gold" and job.writes.key_column)
    table, when = job.writes, datetime(2024, 12, 13, 1, tzinfo=UTC)
    of_type = {"date": when.date(), "timestamp": when, "string": "doctor"}
    row = {c.name: of_type.get(c.type, 1) for c in table.columns if c.name in table.key}
    key = table.timeline.key_of(when)
    settings = environment.load()
    with _beside(settings.lake.address) as address:
        lake, platform = Lake(address, "simulated"), Platform(settings)
        lake.ensure((table, *job.reads))
        lake.replace(table, pa.Table.from_pylist([row], arrow_schema(table)), [key])
        try:
            platform.engine.run(job, lake.address, [key])
        finally:
            platform.close()
        if left := lake.total_rows(table):
            raise RuntimeError(f"the job should leave no row and left {left}")


@contextmanager
def _beside(lake: str) -> Iterator[str]:
    """An address for a while, which an engine that sees the lake sees as well."""
    if "://" in lake:
        address = f"{lake}-doctor-{uuid4()}"
        try:
            yield address
        finally:
            place(address).remove()
    else:
        parent = existing(Path(lake).parent)
        with tempfile.TemporaryDirectory(prefix=".indextracker-doctor-", dir=parent) as folder:
            yield folder


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
