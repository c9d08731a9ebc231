"""Locks between real processes, some of which are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from indextracker.system.locks import Locks

HOLDER = """
import sys
from pathlib import Path
from indextracker.system.locks import Locks

with Locks.beside(sys.argv[1]).{lock}:
    print("held", flush=True)
    sys.stdin.read()
"""
# Adds one to a number in a file, many times, in a way that loses some without a lock.
COUNTER = """
import sys
from pathlib import Path
from indextracker.system.locks import Locks

locks, number = Locks.beside(sys.argv[1], announce=lambda _: None), Path(sys.argv[2])
for _ in range(25):
    with locks.table("silver/sessions"):
        number.write_text(str(int(number.read_text()) + 1))
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Start:
    """Starts a process that holds a lock until its standard input ends."""

    def begin(lake: Path, lock: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLDER.format(lock=lock), str(lake)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    return begin


class Waiter(threading.Thread):
    """Takes a lock in a thread of its own, and says when it waits and when it has it."""

    def __init__(self, lake: Path, name: str) -> None:
        super().__init__(daemon=True)
        self.said: list[str] = []
        self.waits = threading.Event()
        self.has = threading.Event()
        self._locks, self._name = Locks.beside(str(lake), self._hear), name

    def _hear(self, sentence: str) -> None:
        self.said.append(sentence)
        self.waits.set()

    def run(self) -> None:
        with self._locks.publisher(self._name):
            self.has.set()


def test_who_comes_second_says_for_whom_it_waits(tmp_path: Path, start: Start) -> None:
    with start(tmp_path / "lake", "publisher('taifex')") as holder:
        waiter = Waiter(tmp_path / "lake", "taifex")
        waiter.start()
        assert waiter.waits.wait(60)
        assert waiter.said == [f"waiting for process {holder.pid}, which asks taifex"]
        assert not waiter.has.is_set()
        assert holder.stdin is not None
        holder.stdin.close()
        assert waiter.has.wait(60)
        waiter.join(60)


def test_the_lock_of_a_killed_process_is_free(tmp_path: Path, start: Start) -> None:
    with start(tmp_path / "lake", "publisher('taifex')") as holder:
        waiter = Waiter(tmp_path / "lake", "taifex")
        waiter.start()
        assert waiter.waits.wait(60)
        os.kill(holder.pid, signal.SIGKILL)
        assert waiter.has.wait(60)
    said: list[str] = []
    waiter.join(60)
    with Locks.beside(str(tmp_path / "lake"), said.append).publisher("taifex"):
        pass
    assert said == []


def test_different_things_and_different_lakes_do_not_wait(tmp_path: Path, start: Start) -> None:
    said: list[str] = []
    with start(tmp_path / "lake", "table('silver/sessions')") as holder:
        locks = Locks.beside(str(tmp_path / "lake"), said.append)
        other = Locks.beside(str(tmp_path / "other"), said.append)
        with locks.table("silver/contracts"), locks.publisher("silver"):
            pass
        with other.table("silver/sessions"):
            pass
        holder.kill()
    assert said == []


def test_a_table_is_written_by_one_process_at_a_time(tmp_path: Path) -> None:
    number = tmp_path / "number"
    number.write_text("0")
    command = [sys.executable, "-c", COUNTER, str(tmp_path / "lake"), str(number)]
    processes = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert number.read_text() == "75"


def test_a_thread_may_take_again_what_it_has(tmp_path: Path) -> None:
    """Whichever object it asks; it is free after the outermost block, and not before."""
    lake = tmp_path / "lake"
    with Locks.beside(str(lake)).publisher("taifex"):
        with Locks.beside(str(lake)).publisher("taifex"):
            pass
        waiter = Waiter(lake, "taifex")
        waiter.start()
        assert waiter.waits.wait(60)
        assert not waiter.has.is_set()
    assert waiter.has.wait(60)
    waiter.join(60)


def test_an_error_frees_the_lock(tmp_path: Path) -> None:
    said: list[str] = []
    locks = Locks.beside(str(tmp_path / "lake"), said.append)
    with pytest.raises(ZeroDivisionError), locks.table("silver/sessions"):
        _ = 1 // 0
    with locks.table("silver/sessions"):
        pass
    assert said == []


def test_nothing_is_made_before_a_lock_is_taken(tmp_path: Path) -> None:
    Locks.beside(str(tmp_path / "lake"))
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_is_locked_on_this_machine_by_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    addresses = ("s3://one/lake", "s3://one/lake", "s3://other/lake", "s3://one/deep/lake")
    same, again, *others = (Locks.beside(address).folder for address in addresses)
    assert same == again
    assert len({same, *others}) == 3
    assert all(tmp_path in folder.parents for folder in (same, *others))
    said: list[str] = []
    with (
        Locks.beside("s3://one/lake").table("silver/sessions"),
        Locks.beside("s3://other/lake", said.append).table("silver/sessions"),
    ):
        assert said == []
