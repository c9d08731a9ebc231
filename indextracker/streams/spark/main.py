"""Entry point of a streaming job on a cluster: `main.py --lake ROOT --stream ADDRESS SUBJECT ...`.

Everything that it needs is in its arguments; it opens the session that the cluster provides, and
runs until it is killed. The library has to be installed on the driver and where tasks run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from threading import Event

from pyspark.sql import SparkSession

from indextracker.lake import Lake
from indextracker.streams.arrivals import EVENTS
from indextracker.streams.opening import stream_at
from indextracker.streams.running import consume
from indextracker.streams.spark.query import SparkConsumer


def main(arguments: Sequence[str]) -> None:
    """Appends the events of streams for as long as it lives.

    Args:
        arguments: What follows the program's name.
    """
    parser = argparse.ArgumentParser(description="Appends the events of streams to the lake.")
    parser.add_argument("--lake", required=True, help="root of the lake")
    parser.add_argument("--world", default="real", help="whose data the lake holds")
    parser.add_argument("--stream", required=True, help="as INDEXTRACKER_STREAM: kinesis://NAME")
    parser.add_argument("subjects", nargs="+", choices=EVENTS, metavar="SUBJECT")
    asked = parser.parse_args(arguments)
    spark = SparkSession.builder.appName("indextracker streams").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    lake = Lake(asked.lake, asked.world)
    consumers = [
        SparkConsumer(
            lambda _: nullcontext(spark), stream_at(f"{asked.stream}-{name}"), lake, EVENTS[name]
        )
        for name in asked.subjects
    ]
    consume(lake, consumers, Event())


if __name__ == "__main__":
    main(sys.argv[1:])
