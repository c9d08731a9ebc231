"""Who is told what: the topic, alarms that others declare by it, and the budget."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infrastructure.choices import Choices
from infrastructure.place import Place


class Watching(Place):
    """The topic of alarms, of failed runs and of money."""

    def __init__(self, app: Construct, choices: Choices) -> None:
        super().__init__(app, "watching", choices)
        self._topic = sns.Topic(self, "Topic", topic_name=choices.name, enforce_ssl=True)
        if choices.mail:
            sns.Subscription(
                self,
                "Mail",
                topic=self._topic,
                protocol=sns.SubscriptionProtocol.EMAIL,
                endpoint=choices.mail,
            )
        for service, condition in {
            "budgets": {"aws:SourceAccount": choices.account},
            "cloudwatch": {"aws:SourceAccount": choices.account},
        }.items():
            self._topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal(f"{service}.amazonaws.com")],
                    actions=["sns:Publish"],
                    resources=[self._topic.topic_arn],
                    conditions={"StringEquals": condition},
                )
            )
        self._budget()

    def alarm(
        self,
        scope: Construct,
        name: str,
        metric: cloudwatch.IMetric,
        above: float,
        what: str,
        minutes: int = 15,
        silence_is_bad: bool = False,
    ) -> None:
        """Tells the topic when a figure is above a bound.

        Args:
            scope: The stack of what is watched.
            name: Of the alarm.
            metric: The figure.
            above: The bound.
            what: What it means and what to do.
            minutes: For how long, of periods of five minutes each.
            silence_is_bad: Whether no figure at all is told as well.
        """
        missing = cloudwatch.TreatMissingData
        cloudwatch.Alarm(
            scope,
            name,
            alarm_name=f"{self.choices.name}-{name}",
            alarm_description=what,
            metric=metric,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=minutes // 5,
            treat_missing_data=missing.BREACHING if silence_is_bad else missing.NOT_BREACHING,
        ).add_alarm_action(actions.SnsAction(self._topic))

    def _budget(self) -> None:
        told = budgets.CfnBudget.SubscriberProperty(
            subscription_type="SNS", address=self._topic.topic_arn
        )
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=self.choices.name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(
                    amount=float(self.choices.budget), unit="USD"
                ),
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[told],
                )
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )
