"""The jobs of NSE, in the order in which data flows through them."""

from __future__ import annotations

from indextracker_catalogue import india as t
from indextracker_spark.india import instruments
from indextracker_spark.job import SparkJob

JOBS = (SparkJob(t.INSTRUMENTS, (t.EQUITIES_DAILY,), instruments.instruments),)
