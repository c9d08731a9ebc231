"""Dagster's records: PostgreSQL. Nothing of the market data is in it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_rds as rds
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.network import Network
from infrastructure.place import Place, waive
from infrastructure.watching import Watching

NAME = "dagster"


class Records(Place):
    """The database, in one zone: without it nothing runs for some minutes, and nothing is lost.

    When it is torn down a snapshot stays.

    Attributes:
        address: Secret with INDEXTRACKER_DAGSTER_DATABASE.
    """

    def __init__(
        self, app: Construct, choices: Choices, network: Network, watching: Watching
    ) -> None:
        super().__init__(app, "records", choices)
        database = rds.DatabaseInstance(
            self,
            "Database",
            engine=rds.DatabaseInstanceEngine.postgres(version=rds.PostgresEngineVersion.VER_17_9),
            instance_type=ec2.InstanceType("t4g.micro"),
            vpc=network.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_groups=[network.records],
            database_name=NAME,
            credentials=rds.Credentials.from_generated_secret(
                NAME,
                secret_name=choices.secret("records"),
                # It is part of an address.
                exclude_characters=" !\"#$%&'()*+,/:;<=>?@[\\]^`{|}~",
            ),
            allocated_storage=20,
            max_allocated_storage=50,
            storage_type=rds.StorageType.GP3,
            storage_encrypted=True,
            backup_retention=cdk.Duration.days(7),
            delete_automated_backups=False,
            multi_az=False,
            publicly_accessible=False,
            deletion_protection=False,
            ca_certificate=rds.CaCertificate.RDS_CA_RSA2048_G1,
            parameters={"rds.force_ssl": "1"},
            removal_policy=cdk.RemovalPolicy.SNAPSHOT,
        )
        waive(
            database,
            {
                "AwsSolutions-RDS3": "One zone: a lost one costs minutes, a second 12 USD a month.",
                "AwsSolutions-RDS10": "It is torn down by a command; a snapshot of it stays.",
                "AwsSolutions-RDS11": "The port is no secret: the tasks' group alone reaches it.",
                "AwsSolutions-SMG4": "Dagster keeps its connections; renewed by deploying anew.",
            },
        )
        assert database.secret
        password = database.secret.secret_value_from_json("password").unsafe_unwrap()
        place = f"{database.db_instance_endpoint_address}:{database.db_instance_endpoint_port}"
        address = f"postgresql+psycopg2://{NAME}:{password}@{place}/{NAME}?sslmode=require"
        self.address = secretsmanager.Secret(
            self,
            "Address",
            secret_name=choices.secret("dagster-database"),
            # CloudFormation puts the password in; no template holds it.
            secret_string_value=cdk.SecretValue.unsafe_plain_text(address),
        )
        waive(
            self.address,
            {"AwsSolutions-SMG4": "It is the password above, in the form that Dagster reads."},
        )
        watching.alarm(
            self,
            "records-nearly-full",
            cloudwatch.MathExpression(
                expression="2000000000 - free",
                using_metrics={"free": database.metric_free_storage_space(statistic="Minimum")},
                period=cdk.Duration.minutes(5),
            ),
            above=0,
            what="Less than 2 GB are left for Dagster's records: let old runs be removed.",
        )
