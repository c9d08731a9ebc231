"""Backfills in every combination of lake, engine and warehouse, and prints that they are equal.

    .venv/bin/python tests/matrix.py [--only s3/emr] [--worlds simulated]

Five simulated sessions, and one of the folder of real documents where that is there. Each
combination is the command as people call it, with a home, a store and a database of its own; every
table of its lake and every mart is compared with those of the first: a folder, Sail and DuckDB.
EMR Serverless and Redshift are what stands in for them. All of it takes some three hours on two
processors, since each job on EMR costs a start of Spark, half a minute: --only picks from it.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from redshift_local import Cluster, cluster
from rich.console import Console
from rich.table import Table as Grid
from support import emr_standin, servers, stores

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker.settings import Settings
from indextracker.warehouse import warehouse

COMMAND = str(Path(sys.executable).parent / "indextracker")
SAMPLES = Path(__file__).parent / ".." / ".." / "shared" / "market-samples"
# The second is an expiry: codes roll, and options settle.
SPANS = {"simulated": ("2024-12-17", "2024-12-23"), "real": ("2021-07-26", "2021-07-26")}
LAKES, WAREHOUSES = ("folder", "s3"), ("duckdb", "redshift")
# A cluster of EMR sees no folder of this machine.
ENGINES = {"folder": ("sail", "spark", "connect"), "s3": ("sail", "spark", "connect", "emr")}
INHERITED = ("PATH", "HOME", "JAVA_HOME")
# Documents of `real` are missing, which is no failure.
WELL = {"simulated": (0,), "real": (2,)}

Held = dict[str, str]


@dataclass(frozen=True)
class Combination:
    """What a backfill runs on."""

    lake: str
    engine: str
    warehouse: str

    def __str__(self) -> str:
        return f"{self.lake}/{self.engine}/{self.warehouse}"


class BackfillError(RuntimeError):
    """A backfill broke; its text is what it printed."""


def combinations() -> list[Combination]:
    """Those that the settings allow; the first is what the others are compared with."""
    return [
        Combination(lake, engine, into)
        for lake in LAKES
        for engine, into in itertools.product(ENGINES[lake], WAREHOUSES)
    ]


def held_after(combination: Combination, world: str) -> Held:
    """What the tables and marts hold after a backfill in a combination.

    Raises:
        BackfillError: It broke.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="matrix-")))
        store = stack.enter_context(stores.serving())
        aws = store.environment() | {
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "false",
        }
        os.environ.update(aws)  # what is started here reads its own
        values = {
            "source": "simulated" if world == "simulated" else f"archive:{SAMPLES.resolve()}",
            "lake": f"s3://{stores.BUCKET}/lake" if combination.lake == "s3" else f"{folder}/lake",
            "staging": f"s3://{stores.BUCKET}/staging",
            "warehouse": f"{folder}/warehouse.duckdb",
            "dagster_home": f"{folder}/dagster",
            "start": SPANS[world][0],
        }
        if combination.warehouse == "redshift":
            running: Cluster = stack.enter_context(cluster(store.address))
            running.sql("create role indextracker_readers")
            values |= {"warehouse": running.address, "warehouse_password": running.password}
        environment = {
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            **aws,
            **{f"INDEXTRACKER_{name.upper()}": value for name, value in values.items()},
            **stack.enter_context(_engine(combination.engine, folder, aws)),
        }
        first, last = SPANS[world]
        done = subprocess.run(
            [COMMAND, "backfill", "taiwan", "--from", first, "--to", last],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in WELL[world]:
            raise BackfillError(f"it ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return _held(Settings(**values))


@contextmanager
def _engine(name: str, folder: Path, aws: dict[str, str]) -> Iterator[dict[str, str]]:
    """The environment of a command that uses an engine, with what that needs running."""
    if name == "connect":
        server = servers.sail(folder)
        server.start()
        try:
            yield {"INDEXTRACKER_ENGINE": server.engine}
        finally:
            server.kill()
    elif name == "emr":
        with emr_standin.serving(emr_standin.Application(emr_standin.Image(aws))) as address:
            yield {
                "INDEXTRACKER_ENGINE": "emr",
                "INDEXTRACKER_EMR_APPLICATION": "app",
                "INDEXTRACKER_EMR_ROLE": "arn:aws:iam::123456789012:role/jobs",
                "INDEXTRACKER_EMR_CODE": f"s3://{stores.BUCKET}/emr",
                "AWS_ENDPOINT_URL_EMR_SERVERLESS": address,
            }
    else:
        yield {"INDEXTRACKER_ENGINE": name}


def _held(settings: Settings) -> Held:
    """A word for what each table and each mart holds."""
    lake = Lake(settings.lake.address, settings.world)
    # The logs of deliveries tell when, which is never the same.
    tables = [table for table in lake.tables() if table.writes != "append"]
    found = {table.path: digest(lake, table) for table in tables}
    built = warehouse(settings)
    marts = [name for name, *_ in built.relations() if name.startswith("marts.")]
    with built.reading() as connection:
        for name in marts:
            rows = connection.execute(f"select * from {name}").fetchall()
            told = sorted(repr(tuple(row)) for row in rows)
            found[name] = hashlib.sha256("\n".join(told).encode()).hexdigest()
    return found


def main() -> int:
    """Prints the matrix; 1 where something differs or broke."""
    parser = argparse.ArgumentParser(description="Backfills in every combination.")
    parser.add_argument("--only", default="", help="combinations whose name holds this")
    parser.add_argument("--worlds", default="simulated,real", help="simulated, real or both")
    asked = parser.parse_args()
    console, bad = Console(width=110), 0
    grid = Grid("world", "lake", "engine", "warehouse", "seconds", "tables", "marts", "rows")
    for world in asked.worlds.split(","):
        if world == "real" and not SAMPLES.is_dir():
            console.print(f"no real session: there are no documents at {SAMPLES}")
            continue
        first, *others = combinations()
        good: Held = {}
        for combination in (first, *(one for one in others if asked.only in str(one))):
            started = time.monotonic()
            try:
                found = held_after(combination, world)
                says = "equal" if found == (good or found) else _differing(good, found)
            except BackfillError as error:
                found, says = {}, "broke"
                console.print(str(error), markup=False)
            good = good or found
            bad += says != "equal"
            marts = sum(name.startswith("marts.") for name in found)
            seconds = f"{time.monotonic() - started:.0f}"
            parts = (combination.lake, combination.engine, combination.warehouse)
            grid.add_row(world, *parts, seconds, str(len(found) - marts), str(marts), says)
            console.print(f"{world} {combination}: {says}, {seconds} s", markup=False)
    console.print(grid)
    return 1 if bad else 0


def _differing(good: Held, found: Held) -> str:
    names = sorted(good.keys() | found.keys())
    return "differ: " + ", ".join(name for name in names if good.get(name) != found.get(name))


if __name__ == "__main__":
    sys.exit(main())
