"""From the cause to the mail: a monitor, Prometheus, Alertmanager and a mail server, all real."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import requests
from monitoring.watched import PASSWORD, Watched
from support.waiting import eventually

from indextracker.feeds import FEEDS
from indextracker.metrics import Metrics, serving
from indextracker.monitoring import dagster, health
from indextracker.monitoring.asking import UnansweredError
from indextracker.monitoring.drawing import BOARDS
from indextracker.monitoring.figures import DECLARED, families, parsed
from indextracker.monitoring.monitor import Monitor, Part

FEED = "taifex_futures"


@pytest.fixture(scope="module")
def known(watched: Watched) -> Watched:
    """The same, once the monitor has read everything."""
    eventually(lambda: not any(part.problem for part in watched.monitor.parts))
    watched.tick("arrivals")
    return watched


def test_every_figure_reaches_prometheus_and_every_panel_draws(known: Watched) -> None:
    panels = [panel for board in BOARDS for row in board.rows.values() for panel in row]
    assert len(panels) > 20

    def empty() -> list[str]:
        return [one.query for one in panels if not known.asked(one.query) and not one.may_be_empty]

    eventually(lambda: not empty())
    assert {one["metric"]["process"] for one in known.asked("up == 1")} == {
        *("monitor", "consumer", "producer", "dashboard")
    }
    named = {one["metric"]["__name__"] for one in known.asked('{__name__=~"indextracker_.*"}')}
    # What there is none of while nothing is wrong.
    assert DECLARED.keys() - named <= {
        *("indextracker_document_days_left", "indextracker_dagster_failed_checks"),
        "indextracker_document_deadline_timestamp_seconds",
    }
    assert known.firing() == set()


def test_a_missed_session_is_mailed_once_with_what_to_do(known: Watched) -> None:
    key = known.without(FEED)
    eventually(lambda: len(known.post.mails) == 1 and len(known.posted) == 1)
    [mail] = known.post.mails
    assert mail["Subject"] == "IndexTracker: warning: MissedSession, taifex"
    assert mail["To"] == "desk@example.org"
    text = str(mail.get_body(("plain",)))
    assert f"{FEED} of {key} is not there." in text
    assert "indextracker status" in text
    assert "docs/runbook.md#missedsession" in text
    assert known.post.encrypted == [True]
    assert known.post.passwords == [PASSWORD.encode()]
    [post] = known.posted
    assert "MissedSession" in post["attachments"][0]["title"]
    [alert] = health.open_alerts(known.alertmanager)
    assert alert["labels"]["key"] == key
    assert health.alerts([alert]).rows[0][1] == "MissedSession"
    # It comes after all.
    known.accept(FEED, key)
    known.read_anew("documents")
    eventually(lambda: len(known.post.mails) == 2)
    assert known.subjects()[1] == "IndexTracker: over: MissedSession, taifex"


def test_a_dead_daemon_is_one_mail_and_what_follows_from_it_none(known: Watched) -> None:
    before = len(known.post.mails)
    daemons = known.instance.get_required_daemon_types()
    known.live(*daemons, ago=timedelta(minutes=4))
    known.read_anew("dagster")
    eventually(lambda: len(known.post.mails) > before)
    key = known.without(FEED)
    eventually(lambda: {"DaemonDown", "MissedSession"} <= known.firing())
    eventually(lambda: known.silenced() == {"MissedSession"})
    assert known.subjects()[before:] == ["IndexTracker: critical: DaemonDown, Dagster"]
    known.accept(FEED, key)
    known.read_anew("documents")
    eventually(lambda: known.firing() == {"DaemonDown"})
    known.live(*daemons)
    known.read_anew("dagster")
    eventually(lambda: len(known.post.mails) == before + 2)
    assert known.subjects()[-1] == "IndexTracker: over: DaemonDown, Dagster"


def test_figures_are_the_same_after_prometheus_format() -> None:
    values: dict[tuple[str, ...], float] = {("taiwan", 'a "feed"', "accepted"): 3.0}
    metrics = Metrics()
    figure = DECLARED["indextracker_documents"]
    part = Part("documents", 60, lambda: {figure: values})
    metrics.registry.register(Monitor([part]))
    part.renew()
    assert parsed(metrics.text())[figure] == values
    assert [family.name for family in families({figure: values})] == [figure.name]


def test_a_scrape_waits_for_no_webserver_and_tells_that_it_is_down() -> None:
    def ask() -> Any:
        return dagster.tables("http://127.0.0.1:9")

    dead = Part("dagster", 60, ask)
    with pytest.raises(UnansweredError, match="does not answer"):
        ask()
    dead.readings = {DECLARED["indextracker_dagster_fresh"]: {("a",): 1.0}}
    dead.renew()
    metrics = Metrics()
    metrics.registry.register(Monitor([dead]))
    with serving(metrics, 0) as address:
        told = requests.get(f"{address}/metrics", timeout=10).text
    assert 'indextracker_part_up{part="dagster"} 0.0' in told
    # What it said before is of no use.
    assert "indextracker_dagster_fresh" not in told


def test_a_part_that_hangs_makes_the_monitor_ill() -> None:
    part = Part("documents", 1, dict)
    monitor = Monitor([part])
    assert monitor.hindrance() == ""
    part.read_at -= 61
    assert monitor.hindrance() == "documents cannot be read any more"


def test_health_is_told_in_words(known: Watched) -> None:
    parts = {
        one.title: one for one in health.parts(known.monitor.readings(), known.platform.clock())
    }
    assert parts["What cannot be read"].rows == []
    assert {row[0] for row in parts["Streams"].rows} == {"markets"}
    assert {row[1] for row in parts["Feeds"].rows} == set(FEEDS)
    assert parts["Runs"].rows[0][:3] == ("refine", "STARTED", "1")
