"""What Dagster's webserver says by GraphQL: daemons, runs, ticks, and how the tables are.

Dagster has no figures of its own for Prometheus. A webserver that does not answer is said so; what
it said before is of no use then.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from indextracker.monitoring.asking import UnansweredError, answered
from indextracker.monitoring.figures import (
    DAEMON_HEARTBEAT,
    ENDED_RUNS,
    FAILED_CHECKS,
    FRESH,
    MATERIALIZED,
    OLDEST_RUN,
    RUNS,
    SWITCHED_ON,
    TICK,
    TICK_FAILED,
    Figure,
    Readings,
)

# The check of indextracker_assets/assets/freshness.py.
FRESHNESS = "fresh"
_ENDED_WITHIN = timedelta(days=1)
# More are counted as these: a day has some hundred.
_MOST_RUNS = 5_000
_RUNNING = """
query Running($since: Float!, $most: Int!) {
  instance { daemonHealth { allDaemonStatuses { daemonType required lastHeartbeatTime } } }
  going: runsOrError(
    filter: {statuses: [QUEUED, NOT_STARTED, STARTING, STARTED, CANCELING]}, limit: $most
  ) { ... on Runs { results { jobName status creationTime startTime updateTime } } }
  ended: runsOrError(
    filter: {statuses: [SUCCESS, FAILURE, CANCELED], updatedAfter: $since}, limit: $most
  ) { ... on Runs { results { jobName status } } }
  repositoriesOrError { ... on RepositoryConnection { nodes {
    schedules { name scheduleState { status ticks(limit: 1) { timestamp status } } }
    sensors { name sensorState { status ticks(limit: 1) { timestamp status } } }
  } } }
}
"""
_TABLES = """
query Tables {
  assetNodes {
    assetKey { path }
    assetMaterializations(limit: 1) { timestamp }
    assetChecksOrError { ... on AssetChecks { checks {
      name
      executionForLatestMaterialization { status evaluation { severity } }
    } } }
  }
}
"""
_OVER = {"SUCCEEDED", "FAILED", "EXECUTION_FAILED", "SKIPPED"}


def running(webserver: str, now: datetime) -> Readings:
    """Daemons, runs, and the last ticks of schedules and sensors.

    Args:
        webserver: Address of Dagster's webserver.
        now: The present, as an aware instant.

    Raises:
        UnansweredError: It does not answer.
    """
    since = (now - _ENDED_WITHIN).timestamp()
    data = _asked(webserver, _RUNNING, {"since": since, "most": _MOST_RUNS})
    daemons = data["instance"]["daemonHealth"]["allDaemonStatuses"]
    counted: Counter[tuple[str, ...]] = Counter()
    oldest: dict[tuple[str, ...], float] = {}
    for run in data["going"]["results"]:
        of = (run["jobName"], run["status"])
        counted[of] += 1
        began = _began(run)
        oldest[of] = min(oldest.get(of, began), began)
    ended: Counter[tuple[str, ...]] = Counter(
        (run["jobName"], run["status"]) for run in data["ended"]["results"]
    )
    return {
        DAEMON_HEARTBEAT: {
            (one["daemonType"],): one["lastHeartbeatTime"] or 0
            for one in daemons
            if one["required"]
        },
        RUNS: counted,
        OLDEST_RUN: oldest,
        ENDED_RUNS: ended,
        **_ticks(data["repositoriesOrError"]["nodes"]),
    }


def tables(webserver: str) -> Readings:
    """When each table was last materialised, and which of its checks failed then.

    Raises:
        UnansweredError: The webserver does not answer.
    """
    made: dict[tuple[str, ...], float] = {}
    failed: Counter[tuple[str, ...]] = Counter()
    fresh: dict[tuple[str, ...], float] = {}
    for node in _asked(webserver, _TABLES, {})["assetNodes"]:
        table = "/".join(node["assetKey"]["path"])
        for one in node["assetMaterializations"]:
            made[table,] = float(one["timestamp"]) / 1000
        for check in node["assetChecksOrError"].get("checks", ()):
            found = check["executionForLatestMaterialization"]
            if found is None or found["status"] not in _OVER:
                continue
            has_failed = found["status"] != "SUCCEEDED" and found["status"] != "SKIPPED"
            if check["name"] == FRESHNESS:
                fresh[table,] = not has_failed
            if has_failed:
                failed[table, (found["evaluation"] or {}).get("severity", "ERROR")] += 1
    return {MATERIALIZED: made, FAILED_CHECKS: failed, FRESH: fresh}


def _asked(webserver: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    address = f"{webserver}/graphql"
    answer = answered(address, {"query": query, "variables": variables})
    if errors := answer.get("errors"):
        raise UnansweredError(f"{address} refuses what it is asked: {errors[0]['message']}")
    data: dict[str, Any] = answer["data"]
    return data


def _began(run: dict[str, Any]) -> float:
    """Since when a run is in its state."""
    match run["status"]:
        case "STARTED":
            found = run["startTime"]
        case "QUEUED":
            found = run["creationTime"]
        case _:
            found = run["updateTime"]
    return float(found or run["creationTime"])


def _ticks(repositories: list[dict[str, Any]]) -> Readings:
    on: dict[tuple[str, ...], float] = {}
    ticked: dict[tuple[str, ...], float] = {}
    failed: dict[tuple[str, ...], float] = {}
    for repository in repositories:
        for kind in ("schedule", "sensor"):
            for one in repository[f"{kind}s"]:
                of, state = (kind, one["name"]), one[f"{kind}State"]
                on[of] = state["status"] == "RUNNING"
                for tick in state["ticks"]:
                    ticked[of] = tick["timestamp"]
                    failed[of] = tick["status"] == "FAILURE"
    found: dict[Figure, dict[tuple[str, ...], float]] = {
        SWITCHED_ON: on,
        TICK: ticked,
        TICK_FAILED: failed,
    }
    return found
