"""Streams of events, one for each subject that has some."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_kinesis as kinesis
from constructs import Construct

from infrastructure.choices import STREAMED, Choices
from infrastructure.place import Place
from infrastructure.watching import Watching


class Streams(Place):
    """A stream of one shard each: a thousand puts a second, each of many events.

    On demand the two would take 58 USD a month instead of 22 before an event came. What is lost
    with one when it is torn down is the last day, and only what no consumer had read.
    """

    def __init__(self, app: Construct, choices: Choices, watching: Watching) -> None:
        super().__init__(app, "streams", choices)
        for subject in STREAMED:
            stream = kinesis.Stream(
                self,
                subject.title(),
                stream_name=choices.stream(subject),
                stream_mode=kinesis.StreamMode.PROVISIONED,
                shard_count=1,
                retention_period=cdk.Duration.hours(24),
                encryption=kinesis.StreamEncryption.MANAGED,
                removal_policy=cdk.RemovalPolicy.DESTROY,
            )
            watching.alarm(
                self,
                f"{subject}-behind",
                stream.metric_get_records_iterator_age_milliseconds(
                    statistic="Maximum", period=cdk.Duration.minutes(5)
                ),
                above=cdk.Duration.minutes(30).to_milliseconds(),
                what="The consumer reads events half an hour after they came: see its log.",
            )
