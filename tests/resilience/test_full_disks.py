"""Disks that become full while price files are loaded, and while a strategy's run is written.

The disk is one in memory with so many places for files: when they are used up, the system says what
it says of any full disk, at the same step each time. It is mounted in a namespace of the test's
own, which needs no right that a user has not, where the system allows namespaces.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.homes import COMMAND, Home
from support.price_collections import put_collection

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import TABLES, Table
from indextracker_catalogue.files import FILE_PRICES, FILE_REJECTS
from indextracker_catalogue.files.gold import STRATEGY_RUNS

BARS = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2021-03-{day},10.5,12.5,9.5,11.5,{day}00\n" for day in range(11, 29)
)
NAMESPACE = ("unshare", "--map-root-user", "--mount")
# For each number of places that are left: the command, and once more with places for any number.
# What it says, its exit code and the lake go to a folder beside: the disk ends with the script.
SCRIPT = """
set -e
kept=$1 lake=$2 disk=$3 lefts=$4
shift 4
mount -t tmpfs -o size=2g,nr_inodes=1000000 tmpfs "$disk"
for left in $lefts; do
    folder="$disk/$left"
    mkdir "$folder"
    cp -a "$lake" "$folder/lake"
    mkdir "$folder/warehouse" "$folder/dagster"
    export INDEXTRACKER_LAKE="$folder/lake" INDEXTRACKER_WAREHOUSE="$folder/warehouse/w.duckdb"
    export INDEXTRACKER_DAGSTER_HOME="$folder/dagster"
    used=$(df --output=iused "$disk" | tail -n 1)
    mount -o "remount,nr_inodes=$((used + left))" "$disk"
    for run in first again; do
        code=0
        "$@" >"$kept/$left-$run.out" 2>"$kept/$left-$run.err" || code=$?
        echo $code >"$kept/$left-$run.code"
        cp -a "$folder/lake" "$kept/$left-$run.lake"
        mount -o remount,nr_inodes=1000000 "$disk"
    done
done
"""


@dataclass(frozen=True)
class Ran:
    """A run of a command: what it ended with, and the lake as it left it."""

    code: int
    output: str
    error: str
    lake: Lake

    def holds(self, table: Table) -> object:
        """A digest of a table."""
        return digest(self.lake, table) if self.lake.exists(table) else None


@pytest.fixture(scope="module", autouse=True)
def _namespaces() -> None:
    if not shutil.which("unshare") or subprocess.run([*NAMESPACE, "true"], check=False).returncode:
        pytest.skip("this system has no namespaces in which a user may mount a disk")


def on_small_disks(
    home: Home, lefts: tuple[int, ...], *arguments: str
) -> Iterator[tuple[Ran, Ran]]:
    """The runs of a command on disks with so many places left, each with the run after it."""
    kept, disk = home.folder / "kept", home.folder / "disk"
    for folder in (kept, disk, home.lake):
        folder.mkdir(exist_ok=True)
    given = (str(kept), str(home.lake), str(disk), " ".join(map(str, lefts)))
    subprocess.run(
        [*NAMESPACE, "sh", "-c", SCRIPT, "sh", *given, COMMAND, *arguments],
        env=home.environment(PATH="/usr/sbin:/usr/bin:/sbin:/bin"),
        check=True,
    )
    for left in lefts:
        yield _ran(kept, f"{left}-first"), _ran(kept, f"{left}-again")


def _ran(kept: Path, name: str) -> Ran:
    code, output, error = (
        (kept / f"{name}.{what}").read_text(encoding="utf-8") for what in ("code", "out", "err")
    )
    return Ran(int(code), output, error, Lake(str(kept / f"{name}.lake"), "simulated"))


def told(run: Ran) -> None:
    assert run.code == 1, run.error
    assert "a disk was full, " in run.error
    assert "run the same command again" in " ".join(run.error.split())
    assert "Traceback" not in run.error


def test_a_load_on_a_full_disk_is_told_and_completed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    prices = tmp_path / "prices"
    prices.mkdir()
    (prices / "AAA.csv").write_text(BARS)
    (prices / "BBB.csv").write_text(BARS.replace("2021-03-20", "Saturday"))
    home.run("files", "detect", str(prices))
    home.run("files", "confirm", str(prices), "--answer", "weekends=yes")
    load = ("files", "load", str(prices), "--collection", "mine", "--json")
    runs = [*on_small_disks(home, (3, 20), *load)]
    whole = home.run(*load)
    assert whole.returncode == 0, whole.stderr
    expected = Lake(str(home.lake), "simulated")
    for first, again in runs:
        told(first)
        assert first.holds(FILE_PRICES) in (None, digest(expected, FILE_PRICES)) or (
            first.lake.total_rows(FILE_PRICES) == 0
        )
        assert again.code == 0, again.error
        assert json.loads(again.output)["rows"] == 35
        for table in (FILE_PRICES, FILE_REJECTS):
            assert again.holds(table) == digest(expected, table), table.path


def test_a_run_of_a_strategy_on_a_full_disk_is_told_and_completed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    put_collection(Lake(str(home.lake), "simulated"))
    run = ("strategy", "run", "crossover", "--on", "prices", "--to-layer", "gold", "--json")
    runs = [*on_small_disks(home, (30,), *run)]
    whole = home.run(*run)
    assert whole.returncode == 0, whole.stderr
    expected = Lake(str(home.lake), "simulated")
    for first, again in runs:
        told(first)
        assert not first.lake.exists(STRATEGY_RUNS) or not first.lake.total_rows(STRATEGY_RUNS)
        assert again.code == 0, again.error
        for path, table in TABLES.items():
            if path.startswith("gold/strategy_") and table != STRATEGY_RUNS:
                assert again.holds(table) == digest(expected, table), path
