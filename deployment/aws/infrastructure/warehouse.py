"""The warehouse: Redshift Serverless, which costs while it is awake, and what bounds that."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_redshiftserverless as redshift
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import custom_resources as custom
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.network import Network
from infrastructure.place import Place, waive
from infrastructure.watching import Watching

USER, DATABASE, PORT = "loader", "market", 5439
READERS = "indextracker_readers"
# RPU-hours a day: an hour awake, twice of what the marts of a session take, and 3 USD.
MOST_A_DAY = 8


class Warehouse(Place):
    """A namespace and a workgroup of 8 RPU, which may not grow.

    The marts are made of the lake, so that nothing of it is kept when it is torn down. The user
    that loads is its administrator: there is nothing else in it, and it is ready when it is made.

    Attributes:
        address: As INDEXTRACKER_WAREHOUSE.
        login: Secret with the password.
    """

    def __init__(
        self, app: Construct, choices: Choices, network: Network, watching: Watching
    ) -> None:
        super().__init__(app, "warehouse", choices)
        self.login = secretsmanager.Secret(
            self,
            "Login",
            secret_name=choices.secret("warehouse"),
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"username": "{USER}"}}',
                generate_string_key="password",
                exclude_punctuation=True,
                password_length=32,
            ),
        )
        waive(
            self.login,
            {
                "AwsSolutions-SMG4": "A process reads it when it starts; what it opens "
                "only the tasks' group reaches."
            },
        )
        namespace = redshift.CfnNamespace(
            self,
            "Namespace",
            namespace_name=choices.name,
            db_name=DATABASE,
            admin_username=USER,
            admin_user_password=self.login.secret_value_from_json("password").unsafe_unwrap(),
            iam_roles=[choices.role("copy")],
            default_iam_role_arn=choices.role("copy"),
            log_exports=["connectionlog", "userlog"],
        )
        namespace.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
        workgroup = redshift.CfnWorkgroup(
            self,
            "Workgroup",
            workgroup_name=choices.name,
            namespace_name=choices.name,
            base_capacity=8,
            max_capacity=8,
            # Rows that are loaded come by the network's own endpoint of S3.
            enhanced_vpc_routing=True,
            publicly_accessible=False,
            port=PORT,
            config_parameters=[
                redshift.CfnWorkgroup.ConfigParameterProperty(
                    parameter_key="require_ssl", parameter_value="true"
                )
            ],
            security_group_ids=[network.warehouse.security_group_id],
            subnet_ids=network.vpc.select_subnets(
                subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS
            ).subnet_ids,
        )
        workgroup.add_resource_dependency(namespace)
        host = workgroup.attr_workgroup_endpoint_address
        self.address = f"redshift://{USER}@{host}:{PORT}/{DATABASE}"
        self._prepare(workgroup)
        watching.alarm(
            self,
            "warehouse-awake",
            cloudwatch.Metric(
                namespace="AWS/Redshift-Serverless",
                metric_name="ComputeSeconds",
                dimensions_map={"Workgroup": choices.name},
                statistic="Sum",
                period=cdk.Duration.minutes(5),
            ),
            # 8 RPU for five minutes are 2,400.
            above=2000,
            minutes=60,
            what="The warehouse has been awake for an hour: see who queries it, and how often.",
        )

    def _prepare(self, workgroup: redshift.CfnWorkgroup) -> None:
        """What CloudFormation cannot say: the limit of use, and the role that readers have."""
        service = "redshift-serverless"
        chosen = {"amount": MOST_A_DAY, "breachAction": "deactivate"}
        itself = custom.PhysicalResourceIdReference()
        arn = workgroup.attr_workgroup_workgroup_arn
        made = custom.PhysicalResourceId.from_response("usageLimit.usageLimitId")
        limit = self._calls(
            "Limit",
            {
                "on_create": _call(
                    service,
                    "createUsageLimit",
                    made,
                    resourceArn=arn,
                    usageType="serverless-compute",
                    period="daily",
                    **chosen,
                ),
                "on_update": _call(
                    service, "updateUsageLimit", made, usageLimitId=itself, **chosen
                ),
                "on_delete": _call(service, "deleteUsageLimit", usageLimitId=itself),
            },
            {
                "*": [f"{service}:{verb}UsageLimit" for verb in ("Create", "Update", "Delete")],
            },
        )
        waive(
            limit,
            {
                "AwsSolutions-IAM5[Resource::*]": "A limit of use has no ARN before it is made.",
            },
        )
        self._calls(
            "Readers",
            {
                "on_create": _call(
                    "redshift-data",
                    "executeStatement",
                    custom.PhysicalResourceId.of(READERS),
                    WorkgroupName=self.choices.name,
                    Database=DATABASE,
                    SecretArn=self.login.secret_arn,
                    Sql=f"create role {READERS}",
                )
            },
            {
                arn: ["redshift-data:ExecuteStatement"],
                self.login.secret_arn: ["secretsmanager:GetSecretValue"],
            },
        ).node.add_dependency(limit)
        waive(
            self,
            {
                "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
                "AWSLambdaBasicExecutionRole]": "CDK's own function: it writes its log.",
                "AwsSolutions-L1": "CDK's own function: its runtime follows the library.",
            },
        )

    def _calls(
        self, name: str, calls: dict[str, custom.AwsSdkCall], rights: dict[str, list[str]]
    ) -> custom.AwsCustomResource:
        return custom.AwsCustomResource(
            self,
            name,
            install_latest_aws_sdk=False,
            policy=custom.AwsCustomResourcePolicy.from_statements(
                [
                    iam.PolicyStatement(actions=actions, resources=[resource])
                    for resource, actions in rights.items()
                ]
            ),
            **calls,
        )


def _call(
    service: str,
    action: str,
    made: custom.PhysicalResourceId | None = None,
    **parameters: object,
) -> custom.AwsSdkCall:
    return custom.AwsSdkCall(
        service=service, action=action, parameters=parameters, physical_resource_id=made
    )
