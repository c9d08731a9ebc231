"""A failpoint kills at its passing, and only where the setting names it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from support.sources import PROJECT

CODE = """
from indextracker import settings
from indextracker.system.failpoints import failpoint
settings.export(settings.load())
for number in (1, 2, 3):
    failpoint("bronze-before")
    print(number, flush=True)
"""


@pytest.mark.parametrize(
    ("setting", "passed"),
    [
        ("", ["1", "2", "3"]),
        ("bronze-after", ["1", "2", "3"]),
        ("bronze-before", []),
        ("bronze-before:1", []),
        ("bronze-before:3", ["1", "2"]),
        ("bronze-before:4", ["1", "2", "3"]),
    ],
)
def test_it_kills_at_its_passing(setting: str, passed: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "INDEXTRACKER_FAILPOINT": setting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == passed, done.stderr
    assert done.returncode == (0 if len(passed) == 3 else -signal.SIGKILL)


def test_every_layer_has_failpoints_around_its_commit() -> None:
    found = set()
    for package in ("indextracker", "indextracker_assets"):
        for module in (PROJECT / package).rglob("*.py"):
            found |= set(re.findall(r'failpoint\("([a-z-]+)"\)', module.read_text("utf-8")))
    around = (
        *("landing", "bronze", "reference", "job", "whole", "builds"),
        *("warehouse", "dbt", "publish"),
    )
    assert {f"{layer}-{side}" for layer in around for side in ("before", "after")} <= found
    assert {"written-aside", "deliveries-after", "run-ended"} <= found
