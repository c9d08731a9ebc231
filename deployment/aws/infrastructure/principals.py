"""Who may do what: the roles of all processes, and nothing about rights is anywhere else.

Policies name what they allow in full. tests/deployment/test_rights.py holds them against the calls
that were recorded of the code: what is called is allowed, and what is allowed is called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Token
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.choices import STREAMED, Choices
from infrastructure.place import Place, waive

# Why a resource may end in a star; cdk-nag is told so of each one.
BELOW = "All objects below a prefix: tables, files of a run and documents get new names each time."
NAMELESS = "None of these actions knows a resource."
NUMBERED = "AWS numbers these when they are made: tasks, job runs, streams of a log, versions."


@dataclass(frozen=True)
class Right:
    """A statement of a policy.

    Attributes:
        actions: What may be done.
        resources: To what.
        when: Conditions.
        why: Why a resource has a star, where one has.
    """

    actions: Sequence[str]
    resources: Sequence[str]
    when: dict[str, Any] | None = None
    why: str = ""


Rights = dict[str, Right]
# Tables are below these; documents are below `landing`, and nobody may delete there.
LAYERS = ("bronze", "silver", "gold")


class Principals(Place):
    """The roles.

    Attributes:
        execution: Starts tasks: pulls the image, hands over secrets, makes streams of logs.
        run: A run's, and the code server's. It may not delete documents.
        dagster: The daemon's and the webserver's: starts and ends runs, reads what they printed.
        live: The dashboard's and the consumer's.
    """

    def __init__(self, app: Construct, choices: Choices, application: str) -> None:
        super().__init__(app, "principals", choices)
        tasks = "ecs-tasks.amazonaws.com"
        self.execution = self._role("execution", [tasks], self._of_execution())
        self.run = self._role("run", [tasks], self._of_a_run(application))
        self.dagster = self._role("dagster", [tasks], self._of_dagster())
        self.live = self._role("live", [tasks], self._of_live())
        self._role("spark", ["emr-serverless.amazonaws.com"], self._of_spark())
        self._role(
            "copy",
            ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"],
            {
                "Staged": Right(
                    ["s3:GetObject"], self._in(self.choices.work, "lake-staging/*"), why=BELOW
                ),
                "Lists": self._listing(self.choices.work),
            },
        )

    def _of_execution(self) -> Rights:
        chosen = self.choices
        images = f"repository/cdk-hnb659fds-container-assets-{chosen.account}-{chosen.region}"
        return {
            "Registry": Right(["ecr:GetAuthorizationToken"], ["*"], why=NAMELESS),
            "Image": Right(
                [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:GetDownloadUrlForLayer",
                ],
                [chosen.arn("ecr", images)],
            ),
            "Secrets": Right(
                ["secretsmanager:GetSecretValue"],
                [self._secret("dagster-database"), self._secret("warehouse")],
            ),
            "Logs": Right(
                ["logs:CreateLogStream", "logs:PutLogEvents"], [self._printed()], why=NUMBERED
            ),
        }

    def _of_a_run(self, application: str) -> Rights:
        chosen = self.choices
        return {
            "Lists": self._listing(chosen.lake, chosen.work, chosen.logs),
            "ReadsAndWrites": Right(
                ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
                [
                    *self._in(chosen.lake, "lake/*"),
                    *self._in(chosen.work, "lake-staging/*", "code/*"),
                    *self._in(chosen.logs, "dagster/*"),
                ],
                why=BELOW,
            ),
            "Replaces": Right(
                ["s3:DeleteObject"],
                [
                    *self._in(chosen.lake, *(f"lake/{layer}/*" for layer in LAYERS)),
                    *self._in(chosen.work, "lake-staging/*", "code/messages/*"),
                ],
                why=BELOW,
            ),
            "Secret": Right(["secretsmanager:GetSecretValue"], [self._secret("production")]),
            "SparkJobs": Right(
                [
                    "emr-serverless:CancelJobRun",
                    "emr-serverless:GetApplication",
                    "emr-serverless:GetDashboardForJobRun",
                    "emr-serverless:GetJobRun",
                    "emr-serverless:StartJobRun",
                    "emr-serverless:TagResource",
                ],
                [application, f"{application}/jobruns/*"],
                why=NUMBERED,
            ),
            "SparkRole": _passing("emr-serverless.amazonaws.com", [chosen.role("spark")]),
            "Alerts": Right(["sns:Publish"], [chosen.topic]),
        }

    def _of_dagster(self) -> Rights:
        chosen = self.choices
        here = {"ArnEquals": {"ecs:cluster": chosen.cluster}}
        return {
            "Looks": Right(
                [
                    "ec2:DescribeNetworkInterfaces",
                    "ecs:DescribeTaskDefinition",
                    "ecs:RegisterTaskDefinition",
                ],
                ["*"],
                why=NAMELESS,
            ),
            "Starts": Right(
                ["ecs:RunTask"], [chosen.arn("ecs", "task-definition/run*:*")], here, NUMBERED
            ),
            "Runs": Right(["ecs:DescribeTasks", "ecs:StopTask"], [self._tasks()], here, NUMBERED),
            "Names": Right(
                ["ecs:TagResource"],
                [self._tasks()],
                {"StringEquals": {"ecs:CreateAction": "RunTask"}},
                NUMBERED,
            ),
            "Roles": _passing(
                "ecs-tasks.amazonaws.com", [chosen.role("execution"), chosen.role("run")]
            ),
            "Printed": Right(["s3:GetObject"], self._in(chosen.logs, "dagster/*"), why=BELOW),
            "Lists": self._listing(chosen.logs),
            "Door": self._door(),
            "WhyATaskEnded": Right(["logs:GetLogEvents"], [self._printed()], why=NUMBERED),
        }

    def _of_live(self) -> Rights:
        chosen = self.choices
        streams = [chosen.arn("kinesis", f"stream/{chosen.stream(name)}") for name in STREAMED]
        return {
            "Lists": self._listing(chosen.lake),
            "Reads": Right(["s3:GetObject"], self._in(chosen.lake, "lake/*"), why=BELOW),
            "Writes": Right(
                ["s3:AbortMultipartUpload", "s3:PutObject"],
                # A lake is marked with its world by whoever writes first.
                self._in(chosen.lake, "lake/world", *(f"lake/{layer}/*" for layer in LAYERS)),
                why=BELOW,
            ),
            "Streams": Right(
                [
                    # A stream that is there is asked for all the same, and waited for.
                    "kinesis:CreateStream",
                    "kinesis:DescribeStream",
                    "kinesis:DescribeStreamSummary",
                    "kinesis:GetRecords",
                    "kinesis:GetShardIterator",
                    "kinesis:ListShards",
                    "kinesis:PutRecords",
                ],
                streams,
            ),
            "Secret": Right(["secretsmanager:GetSecretValue"], [self._secret("production")]),
            "Door": self._door(),
        }

    def _of_spark(self) -> Rights:
        chosen = self.choices
        return {
            "Lists": self._listing(chosen.lake, chosen.work),
            "Reads": Right(
                ["s3:GetObject"],
                [*self._in(chosen.lake, "lake/*"), *self._in(chosen.work, "code/*")],
                why=BELOW,
            ),
            # Bronze is read by jobs and never written.
            "Writes": Right(
                ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"],
                self._in(chosen.lake, "lake/silver/*", "lake/gold/*"),
                why=BELOW,
            ),
            "Reports": Right(
                ["s3:PutObject"],
                self._in(chosen.work, "code/messages/*", "code/logs/*"),
                why=BELOW,
            ),
        }

    def _role(self, name: str, services: Sequence[str], rights: Rights) -> iam.IRole:
        statements = [
            iam.PolicyStatement(
                sid=sid,
                actions=[*right.actions],
                resources=[*right.resources],
                conditions=right.when,
            )
            for sid, right in rights.items()
        ]
        role = iam.Role(
            self,
            name.title(),
            role_name=f"{self.choices.name}-{name}",
            assumed_by=iam.CompositePrincipal(*(self._service(service) for service in services)),
            inline_policies={"rights": iam.PolicyDocument(statements=statements, minimize=False)},
        )
        waive(
            role,
            {
                f"AwsSolutions-IAM5[Resource::{self._named(place)}]": right.why
                for right in rights.values()
                for place in right.resources
                if "*" in place
            },
        )
        # What constructs would add on their own stays out: it stands above or it is not allowed.
        return role.without_policy_updates()

    def _named(self, place: str) -> str:
        """A resource as cdk-nag names it: what another stack exports by the name of its export."""
        if not Token.is_unresolved(place):
            return place
        return f"{self.choices.name}-spark:ExportsOutputFnGetAttApplicationArnFBE8E868/jobruns/*"

    def _service(self, name: str) -> iam.ServicePrincipal:
        # Nobody else's task or job makes use of a role. Redshift does not say whose it is.
        ours = {"StringEquals": {"aws:SourceAccount": self.choices.account}}
        return iam.ServicePrincipal(name, conditions=None if name.startswith("redshift") else ours)

    def _door(self) -> Right:
        """A session of Systems Manager ends in the task: docs/running-on-aws.md."""
        channels = [
            f"{verb}{what}Channel" for verb in ("Create", "Open") for what in ("Control", "Data")
        ]
        return Right([f"ssmmessages:{channel}" for channel in channels], ["*"], why=NAMELESS)

    def _listing(self, *buckets: str) -> Right:
        return Right(["s3:ListBucket"], [f"arn:aws:s3:::{bucket}" for bucket in buckets])

    def _in(self, bucket: str, *prefixes: str) -> list[str]:
        return [f"arn:aws:s3:::{bucket}/{prefix}" for prefix in prefixes]

    def _secret(self, what: str) -> str:
        # Secrets Manager ends each ARN with six characters of its own.
        return self.choices.arn("secretsmanager", f"secret:{self.choices.secret(what)}-??????")

    def _tasks(self) -> str:
        return self.choices.arn("ecs", f"task/{self.choices.name}/*")

    def _printed(self) -> str:
        return self.choices.arn("logs", f"log-group:{self.choices.log_group}:*")


def _passing(service: str, roles: Sequence[str]) -> Right:
    return Right(["iam:PassRole"], roles, {"StringEquals": {"iam:PassedToService": service}})
