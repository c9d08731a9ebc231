"""A lake in a bucket goes back to an instant, and comes back from a copy."""

from __future__ import annotations

import time
from collections.abc import Callable

from s3.bucket_homes import BucketHome
from support.good_rows import SESSION, rows
from support.stores import Store

from indextracker.building.staleness import record
from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import taiwan as t

TABLES = (t.FUTURES_TRADES, t.CONTRACTS)


def fill(lake: Lake, expiry: str) -> None:
    for table in TABLES:
        lake.replace(table, rows(table, {"expiry": expiry}), [str(SESSION)])
        record(lake, {table.path: {str(SESSION): f"taifex_futures={expiry}"}})
    time.sleep(0.002)  # commits are dated to the millisecond


def digests(address: str) -> dict[str, str]:
    lake = Lake(address, "simulated")
    return {table.path: digest(lake, table) for table in lake.tables()}


def done(home: BucketHome, *arguments: str) -> str:
    ended = home.run(*arguments)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_instants_and_copies_of_a_bucket(
    store: Store, prefix: str, new_home: Callable[..., BucketHome]
) -> None:
    home, copies = new_home("home", prefix), f"{prefix}-copies"
    lake = Lake(prefix, "simulated")
    fill(lake, "202412")
    done(home, "snapshot", "good")
    good = digests(prefix)
    done(home, "backup", copies)
    fill(lake, "202501")
    assert digests(prefix) != good
    done(home, "restore", "--everything", "--as-of", "good", "--yes")
    assert digests(prefix) == good
    assert "has its digest" in done(home, "backup", copies, "--check")

    client = store.client()
    bucket, _, key = prefix.removeprefix("s3://").partition("/")
    kept = [name for name in store.names(f"{key}/") if ".parquet" in name or "_delta_log" in name]
    for name in kept[::2]:
        client.delete_object(Bucket=bucket, Key=name)
    done(home, "restore", "--from", copies, "--yes")
    assert digests(prefix) == good
    for name in store.names(f"{key}/"):
        client.delete_object(Bucket=bucket, Key=name)
    done(home, "restore", "--from", copies, "--everything", "--yes")
    assert digests(prefix) == good
