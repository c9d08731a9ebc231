"""Writes what Prometheus, Alertmanager and Grafana read, and the runbook: `make docs` runs it.

All of it follows from the alerts in `rules`, the routes in `routes` and the panels in `drawing`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import yaml

from indextracker.monitoring.drawing import BOARDS, DATASOURCE, drawn
from indextracker.monitoring.routes import CONFIG, config
from indextracker.monitoring.rules import ALERTS, RUNBOOK
from indextracker.settings.dashboard import DashboardSettings

FOLDER = "deployment/monitoring"
# What `--metrics-port` is given, of the consumer and of the dashboard.
CONSUMER_PORT, DASHBOARD_PORT = 9400, 9401
_SCRAPES_EVERY = "15s"
_MADE = "# Made by `make docs` of indextracker/monitoring: change it there.\n"
_GRAFANA = "grafana"


def made() -> dict[str, str]:
    """The text of each file by its path below the project's folder."""
    found = {f"{FOLDER}/{name}": _yaml(content) for name, content in _configurations().items()}
    for board in BOARDS:
        found[f"{FOLDER}/{_GRAFANA}/dashboards/{board.name}.json"] = drawn(board)
    found[RUNBOOK] = _runbook()
    return found


def prometheus(
    alertmanager: str, *, every: str = _SCRAPES_EVERY, targets: str = "targets.yml"
) -> dict[str, Any]:
    """The configuration of Prometheus.

    Args:
        alertmanager: Host and port of Alertmanager.
        every: How often it asks, and looks at the rules.
        targets: The file of processes to ask.
    """
    return {
        "global": {
            "scrape_interval": every,
            "scrape_timeout": every,
            "evaluation_interval": every,
        },
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [
            {"job_name": "indextracker", "file_sd_configs": [{"files": [targets]}]},
        ],
    }


def targets(ports: dict[str, int], host: str = "here") -> list[dict[str, Any]]:
    """The processes to ask, by their ports on this machine's loopback."""
    return [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"process": process, "host": host}}
        for process, port in ports.items()
    ]


def _configurations() -> dict[str, Any]:
    rules = [alert.rule for alert in ALERTS]
    asked = DashboardSettings()
    return {
        "prometheus.yml": prometheus(asked.alertmanager.partition("://")[2]),
        "targets.yml": targets(
            {
                "monitor": asked.monitor_port,
                "dashboard": DASHBOARD_PORT,
                "consumer": CONSUMER_PORT,
            }
        ),
        "rules.yml": {"groups": [{"name": "indextracker", "rules": rules}]},
        "rules_test.yml": {
            "rule_files": ["rules.yml"],
            "evaluation_interval": "1m",
            "tests": [alert.test for alert in ALERTS],
        },
        CONFIG: config(),
        f"{_GRAFANA}/provisioning/datasources/prometheus.yml": {
            "apiVersion": 1,
            "datasources": [
                {
                    "name": "Prometheus",
                    "type": "prometheus",
                    "uid": DATASOURCE,
                    "url": "http://127.0.0.1:9090",
                    "isDefault": True,
                }
            ],
        },
        f"{_GRAFANA}/provisioning/dashboards/indextracker.yml": {
            "apiVersion": 1,
            "providers": [
                {
                    "name": "indextracker",
                    "type": "file",
                    "allowUiUpdates": False,
                    "options": {"path": "/etc/grafana/dashboards"},
                }
            ],
        },
    }


def _yaml(content: Any) -> str:
    return _MADE + yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)


def _runbook() -> str:
    """The page with a section for each alert."""
    lines = [
        "# Runbook",
        "",
        "What each alert means and what to do. How alerts come about is in",
        "[monitoring](monitoring.md). This page is made by `make docs` of",
        "`indextracker/monitoring/rules.py`: change it there.",
        "",
        "Each alert but the first two is silent too while the process is down that tells of it:",
        "then TargetDown says so, and none of them is called over.",
        "",
        "| alert | severity | when | is silent while |",
        "| --- | --- | --- | --- |",
    ]
    for alert in ALERTS:
        process = [f"{alert.work_of} is down or hindered"] if alert.work_of else []
        silencing = ", ".join([*alert.silenced_by, *process]) or "never"
        lines.append(
            f"| [{alert.name}](#{alert.name.lower()}) | {alert.severity} | {alert.meaning} | "
            f"{silencing} |"
        )
    for alert in ALERTS:
        for_minutes = f", for {alert.minutes} minutes" if alert.minutes else ""
        lines += [
            "",
            f"## {alert.name}",
            "",
            alert.meaning,
            "",
            *(f"{number}. {step}" for number, step in enumerate(alert.do, start=1)),
            "",
            f"It fires when this holds{for_minutes}:",
            "",
            f"    {alert.expression}",
        ]
    return "\n".join([*lines, ""])


def main(arguments: list[str] | None = None) -> None:
    """Writes the files, or says whether they are up to date."""
    parser = argparse.ArgumentParser(prog="python -m indextracker.monitoring.files")
    parser.add_argument("--check", action="store_true", help="write nothing; fail when stale")
    check = parser.parse_args(arguments).check
    project = Path(__file__).parents[2]
    for name, text in made().items():
        file = project / name
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif not file.exists() or file.read_text(encoding="utf-8") != text:
            sys.exit(f"{file} is stale: renew it with `make docs`")


if __name__ == "__main__":
    main()
