"""The jobs of trade events, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_catalogue import trades as t
from indextracker_catalogue.markets import DEAD_LETTERS
from indextracker_spark.job import SparkJob
from indextracker_spark.shared.dead_letters import dead_letters_of
from indextracker_spark.trades.operations import trade_counts, trade_events

JOBS = (
    SparkJob(t.TRADE_EVENTS, (t.TRADE_RECORDS,), trade_events),
    dead_letters_of(t.TRADE_RECORDS, DEAD_LETTERS, t.SUBJECT.name),
    SparkJob(t.TRADE_COUNTS, (t.TRADE_EVENTS,), trade_counts),
)
