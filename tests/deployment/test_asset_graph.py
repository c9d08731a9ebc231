"""The asset graph is the same in each environment, and loading it opens no connection."""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CODE_LOCATION = Path(__file__).parents[1] / "indextracker_assets"
SNAPSHOT = CODE_LOCATION / "asset_graph.json"
STARTED = ("pysail", "redshift_connector", "psycopg2", "botocore", "dagster_aws", "pyspark.sql")
# All of it is named, and nothing of it is there.
ON_AWS = {
    "ENV": "aws",
    "SOURCE": "live",
    "LAKE": "s3://indextracker-lakes/lake",
    "ENGINE": "emr",
    "EMR_APPLICATION": "00f1abcd",
    "EMR_ROLE": "arn:aws:iam::123456789012:role/spark",
    "EMR_CODE": "s3://indextracker-lakes/code",
    "WAREHOUSE": "redshift://loader@cluster.example.org:5439/market?cluster=market",
    "COPY_ROLE": "arn:aws:iam::123456789012:role/copy",
    "START": "2024-01-02",
    "DAGSTER_HOME": "/nowhere/dagster",
    "DAGSTER_DATABASE": "postgresql+psycopg2://me:secret@db.example.org:5432/dagster",
    "LOGS_BUCKET": "indextracker-logs",
    "ALERTS": "arn:aws:sns:us-east-1:123456789012:failures",
}
DEPLOYMENTS = {
    "one machine": {"SOURCE": "live", "START": "2024-01-02", "LAKE": "/nowhere/lake"},
    "emr and redshift": ON_AWS,
    "sail and a file": ON_AWS | {"ENGINE": "sail", "WAREHOUSE": "/nowhere/w.duckdb"},
    "connect and redshift": ON_AWS | {"ENGINE": "sc://spark.example.org:15002"},
    "an archive and jvm": ON_AWS | {"ENGINE": "spark", "SOURCE": "archive:s3://bucket/documents"},
}
# Imports once, and loads the code location of each deployment in a process of its own.
PARENT = f"""
import json, os, runpy, sys, traceback
from dagster import DynamicPartitionsDefinition
graph_of = runpy.run_path({str(CODE_LOCATION / "test_code_location.py")!r})["graph_of"]
from indextracker_assets.definitions import defs
imported = set(sys.modules)

def told():
    connected = []
    def watch(event, arguments):
        if event == "socket.connect":
            connected.append(str(arguments[1]))
    sys.addaudithook(watch)
    loaded = defs()
    assets = loaded.resolve_asset_graph().asset_nodes
    # Names that come with the data are asked of an instance, of which there is none here.
    partitions = {{
        node.key.to_user_string(): found.name if isinstance(found, DynamicPartitionsDefinition)
        else found.get_serializable_unique_identifier()
        for node in assets if (found := node.partitions_def)
    }}
    started = [name for name in {STARTED} if name in sys.modules and name not in imported]
    return [graph_of(loaded), partitions, connected, started]

for deployment, variables in json.load(sys.stdin).items():
    child = os.fork()
    if not child:
        try:
            os.environ.update(variables)
            print(json.dumps([deployment, told()]), flush=True)
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.waitpid(child, 0)
"""


@dataclass(frozen=True)
class Loaded:
    """What a process that loaded the code location tells of it."""

    graph: dict[str, dict[str, Any]]
    partitions: dict[str, str]
    connected: list[str]
    started: list[str]


@functools.cache
def every_loaded() -> dict[str, Loaded]:
    asked = {
        deployment: {f"INDEXTRACKER_{name}": value for name, value in settings.items()}
        for deployment, settings in DEPLOYMENTS.items()
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PARENT],
        # Who asks AWS all the same is refused at once.
        env={"PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    told = dict(json.loads(line) for line in done.stdout.splitlines() if line.startswith("["))
    assert told.keys() == DEPLOYMENTS.keys(), done.stderr
    return {deployment: Loaded(*found) for deployment, found in told.items()}


def loaded(deployment: str) -> Loaded:
    return every_loaded()[deployment]


def but_kinds(graph: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A kind tells the technology, which is what differs."""
    return {
        key: {name: value for name, value in node.items() if name != "kinds"}
        for key, node in graph.items()
    }


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_the_graph_is_the_reviewed_one_in_each_environment(deployment: str) -> None:
    reviewed = json.loads(SNAPSHOT.read_text(encoding="utf-8"))
    found = loaded(deployment)
    assert but_kinds(found.graph) == but_kinds(reviewed)
    assert found.partitions == loaded("one machine").partitions
    assert {key for key, node in reviewed.items() if node["partitioned"]} == set(found.partitions)


@pytest.mark.parametrize("deployment", DEPLOYMENTS)
def test_loading_it_starts_nothing_and_asks_nobody(deployment: str) -> None:
    found = loaded(deployment)
    assert found.connected == []
    assert found.started == []
