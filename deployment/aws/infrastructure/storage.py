"""Buckets, and the secret that people fill in."""

from __future__ import annotations

import json

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.place import Place, waive

# Those that people fill in, where they have them: README, "Settings".
GIVEN = (
    "finmind_token",
    "alphavantage_key",
    "rapidapi_key",
    "strategy_database",
    "alert_mail_password",
    "alert_webhook",
)


class Storage(Place):
    """Buckets and secrets. All three buckets stay when the deployment is torn down.

    Encrypted by S3's own keys: one of KMS would be a dollar a month and a fee for each request,
    and keeps nobody out whom the policies of this account let in.

    Attributes:
        secret: What processes read by its name: tokens of publishers, the dashboard's password.
    """

    def __init__(self, app: Construct, choices: Choices) -> None:
        super().__init__(app, "storage", choices)
        days = cdk.Duration.days
        logs = self._bucket("Logs", choices.logs, rules=[s3.LifecycleRule(expiration=days(90))])
        waive(
            logs, {"AwsSolutions-S1": "It holds who asked the others: of itself there is no end."}
        )
        # Documents can be fetched only once, so that nothing below landing/ ever expires.
        self._bucket(
            "Lake",
            choices.lake,
            versioned=True,
            logs=logs,
            rules=[s3.LifecycleRule(noncurrent_version_expiration=days(30))],
        )
        # A killed load leaves files behind; messages and logs are of jobs that are long over.
        self._bucket(
            "Work",
            choices.work,
            logs=logs,
            rules=[
                s3.LifecycleRule(prefix="lake-staging/", expiration=days(7)),
                s3.LifecycleRule(prefix="code/messages/", expiration=days(30)),
                s3.LifecycleRule(prefix="code/logs/", expiration=days(30)),
            ],
        )
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=choices.secret("production"),
            description="Tokens and passwords of IndexTracker; those that are empty are not used.",
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps(dict.fromkeys(GIVEN, "")),
                generate_string_key="dashboard_password",
                exclude_punctuation=True,
            ),
        )
        waive(self.secret, {"AwsSolutions-SMG4": "Its tokens are publishers', who rotate none."})

    def _bucket(
        self,
        name: str,
        bucket: str,
        rules: list[s3.LifecycleRule],
        versioned: bool = False,
        logs: s3.IBucket | None = None,
    ) -> s3.Bucket:
        unfinished = s3.LifecycleRule(abort_incomplete_multipart_upload_after=cdk.Duration.days(1))
        return s3.Bucket(
            self,
            name,
            bucket_name=bucket,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=versioned,
            lifecycle_rules=[unfinished, *rules],
            server_access_logs_bucket=logs,
            server_access_logs_prefix=f"access/{name.lower()}/" if logs else None,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
