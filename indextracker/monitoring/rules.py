"""The alerts: when each fires, what it means, what to do, and which others it makes superfluous.

Declared here and nowhere else: `files` makes of them the rules of Prometheus with their tests, the
routes of Alertmanager and the runbook. Deadlines are not here; they are figures, by what feeds and
schedules declare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indextracker.building.freshness import LONG
from indextracker.metrics import HINDERED
from indextracker.monitoring.figures import (
    ACCEPTED,
    BEHIND,
    DAEMON_HEARTBEAT,
    DAYS_LEFT,
    DEADLINE,
    DISK_FREE,
    DISK_NEEDED,
    FAILED_CHECKS,
    OLDEST_RUN,
    PART_UP,
    REJECTED,
    STREAM_LAG,
    STREAM_UP,
    TICK_FAILED,
)

RUNBOOK = "docs/runbook.md"
# A document that is not there so long after it was to be requested.
LATE_SECONDS = 300
# A daemon of Dagster says every thirty seconds that it lives.
_DEAD_SECONDS = 180
# The longest runs build years, in some two hours; the others take seconds or minutes.
_STUCK_SECONDS = {
    "QUEUED": 3600,
    "NOT_STARTED": 600,
    "STARTING": 600,
    "STARTED": 6 * 3600,
    "CANCELING": 600,
}
# Documents that did not come one after the other until their feed is silent.
_SILENT_KEYS = 3
# Trading days that a person has before a document is deleted.
_SOON_DAYS = 5
# A consumer that runs has an event in the table after a second.
_LAG_SECONDS = 60

_LABEL = re.compile(r"{{ \$labels\.(\w+) }}")


@dataclass(frozen=True)
class Example:
    """Series with which an alert is silent at first and fires later, for its test.

    Attributes:
        series: Values by series, one a minute, as promtool writes them.
        quiet: Minute at which it does not fire yet.
        fires: Minute at which it does.
        labels: The labels of the series that make it fire.
    """

    series: Mapping[str, str]
    quiet: int
    fires: int
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Alert:
    """An alert.

    Attributes:
        name: Its name, and its heading in the runbook.
        severity: `critical` where data is lost or nothing goes on without a person.
        summary: What happened, in a sentence; `{{ $labels.x }}` is the value of a label.
        meaning: What that means, and since when it holds.
        do: What to do, step by step.
        cause: What several alerts of this name have in common that are told of at once.
        expression: When it fires, in PromQL.
        example: The series of its test.
        minutes: For how long that has to hold.
        silenced_by: Alerts that explain it, by name, each with the labels that are equal then. That
            the process is down that tells of it explains every alert.
        work_of: The process whose work it is, where that says of itself that it is hindered.
    """

    name: str
    severity: Literal["critical", "warning"]
    summary: str
    meaning: str
    do: tuple[str, ...]
    cause: str
    expression: str
    example: Example
    minutes: int = 0
    silenced_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    work_of: str = ""

    @property
    def rule(self) -> dict[str, Any]:
        """The rule of Prometheus."""
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": f"{self.minutes}m",
            "labels": {"severity": self.severity, "cause": self.cause},
            "annotations": {
                "summary": self.summary,
                "todo": " ".join(self.do),
                "runbook_url": f"{RUNBOOK}#{self.name.lower()}",
            },
        }

    @property
    def test(self) -> dict[str, Any]:
        """The test of promtool."""
        rule = self.rule
        labels = {**self.example.labels} | {
            name: _filled(text, self.example.labels) for name, text in rule["labels"].items()
        }
        annotations = {
            name: _filled(text, self.example.labels) for name, text in rule["annotations"].items()
        }
        return {
            "name": self.name,
            "interval": "1m",
            "input_series": [
                {"series": series, "values": values}
                for series, values in self.example.series.items()
            ],
            "alert_rule_test": [
                {"alertname": self.name, "eval_time": f"{self.example.quiet}m", "exp_alerts": []},
                {
                    "alertname": self.name,
                    "eval_time": f"{self.example.fires}m",
                    "exp_alerts": [{"exp_labels": labels, "exp_annotations": annotations}],
                },
            ],
        }


def _filled(text: str, labels: Mapping[str, str]) -> str:
    return _LABEL.sub(lambda found: labels[found[1]], text)


def _series(name: str, labels: Mapping[str, str]) -> str:
    written = ", ".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}{{{written}}}"


_AT = {"host": "here", "process": "monitor"}
_OF_FEED = {"subject": "market", "publisher": "exchange", "feed": "ticks"}
_MISSED = _AT | _OF_FEED | {"key": "2024-12-16"}
# What is known of documents and tables comes by way of these.
_NOTHING_RUNS = {"HostDown": ("host",), "DaemonDown": ("host",), "DiskShort": ("host",)}

ALERTS: tuple[Alert, ...] = (
    Alert(
        name="HostDown",
        severity="critical",
        summary="No process of {{ $labels.host }} answers.",
        meaning=(
            "Prometheus reaches none of the processes that it watches on a machine, for two "
            "minutes. It can fire only where Prometheus runs elsewhere, or where somebody stopped "
            "all of them."
        ),
        do=(
            "Log in to the machine; if that fails, start it again where it is hosted.",
            (
                "Start the processes again: nothing is lost, since each goes on from what is in "
                "the lake."
            ),
        ),
        cause="{{ $labels.host }}",
        expression=(
            "(count by (host) (up) - (sum by (host) (up)) >= 2) and (sum by (host) (up) == 0)"
        ),
        minutes=2,
        example=Example(
            series={
                _series("up", {"host": "here", "process": "monitor"}): "1 0x10",
                _series("up", {"host": "here", "process": "consumer"}): "1 0x10",
                _series("up", {"host": "there", "process": "consumer"}): "1x10",
            },
            quiet=2,
            fires=3,
            labels={"host": "here"},
        ),
    ),
    Alert(
        name="TargetDown",
        severity="critical",
        summary="The process {{ $labels.process }} of {{ $labels.host }} does not answer.",
        meaning="Prometheus did not get the figures of a process for a minute.",
        do=(
            "Look whether it runs, and at the end of its log.",
            "Start it again: it goes on where it was.",
            "If it is no longer to run, remove it from targets.yml.",
        ),
        cause="{{ $labels.process }}",
        expression="up == 0",
        minutes=1,
        silenced_by={"HostDown": ("host",)},
        example=Example(
            series={_series("up", {"host": "here", "process": "consumer"}): "1 0x10"},
            quiet=1,
            fires=2,
            labels={"host": "here", "process": "consumer"},
        ),
    ),
    Alert(
        name="ProcessHindered",
        severity="warning",
        summary="Something hinders {{ $labels.process }} of {{ $labels.host }}.",
        meaning=(
            "The process runs and says at /healthz that it cannot do its work, for two minutes: a "
            "stream or a store does not answer, a publisher's connection is shut, a reading hangs."
        ),
        do=(
            "Read what it says: curl its address with /healthz in place of /metrics.",
            "It tries again by itself; mend what it names.",
        ),
        cause="{{ $labels.process }}",
        expression=f"{HINDERED} == 1",
        minutes=2,
        silenced_by={"HostDown": ("host",), "DiskShort": ("host",)},
        example=Example(
            series={_series(HINDERED, {"host": "here", "process": "consumer"}): "0 1x10"},
            quiet=2,
            fires=3,
            labels={"host": "here", "process": "consumer"},
        ),
    ),
    Alert(
        name="MonitorBlind",
        severity="critical",
        summary="The monitor of {{ $labels.host }} cannot read its part {{ $labels.part }}.",
        meaning=(
            "A part of the monitor failed for two minutes: `dagster` and `dagster_tables` are what "
            "Dagster's webserver says, the others what lake, streams and disks say. Alerts that "
            "need it are silent meanwhile."
        ),
        do=(
            "Read the end of the monitor's log, which says why.",
            "Where it is Dagster's webserver, start it again: `indextracker ui`.",
            "Where it is the lake, run `indextracker doctor`.",
        ),
        cause="{{ $labels.process }}",
        expression=f"{PART_UP.name} == 0",
        minutes=2,
        silenced_by={"HostDown": ("host",), "DiskShort": ("host",)},
        example=Example(
            series={_series(PART_UP.name, _AT | {"part": "dagster"}): "1 0x10"},
            quiet=2,
            fires=3,
            labels=_AT | {"part": "dagster"},
        ),
    ),
    Alert(
        name="DaemonDown",
        severity="critical",
        summary="Dagster's daemon {{ $labels.daemon }} of {{ $labels.host }} does not live.",
        meaning=(
            f"It has not said for {_DEAD_SECONDS // 60} minutes that it lives. Without daemons no "
            "schedule and no sensor ticks, and no run leaves the queue: documents are not "
            "requested."
        ),
        do=(
            "Look whether `indextracker ui`, or the daemon's own service, runs; start it again.",
            "If it runs, read its log: a code location that does not load stops the daemons too.",
            "What was missed meanwhile is requested by the sensor `outstanding_documents`.",
        ),
        cause="Dagster",
        expression=f"time() - {DAEMON_HEARTBEAT.name} > {_DEAD_SECONDS}",
        silenced_by={"HostDown": ("host",)},
        example=Example(
            series={_series(DAEMON_HEARTBEAT.name, _AT | {"daemon": "SENSOR"}): "0 60 60x20"},
            quiet=4,
            fires=5,
            labels=_AT | {"daemon": "SENSOR"},
        ),
    ),
    Alert(
        name="RunStuck",
        severity="warning",
        summary="A run of {{ $labels.job }} is {{ $labels.status }} for too long.",
        meaning=(
            "A run is started for six hours, queued for one, or starting or being cancelled for "
            "ten minutes."
        ),
        do=(
            "Open the run in Dagster's UI and read its last lines.",
            "Where it waits for a publisher or a lock, it names it; it may be right to wait.",
            "Terminate it there: what it did stays, and the next run does the rest.",
        ),
        cause="{{ $labels.job }}",
        expression=" or ".join(
            f'time() - {OLDEST_RUN.name}{{status="{status}"}} > {seconds}'
            for status, seconds in _STUCK_SECONDS.items()
        ),
        silenced_by={"HostDown": ("host",), "DaemonDown": ("host",)},
        example=Example(
            series={
                _series(OLDEST_RUN.name, _AT | {"job": "acquire", "status": "QUEUED"}): "0x80",
                _series(OLDEST_RUN.name, _AT | {"job": "refine", "status": "STARTED"}): "0x80",
            },
            quiet=60,
            fires=61,
            labels=_AT | {"job": "acquire", "status": "QUEUED"},
        ),
    ),
    Alert(
        name="TicksFail",
        severity="warning",
        summary="The {{ $labels.kind }} {{ $labels.name }} fails.",
        meaning="The last tick of a schedule or sensor failed, for ten minutes.",
        do=(
            "Open it in Dagster's UI, under Automation, and read the error of its last tick.",
            "Run `indextracker doctor`.",
        ),
        cause="Dagster",
        expression=f"{TICK_FAILED.name} == 1",
        minutes=10,
        silenced_by={"HostDown": ("host",), "DaemonDown": ("host",), "DiskShort": ("host",)},
        example=Example(
            series={
                _series(TICK_FAILED.name, _AT | {"kind": "sensor", "name": "arrivals"}): "0 1x20"
            },
            quiet=10,
            fires=11,
            labels=_AT | {"kind": "sensor", "name": "arrivals"},
        ),
    ),
    Alert(
        name="MissedSession",
        severity="warning",
        summary="{{ $labels.feed }} of {{ $labels.key }} is not there.",
        meaning=(
            f"A document is not accepted {LATE_SECONDS // 60} minutes after it was to be "
            "requested: that is the first tick of its schedule at or after the hour by which its "
            "feed is due. Days on which the exchange was closed are none."
        ),
        do=(
            "Run `indextracker status` and read the reason of the document.",
            (
                "`partial`, `blocked` and `missing` are mostly the publisher's: the sensor "
                "`outstanding_documents` requests it again every half hour."
            ),
            "`refused` names what is wrong in the document: look at it in the publisher's page.",
            "If it was never asked for, switch on its schedule, or run `indextracker backfill`.",
        ),
        cause="{{ $labels.publisher }}",
        expression=f"time() - {DEADLINE.name} >= {LATE_SECONDS}",
        silenced_by=_NOTHING_RUNS
        | {
            "FeedSilent": ("host", "feed"),
            "DeletedSoon": ("host", "feed", "key"),
        },
        example=Example(
            series={_series(DEADLINE.name, _MISSED): "600x60"},
            quiet=14,
            fires=15,
            labels=_MISSED,
        ),
    ),
    Alert(
        name="FeedSilent",
        severity="critical",
        summary="No document of {{ $labels.feed }} was accepted any more.",
        meaning=(
            f"{_SILENT_KEYS} documents of a feed did not come since the last that was accepted: "
            "that is no accident of one day."
        ),
        do=(
            (
                "Open the publisher's site: has it moved, has the form of the document changed, "
                "or is this address banned?"
            ),
            "Run `indextracker doctor`, which asks each publisher for its front page.",
            "Documents that are refused are in landing, under the digest in bronze/deliveries.",
        ),
        cause="{{ $labels.publisher }}",
        expression=(
            "count by (host, process, subject, publisher, feed) (("
            f"{DEADLINE.name} > on (host, process, subject, publisher, feed) group_left () "
            f"{ACCEPTED.name}) <= time() - {LATE_SECONDS}) >= {_SILENT_KEYS}"
        ),
        silenced_by=_NOTHING_RUNS | {"DeletedSoon": ("host", "feed")},
        example=Example(
            series={
                _series(ACCEPTED.name, _AT | _OF_FEED): "0x60",
                **{
                    _series(DEADLINE.name, _AT | _OF_FEED | {"key": key}): f"{minute * 60}x60"
                    for key, minute in (("2024-12-12", 1), ("2024-12-13", 5), ("2024-12-16", 10))
                },
            },
            quiet=14,
            fires=15,
            labels=_AT | _OF_FEED,
        ),
    ),
    Alert(
        name="DeletedSoon",
        severity="critical",
        summary=(
            "{{ $labels.feed }} of {{ $labels.key }} is missing, and its publisher deletes it soon."
        ),
        meaning=(
            f"A document is missing that its publisher keeps for {_SOON_DAYS} trading days more at "
            "most. After that only somebody's archive may have it."
        ),
        do=(
            "Run `indextracker status`: it says why it is missing and which day is the last.",
            "Run `indextracker backfill` for the session.",
            (
                "If it stays refused, keep the file from the publisher's page by hand, and import "
                "it later from an archive."
            ),
        ),
        cause="{{ $labels.publisher }}",
        expression=f"{DAYS_LEFT.name} <= {_SOON_DAYS}",
        silenced_by=_NOTHING_RUNS,
        example=Example(
            series={_series(DAYS_LEFT.name, _MISSED): "6 6 5x10"},
            quiet=1,
            fires=2,
            labels=_MISSED,
        ),
    ),
    Alert(
        name="TableBehind",
        severity="warning",
        summary="{{ $labels.table }} is far behind what is due.",
        meaning=(
            f"A table is without {LONG} or more sessions or hours that are due, for half an hour, "
            "though documents come: nothing builds it, or its runs fail."
        ),
        do=(
            "Run `indextracker status`, which names the tables and the backfill that builds them.",
            "Look at the failed runs in Dagster's UI; is the sensor `stale_sessions` switched on?",
        ),
        cause="{{ $labels.subject }}",
        expression=f"{BEHIND.name} >= {LONG}",
        minutes=30,
        silenced_by=_NOTHING_RUNS
        | {"MissedSession": ("host", "subject"), "FeedSilent": ("host", "subject")},
        example=Example(
            series={
                _series(BEHIND.name, _AT | {"subject": "market", "table": "gold/bars"}): "4 5x60"
            },
            quiet=30,
            fires=31,
            labels=_AT | {"subject": "market", "table": "gold/bars"},
        ),
    ),
    Alert(
        name="ChecksFail",
        severity="warning",
        summary="Rows of {{ $labels.table }} break a rule.",
        meaning=(
            "A check of severity ERROR failed when the table was last built: what is made of it is "
            "not built."
        ),
        do=(
            "Open the table's checks in Dagster's UI, which show examples of the rows.",
            "Correct the reading or the declaration, and backfill the session.",
        ),
        cause="{{ $labels.table }}",
        expression=f'{FAILED_CHECKS.name}{{severity="ERROR"}} > 0',
        silenced_by={
            "HostDown": ("host",),
            "TableBehind": ("host", "table"),
        },
        example=Example(
            series={
                _series(
                    FAILED_CHECKS.name, _AT | {"table": "silver/trades", "severity": "ERROR"}
                ): "_ 1x10",
                _series(
                    FAILED_CHECKS.name, _AT | {"table": "silver/trades", "severity": "WARN"}
                ): "1x10",
            },
            quiet=0,
            fires=1,
            labels=_AT | {"table": "silver/trades", "severity": "ERROR"},
        ),
    ),
    Alert(
        name="LinesRejected",
        severity="warning",
        summary="New lines of {{ $labels.subject }} cannot be read.",
        meaning="Documents of the last hour have lines that could not be read.",
        do=(
            (
                "Read them: `indextracker status` names the tables of rejects, with document and "
                "reason."
            ),
            "A few are the publisher's accidents; many of one kind are a new layout.",
        ),
        cause="{{ $labels.subject }}",
        expression=f"{REJECTED.name} - min_over_time({REJECTED.name}[1h]) > 0",
        silenced_by={"HostDown": ("host",)},
        example=Example(
            series={_series(REJECTED.name, _AT | {"subject": "market"}): "3 3 3 7x10"},
            quiet=2,
            fires=3,
            labels=_AT | {"subject": "market"},
        ),
    ),
    Alert(
        name="StreamLag",
        severity="critical",
        summary="Events of {{ $labels.stream }} wait to be read.",
        meaning=(
            f"For two minutes the first event that is in no table waits for longer than "
            f"{_LAG_SECONDS} s; a consumer that runs takes a second."
        ),
        do=(
            "Look whether `indextracker stream run` runs, and what its /healthz says.",
            "Start it again: it loses nothing and appends nothing twice.",
            "If more comes than it reads, `indextracker stream status` says how much waits.",
        ),
        cause="{{ $labels.stream }}",
        expression=f"{STREAM_LAG.name} > {_LAG_SECONDS}",
        minutes=2,
        silenced_by={
            "HostDown": ("host",),
            "DiskShort": ("host",),
            "StreamDown": ("host", "stream"),
        },
        work_of="consumer",
        example=Example(
            series={_series(STREAM_LAG.name, _AT | {"stream": "quotes"}): "0 61+60x10"},
            quiet=2,
            fires=3,
            labels=_AT | {"stream": "quotes"},
        ),
    ),
    Alert(
        name="StreamDown",
        severity="critical",
        summary="The stream of {{ $labels.stream }} does not answer.",
        meaning="A stream that was used did not answer for two minutes.",
        do=(
            "`indextracker stream status` says why: permissions, network, a file that is gone.",
            "Producers keep what they could not put, and consumers wait: start neither anew.",
        ),
        cause="{{ $labels.stream }}",
        expression=f"{STREAM_UP.name} == 0",
        minutes=2,
        silenced_by={"HostDown": ("host",), "DiskShort": ("host",)},
        example=Example(
            series={_series(STREAM_UP.name, _AT | {"stream": "quotes"}): "1 0x10"},
            quiet=2,
            fires=3,
            labels=_AT | {"stream": "quotes"},
        ),
    ),
    Alert(
        name="DiskShort",
        severity="critical",
        summary="The disk below {{ $labels.folder }} is too full for the next run.",
        meaning=(
            "There is less free than the next run needs: a GB and twice the warehouse. Runs end "
            "before they begin, and consumers wait."
        ),
        do=(
            "Run `indextracker maintain`, which puts files together and removes old versions.",
            "Make the disk larger, or move what is not ours elsewhere. Never delete from landing.",
        ),
        cause="{{ $labels.folder }}",
        expression=f"{DISK_FREE.name} < {DISK_NEEDED.name}",
        silenced_by={"HostDown": ("host",)},
        example=Example(
            series={
                _series(DISK_FREE.name, _AT | {"folder": "/srv"}): "9e9 9e8x10",
                _series(DISK_NEEDED.name, _AT | {"folder": "/srv"}): "1e9x10",
            },
            quiet=0,
            fires=1,
            labels=_AT | {"folder": "/srv"},
        ),
    ),
    Alert(
        name="DiskFills",
        severity="warning",
        summary="The disk below {{ $labels.folder }} will be too full within a day.",
        meaning="By its course of the last six hours, for half an hour.",
        do=(
            "Run `indextracker maintain`.",
            "`indextracker status --watch` and Grafana show which tables grow.",
        ),
        cause="{{ $labels.folder }}",
        expression=f"predict_linear({DISK_FREE.name}[6h], 86400) < {DISK_NEEDED.name}",
        minutes=30,
        silenced_by={"HostDown": ("host",), "DiskShort": ("host", "folder")},
        example=Example(
            series={
                _series(DISK_FREE.name, _AT | {"folder": "/srv"}): "100e9x30 100e9-1e8x90",
                _series(DISK_NEEDED.name, _AT | {"folder": "/srv"}): "1e9x130",
            },
            quiet=30,
            fires=110,
            labels=_AT | {"folder": "/srv"},
        ),
    ),
)
