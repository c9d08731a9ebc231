"""The jobs of quotes, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_catalogue import markets as t
from indextracker_catalogue.job import Input
from indextracker_spark.job import SparkJob
from indextracker_spark.markets.quotes import quote_bars, quotes
from indextracker_spark.shared.dead_letters import dead_letters_of

JOBS = (
    SparkJob(t.QUOTES, (t.QUOTE_EVENTS,), quotes),
    dead_letters_of(t.QUOTE_EVENTS, t.DEAD_LETTERS, t.SUBJECT.name),
    # The first quote of an hour is compared with the last one of the hour before.
    SparkJob(t.QUOTE_BARS, (Input(t.QUOTES, look_back=1),), quote_bars),
)
