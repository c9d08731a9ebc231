"""Dagster, the dashboard and the streams' processes on ECS: one image, a service for each task."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr_assets as images
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_servicediscovery as discovery
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.network import Network
from infrastructure.place import Place, waive
from infrastructure.principals import Principals
from infrastructure.warehouse import READERS
from infrastructure.watching import Watching

SOURCES = Path(__file__).parents[3]
# The user of the image, and the only folders in which a process writes: Dockerfile.
USER = "10001"
WRITABLE = {"state": "/var/lib/indextracker", "tmp": "/tmp"}  # noqa: S108 - its own of each task
# What the agent of Systems Manager writes where the root is read-only.
OF_THE_DOOR = {
    "agents": "/managed-agents",
    "ssm": "/var/lib/amazon/ssm",
    "ssm-log": "/var/log/amazon/ssm",
}
DOMAIN = "indextracker.internal"


@dataclass(frozen=True)
class Task:
    """A service of one task.

    Attributes:
        cpu: Units, of which 1,024 are a processor.
        memory: MiB.
        processes: What `deployment/serve` becomes, a container each.
        role: What they may do.
        door: Whether people come in here.
    """

    cpu: int
    memory: int
    processes: tuple[str, ...]
    role: iam.IRole
    door: bool = False


class Orchestration(Place):
    """The cluster and its services.

    A task is replaced, never run twice: two daemons would start everything twice. The code server
    alone listens for others; pages are served to their task's own loopback, since Dagster's have no
    login. People come in by Systems Manager, which asks IAM who they are: a load balancer with a
    login would need a domain and a certificate, and 20 USD a month.
    """

    def __init__(
        self,
        app: Construct,
        choices: Choices,
        network: Network,
        principals: Principals,
        watching: Watching,
        environment: dict[str, str],
        secrets: dict[str, secretsmanager.ISecret],
    ) -> None:
        super().__init__(app, "orchestration", choices)
        self._network, self._principals, self._watching = network, principals, watching
        self._environment = environment
        self._secrets = {
            "INDEXTRACKER_DAGSTER_DATABASE": ecs.Secret.from_secrets_manager(secrets["records"]),
            "INDEXTRACKER_WAREHOUSE_PASSWORD": ecs.Secret.from_secrets_manager(
                secrets["warehouse"], "password"
            ),
        }
        self._image = images.DockerImageAsset(
            self,
            "Image",
            directory=str(SOURCES),
            platform=images.Platform.LINUX_AMD64,
            ignore_mode=cdk.IgnoreMode.DOCKER,
        )
        self._log = logs.LogGroup(
            self,
            "Log",
            log_group_name=choices.log_group,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self._cluster = ecs.Cluster(self, "Cluster", cluster_name=choices.name, vpc=network.vpc)
        waive(
            self._cluster,
            {
                "AwsSolutions-ECS4": "A dollar and more per service; alarms are of figures of "
                "ECS that cost nothing."
            },
        )
        names = ecs.CloudMapOptions(
            name="code",
            cloud_map_namespace=discovery.PrivateDnsNamespace(
                self, "Names", name=DOMAIN, vpc=network.vpc
            ),
            dns_ttl=cdk.Duration.seconds(10),
        )
        for name, task in self._tasks().items():
            self._serve(name, task, names)

    def _tasks(self) -> dict[str, Task]:
        of = self._principals
        # The page Live shows the consumer of its own machine, and a task is one.
        live = ("dashboard", "consumer", *(["producer"] if self.choices.quotes else []))
        return {
            "code": Task(512, 2048, ("code",), of.run),
            "daemon": Task(256, 1024, ("daemon",), of.dagster),
            "webserver": Task(256, 1024, ("webserver",), of.dagster, door=True),
            "live": Task(512, 2048, live, of.live, door=True),
        }

    def _serve(self, name: str, task: Task, names: ecs.CloudMapOptions) -> None:
        definition = ecs.FargateTaskDefinition(
            self,
            f"{name.title()}Task",
            family=f"{self.choices.name}-{name}",
            cpu=task.cpu,
            memory_limit_mib=task.memory,
            task_role=task.role,
            execution_role=self._principals.execution,
            volumes=[ecs.Volume(name=volume) for volume in self._places(task)],
        )
        for process in task.processes:
            self._container(definition, process, task)
        waive(
            definition,
            {"AwsSolutions-ECS2": "Settings are no secrets; those come from Secrets Manager."},
        )
        service = ecs.FargateService(
            self,
            name.title(),
            service_name=name,
            cluster=self._cluster,
            task_definition=definition,
            desired_count=1,
            min_healthy_percent=0,
            max_healthy_percent=100,
            circuit_breaker=ecs.DeploymentCircuitBreaker(rollback=True),
            security_groups=[self._network.tasks],
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            enable_execute_command=task.door,
            cloud_map_options=names if name == "code" else None,
        )
        self._watching.alarm(
            self,
            f"{name}-gone",
            service.metric_memory_utilization(statistic="Maximum", period=cdk.Duration.minutes(5)),
            above=95,
            silence_is_bad=True,
            what=f"The task {name} tells nothing, or has no memory left: see why the last one "
            f"ended, and its log in {self.choices.log_group}.",
        )

    def _container(self, definition: ecs.TaskDefinition, process: str, task: Task) -> None:
        container = definition.add_container(
            process,
            image=ecs.ContainerImage.from_docker_image_asset(self._image),
            command=[process],
            environment=self._environment | self._of_code(process),
            secrets=self._secrets,
            user=USER,
            readonly_root_filesystem=True,
            # A run's task is made of the daemon's container, and is started once.
            enable_restart_policy=len(task.processes) > 1,
            stop_timeout=cdk.Duration.seconds(120),
            health_check=ecs.HealthCheck(
                command=["CMD", "/opt/indextracker/deployment/serve", "healthy", process],
                interval=cdk.Duration.seconds(300 if process == "daemon" else 60),
                timeout=cdk.Duration.seconds(60),
                retries=3,
                start_period=cdk.Duration.seconds(300),
            ),
            logging=ecs.LogDriver.aws_logs(log_group=self._log, stream_prefix=process),
        )
        for volume, path in self._places(task).items():
            container.add_mount_points(
                ecs.MountPoint(container_path=path, source_volume=volume, read_only=False)
            )

    def _places(self, task: Task) -> dict[str, str]:
        return WRITABLE | (OF_THE_DOOR if task.door else {})

    def _of_code(self, process: str) -> dict[str, str]:
        """Where the code server listens, and what it tells the daemon to start a run with."""
        if process != "code":
            return {}
        run = {"ecs": {"task_role_arn": self.choices.role("run")}}
        return {
            "DAGSTER_CURRENT_IMAGE": self._image.image_uri,
            "DAGSTER_CONTAINER_CONTEXT": json.dumps(run),
            "LISTEN": "0.0.0.0",  # noqa: S104 - the tasks' group alone gets there
        }


def environment(choices: Choices, application: str, warehouse: str) -> dict[str, str]:
    """What all tasks and runs are told, but for secrets.

    Args:
        choices: What was chosen.
        application: Id of the application of EMR Serverless.
        warehouse: Address of the warehouse.
    """
    settings = {
        "env": "aws",
        "source": choices.source,
        "lake": f"s3://{choices.lake}/lake",
        "engine": choices.engine,
        "emr_application": application,
        "emr_role": choices.role("spark"),
        "emr_code": f"s3://{choices.work}/code",
        "warehouse": warehouse,
        "copy_role": choices.role("copy"),
        "staging": f"s3://{choices.work}/lake-staging",
        "readers": READERS,
        "stream": f"kinesis://{choices.name}",
        "secret": choices.secret("production"),
        "start": choices.start,
        "dagster_home": f"{WRITABLE['state']}/dagster",
        "logs_bucket": choices.logs,
        "automation": "running",
        "alerts": choices.topic,
        "user_agent": choices.user_agent,
    }
    return {
        **{f"INDEXTRACKER_{name.upper()}": value for name, value in settings.items() if value},
        "AWS_REGION": choices.region,
        "DAGSTER_HOME": settings["dagster_home"],
        "DAGSTER_CODE_HOST": f"code.{DOMAIN}",
        "DEPLOYED_AS": "aws",
        "QUOTES": choices.quotes,
    }
