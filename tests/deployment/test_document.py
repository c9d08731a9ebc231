"""Settings and policies of docs/running-on-aws.md are consistent."""

from __future__ import annotations

import json
import os
import re
from typing import Any

import pytest
from dagster._core.workspace.load import location_origins_from_yaml_paths
from deployment.clouds import Cloud
from support.sources import PROJECT

from indextracker import settings as environment
from indextracker.settings import NAMES, SECRETS, Settings

TEXT = (PROJECT / "docs" / "running-on-aws.md").read_text(encoding="utf-8")
OBJECTS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)]
POLICIES = [one for one in OBJECTS if "Statement" in one]
# What says nothing of AWS.
LOCAL = {"failpoint", *(name for name in NAMES if name.startswith("dashboard_"))}
# Registering a definition has no resource, and the others are limited by their condition.
UNLIMITED = {"ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"}


def example() -> dict[str, str]:
    [block] = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return dict(line.split("=", 1) for line in block.splitlines())


def test_the_example_is_a_deployment(on_aws: Cloud) -> None:
    os.environ.update(example())
    settings = environment.load()
    for name, value in example().items():
        assert str(settings.by_name()[name.removeprefix("INDEXTRACKER_").lower()]) == value


def test_every_setting_has_an_example_or_is_a_secret() -> None:
    shown = {name.removeprefix("INDEXTRACKER_").lower() for name in example()}
    assert shown | SECRETS | LOCAL == set(NAMES)
    table = TEXT.split("## Settings")[1].split("## Running it")[0]
    explained = set(re.findall(r"`([A-Z_]+)`", table))
    assert {name.upper() for name in set(NAMES) - LOCAL} <= explained


def test_the_secret_holds_what_can_be_used() -> None:
    [secret] = [one for one in OBJECTS if "finmind_token" in one]
    assert set(secret) == SECRETS
    assert Settings(dagster_database=secret["dagster_database"]).dagster.database


@pytest.mark.parametrize("policy", POLICIES, ids=range(len(POLICIES)))
def test_a_role_has_the_least_rights(policy: dict[str, Any]) -> None:
    for statement in policy["Statement"]:
        actions, resources = (
            [value] if isinstance(value, str) else value
            for value in (statement["Action"], statement["Resource"])
        )
        assert statement["Effect"] == "Allow"
        assert all("*" not in action for action in actions)
        if "*" in resources:
            assert set(actions) <= UNLIMITED or "Condition" in statement
        if "iam:PassRole" in actions:
            assert "iam:PassedToService" in statement["Condition"]["StringEquals"]


def test_nobody_may_delete_documents() -> None:
    deletes = [
        place
        for policy in POLICIES
        for statement in policy["Statement"]
        if "s3:DeleteObject" in statement["Action"]
        for place in statement["Resource"]
    ]
    assert deletes
    allowed = r"(market-lake/lake/(bronze|silver|gold)|market-work/lake-staging)/\*"
    assert all(re.fullmatch(f"arn:aws:s3:::{allowed}", place) for place in deletes)


def test_the_costs_add_up() -> None:
    table = TEXT.split("## What it costs")[1].split("How the larger ones")[0]
    for column in (1, 2):
        cells = [
            line.split("|")[column + 1].strip(" *")
            for line in table.splitlines()
            if line.startswith("| ") and "$" in line
        ]
        ranges = [[int(n.replace(",", "")) for n in re.findall(r"[\d,]+", cell)] for cell in cells]
        *parts, total = ranges
        assert [sum(part[0] for part in parts), sum(part[-1] for part in parts)] == total


def test_the_services_find_the_code() -> None:
    path = PROJECT / "deployment" / "aws" / "workspace.yaml"
    [origin] = location_origins_from_yaml_paths([str(path)])
    assert (origin.location_name, origin.host, origin.port) == ("indextracker", "code", 4000)
    assert "-p 4000 --location-name indextracker" in TEXT
