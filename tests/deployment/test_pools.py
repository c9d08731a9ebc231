"""One step at a time across machines: deployments with slots in pools, and without."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import dagster as dg
import pytest
from deployment.clouds import Cloud, instance

from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.warehouse.dbt_runs import prepare
from indextracker_assets import pools
from indextracker_assets.definitions import work_defs
from indextracker_catalogue import TABLES

POOL = pools.table(TABLES["silver/futures_trades"])
# A machine of its own: it says when its step begins and ends, and waits for a sign in between.
MACHINE = """
import sys, time
from pathlib import Path
import dagster as dg
name, pool, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
def note(what):
    with (folder / "notes").open("a") as notes:
        notes.write(f"{name} {what}\\n")
@dg.asset(pool=pool)
def written():
    note("begins")
    while not (folder / "go").exists():
        time.sleep(0.05)
    note("ends")
assert dg.materialize([written], instance=dg.DagsterInstance.get()).success
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[[str], subprocess.Popen[bytes]]]:
    """Starts machines; they are gone afterwards."""
    with ExitStack() as stack:

        def start(name: str) -> subprocess.Popen[bytes]:
            process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-c", MACHINE, name, POOL, tmp_path],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


def until(condition: Callable[[], bool], *processes: subprocess.Popen[bytes]) -> None:
    """Waits for something that the processes bring about while they run."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        assert all(process.poll() is None for process in processes)
        time.sleep(0.05)


def test_on_aws_one_machine_waits_for_the_other(
    on_aws: Cloud,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    notes = tmp_path / "notes"
    with instance("aws", tmp_path / "dagster", monkeypatch) as aws:

        def waiting() -> int:
            if POOL not in aws.event_log_storage.get_concurrency_keys():
                return 0
            return aws.event_log_storage.get_concurrency_info(POOL).pending_step_count

        one = machine("one")
        until(notes.exists, one)
        other = machine("other")
        until(lambda: waiting() == 1, one, other)
        (tmp_path / "go").touch()
        assert (one.wait(120), other.wait(120)) == (0, 0)
        assert notes.read_text().splitlines() == [
            "one begins",
            "one ends",
            "other begins",
            "other ends",
        ]
        left = aws.event_log_storage.get_concurrency_info(POOL)
        assert (left.slot_count, left.active_slot_count, waiting()) == (1, 0, 0)


def test_every_pool_has_its_place_from_the_start(
    on_aws: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with instance("aws", tmp_path / "dagster", monkeypatch) as aws:
        storage = aws.event_log_storage
        for pool in storage.get_concurrency_keys():
            storage.delete_concurrency_limit(pool)
        # Several at once, as at the first minute of a deployment: each of them may come second.
        with ThreadPoolExecutor(4) as threads:
            for made in [threads.submit(pools.make_places, aws) for _ in range(4)]:
                made.result()
        limits = {pool.name: pool.limit for pool in storage.get_pool_limits()}
        assert set(limits.values()) == {1}
        named = {pool for pool in steps().values() if pool}
        assert named <= set(limits)


def test_on_one_machine_pools_are_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: Callable[[str], subprocess.Popen[bytes]],
) -> None:
    """There the locks of the operating system do it, which the steps themselves hold."""
    notes = tmp_path / "notes"
    with instance("local", tmp_path / "dagster", monkeypatch) as local:
        one, other = machine("one"), machine("other")
        until(
            lambda: notes.exists() and notes.read_text().count("begins") == 2,
            one,
            other,
        )
        (tmp_path / "go").touch()
        assert (one.wait(120), other.wait(120)) == (0, 0)
        pools.make_places(local)
        assert local.event_log_storage.get_concurrency_keys() == set()
        assert local.event_log_storage.get_pool_limits() == []


def steps() -> dict[str, str | None]:
    """The pool of what makes each asset."""
    prepare()
    found: dict[str, str | None] = {}
    for assets in work_defs(Platform(Settings())).assets or []:
        if isinstance(assets, dg.AssetSpec):  # what people import: no step makes it
            continue
        assert isinstance(assets, dg.AssetsDefinition)
        assert isinstance(assets.op, dg.OpDefinition)
        found.update(dict.fromkeys(("/".join(key.path) for key in assets.keys), assets.op.pool))
    return found


def test_every_step_that_writes_names_its_pool() -> None:
    found = steps()
    publishers = {feed.table.path: f"publisher/{feed.publisher}" for feed in FEEDS.values()}
    for path, pool in found.items():
        layer = path.partition("/")[0]
        if layer == "bronze":
            assert pool == publishers[path]
        elif layer in ("silver", "gold"):
            assert pool == f"table/{path}"
        else:
            assert pool == "warehouse"
    assert {"publisher/taifex", "table/silver/products", "warehouse"} <= set(found.values())
