"""Each principal may do what the code was seen to call, and nothing else.

The policies are those of the templates; the calls are those of `recorded_calls.json`, which
test_recorded_calls.py records. Conditions are taken to hold: that each is one of a few is tested.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from deployment.synthesis import Assembly

RECORDED: dict[str, dict[str, list[str]]] = json.loads(
    Path(__file__).with_name("recorded_calls.json").read_text(encoding="utf-8")
)
PRINCIPALS = ("execution", "run", "dagster", "live", "spark", "copy")
CONDITIONS = {
    ("ArnEquals", "ecs:cluster"),
    ("StringEquals", "ecs:CreateAction"),
    ("StringEquals", "iam:PassedToService"),
}
# What may be done to anything: AWS knows no resource of it.
OF_ANYTHING = {
    "ec2:DescribeNetworkInterfaces",
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "ecs:RegisterTaskDefinition",
    "redshift-serverless:CreateUsageLimit",
    "redshift-serverless:DeleteUsageLimit",
    "redshift-serverless:UpdateUsageLimit",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
}
BY_ECS = "the agent of ECS calls it before a container starts, and no stand-in has one"
BY_SSM = "the agent of Systems Manager calls it for whoever comes in, and no stand-in has one"
IN_PARTS = "where a part of a large object fails, its upload is given up; none failed here"
# Allowed and not in the recording, with the reason.
UNRECORDED: dict[tuple[str, str], str] = {
    ("execution", "ecr:BatchCheckLayerAvailability"): BY_ECS,
    ("execution", "ecr:BatchGetImage"): BY_ECS,
    ("execution", "ecr:GetAuthorizationToken"): BY_ECS,
    ("execution", "ecr:GetDownloadUrlForLayer"): BY_ECS,
    ("execution", "logs:CreateLogStream"): BY_ECS,
    ("execution", "logs:PutLogEvents"): BY_ECS,
    ("execution", "secretsmanager:GetSecretValue"): BY_ECS,
    **{
        (principal, f"ssmmessages:{verb}{what}Channel"): BY_SSM
        for principal in ("dagster", "live")
        for verb in ("Create", "Open")
        for what in ("Control", "Data")
    },
    ("run", "s3:AbortMultipartUpload"): IN_PARTS,
    ("spark", "s3:AbortMultipartUpload"): IN_PARTS,
    ("live", "s3:AbortMultipartUpload"): IN_PARTS,
    ("dagster", "iam:PassRole"): "ECS asks for it when a definition is registered or run",
    ("dagster", "ecs:TagResource"): "ECS asks for it when a task is started with tags",
}


@dataclass(frozen=True)
class Statement:
    """What a policy allows: patterns of actions and of resources."""

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: dict[str, dict[str, Any]]

    def allows(self, action: str, resource: str) -> bool:
        """Whether an action is allowed to a resource; of an unknown one, to any."""
        return any(matches(one, action) for one in self.actions) and (
            not resource or any(matches(one, resource) for one in self.resources)
        )


def matches(pattern: str, text: str) -> bool:
    """As IAM compares: a star is anything, a question mark one character.

    A recorded place that ends in a star is all that is below it, and is covered by a pattern of it.
    """
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch("".join(parts), text) is not None


@pytest.fixture
def policies(assembly: Assembly) -> dict[str, list[Statement]]:
    """The statements of each principal."""
    return {
        role["Properties"]["RoleName"].removeprefix("indextracker-"): [*_statements(assembly, role)]
        for name, role in assembly.resources("AWS::IAM::Role")
        if name.startswith("principals/")
    }


def _statements(assembly: Assembly, role: dict[str, Any]) -> Iterator[Statement]:
    for policy in role["Properties"]["Policies"]:
        for given in policy["PolicyDocument"]["Statement"]:
            known = assembly.value("principals", given)
            assert known["Effect"] == "Allow"
            yield Statement(
                known["Sid"],
                *(
                    (value,) if isinstance(value, str) else tuple(value)
                    for value in (known["Action"], known["Resource"])
                ),
                known.get("Condition", {}),
            )


def test_every_principal_is_recorded_or_excused(policies: dict[str, list[Statement]]) -> None:
    assert set(policies) == set(PRINCIPALS)
    assert set(RECORDED) == set(PRINCIPALS) - {"execution"}


@pytest.mark.parametrize("principal", sorted(RECORDED))
def test_what_is_called_is_allowed(principal: str, policies: dict[str, list[Statement]]) -> None:
    refused = [
        (action, resource)
        for action, resources in RECORDED[principal].items()
        for resource in resources or [""]
        if not any(one.allows(action, resource) for one in policies[principal])
    ]
    assert refused == []


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_what_is_allowed_is_called(principal: str, policies: dict[str, list[Statement]]) -> None:
    called = RECORDED.get(principal, {})
    allowed = {action for one in policies[principal] for action in one.actions}
    excused = {action for who, action in UNRECORDED if who == principal}
    assert allowed - called.keys() == excused


def test_nothing_is_allowed_to_do_anything(assembly: Assembly) -> None:
    """Of every policy of every stack, those of CDK's own function and of flow logs too."""
    for name, made in assembly.resources():
        kept = made["Properties"] if made["Type"].startswith("AWS::IAM::") else {}
        documents = [kept.get("PolicyDocument", {"Statement": []})]
        documents += [policy["PolicyDocument"] for policy in kept.get("Policies", [])]
        for statement in (one for document in documents for one in document["Statement"]):
            given, places = (
                [value] if isinstance(value, str | dict) else value
                for value in (statement["Action"], statement["Resource"])
            )
            assert not [action for action in given if "*" in action], name
            if "*" in places:
                assert set(given) <= OF_ANYTHING, name


def test_conditions_are_those_that_are_understood(policies: dict[str, list[Statement]]) -> None:
    found = {
        (operator, key)
        for statements in policies.values()
        for one in statements
        for operator, keys in one.conditions.items()
        for key in keys
    }
    assert found == CONDITIONS
    for statements in policies.values():
        for one in statements:
            if "iam:PassRole" in one.actions:
                assert "iam:PassedToService" in one.conditions["StringEquals"]


def test_nobody_may_delete_documents(policies: dict[str, list[Statement]]) -> None:
    place = "arn:aws:s3:::indextracker-lake-123456789012-us-east-1/lake/landing/taifex/2024.zip"
    deletes = [
        (principal, one.sid)
        for principal, statements in policies.items()
        for one in statements
        if one.allows("s3:DeleteObject", place)
    ]
    assert deletes == []
    assert any(one.allows("s3:PutObject", place) for one in policies["run"])


def test_a_pattern_is_compared_as_iam_does() -> None:
    assert matches("arn:aws:s3:::lake/lake/*", "arn:aws:s3:::lake/lake/bronze/*")
    assert matches("secret:production-??????", "secret:production-AbCdEf")
    assert not matches("arn:aws:s3:::lake/lake/gold/*", "arn:aws:s3:::lake/lake/silver/*")
    assert not matches("arn:aws:s3:::lake", "arn:aws:s3:::lake-of-others")
