"""Rules, routes and the runbook: what Prometheus and Alertmanager themselves say of them."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr
from support.sources import PROJECT

from indextracker.alerts.rules import Rules, read
from indextracker.metrics import HINDERED
from indextracker.monitoring.figures import DECLARED
from indextracker.monitoring.files import FOLDER, prometheus, targets
from indextracker.monitoring.rules import ALERTS
from indextracker.settings import Settings
from indextracker_cli.watching import write_routes

MONITORING = PROJECT / FOLDER
PEOPLE = """
to = ["desk@example.org", "webhook", "arn:aws:sns:eu-west-1:123456789012:operations"]

[mail]
server = "smtp.example.org:587"
sender = "alerts@example.org"
user = "alerts"
"""
SECRET, WEBHOOK = "s3cret-of-somebody", "https://hooks.example.org/s3cret"


def said(*command: object) -> str:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.usefixtures("prometheus")
def test_prometheus_reads_its_configuration_and_every_rule() -> None:
    assert f"{len(ALERTS)} rules found" in said(
        "promtool", "check", "config", MONITORING / "prometheus.yml"
    )


@pytest.mark.usefixtures("prometheus")
def test_each_rule_is_silent_a_minute_before_it_fires() -> None:
    """Of a missed session: four minutes after its deadline, and five."""
    assert "SUCCESS" in said("promtool", "test", "rules", MONITORING / "rules_test.yml")
    tested = yaml.safe_load((MONITORING / "rules_test.yml").read_text(encoding="utf-8"))["tests"]
    for test in tested:
        quiet, fires = test["alert_rule_test"]
        assert quiet["exp_alerts"] == []
        assert fires["exp_alerts"]
    missed = next(one for one in tested if one["name"] == "MissedSession")
    [(series, values)] = [one.values() for one in missed["input_series"]]
    assert "deadline" in series
    assert values.startswith("600x")
    assert [one["eval_time"] for one in missed["alert_rule_test"]] == ["14m", "15m"]


@pytest.mark.usefixtures("prometheus")
def test_a_rule_that_is_wrong_fails_its_test(tmp_path: Path) -> None:
    """So that the tests above are known to test something."""
    rules = (MONITORING / "rules.yml").read_text(encoding="utf-8")
    changed = rules.replace("_seconds >= 300", "_seconds >= 240")
    assert changed != rules
    (tmp_path / "rules.yml").write_text(changed, encoding="utf-8")
    (tmp_path / "rules_test.yml").write_bytes((MONITORING / "rules_test.yml").read_bytes())
    done = subprocess.run(
        ["promtool", "test", "rules", str(tmp_path / "rules_test.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "MissedSession" in done.stdout + done.stderr


def test_alerts_name_figures_and_alerts_that_there_are() -> None:
    names = {alert.name for alert in ALERTS}
    for alert in ALERTS:
        assert alert.silenced_by.keys() <= names - {alert.name}
        figures = set(re.findall(r"indextracker_\w+", alert.expression))
        assert figures <= {*DECLARED, HINDERED}, alert.name


def test_no_two_alerts_silence_each_other() -> None:
    """Both would be silent."""
    by_name = {alert.name: alert for alert in ALERTS}

    def behind(name: str) -> set[str]:
        above = set(by_name[name].silenced_by)
        return above.union(*map(behind, above))

    assert [name for name in by_name if name in behind(name)] == []


def test_what_a_process_told_is_neither_told_nor_called_over_while_it_is_down() -> None:
    rules = yaml.safe_load((MONITORING / "alertmanager.yml").read_text("utf-8"))["inhibit_rules"]
    assert {
        "source_matchers": ['alertname = "TargetDown"'],
        "target_matchers": ['alertname !~ "HostDown|TargetDown"'],
        "equal": ["host", "process"],
    } in rules
    # Of a consumer that is down, its stream is behind; of a dashboard that is down, it is not.
    [of_stream] = [one for one in rules if 'process = "consumer"' in one["source_matchers"]]
    assert of_stream["target_matchers"] == ['alertname = "StreamLag"']


@pytest.mark.usefixtures("prometheus")
@pytest.mark.parametrize("told", ["", PEOPLE], ids=["nobody", "people"])
def test_alertmanager_reads_its_routes_and_secrets_are_beside_them(
    told: str, tmp_path: Path
) -> None:
    file, folder = tmp_path / "people.toml", tmp_path / "etc"
    file.write_text(told, encoding="utf-8")
    settings = Settings(alert_mail_password=SecretStr(SECRET), alert_webhook=SecretStr(WEBHOOK))
    config, *secrets = write_routes(settings, read(file), folder)
    assert "SUCCESS" in said("amtool", "check-config", config)
    text = config.read_text(encoding="utf-8")
    assert "s3cret" not in text
    assert [one.read_text(encoding="utf-8") for one in secrets] == [SECRET, WEBHOOK]
    assert {stat.S_IMODE(one.stat().st_mode) for one in secrets} == {0o600}
    if told:
        [receiver] = yaml.safe_load(text)["receivers"]
        assert receiver["email_configs"][0]["require_tls"]
        assert receiver["email_configs"][0]["auth_password_file"] == str(secrets[0])
        assert receiver["slack_configs"][0]["api_url_file"] == str(secrets[1])
        assert receiver["sns_configs"][0]["sigv4"] == {"region": "eu-west-1"}


@pytest.mark.usefixtures("prometheus")
def test_alertmanager_reads_the_configuration_of_the_repository() -> None:
    assert "SUCCESS" in said("amtool", "check-config", MONITORING / "alertmanager.yml")


def test_a_secret_that_is_not_set_is_said_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="INDEXTRACKER_ALERT_WEBHOOK is not set"):
        write_routes(Settings(), Rules(to=("webhook",)), tmp_path / "etc")
    assert not (tmp_path / "etc").exists()


def test_targets_are_on_loopback_alone() -> None:
    listed = yaml.safe_load((MONITORING / "targets.yml").read_text(encoding="utf-8"))
    assert {one["labels"]["process"] for one in listed} == {"monitor", "dashboard", "consumer"}
    assert {target.partition(":")[0] for one in listed for target in one["targets"]} == {
        "127.0.0.1"
    }
    assert prometheus("a:1")["scrape_configs"][0]["file_sd_configs"] == [{"files": ["targets.yml"]}]
    assert targets({"x": 1})[0]["labels"]["host"] == "here"
