"""The dashboards of Grafana: which panels there are, with which queries.

Making Grafana's JSON needs `grafana-foundation-sdk`, which those alone have who change a panel:
`files` writes it, and it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from indextracker.metrics import HINDERED
from indextracker.monitoring.figures import (
    ACCEPTED,
    BEHIND,
    DAEMON_HEARTBEAT,
    DAYS_LEFT,
    DEADLINE,
    DISK_FREE,
    DISK_NEEDED,
    DOCUMENTS,
    ENDED_RUNS,
    FAILED_CHECKS,
    FRESH,
    LANDED_BYTES,
    MATERIALIZED,
    OLDEST_RUN,
    PART_AGE,
    REJECTED,
    RUNS,
    STREAM_LAG,
    TABLE_BYTES,
    TABLE_FILES,
    TICK,
)
from indextracker.monitoring.rules import LATE_SECONDS

DATASOURCE = "prometheus"
_WIDTH, _HEIGHT, _COLUMNS = 8, 8, 24


@dataclass(frozen=True)
class Panel:
    """A panel.

    Attributes:
        title: Its title.
        query: What it draws, in PromQL.
        legend: What a line is called, by its labels as `{{label}}`.
        unit: Grafana's name of the unit.
        may_be_empty: Whether no line at all is as it should be, such as of alerts.
    """

    title: str
    query: str
    legend: str
    unit: str = "short"
    may_be_empty: bool = False


@dataclass(frozen=True)
class Board:
    """A dashboard: rows of panels, by their titles."""

    name: str
    title: str
    rows: dict[str, tuple[Panel, ...]]


BOARDS = (
    Board(
        "lakehouse",
        "IndexTracker: lakehouse",
        {
            "Documents": (
                Panel(
                    "Since the last accepted document",
                    f"time() - ({ACCEPTED.name} > 0)",
                    "{{feed}}",
                    "s",
                ),
                Panel(
                    "Documents of the last 30 keys",
                    f"sum by (subject, state) ({DOCUMENTS.name})",
                    "{{subject}} {{state}}",
                ),
                Panel(
                    "Documents that are late",
                    f"count by (feed) (time() - {DEADLINE.name} >= {LATE_SECONDS})",
                    "{{feed}}",
                    may_be_empty=True,
                ),
                Panel(
                    "Trading days until what is missing is deleted",
                    f"min by (feed) ({DAYS_LEFT.name})",
                    "{{feed}}",
                    may_be_empty=True,
                ),
                Panel("Lines that cannot be read", REJECTED.name, "{{subject}}"),
                Panel("Sessions or hours that tables are behind", BEHIND.name, "{{table}}"),
            ),
            "Streams": (
                Panel("Lag", STREAM_LAG.name, "{{stream}}", "s"),
                Panel(
                    "Rows appended in a second",
                    "sum by (stream) (rate(indextracker_consumer_rows_total[5m]))",
                    "{{stream}}",
                ),
                Panel(
                    "Events put in a second",
                    "sum by (process) (rate(indextracker_producer_events_total[5m]))",
                    "{{process}}",
                ),
            ),
            "Lake": (
                Panel("Largest tables", f"topk(10, {TABLE_BYTES.name})", "{{table}}", "bytes"),
                Panel("Tables with most files", f"topk(10, {TABLE_FILES.name})", "{{table}}"),
                Panel("Documents that are kept", LANDED_BYTES.name, "landing", "bytes"),
                Panel("Free space", DISK_FREE.name, "{{folder}}", "bytes"),
                Panel("What the next run needs", DISK_NEEDED.name, "{{folder}}", "bytes"),
            ),
        },
    ),
    Board(
        "processes",
        "IndexTracker: Dagster and processes",
        {
            "Alerts": (
                Panel(
                    "Alerts that fire",
                    'sum by (alertname, cause) (ALERTS{alertstate="firing"})',
                    "{{alertname}} {{cause}}",
                    may_be_empty=True,
                ),
                Panel("Processes that answer", "up", "{{process}}"),
                Panel("Processes that are hindered", HINDERED, "{{process}}"),
            ),
            "Dagster": (
                Panel(
                    "Since daemons last lived",
                    f"time() - {DAEMON_HEARTBEAT.name}",
                    "{{daemon}}",
                    "s",
                ),
                Panel(
                    "Runs that are not over",
                    f"sum by (status) ({RUNS.name})",
                    "{{status}}",
                ),
                Panel(
                    "Age of the oldest run",
                    f"max by (job, status) (time() - {OLDEST_RUN.name})",
                    "{{job}} {{status}}",
                    "s",
                ),
                Panel(
                    "Runs that ended in the last day",
                    f"sum by (status) ({ENDED_RUNS.name})",
                    "{{status}}",
                ),
                Panel(
                    "Since schedules and sensors last ticked",
                    f"time() - {TICK.name}",
                    "{{name}}",
                    "s",
                ),
                Panel(
                    "Failed checks",
                    f"sum by (table, severity) ({FAILED_CHECKS.name})",
                    "{{table}} {{severity}}",
                    may_be_empty=True,
                ),
                Panel("Fresh tables", FRESH.name, "{{table}}"),
                Panel(
                    "Since tables were last materialised",
                    f"time() - {MATERIALIZED.name}",
                    "{{table}}",
                    "s",
                ),
            ),
            "Processes": (
                Panel("Memory", "process_resident_memory_bytes", "{{process}}", "bytes"),
                Panel(
                    "CPU seconds in a second",
                    "rate(process_cpu_seconds_total[5m])",
                    "{{process}}",
                ),
                Panel("Age of what the monitor knows", PART_AGE.name, "{{part}}", "s"),
                Panel(
                    "Answers of the dashboard, 95 of 100",
                    "histogram_quantile(0.95, sum by (le) "
                    "(rate(indextracker_dashboard_answer_seconds_bucket[5m])))",
                    "seconds",
                    "s",
                ),
            ),
        },
    ),
)


def drawn(board: Board) -> str:
    """A dashboard as Grafana's JSON.

    Raises:
        ImportError: `grafana-foundation-sdk` is not installed.
    """
    from grafana_foundation_sdk.builders import dashboard  # noqa: PLC0415 - of developers
    from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: PLC0415

    made = (
        dashboard.Dashboard(board.title)
        .uid(f"indextracker-{board.name}")
        .tags(["indextracker"])
        .refresh("30s")
        .time("now-24h", "now")
        .timezone("browser")
        .readonly()
    )
    y = 0
    for title, panels in board.rows.items():
        made = made.with_row(dashboard.Row(title))
        y += 1
        for number, panel in enumerate(panels):
            row, column = divmod(number * _WIDTH, _COLUMNS)
            made = made.with_panel(_panel(panel, column, y + row * _HEIGHT))
        y += -(-len(panels) * _WIDTH // _COLUMNS) * _HEIGHT
    return JSONEncoder(sort_keys=True, indent=2).encode(made.build()) + "\n"


def _panel(panel: Panel, x: int, y: int) -> Any:
    from grafana_foundation_sdk.builders import prometheus, timeseries  # noqa: PLC0415
    from grafana_foundation_sdk.models.dashboard import DataSourceRef, GridPos  # noqa: PLC0415

    return (
        timeseries.Panel()
        .title(panel.title)
        .unit(panel.unit)
        .min(0)
        .datasource(DataSourceRef(type_val="prometheus", uid=DATASOURCE))
        .grid_pos(GridPos(h=_HEIGHT, w=_WIDTH, x=x, y=y))
        .with_target(
            prometheus.Dataquery().expr(panel.query).legend_format(panel.legend).ref_id("A")
        )
    )
