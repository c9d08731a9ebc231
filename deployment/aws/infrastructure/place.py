"""A stack in the account and region that were chosen, and what all of them have in common."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct, IConstruct

from infrastructure.choices import ZONES, Choices


class Place(cdk.Stack):
    """A stack of one concern.

    Args:
        app: The app.
        concern: Its name.
        choices: What was chosen.
    """

    def __init__(self, app: Construct, concern: str, choices: Choices) -> None:
        super().__init__(
            app,
            f"{choices.name}-{concern}",
            env=cdk.Environment(account=choices.account, region=choices.region),
        )
        self.choices = choices
        cdk.Tags.of(self).add("indextracker", choices.name)

    @property
    def availability_zones(self) -> list[str]:
        """The region's first zones, looked up by CloudFormation: synthesis asks nobody."""
        zones = cdk.Fn.get_azs(self.region)
        return [cdk.Fn.select(number, zones) for number in range(ZONES)]


def waive(construct: IConstruct, why: dict[str, str]) -> None:
    """Accepts findings of cdk-nag on a construct, each with its reason.

    Args:
        construct: What has been found fault with.
        why: The reason by the id of the finding.
    """
    cdk.Validations.of(construct).acknowledge(
        *(cdk.Acknowledgment(id=found, reason=reason) for found, reason in why.items())
    )
