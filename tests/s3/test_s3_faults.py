"""A store that fails while a backfill runs: it ends or fails with a sentence, and never by half.

The command is a process of its own; the faulty proxy between it and the store is in this one.
"""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Callable, Iterator

import pytest
from s3.bucket_homes import BucketHome, digests
from support.faulty import Plan, Way, between
from support.stores import Store

NewHome = Callable[..., BucketHome]
# Every so many requests, so that each kind of request has its turn.
EVERY = 13


@pytest.fixture(scope="module")
def good(store: Store, source: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the tables hold after a backfill that nothing came in the way of."""
    folder = tmp_path_factory.mktemp("good")
    home = BucketHome(folder, source, store=store, address="s3://markets/good")
    done = home.backfill()
    assert done.returncode == 0, done.stderr
    found = home.digests()
    assert json.loads(done.stdout)["tables"]["gold/etf_bars"] > 0
    return found


@pytest.fixture
def way(store: Store) -> Iterator[Way]:
    with between(store.address) as made:
        yield made


def check_none_is_half(lake: str, good: dict[str, str], empty: dict[str, str]) -> None:
    found = digests(lake)
    halves = {path for path, held in found.items() if held not in (good[path], empty[path])}
    assert not halves


@pytest.fixture(scope="module")
def empty(store: Store, good: dict[str, str]) -> dict[str, str]:
    """What they hold once they are made."""
    from indextracker.lake import Lake
    from indextracker_catalogue import TABLES

    Lake("s3://markets/empty", "simulated").ensure(TABLES[path] for path in good)
    return digests("s3://markets/empty")


def failed_in_sentences(done: subprocess.CompletedProcess[str]) -> None:
    """It ended, or said in sentences why not."""
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode:
        told = done.stderr + " ".join(json.loads(done.stdout or "{}").get("failures", ()))
        assert re.search(r"s3|S3|[Cc]onnection|AccessDenied", told), told
        assert "of-no-account" not in done.stdout + done.stderr


def every_few(*faults: str) -> Plan:
    """Each fault in its turn, so that each kind of request has its share of them."""
    turns = itertools.cycle(faults)
    return lambda method, path, number: next(turns) if number % EVERY == 5 else None


def test_what_a_store_answers_in_trouble_is_borne(
    new_home: NewHome, way: Way, prefix: str, good: dict[str, str]
) -> None:
    way.plan = every_few("500", "503", "500", "503", "slow")
    home = new_home("faulty", prefix, way=way.address)
    done = home.backfill()
    assert done.returncode == 0, done.stdout + done.stderr
    assert min(way.faults[fault] for fault in ("500", "503", "slow")) >= 3
    assert home.digests() == good


def test_lost_connections_are_borne_or_fail_whole(
    new_home: NewHome, way: Way, prefix: str, good: dict[str, str], empty: dict[str, str]
) -> None:
    """A commit is not repeated when its answer is lost: whether it was made cannot be told."""
    faults = ("reset", "lost answer", "torn upload", "torn answer")
    way.plan = every_few(*faults)
    home = new_home("faulty", prefix, way=way.address)
    failed_in_sentences(home.backfill())
    assert way.faults.total() >= len(faults)
    check_none_is_half(prefix, good, empty)
    way.plan = lambda *_: None
    done = home.backfill()
    assert done.returncode == 0, done.stderr
    assert home.digests() == good


def at_first_rows(table: str, fault: str) -> Plan:
    """The commit with a table's first rows: refused, cut off, or made without an answer."""
    commit = f"/{table}/_delta_log/{1:020}.json"
    return lambda method, path, number: (
        fault if method == "PUT" and path.partition("?")[0].endswith(commit) else None
    )


def test_commits_that_fail_are_whole_or_none(
    new_home: NewHome, way: Way, prefix: str, good: dict[str, str], empty: dict[str, str]
) -> None:
    """In one lake, of which each backfill fills more than the one before."""
    home = new_home("faulty", prefix, way=way.address)
    for table, fault in (
        ("bronze/finmind_trades", "403"),
        ("bronze/deliveries", "lost answer"),
        ("silver/etf_trades", "torn upload"),
        ("gold/etf_bars", "lost answer"),
    ):
        way.faults.clear()
        way.plan = at_first_rows(table, fault)
        # One that bears the fault goes no further.
        done = home.backfill(table.partition("/")[0])
        assert way.faults[fault] >= 1, f"{table} was not written: {done.stdout + done.stderr}"
        failed_in_sentences(done)
        check_none_is_half(prefix, good, empty)
    way.plan = lambda *_: None
    done = home.backfill()
    assert done.returncode == 0, done.stderr
    assert home.digests() == good


def test_a_store_that_is_not_there_is_a_sentence(new_home: NewHome, prefix: str) -> None:
    home = new_home("nowhere", prefix, way="http://127.0.0.1:9")
    done = home.run("tables", AWS_MAX_ATTEMPTS="2")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "127.0.0.1:9" in done.stderr
