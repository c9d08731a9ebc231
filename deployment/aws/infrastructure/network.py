"""The network: private subnets for everything that runs, and one way out."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.place import Place


class Network(Place):
    """The network.

    One NAT gateway, since publishers are outside and block an address, which should be one; lost
    with its zone, as is the right price for what can wait an hour. S3, where nearly all bytes go,
    has the gateway endpoint, which is free. Other services of AWS are reached by the NAT gateway:
    an interface endpoint is 7.30 USD a month in one zone, and there would be eight of them.

    Attributes:
        vpc: The network.
        tasks: Group of all tasks; they reach the code server among them.
        records: Group of the database of Dagster's records.
        warehouse: Group of the warehouse.
    """

    def __init__(self, app: Construct, choices: Choices) -> None:
        super().__init__(app, "network", choices)
        private = ec2.SubnetType.PRIVATE_WITH_EGRESS
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr("10.60.0.0/20"),
            availability_zones=self.availability_zones,
            nat_gateways=1,
            subnet_configuration=[
                ec2.SubnetConfiguration(
                    name="public",
                    subnet_type=ec2.SubnetType.PUBLIC,
                    cidr_mask=28,
                    map_public_ip_on_launch=False,
                ),
                ec2.SubnetConfiguration(name="private", subnet_type=private, cidr_mask=23),
            ],
            gateway_endpoints={
                "S3": ec2.GatewayVpcEndpointOptions(service=ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        refused = logs.LogGroup(
            self,
            "Refused",
            log_group_name=f"/{choices.name}/refused",
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # What was let through is as much as was worked, and nobody would read it.
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(refused),
            traffic_type=ec2.FlowLogTrafficType.REJECT,
        )
        self.tasks = self._group("Tasks", "All tasks of ECS")
        self.records = self._group("Records", "The database of records")
        self.warehouse = self._group("Warehouse", "The warehouse")
        self.tasks.add_ingress_rule(self.tasks, ec2.Port.tcp(4000), "code, by Dagster")
        self.records.add_ingress_rule(self.tasks, ec2.Port.tcp(5432), "by tasks")
        self.warehouse.add_ingress_rule(self.tasks, ec2.Port.tcp(5439), "by tasks")

    def _group(self, name: str, of: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self, name, vpc=self.vpc, description=of, allow_all_outbound=name == "Tasks"
        )
