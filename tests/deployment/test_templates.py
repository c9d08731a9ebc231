"""What deployment/aws declares: complete, private, encrypted, and the reviewed one.

After an intended change renew the templates and review the difference:
`python tests/deployment/test_templates.py`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from deployment.synthesis import ACCOUNT, AWS, LIBRARY, Assembly, reviewed, synthesised

TEMPLATES = Path(__file__).with_name("templates")
DATA = {"AWS::S3::Bucket": "Retain", "AWS::RDS::DBInstance": "Snapshot"}
# What is gone with the deployment: it is made anew from what stays.
MADE_ANEW = {"AWS::Kinesis::Stream", "AWS::Logs::LogGroup", "AWS::RedshiftServerless::Namespace"}


def containers(assembly: Assembly) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each container of each task, by its name."""
    for _, task in assembly.resources("AWS::ECS::TaskDefinition"):
        for container in task["Properties"]["ContainerDefinitions"]:
            yield container["Name"], container


def settings_of(assembly: Assembly, container: dict[str, Any]) -> dict[str, str]:
    """The environment of a container, but for secrets."""
    given = {item["Name"]: item["Value"] for item in container["Environment"]}
    return {name: assembly.value("orchestration", value) for name, value in given.items()}


def test_the_templates_are_the_reviewed_ones(assembly: Assembly) -> None:
    kept = {path.stem: path.read_text(encoding="utf-8") for path in TEMPLATES.glob("*.json")}
    assert {name: reviewed(made) for name, made in assembly.templates.items()} == kept


def test_the_linter_of_cloudformation_finds_nothing(assembly: Assembly) -> None:
    linter = [sys.executable, str(LIBRARY / "bin" / "cfn-lint"), "--format", "parseable"]
    # The function of CDK's own waits for its role twice.
    linter += ["--ignore-checks", "W3005"]
    done = subprocess.run(
        [*linter, "--template", *map(str, assembly.folder.glob("*.template.json"))],
        env={**os.environ, "PYTHONPATH": str(LIBRARY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("", 0)


def test_each_finding_that_is_accepted_has_its_reason(assembly: Assembly) -> None:
    """cdk-nag ended the synthesis if one was not: the metadata has what was accepted."""
    reasons: dict[str, str] = {}
    for path in assembly.folder.glob("*.metadata.json"):
        for entries in json.loads(path.read_text()).values():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    reasons |= entry["data"]
    assert len(reasons) > 20
    assert all(len(reason) > 20 for reason in reasons.values())


def test_another_account_and_region_are_a_choice(assembly: Assembly) -> None:
    """The environment alone says where to: nothing was looked up, and nothing is of one place."""
    manifest = json.loads((assembly.folder / "manifest.json").read_text())
    assert "missing" not in manifest
    environments = {
        artifact["environment"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }
    assert environments == {f"aws://{ACCOUNT}/us-east-1"}
    sources = [*AWS.glob("infrastructure/*.py"), AWS / "cdk_app.py"]
    assert not [path for path in sources if "us-east-1" in path.read_text()]


def test_buckets_are_private_encrypted_and_asked_by_tls_alone(assembly: Assembly) -> None:
    buckets = dict(assembly.resources("AWS::S3::Bucket"))
    policies = [policy["Properties"] for _, policy in assembly.resources("AWS::S3::BucketPolicy")]
    refused = {
        policy["Bucket"]["Ref"]
        for policy in policies
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert {name.partition("/")[2] for name in buckets} == refused
    for bucket in buckets.values():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
        [rule] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    [lake] = [one for one in buckets.values() if "-lake-" in one["Properties"]["BucketName"]]
    assert lake["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    rules = lake["Properties"]["LifecycleConfiguration"]["Rules"]
    assert not [rule for rule in rules if "ExpirationInDays" in rule]


def test_what_stays_and_what_goes_is_said(assembly: Assembly) -> None:
    for name, resource in assembly.resources():
        if resource["Type"] in DATA:
            assert resource["DeletionPolicy"] == DATA[resource["Type"]], name
            assert resource["UpdateReplacePolicy"] == DATA[resource["Type"]], name
        if resource["Type"] in MADE_ANEW:
            assert resource["DeletionPolicy"] == "Delete", name


def test_nothing_is_reached_from_outside(assembly: Assembly) -> None:
    public = {"AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ApiGateway::RestApi"}
    assert not [name for name, made in assembly.resources() if made["Type"] in public]
    for name, rule in assembly.resources("AWS::EC2::SecurityGroupIngress"):
        assert "SourceSecurityGroupId" in rule["Properties"], name
    for name, group in assembly.resources("AWS::EC2::SecurityGroup"):
        assert "SecurityGroupIngress" not in group["Properties"], name
    for _, service in assembly.resources("AWS::ECS::Service"):
        network = service["Properties"]["NetworkConfiguration"]["AwsvpcConfiguration"]
        assert network["AssignPublicIp"] == "DISABLED"
        assert "LoadBalancers" not in service["Properties"]
    [(_, records)] = assembly.resources("AWS::RDS::DBInstance")
    [(_, warehouse)] = assembly.resources("AWS::RedshiftServerless::Workgroup")
    assert records["Properties"]["PubliclyAccessible"] is False
    assert warehouse["Properties"]["PubliclyAccessible"] is False
    # The code server, which the daemon and the webserver ask; pages are at loopback.
    heard = {
        name: settings_of(assembly, one).get("LISTEN", "127.0.0.1")
        for name, one in containers(assembly)
    }
    assert {name for name, listens in heard.items() if listens != "127.0.0.1"} == {"code"}


def test_only_one_of_a_task_runs_at_any_time(assembly: Assembly) -> None:
    """Two daemons start everything twice."""
    for _, service in assembly.resources("AWS::ECS::Service"):
        deployment = service["Properties"]["DeploymentConfiguration"]
        assert service["Properties"]["DesiredCount"] == 1
        assert (deployment["MinimumHealthyPercent"], deployment["MaximumPercent"]) == (0, 100)


def test_containers_are_nobody_on_a_read_only_root(assembly: Assembly) -> None:
    named = dict(containers(assembly))
    assert set(named) == {"code", "daemon", "webserver", "dashboard", "consumer", "producer"}
    dockerfile = (AWS.parents[1] / "Dockerfile").read_text(encoding="utf-8")
    for name, container in named.items():
        assert container["ReadonlyRootFilesystem"] is True, name
        assert f"USER {container['User']}:" in dockerfile, name
        assert container["HealthCheck"]["Command"][-2:] == ["healthy", name]
        assert container["Command"] == [name]
        written = {point["ContainerPath"] for point in container["MountPoints"]}
        assert {"/var/lib/indextracker", "/tmp"} <= written, name
    # Runs are made of it: they start once, and what they exit with is what became of them.
    assert named["daemon"]["RestartPolicy"] == {"Enabled": False}


@pytest.mark.parametrize("process", ["code", "daemon", "dashboard"])
def test_what_a_task_is_told_are_settings(assembly: Assembly, process: str) -> None:
    from indextracker.settings.composition import NAMES, validated

    container = dict(containers(assembly))[process]
    given = settings_of(assembly, container)
    secrets = {item["Name"]: "postgresql+psycopg2://a:b@c/d" for item in container["Secrets"]}
    ours = {
        name.removeprefix("INDEXTRACKER_").lower(): value
        for name, value in (given | secrets).items()
        if name.startswith("INDEXTRACKER_")
    }
    settings = validated({name: value for name, value in ours.items() if name in NAMES})
    assert settings.deployment.env == "aws"
    assert settings.dagster.automation == "running"
    assert given["DAGSTER_HOME"] == settings.dagster.home
    assert set(ours) <= set(NAMES)


def test_no_secret_is_in_a_template(assembly: Assembly) -> None:
    """Passwords are made by Secrets Manager, and put where they belong by CloudFormation."""
    [(_, warehouse)] = assembly.resources("AWS::RedshiftServerless::Namespace")
    [(_, records)] = assembly.resources("AWS::RDS::DBInstance")
    for resource, name, concern in (
        (warehouse, "AdminUserPassword", "warehouse"),
        (records, "MasterUserPassword", "records"),
    ):
        password = assembly.value(concern, resource["Properties"][name])
        assert password.startswith("{{resolve:secretsmanager:"), name
    for name, secret in assembly.resources("AWS::SecretsManager::Secret"):
        concern = name.partition("/")[0]
        text = assembly.value(concern, secret["Properties"].get("SecretString", ""))
        assert not text or "{{resolve:secretsmanager:" in text, name


def test_streams_are_those_of_the_code(assembly: Assembly) -> None:
    from indextracker.streams.arrivals import EVENTS

    made = {
        stream["Properties"]["Name"] for _, stream in assembly.resources("AWS::Kinesis::Stream")
    }
    assert made == {f"indextracker-{subject}" for subject in EVENTS}


def test_github_deploys_by_one_environment_of_one_repository(assembly: Assembly) -> None:
    [role] = [
        role["Properties"]
        for name, role in assembly.resources("AWS::IAM::Role")
        if name.startswith("delivery/")
    ]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    issuer = "token.actions.githubusercontent.com"
    assert trust["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": "repo:owner/indextracker:environment:production",
        }
    }
    assert role["MaxSessionDuration"] == 3600
    kinds = {made["Type"] for _, made in assembly.resources()}
    assert not kinds & {"AWS::IAM::User", "AWS::IAM::AccessKey"}


def test_the_budget_and_each_alarm_tell_the_topic(assembly: Assembly) -> None:
    alarms = dict(assembly.resources("AWS::CloudWatch::Alarm"))
    assert len(alarms) >= 8
    for name, alarm in alarms.items():
        assert len(alarm["Properties"]["AlarmActions"]) == 1, name
        assert len(alarm["Properties"]["AlarmDescription"]) > 40, name
    [(_, budget)] = assembly.resources("AWS::Budgets::Budget")
    told = budget["Properties"]["NotificationsWithSubscribers"]
    assert budget["Properties"]["Budget"]["BudgetLimit"] == {"Amount": 300, "Unit": "USD"}
    assert [one["Notification"]["Threshold"] for one in told] == [80, 100]


def renew() -> None:
    """Writes the templates as they are made now."""
    with tempfile.TemporaryDirectory() as folder:
        for name, template in synthesised(Path(folder)).templates.items():
            (TEMPLATES / f"{name}.json").write_text(reviewed(template), encoding="utf-8")


if __name__ == "__main__":
    renew()
