"""Everything goes wrong at once, for so many minutes: `make chaos MINUTES=60 SEED=1`.

Two machines work on one lake in a folder, and two others on one in a bucket. Their publishers are
slow and lie; their runs are killed at random, begin at wrong times of the clock, and now and then
find a full disk, or a store that fails. In the end they are left in peace, and what each holds is
compared with a home that nothing disturbed: nothing is lost, nothing is there twice, and nothing
was taken that no publisher has. A report says what happened, and what differs.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from s3.bucket_homes import BucketHome
from support.commands import Commands
from support.faulty import Way, between
from support.homes import COMMAND, Home
from support.lakehouse import FRIDAY, LIGHT, MONDAY, TUESDAY, backfill, differing, new_home, unended
from support.stores import serving as store_serving

from indextracker.lake import Lake
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_simulator.answers import JSON, Answer, Publishers, Question
from indextracker_simulator.faults import FaultKind, Faults
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange

SESSIONS = (FRIDAY, MONDAY, TUESDAY)
# Of the answers; the rest is true.
LIES: dict[FaultKind, float] = {
    "drop": 0.05,
    "reset": 0.05,
    "latency": 0.1,
    "unavailable": 0.05,
    "html": 0.08,
    "truncate": 0.08,
    "stale": 0.06,
}
STORE_FAULTS = ("500", "503", "reset", "lost answer", "slow", "torn upload", "torn answer")
STORE_FAILS_EVERY = 29
ROOM_BYTES = 2 << 30  # of the disk in memory; a run that finds less than 1 GB does not begin
LEFT_BYTES = 200_000  # of it, while it is full
FULL_SECONDS = (2.0, 8.0)
CLOCKS = ("+400d", "-3d", "+36h", "-20m")
FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
LONGEST_SECONDS = 900.0
# At another time the process by which Dagster ends what a killed run has started cannot sleep: it
# is libfaketime's fault.
_OF_WATCHER = re.compile(r"(Traceback.*?\n)?( .*\n)*.*watch_orphans\.py(.*\n)*?OSError: .*\n")


class Revising:
    """Publishers who publish another figure at first, in some documents, and correct it later.

    Args:
        inner: Who publishes.
        chance: Chooses which documents.
    """

    def __init__(self, inner: Publishers, chance: random.Random) -> None:
        self._inner = inner
        self._chance = chance
        self.revised = 0

    def answer(self, question: Question) -> Answer | None:
        """As of all publishers."""
        answer = self._inner.answer(question)
        if answer and answer.content_type == JSON and self._chance.random() < 0.2:
            changed = answer.body.replace(b'"volume":2,', b'"volume":3,')
            self.revised += changed != answer.body
            return replace(answer, body=changed)
        return answer


@dataclass
class Machine:
    """One machine of a world.

    Attributes:
        name: For the report.
        home: Its folder, and the lake that it shares.
        did: How many runs of which kind, and how they ended.
        tracebacks: What ended without a sentence.
        left_behind: How many runs ended before what they had started.
    """

    name: str
    home: Home
    did: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    tracebacks: list[str] = field(default_factory=list)
    left_behind: int = 0

    def work(self, commands: Commands, until: float, chance: random.Random, usual: float) -> None:
        """Runs backfills that come to grief until a moment."""
        while time.monotonic() < until:
            first, last = sorted(chance.choices(SESSIONS, k=2))
            again = ("--again",) if chance.random() < 0.15 else ()
            arguments = backfill(first, last, LIGHT, *again)
            kind = chance.choices(("left", "killed", "killed with all", "clock"), (2, 3, 2, 1))[0]
            if kind == "clock" and not FAKETIME.exists():
                kind = "left"
            self.did[kind] += 1
            moment = chance.uniform(0.0, 1.3 * usual)
            if kind == "clock":
                code, said = self._at_another_time(arguments, chance)
            else:
                code, said = self._run(commands, arguments, kind, moment)
            self.codes[code] += 1
            if "Traceback" in _OF_WATCHER.sub("", said):
                self.tracebacks.append(said[-1500:])

    def _run(
        self, commands: Commands, arguments: list[str], kind: str, moment: float
    ) -> tuple[int, str]:
        log = self.home.folder / f"log-{self.did.total()}"
        run = commands.start(self.home.environment(), *arguments, log=log)
        if kind == "left":
            run.wait(LONGEST_SECONDS)
        elif run.wait(moment) is None:
            (run.kill if kind == "killed" else run.kill_group)()
        code = run.wait(LONGEST_SECONDS)
        if code is not None and run.survivors():
            self.left_behind += 1
            run.kill_group()
        said = run.said()
        log.unlink()
        if code is None:
            run.kill_group()
            return -99, f"Traceback: it did not end in {LONGEST_SECONDS:.0f} s: {said}"
        return code, said

    def _at_another_time(self, arguments: list[str], chance: random.Random) -> tuple[int, str]:
        clock = {"LD_PRELOAD": str(FAKETIME), "FAKETIME": chance.choice(CLOCKS)}
        clock |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        log = self.home.folder / f"log-{self.did.total()}"
        # To a file: what Dagster leaves behind would hold a pipe open.
        with log.open("wb") as told:
            process = subprocess.Popen(
                [COMMAND, *arguments],
                cwd=self.home.folder,
                env=self.home.environment(**clock),
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            with suppress(subprocess.TimeoutExpired):
                process.wait(LONGEST_SECONDS)
        ended = process.poll() is not None
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
            self.left_behind += ended
        said = log.read_text(encoding="utf-8", errors="replace")[-2000:]
        log.unlink()
        if not ended:
            process.wait()
            return -99, f"Traceback: it did not end at another time: {said}"
        return process.returncode, said


@dataclass
class World:
    """Machines that share a lake.

    Attributes:
        name: For the report.
        machines: Who works in it.
    """

    name: str
    machines: list[Machine]


def machines_of(folder: Path, source: str) -> World:
    """Two machines with one lake in a folder, as one on a network has it."""
    first = Home(folder / "first", source)
    second = _Sharing(folder / "second", source, lake_of=first)
    for home in (first, second):
        home.folder.mkdir(parents=True)
    return World("folder", [Machine("folder 1", first), Machine("folder 2", second)])


@dataclass(frozen=True)
class _Sharing(Home):
    """A home whose lake is another one's."""

    lake_of: Home = field(kw_only=True)

    @property
    def lake(self) -> Path:
        return self.lake_of.lake


@contextmanager
def disk(folder: Path) -> Iterator[bool]:
    """A small disk in memory at a folder, where the system lets this process mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={ROOM_BYTES}", "tmpfs", str(folder)]
    mounted = not subprocess.run(mount, check=False, capture_output=True).returncode
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, until: float, chance: random.Random, found: Counter[str]) -> None:
    """Fills a disk now and then, for some seconds."""
    ballast = folder / "ballast"
    while time.monotonic() < until:
        time.sleep(min(chance.uniform(10, 40), max(0.0, until - time.monotonic())))
        with suppress(OSError):
            room = shutil.disk_usage(folder).free - LEFT_BYTES
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(1, room))
        found["disk full"] += 1
        time.sleep(chance.uniform(*FULL_SECONDS))
        ballast.unlink(missing_ok=True)


def trouble(way: Way, chance: random.Random) -> None:
    """Has a store fail now and then."""
    faults = [*STORE_FAULTS]

    def plan(method: str, path: str, number: int) -> str | None:
        return chance.choice(faults) if number % STORE_FAILS_EVERY == 0 else None

    way.plan = plan


def accepted(lake: str) -> set[tuple[str, str]]:
    """What was taken for a document, ever."""
    rows = Lake(lake, "simulated").rows(DELIVERIES).to_table().to_pylist()
    return {(row["feed"], row["sha256"]) for row in rows if row["state"] == "accepted"}


@dataclass
class Ended:
    """How a machine was found when all was over.

    Attributes:
        code: Of its last backfill, in peace.
        differing: Tables that hold something else than those of the home in peace.
        unended: Runs that its Dagster takes for under way.
    """

    code: int | None
    differing: list[str]
    unended: dict[str, int]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.code or self.differing or self.unended)


def judge(machine: Machine, commands: Commands, calm: str, wanted: dict[str, object]) -> Ended:
    """Leaves a machine in peace, and compares."""
    home = machine.home
    log = home.folder / "last"
    # What publishers corrected is asked for once more.
    asked = backfill(FRIDAY, TUESDAY, LIGHT, "--again")
    peace = {"INDEXTRACKER_SOURCE": calm}
    run = commands.start(home.environment(**peace), *asked, log=log)
    code = run.wait(LONGEST_SECONDS)
    if code:
        machine.tracebacks.append(run.said()[-1500:])
    return Ended(code, differing(home.contents(), wanted), dict(unended(home.dagster)))


def main() -> int:
    """Makes chaos, writes the report, and says whether anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report", type=Path, default=Path("data/chaos.md"))
    given = parser.parse_args()
    from support.commands import commands as started

    exchange = Exchange()
    found: Counter[str] = Counter()
    faults = Faults(given.seed, LIES, latency_seconds=5.0)
    revising = Revising(exchange, random.Random(f"{given.seed} revising"))
    with ExitStack() as stack:
        room = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        calm = f"simulated:{stack.enter_context(serving(exchange))}"
        lying = f"simulated:{stack.enter_context(serving(revising, faults=faults))}"
        small = stack.enter_context(disk(room / "disk"))
        store = stack.enter_context(store_serving())
        os.environ.update(store.environment())
        os.environ |= {"AWS_ALLOW_HTTP": "true", "AWS_DEFAULT_REGION": "eu-central-1"}
        way = stack.enter_context(between(store.address))
        commands = started()
        peace = new_home(room / "peace", calm)
        began = time.monotonic()
        run = commands.start(
            peace.environment(), *backfill(FRIDAY, TUESDAY, LIGHT), log=peace.folder / "log"
        )
        assert run.wait(LONGEST_SECONDS) == 0, run.said()
        usual = time.monotonic() - began
        wanted, published = peace.contents(), accepted(str(peace.lake))
        worlds = [machines_of(room / "disk" / "world", lying)]
        buckets = [
            BucketHome(
                room / f"bucket-{n}",
                lying,
                store=store,
                address="s3://markets/chaos",
                way=way.address,
            )
            for n in (1, 2)
        ]
        for home in buckets:
            home.folder.mkdir()
        worlds.append(
            World("bucket", [Machine(f"bucket {n}", home) for n, home in enumerate(buckets, 1)])
        )
        trouble(way, random.Random(f"{given.seed} store"))
        until = time.monotonic() + given.minutes * 60
        machines = [machine for world in worlds for machine in world.machines]
        threads = [
            threading.Thread(
                target=machine.work,
                args=(commands, until, random.Random(f"{given.seed} {machine.name}"), usual),
            )
            for machine in machines
        ]
        if small:
            chance = random.Random(f"{given.seed} disk")
            threads.append(
                threading.Thread(target=fill, args=(room / "disk", until, chance, found))
            )
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        way.plan = lambda method, path, number: None
        # The first of a world brings what is missing, which the second then has to see.
        ended = {machine.name: judge(machine, commands, calm, wanted) for machine in machines}
        revisions = {
            world.name: accepted(str(world.machines[0].home.lake)) - published for world in worlds
        }
        found |= {"figures revised by publishers": revising.revised}
        found |= {f"store: {kind}": number for kind, number in way.faults.items()}
        found |= {"lies and delays of publishers": sum(faults._befallen.values())}
        text = report(given, machines, ended, found, revisions, small=small, usual=usual)
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    return int(
        not all(one.well for one in ended.values())
        or any(machine.tracebacks for machine in machines)
    )


def report(
    given: argparse.Namespace,
    machines: list[Machine],
    ended: dict[str, Ended],
    found: Counter[str],
    revisions: dict[str, set[tuple[str, str]]],
    *,
    small: bool,
    usual: float,
) -> str:
    """What happened and what came of it, as Markdown."""
    lines = [
        f"# Chaos: {given.minutes:g} minutes, seed {given.seed}",
        "",
        f"In peace a backfill of three sessions takes {usual:.0f} s here. "
        + ("" if small else "No disk could be mounted: none was full. ")
        + ("" if FAKETIME.exists() else "libfaketime is not installed: no clock was moved."),
        "",
        "| machine | left alone | killed | killed with all | at another time | ended with |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for machine in machines:
        did = machine.did
        codes = ", ".join(f"{code}: {number}" for code, number in sorted(machine.codes.items()))
        lines.append(
            f"| {machine.name} | {did['left']} | {did['killed']} | {did['killed with all']} "
            f"| {did['clock']} | {codes} |"
        )
    lines += ["", *(f"- {what}: {number}" for what, number in sorted(found.items())), ""]
    for machine in machines:
        one = ended[machine.name]
        said = "nothing lost, nothing double, all tables as in peace" if one.well else str(one)
        lines.append(f"- **{machine.name}**: {said}")
        if machine.left_behind:
            lines.append(f"- {machine.left_behind} of its runs left processes behind")
        lines += [f"\n```\n{told}\n```" for told in machine.tracebacks[:5]]
    for name, strange in revisions.items():
        lines.append(
            f"- in the {name} {len(strange)} documents were taken that are not the last ones of "
            "their publishers: those with revised figures, which `--again` replaced"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    # The fork server is spawned, and imports this module by its name.
    sys.exit(main())
