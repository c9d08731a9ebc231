"""The figures of the monitor: each declared once, for who gives it and for who asks for it.

Names and units are as Prometheus has them: seconds, bytes, instants as seconds since 1970. Who
reads them is in `dagster` and `lakehouse`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.parser import text_string_to_metric_families

PREFIX = "indextracker_"


@dataclass(frozen=True)
class Figure:
    """A figure, or one for each combination of values of its labels.

    Attributes:
        name: Its name in Prometheus.
        meaning: What it is, in a sentence.
        labels: What tells its values apart.
    """

    name: str
    meaning: str
    labels: tuple[str, ...] = ()


# Of each figure its values, by the values of its labels.
Readings = Mapping[Figure, Mapping[tuple[str, ...], float]]

_DECLARED: dict[str, Figure] = {}


def _figure(name: str, meaning: str, *labels: str) -> Figure:
    return _DECLARED.setdefault(f"{PREFIX}{name}", Figure(f"{PREFIX}{name}", meaning, labels))


PART_UP = _figure("part_up", "Whether a part of the monitor could be read the last time.", "part")
PART_AGE = _figure(
    "part_age_seconds", "How long ago a part was read, or its reading began to hang.", "part"
)
PART_TOOK = _figure("part_reading_seconds", "How long its last reading took.", "part")

DAEMON_HEARTBEAT = _figure(
    "dagster_daemon_heartbeat_timestamp_seconds", "When a daemon of Dagster last lived.", "daemon"
)
RUNS = _figure("dagster_runs", "Runs that are not over.", "job", "status")
OLDEST_RUN = _figure(
    "dagster_oldest_run_timestamp_seconds",
    "Since when the oldest run that is not over is queued, starting, running or being cancelled.",
    "job",
    "status",
)
ENDED_RUNS = _figure("dagster_ended_runs", "Runs that ended in the last day.", "job", "status")
SWITCHED_ON = _figure(
    "dagster_automation_running", "Whether a schedule or sensor is switched on.", "kind", "name"
)
TICK = _figure(
    "dagster_tick_timestamp_seconds", "Last tick of a schedule or sensor.", "kind", "name"
)
TICK_FAILED = _figure("dagster_tick_failed", "Whether that tick failed.", "kind", "name")
MATERIALIZED = _figure(
    "dagster_materialized_timestamp_seconds", "Last materialisation of a table.", "table"
)
FAILED_CHECKS = _figure(
    "dagster_failed_checks", "Checks of a table that failed the last time.", "table", "severity"
)
FRESH = _figure("dagster_fresh", "Whether the check of freshness passed the last time.", "table")

DOCUMENTS = _figure(
    "documents", "Documents of the last 30 keys of a feed, by state.", "subject", "feed", "state"
)
DEADLINE = _figure(
    "document_deadline_timestamp_seconds",
    "By when a document that is not there was, or is, to be requested and accepted.",
    *("subject", "publisher", "feed", "key"),
)
DAYS_LEFT = _figure(
    "document_days_left",
    "Trading days until the exchange deletes a document that is missing: 1 is the last.",
    *("subject", "publisher", "feed", "key"),
)
ACCEPTED = _figure(
    "feed_accepted_timestamp_seconds",
    "When the last document of a feed was accepted; 0 where none ever was.",
    *("subject", "publisher", "feed"),
)
REJECTED = _figure("rejected_lines", "Lines of the last 30 keys that could not be read.", "subject")
BEHIND = _figure(
    "table_keys_behind", "Keys that are due and that a table is without.", "subject", "table"
)
STREAM_UP = _figure("stream_up", "Whether a stream that is used answers.", "stream")
STREAM_LAG = _figure(
    "stream_lag_seconds", "For how long the first event waits that is in no table.", "stream"
)
DISK_FREE = _figure("disk_free_bytes", "Free space below a folder.", "folder")
DISK_NEEDED = _figure("disk_needed_bytes", "What the next run needs there.", "folder")
TABLE_BYTES = _figure("table_bytes", "Size of the files of a table's version of now.", "table")
TABLE_FILES = _figure("table_files", "How many files these are.", "table")
LANDED_BYTES = _figure("landing_bytes", "Size of the documents that are kept.")

DECLARED: Mapping[str, Figure] = _DECLARED


def families(readings: Readings) -> Iterator[GaugeMetricFamily]:
    """Readings as `prometheus_client` collects them."""
    for figure, values in readings.items():
        family = GaugeMetricFamily(figure.name, figure.meaning, labels=figure.labels)
        for labels, value in values.items():
            family.add_metric(labels, value)
        yield family


def parsed(text: str) -> Readings:
    """The figures of the monitor in a text of Prometheus' format; others are passed over."""
    found: dict[Figure, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        if figure := DECLARED.get(family.name):
            found[figure] = {
                tuple(sample.labels[name] for name in figure.labels): sample.value
                for sample in family.samples
            }
    return found
