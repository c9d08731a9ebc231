"""The deployment as an app of CDK: makes templates of CloudFormation of what was chosen.

    make deploy CONTEXT="--context mail=..."

`infrastructure` has the stacks. A finding of cdk-nag that is not waived ends it.
"""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from infrastructure.choices import Choices
from infrastructure.delivery import Delivery
from infrastructure.network import Network
from infrastructure.orchestration import Orchestration, environment
from infrastructure.principals import Principals
from infrastructure.records import Records
from infrastructure.spark import Spark
from infrastructure.storage import Storage
from infrastructure.streams import Streams
from infrastructure.warehouse import Warehouse
from infrastructure.watching import Watching


def main() -> None:
    """Writes the templates to the folder that the command cdk names."""
    app = cdk.App()
    choices = Choices.of(app.node)
    watching = Watching(app, choices)
    network = Network(app, choices)
    Storage(app, choices)
    Streams(app, choices, watching)
    spark = Spark(app, choices)
    principals = Principals(app, choices, spark.arn)
    warehouse = Warehouse(app, choices, network, watching)
    # Redshift takes a role only when it is there.
    warehouse.add_stack_dependency(principals)
    records = Records(app, choices, network, watching)
    Orchestration(
        app,
        choices,
        network,
        principals,
        watching,
        environment(choices, spark.application, warehouse.address),
        {"records": records.address, "warehouse": warehouse.login},
    )
    if choices.repository:
        Delivery(app, choices)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()


if __name__ == "__main__":
    main()
