"""The application of EMR Serverless: without a job it costs nothing."""

from __future__ import annotations

from aws_cdk import aws_emrserverless as emr
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.place import Place


class Spark(Place):
    """The application.

    Attributes:
        application: Its id.
        arn: Its ARN.
    """

    def __init__(self, app: Construct, choices: Choices) -> None:
        super().__init__(app, "spark", choices)
        made = emr.CfnApplication(
            self,
            "Application",
            name=choices.name,
            type="SPARK",
            # The newest whose Delta Lake reads tables with a checkpoint: docs/running-on-aws.md.
            release_label="emr-spark-8.0.0",
            architecture="X86_64",
            auto_stop_configuration=emr.CfnApplication.AutoStopConfigurationProperty(
                enabled=True, idle_timeout_minutes=15
            ),
            # What keeps a mistake from costing: a job that finds no room waits, and then fails.
            maximum_capacity=emr.CfnApplication.MaximumAllowedResourcesProperty(
                cpu="32 vCPU", memory="128 GB"
            ),
        )
        self.application = made.attr_application_id
        self.arn = made.attr_arn
