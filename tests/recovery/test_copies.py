"""Copies are whole or not there, and bring back what was lost, whatever it was."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from recovery.conftest import World, every
from support.commands import Commands
from support.homes import Home
from support.lakehouse import FRIDAY, LIGHT, MONDAY, backfill, differing, finish, start

from indextracker.recovery import copies
from indextracker.system.places import place

# Each draws its own damage of all kinds that there are.
SEEDS = [int(seed) for seed in os.environ.get("INDEXTRACKER_DRILLS", "7").split(",")]


def documents(home: Home) -> list[Path]:
    return sorted(file for file in (home.lake / "landing").rglob("*") if file.is_file())


def data(home: Home) -> list[Path]:
    return sorted(file for file in home.lake.rglob("*.parquet") if "_delta_log" not in file.parts)


def logs(home: Home) -> list[Path]:
    return sorted(home.lake.rglob("_delta_log/*.json"))


def tables(home: Home) -> list[Path]:
    return sorted({file.parent.parent for file in logs(home)})


def lose_documents(home: Home, dice: random.Random) -> None:
    for file in dice.sample(documents(home), 2):
        file.unlink()


def lose_files(home: Home, dice: random.Random) -> None:
    for file in dice.sample(data(home), 5):
        file.unlink()


def cut_a_file(home: Home, dice: random.Random) -> None:
    file = dice.choice(data(home))
    os.truncate(file, file.stat().st_size // 2)


def lose_a_log_entry(home: Home, dice: random.Random) -> None:
    # Of a log without a checkpoint, so that it is needed.
    young = [file for file in logs(home) if not list(file.parent.glob("*.checkpoint.parquet"))]
    dice.choice(young).unlink()


def cut_a_log_entry(home: Home, dice: random.Random) -> None:
    file = dice.choice([file for file in logs(home) if not file.stem.strip("0")])
    os.truncate(file, file.stat().st_size // 3)


def drop_a_table(home: Home, dice: random.Random) -> None:
    shutil.rmtree(dice.choice(tables(home)))


def tear_the_warehouse(home: Home, dice: random.Random) -> None:
    size = home.warehouse.stat().st_size
    with home.warehouse.open("r+b") as file:
        file.seek(size // 3)
        file.write(dice.randbytes(size // 3))
    home.warehouse.with_name(".warehouse.duckdb.building").unlink(missing_ok=True)


def lose_the_warehouse(home: Home, dice: random.Random) -> None:
    del dice
    shutil.rmtree(home.warehouse.parent)


DAMAGES: tuple[Callable[[Home, random.Random], None], ...] = (
    *(lose_documents, lose_files, cut_a_file, lose_a_log_entry, cut_a_log_entry, drop_a_table),
    tear_the_warehouse,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_drill(commands: Commands, world: World, home: Home, seed: int) -> None:
    """Damage of every kind; the bringing back is killed in its middle, and done again."""
    dice = random.Random(seed)
    for damage in DAMAGES:
        damage(home, dice)
    restore = ["restore", "--from", str(world.copies), "--yes"]
    died = []
    for point in ("recovery-brought", "recovery-removed", "recovery-put-back:2"):
        run = start(commands, home, restore, INDEXTRACKER_FAILPOINT=point)
        died.append(run.wait())
    assert -signal.SIGKILL in died
    run = start(commands, home, restore)
    assert run.wait() == 0, run.said()
    # What a table lost comes with a note in the log of builds; the rest is as before.
    found, expected = every(home), {**world.monday}
    for kept in (found, expected):
        kept.pop("log silver/builds")
    assert differing(found, expected) == []
    again = home.run("restore", "--from", str(world.copies), "--dry-run")
    assert "nothing is missing" in again.stdout, again.stderr


def test_what_came_after_the_copy_is_built_again_from_the_documents(
    commands: Commands, world: World, home: Home
) -> None:
    first, _ = copies.lists(place(str(world.copies)))
    for name in ("gold/etf_bars", "silver/etf_trades", "bronze/finmind_trades"):
        shutil.rmtree(home.lake / name)
    done = home.run("restore", "--from", str(world.copies), "--copy", first, "--yes")
    assert done.returncode == 0, done.stderr
    assert "gold/etf_bars" in done.stdout
    finish(commands, home, backfill(FRIDAY, MONDAY, LIGHT))
    monday = {path: what for path, what in world.monday.items() if not path.startswith("log ")}
    assert differing(home.contents(), monday) == []


def test_a_lake_comes_back_on_a_machine_that_has_nothing(
    commands: Commands, world: World, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    empty = Home(tmp_path / "elsewhere", world.home.source)
    done = empty.run("restore", "--from", str(world.copies), "--everything", "--yes")
    assert done.returncode == 0, done.stderr
    assert differing(every(empty), world.monday) == []
    done = empty.run("restore", "--from", str(world.copies), "--records", "--yes")
    assert done.returncode == 0, done.stderr
    assert runs(empty) == runs(world.home)
    # And goes on from there: nothing is asked for or built anew.
    finish(commands, empty, backfill(MONDAY, MONDAY, LIGHT))
    assert differing(empty.contents(), world.home.contents()) == []


def test_a_copy_is_incremental_and_whole_or_not_there(
    commands: Commands, world: World, home: Home, tmp_path: Path
) -> None:
    to = tmp_path / "copies"
    for point in ("recovery-copied",):
        run = start(commands, home, ["backup", str(to)], INDEXTRACKER_FAILPOINT=point)
        assert run.wait() == -signal.SIGKILL, run.said()
        assert copies.lists(place(str(to))) == []
        done = home.run("restore", "--from", str(to), "--yes")
        assert "no complete copy" in done.stderr
    written = {file: file.stat().st_mtime_ns for file in (to / "objects").rglob("*")}
    run = start(commands, home, ["backup", str(to)], INDEXTRACKER_FAILPOINT="recovery-listed")
    assert run.wait() == -signal.SIGKILL, run.said()
    [name] = copies.lists(place(str(to)))
    assert {file: file.stat().st_mtime_ns for file in written} == written
    done = home.run("backup", str(to), "--check")
    assert done.returncode == 0, done.stderr
    assert "has its digest" in done.stdout
    # Bytes that rotted in the copy are told, and are never brought back for good ones.
    copy = copies.latest(place(str(to)), "simulated", name)
    document = next(file for file in copy.files if file.startswith("landing/"))
    kept = copy.files[document].sha256
    (to / "objects" / kept[:2] / kept).write_bytes(b"x" * copy.files[document].bytes)
    (home.lake / document).unlink()
    done = home.run("restore", "--from", str(to), "--copy", name, "--yes")
    assert done.returncode == 1, done.stdout
    assert "is damaged in the copy too" in " ".join(done.stderr.split())
    assert not (home.lake / document).exists()
    del world


def runs(home: Home) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(home.dagster / "history" / "runs.db")) as connection:
        return connection.execute("select run_id, status from runs order by 1").fetchall()
