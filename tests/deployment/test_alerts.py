"""A failed run is reported through an SNS topic to its subscribers."""

from __future__ import annotations

import json

import boto3
from deployment.clouds import Cloud

from indextracker.settings import Settings
from indextracker_assets.alerts import Failure, TopicAlert, alert


def test_subscribers_of_the_topic_are_told(on_aws: Cloud) -> None:
    topic = boto3.client("sns").create_topic(Name="failures")["TopicArn"]
    queues = boto3.client("sqs")
    queue = queues.create_queue(QueueName="mail")["QueueUrl"]
    boto3.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:mail"
    )
    told = alert(Settings(alerts=topic))
    assert isinstance(told, TopicAlert)
    told.send(Failure("0a1b", "refine", ("silver__products",), "2024-12-12 to 2024-12-13"))
    [message] = queues.receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert body["Subject"] == "IndexTracker: refine failed"
    assert body["Message"] == (
        "run 0a1b (refine of 2024-12-12 to 2024-12-13) failed at silver__products"
    )
