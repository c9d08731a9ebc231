"""Who may deploy from GitHub: one environment of one repository, without a key."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.place import Place

ISSUER = "token.actions.githubusercontent.com"
ENVIRONMENT = "production"


class Delivery(Place):
    """The role that a workflow takes for an hour by the token that GitHub gives it.

    It may only take the roles that `cdk bootstrap` made, which do the rest.
    """

    def __init__(self, app: Construct, choices: Choices) -> None:
        super().__init__(app, "delivery", choices)
        github = iam.CfnOIDCProvider(
            self, "GitHub", url=f"https://{ISSUER}", client_id_list=["sts.amazonaws.com"]
        )
        whose = f"repo:{choices.repository}:environment:{ENVIRONMENT}"
        made = f"cdk-hnb659fds-{{}}-role-{choices.account}-{choices.region}"
        role = iam.Role(
            self,
            "Deploy",
            role_name=f"{choices.name}-deploy",
            max_session_duration=cdk.Duration.hours(1),
            assumed_by=iam.FederatedPrincipal(
                github.attr_arn,
                {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": whose}},
                "sts:AssumeRoleWithWebIdentity",
            ),
            inline_policies={
                "rights": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["sts:AssumeRole"],
                            resources=[
                                f"arn:aws:iam::{choices.account}:role/{made.format(what)}"
                                for what in ("deploy", "file-publishing", "image-publishing")
                            ],
                        )
                    ]
                )
            },
        )
        cdk.CfnOutput(self, "Role", value=role.role_arn)
