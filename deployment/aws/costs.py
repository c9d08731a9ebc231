"""What the deployment costs a month: a table of prices, times what its templates declare.

    .venv/bin/python deployment/aws/costs.py FOLDER     of the templates, such as cdk.out

Nothing is asked of AWS. A resource of a type that has no price, and is not among the free ones,
ends it: nobody adds what costs without saying what.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

TABLE = tomllib.loads(Path(__file__).with_name("prices.toml").read_text(encoding="utf-8"))
ASSUMED: Mapping[str, Any] = TABLE["assumed"]
FREE = {kind for kinds in TABLE["free"].values() for kind in kinds}
# Amounts of a month by the name of their price.
Amounts = dict[str, float]
Resource = Mapping[str, Any]


class UnpricedError(Exception):
    """A resource has no price."""


def _tasks(service: Resource, tasks: Mapping[str, Resource]) -> Amounts:
    task = tasks[service["TaskDefinition"]["Ref"]]
    hours = ASSUMED["hours"] * service["DesiredCount"]
    return {
        "vcpu_hour": int(task["Cpu"]) / 1024 * hours,
        "gb_hour": int(task["Memory"]) / 1024 * hours,
    }


def _spark(_: Resource) -> Amounts:
    days = ASSUMED["days"]
    return {
        "spark_vcpu_hour": ASSUMED["spark_vcpu_hours_a_day"] * days,
        "spark_gb_hour": ASSUMED["spark_gb_hours_a_day"] * days,
    }


def _lake(bucket: Resource) -> Amounts:
    # Of the three one has the data, and all that is asked.
    if "-lake-" not in bucket["BucketName"]:
        return {"stored_gb": 10}
    asked = ASSUMED["requests_a_day"] * ASSUMED["days"] / 1000
    return {
        "stored_gb": ASSUMED["stored_gb"],
        "thousand_writes": asked / 20,
        "thousand_reads": asked,
    }


def _stream(stream: Resource) -> Amounts:
    # A producer puts many events at once: some hundred in a unit of 25 KB.
    puts = ASSUMED["events_a_day"] * ASSUMED["days"] / 100 / 1e6
    return {"shard_hour": stream["ShardCount"] * ASSUMED["hours"], "million_puts": puts}


def _gateway(_: Resource) -> Amounts:
    # What publishers give, and half as much again that other services of AWS are told.
    through = ASSUMED["gb_a_day"] * 1.5 * ASSUMED["days"]
    return {"nat_hour": ASSUMED["hours"], "nat_gb": through}


def _warehouse(workgroup: Resource) -> Amounts:
    awake = ASSUMED["awake_hours_a_day"] * ASSUMED["days"]
    return {"rpu_hour": workgroup["BaseCapacity"] * awake, "warehouse_gb": 20}


def _endpoint(endpoint: Resource) -> Amounts:
    if endpoint["VpcEndpointType"] != "Gateway":
        raise UnpricedError("an interface endpoint is 7.30 USD a month and zone: no price is given")
    return {}


PRICED: dict[str, Callable[[Resource], Amounts]] = {
    "AWS::CloudWatch::Alarm": lambda _: {"alarm": 1},
    "AWS::EC2::EIP": lambda _: {"address_hour": ASSUMED["hours"]},
    "AWS::EC2::NatGateway": _gateway,
    "AWS::EC2::VPCEndpoint": _endpoint,
    "AWS::EMRServerless::Application": _spark,
    "AWS::Kinesis::Stream": _stream,
    "AWS::Logs::LogGroup": lambda _: {"log_gb": ASSUMED["log_gb_a_day"] * ASSUMED["days"]},
    "AWS::RDS::DBInstance": lambda database: {
        database["DBInstanceClass"]: ASSUMED["hours"],
        "database_gb": int(database["AllocatedStorage"]),
    },
    "AWS::RedshiftServerless::Workgroup": _warehouse,
    "AWS::S3::Bucket": _lake,
    "AWS::SecretsManager::Secret": lambda _: {"secret": 1},
    "AWS::ServiceDiscovery::PrivateDnsNamespace": lambda _: {"zone": 1},
}


def amounts(templates: Iterable[Mapping[str, Any]]) -> dict[str, Amounts]:
    """What a month takes of each price, by the type of resource.

    Args:
        templates: Of all stacks.

    Raises:
        UnpricedError: A type of resource has no price and is not free.
    """
    found: dict[str, Counter[str]] = {}
    for template in templates:
        made: Mapping[str, Any] = template["Resources"]
        tasks = {
            name: one["Properties"]
            for name, one in made.items()
            if one["Type"] == "AWS::ECS::TaskDefinition"
        }
        for name, one in made.items():
            kind, properties = one["Type"], one.get("Properties", {})
            if kind in FREE:
                continue
            if kind == "AWS::ECS::Service":
                taken = _tasks(properties, tasks)
            elif kind in PRICED:
                taken = PRICED[kind](properties)
            else:
                raise UnpricedError(f"{name}: {kind} has no price in deployment/aws/prices.toml")
            found.setdefault(kind, Counter()).update(taken)
    # What no template declares: runs' tasks, and the images of CDK's own repository.
    hours = ASSUMED["run_hours_a_day"] * ASSUMED["days"]
    found["tasks of runs"] = Counter({"vcpu_hour": hours, "gb_hour": 4 * hours})
    found["images"] = Counter({"image_gb": ASSUMED["image_gb"] * ASSUMED["images"]})
    return {kind: dict(taken) for kind, taken in found.items()}


def costs(templates: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """USD a month by the type of resource, the dearest first."""
    by_kind = {
        kind: sum(TABLE["prices"][name]["usd"] * amount for name, amount in taken.items())
        for kind, taken in amounts(templates).items()
    }
    return dict(sorted(by_kind.items(), key=lambda item: -item[1]))


def table(templates: Iterable[Mapping[str, Any]]) -> str:
    """The costs as Markdown: what is under 1 USD is one line."""
    found = costs(templates)
    small = sum(usd for usd in found.values() if usd < 1)
    lines = [f"| {_named(kind)} | {usd:.2f} $ |" for kind, usd in found.items() if usd >= 1]
    return "\n".join(
        [
            "| a month | |",
            "| --- | --- |",
            *lines,
            f"| what is less than a dollar each | {small:.2f} $ |",
            f"| **total** | **{sum(found.values()):.2f} $** |",
        ]
    )


def _named(kind: str) -> str:
    return f"`{kind}`" if "::" in kind else kind


if __name__ == "__main__":
    paths = sorted(Path(sys.argv[1]).glob("*.template.json"))
    print(table(json.loads(path.read_text(encoding="utf-8")) for path in paths))  # noqa: T201
