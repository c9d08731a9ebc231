"""What whoever deploys chooses, and the names that follow from it.

Names are made here and not by CloudFormation, so that policies name what they allow in full.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from constructs import Node

# Subjects whose events come one by one; each has a stream of Kinesis.
STREAMED = ("markets", "trades")
ZONES = 3


@dataclass(frozen=True)
class Choices:
    """What `--context name=value` says.

    Attributes:
        account: Number of the account.
        region: Where everything is; one with three zones.
        name: What everything's name begins with: another one is another deployment beside it.
        source: `live`, `simulated` to try it, or `archive:s3://...`.
        engine: `sail` in the task of each run, or `emr`.
        start: The first session.
        user_agent: What publishers are told of who asks.
        quotes: Symbols of Yahoo by commas, whose quotes are put into the stream; empty for none.
        mail: Who is told of alarms and of the budget.
        budget: USD a month; at 80 % of it, and when it is foreseen to be passed, one is told.
        repository: `owner/name` at GitHub, whose environment `production` may deploy.
    """

    account: str
    region: str
    name: str = "indextracker"
    source: str = "live"
    engine: str = "sail"
    start: str = "2020-01-02"
    user_agent: str = ""
    quotes: str = ""
    mail: str = ""
    budget: str = "300"
    repository: str = ""

    @classmethod
    def of(cls, node: Node) -> Choices:
        """The choices of an app's context.

        Raises:
            SystemExit: Neither the context nor the credentials say which account and region.
        """
        given = {field.name: node.try_get_context(field.name) for field in fields(cls)}
        chosen = {name: str(value) for name, value in given.items() if value is not None}
        if missing := {"account", "region"} - chosen.keys():
            said = " ".join(f"--context {name}=..." for name in sorted(missing))
            raise SystemExit(f"where to? {said}")
        return cls(**chosen)

    @property
    def lake(self) -> str:
        """Bucket of the lake."""
        return self._bucket("lake")

    @property
    def work(self) -> str:
        """Bucket of code and of what is staged for the warehouse."""
        return self._bucket("work")

    @property
    def logs(self) -> str:
        """Bucket of what steps print, and of who asked the other buckets for what."""
        return self._bucket("logs")

    @property
    def cluster(self) -> str:
        """ARN of the cluster of ECS."""
        return self.arn("ecs", f"cluster/{self.name}")

    @property
    def topic(self) -> str:
        """ARN of the topic that alarms go to."""
        return self.arn("sns", self.name)

    @property
    def log_group(self) -> str:
        """What processes write to standard output and error."""
        return f"/{self.name}"

    def stream(self, subject: str) -> str:
        """The stream of a subject."""
        return f"{self.name}-{subject}"

    def secret(self, what: str) -> str:
        """Name of a secret: `production`, `warehouse`, `records` or `dagster-database`."""
        return f"{self.name}/{what}"

    def role(self, principal: str) -> str:
        """ARN of a principal's role."""
        return f"arn:aws:iam::{self.account}:role/{self.name}-{principal}"

    def arn(self, service: str, resource: str) -> str:
        """ARN of something of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"

    def _bucket(self, what: str) -> str:
        # Names of buckets are the world's.
        return f"{self.name}-{what}-{self.account}-{self.region}"
