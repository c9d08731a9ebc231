"""Price files in a bucket: brought, detected, confirmed, loaded; those that changed once more."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.homes import Home
from support.stores import BUCKET, Store

BARS = "Date,Open,High,Low,Close,Volume\n" + "".join(
    f"2021-03-{day},10.5,12.5,9.5,11.5,{day}00\n" for day in range(11, 29)
)
PREFIX = f"s3://{BUCKET}/prices"
LOAD = ("load", PREFIX, "--collection", "mine", "--no-checks", "--json")

Files = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def files(store: Store, tmp_path: Path) -> Files:
    """Runs a command of files; what is brought goes to a cache of the test's own."""
    home, layouts = Home(tmp_path), ("--layouts", str(tmp_path / "layouts"))
    reaches = store.environment() | {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    return lambda *arguments: home.run("files", *arguments, *layouts, **reaches)


def put(store: Store, name: str, text: str) -> None:
    store.client().put_object(Bucket=BUCKET, Key=f"prices/{name}", Body=text.encode())


def brought(files: Files, tmp_path: Path) -> dict[str, int]:
    """The files that are here, by name, and when each came."""
    [folder] = (tmp_path / "cache" / "indextracker" / "price-files").iterdir()
    return {
        path.relative_to(folder).as_posix(): path.stat().st_ino
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_of_a_bucket_are_loaded_and_kept_up_to_date(
    store: Store, files: Files, tmp_path: Path
) -> None:
    for name in ("AAA.csv", "more/BBB.csv"):
        put(store, name, BARS + f"2021-03-30,10.5,12.5,9.5,11.5,{len(name)}\n")
    put(store, "more/", "")
    detected = files("detect", PREFIX)
    assert detected.returncode == 0, detected.stderr
    assert "2 files, such as AAA.csv" in detected.stdout
    assert files("confirm", PREFIX, "--yes").returncode == 0
    first = files(*LOAD)
    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["loaded"] == ["AAA.csv", "more/BBB.csv"]
    before = brought(files, tmp_path)
    assert before.keys() == {"AAA.csv", "more/BBB.csv"}

    put(store, "more/BBB.csv", BARS)
    store.client().delete_object(Bucket=BUCKET, Key="prices/AAA.csv")
    put(store, "CCC.csv", BARS.replace("11.5", "11.25"))
    second = json.loads(files(*LOAD).stdout)
    assert second["loaded"] == ["CCC.csv", "more/BBB.csv"]
    assert second["files"]["AAA.csv"]["state"] == "gone"
    after = brought(files, tmp_path)
    assert after.keys() == {"CCC.csv", "more/BBB.csv"}
    assert after["more/BBB.csv"] != before["more/BBB.csv"]
    assert json.loads(files(*LOAD).stdout)["loaded"] == []
    assert brought(files, tmp_path) == after


def test_what_cannot_be_brought_is_said(store: Store, files: Files, tmp_path: Path) -> None:
    nothing = files("detect", f"s3://{BUCKET}/nothing")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    assert f"there is nothing below s3://{BUCKET}/nothing" in nothing.stderr
    store.client().put_object(Bucket=BUCKET, Key="leaves/../../x.csv", Body=BARS.encode())
    leaves = files("detect", f"s3://{BUCKET}/leaves")
    assert leaves.returncode == 1
    assert "has an object '../../x.csv': this name leaves the folder" in leaves.stderr
    assert not [*tmp_path.rglob("x.csv")]


def test_layouts_of_a_bucket_have_a_place(store: Store, tmp_path: Path) -> None:
    done = Home(tmp_path).run("files", "detect", PREFIX, **store.environment())
    assert done.returncode == 1
    assert "say where on this machine its layouts are, --layouts DIR" in done.stderr
