"""Pauses between requests and quotas, shared by independent processes."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest

from indextracker.feeds.model import Quota
from indextracker.feeds.sources.pace import Allowance, Pace

# Its clock and its sleep move a time that all processes share, in a file.
ASKER = """
import json, sys
from pathlib import Path
from filelock import FileLock
from indextracker.feeds.sources.pace import Pace

folder = Path(sys.argv[1])
shared = FileLock(folder / "time.lock")

def clock():
    with shared:
        return json.loads((folder / "time").read_text())

def sleep(seconds):
    with shared:
        now = json.loads((folder / "time").read_text())
        (folder / "time").write_text(json.dumps(now + seconds))

pace = Pace(7.0, folder / "locks" / "pace.taifex", clock, sleep)
for _ in range(5):
    pace.keep()
"""


class Clock:
    def __init__(self, now: float = 100.0) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pace(clock: Clock, file: Path | None, interval: float = 5.0) -> Pace:
    return Pace(interval, file, clock, clock.sleep)


def test_processes_keep_the_distance_together(tmp_path: Path) -> None:
    (tmp_path / "time").write_text(json.dumps(1000.0))
    command = [sys.executable, "-c", ASKER, str(tmp_path)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    # Fifteen requests have fourteen distances between them.
    assert json.loads((tmp_path / "time").read_text()) == 1000.0 + 14 * 7.0


@pytest.mark.parametrize("shared", [True, False])
def test_only_the_rest_of_the_pause_is_waited_for(tmp_path: Path, shared: bool) -> None:
    clock = Clock()
    one = pace(clock, tmp_path / "pace" if shared else None)
    one.keep()
    clock.now += 2
    one.keep()
    clock.now += 50
    one.keep()
    assert clock.slept == [3.0]


def test_a_later_process_knows_of_the_last_request(tmp_path: Path) -> None:
    clock = Clock()
    pace(clock, tmp_path / "pace").keep()
    clock.now += 1
    pace(clock, tmp_path / "pace").keep()
    assert clock.slept == [4.0]


def test_a_clock_that_began_anew_costs_one_distance(tmp_path: Path) -> None:
    clock = Clock(1_000_000.0)
    pace(clock, tmp_path / "pace").keep()
    clock.now = 10.0
    pace(clock, tmp_path / "pace").keep()
    assert clock.slept == [5.0]


@pytest.mark.parametrize("left", ["", "12.", "1e"])
def test_what_a_kill_left_of_the_file_costs_at_most_one_distance(tmp_path: Path, left: str) -> None:
    (tmp_path / "pace").write_text(left)
    clock = Clock()
    pace(clock, tmp_path / "pace").keep()
    assert sum(clock.slept) <= 5.0
    pace(clock, tmp_path / "pace").keep()
    assert clock.slept[-1] == 5.0


def test_without_a_distance_nothing_is_kept(tmp_path: Path) -> None:
    clock = Clock()
    one = pace(clock, tmp_path / "pace", interval=0.0)
    one.keep()
    one.keep()
    assert clock.slept == []
    assert list(tmp_path.iterdir()) == []


# quotas


@pytest.mark.parametrize(("per", "seconds"), [("hour", 3_600.0), ("day", 86_400.0)])
@pytest.mark.parametrize("shared", [True, False])
def test_no_hour_or_day_has_more_requests_than_allowed(
    tmp_path: Path, per: Literal["hour", "day"], seconds: float, shared: bool
) -> None:
    clock = Clock(1_000_000.0)
    one = Allowance(Quota(3, per), tmp_path / "quota" if shared else None, clock)
    assert one.used_up_until() is None
    for _ in range(3):
        assert one.take() is None
        clock.now += 10
    assert one.take() == one.used_up_until() == 1_000_000.0 + seconds
    clock.now = 1_000_000.0 + seconds
    assert one.take() is None
    # The second of the three is in the last hour or day still.
    assert one.take() == 1_000_010.0 + seconds


def test_a_quota_outlives_its_process(tmp_path: Path) -> None:
    clock = Clock()
    quota = Quota(2, "day")
    for _ in range(2):
        assert Allowance(quota, tmp_path / "locks" / "quota.some", clock).take() is None
    assert Allowance(quota, tmp_path / "locks" / "quota.some", clock).take() is not None
    assert Allowance(quota, tmp_path / "locks" / "quota.other", clock).take() is None


def test_a_clock_that_was_set_back_blocks_nobody(tmp_path: Path) -> None:
    clock = Clock(9_000_000.0)
    assert Allowance(Quota(1, "hour"), tmp_path / "quota", clock).take() is None
    clock.now = 100.0
    assert Allowance(Quota(1, "hour"), tmp_path / "quota", clock).take() is None


def test_threads_share_a_quota(tmp_path: Path) -> None:
    one = Allowance(Quota(10, "day"), tmp_path / "quota", Clock())
    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(lambda _: one.take() is None, range(40)))
    assert sum(allowed) == 10
