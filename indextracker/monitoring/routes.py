"""What Alertmanager is told: whom it tells of what, so that one cause is told of once.

Alerts of one name and cause are one message, and what another alert explains is none. Who is told
is in the file of rules of alerts on quotes (`indextracker.alerts.rules`); secrets are in files.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from indextracker.alerts.rules import WEBHOOK, Mail, is_mail, is_topic
from indextracker.monitoring.rules import ALERTS

CONFIG = "alertmanager.yml"
PASSWORD, ADDRESS = "mail-password", "webhook-address"
# The files of secrets, and the settings that give them.
NEEDED = {
    PASSWORD: "INDEXTRACKER_ALERT_MAIL_PASSWORD",
    ADDRESS: "INDEXTRACKER_ALERT_WEBHOOK",
}
# Alerts of one cause fire within two evaluations of each other.
_WAIT, _AGAIN = "20s", "12h"
_SUBJECT = (
    '{{ if eq .Status "firing" }}{{ .CommonLabels.severity }}{{ else }}over{{ end }}: '
    "{{ .CommonLabels.alertname }}, {{ .CommonLabels.cause }}"
)
_TEXT = """\
{{ range .Alerts }}{{ if eq .Status "resolved" }}Over: {{ end }}{{ .Annotations.summary }}
{{ end }}
What to do: {{ .CommonAnnotations.todo }}
Runbook: {{ .CommonAnnotations.runbook_url }}
"""


def config(
    to: Sequence[str] = (),
    mail: Mail | None = None,
    *,
    secrets_in: Path = Path(),
    certificates: Path | None = None,
) -> dict[str, Any]:
    """The configuration of Alertmanager; without receivers alerts are shown and told to nobody.

    Args:
        to: Addresses that are mailed to, by STARTTLS alone; "webhook", which takes what Slack
            takes; topics of SNS, for which Alertmanager has the rights of its machine.
        mail: The server of the mails.
        secrets_in: The folder that holds the password of its user, in the file PASSWORD, and the
            address of the webhook, in ADDRESS.
        certificates: What the server's certificate is trusted by; the system's by default.

    Raises:
        ValueError: Somebody is mailed to, and there is no server.
    """
    receiver: dict[str, Any] = {"name": "people"}
    if mailed := [one for one in to if is_mail(one)]:
        if mail is None:
            raise ValueError(f"{mailed[0]} is mailed to, and no [mail] says through which server")
        receiver["email_configs"] = [_mailing(", ".join(mailed), mail, secrets_in, certificates)]
    if WEBHOOK in to:
        receiver["slack_configs"] = [
            {
                "api_url_file": str(secrets_in / ADDRESS),
                "send_resolved": True,
                "title": _SUBJECT,
                "text": _TEXT,
            }
        ]
    if topics := [one for one in to if is_topic(one)]:
        receiver["sns_configs"] = [
            {
                "topic_arn": topic,
                "sigv4": {"region": topic.split(":")[3]},
                "send_resolved": True,
                "subject": _SUBJECT,
                "message": _TEXT,
            }
            for topic in topics
        ]
    return {
        "route": {
            "receiver": "people",
            "group_by": ["alertname", "cause", "host"],
            "group_wait": _WAIT,
            "group_interval": "5m",
            "repeat_interval": _AGAIN,
        },
        "inhibit_rules": _silencing(),
        "receivers": [receiver],
    }


def secrets(mail_password: SecretStr | None, webhook: SecretStr | None) -> dict[str, str]:
    """The files of secrets by name; their owner alone is to read them."""
    found = {PASSWORD: mail_password, ADDRESS: webhook}
    return {name: secret.get_secret_value() for name, secret in found.items() if secret}


def _mailing(to: str, mail: Mail, secrets_in: Path, certificates: Path | None) -> dict[str, Any]:
    login = (
        {"auth_username": mail.user, "auth_password_file": str(secrets_in / PASSWORD)}
        if mail.user
        else {}
    )
    trust = {"tls_config": {"ca_file": str(certificates)}} if certificates else {}
    return {
        "to": to,
        "from": mail.sender,
        "smarthost": mail.server,
        "require_tls": True,
        **login,
        **trust,
        "send_resolved": True,
        "headers": {"Subject": f"IndexTracker: {_SUBJECT}"},
        "html": "",
        "text": _TEXT,
    }


def _silencing() -> list[dict[str, Any]]:
    """Which alert silences which; those that are silenced by the same, together."""
    by_source: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for alert in ALERTS:
        for source, equal in alert.silenced_by.items():
            by_source.setdefault((source, equal), []).append(alert.name)
    explained = [
        {
            "source_matchers": [f'alertname = "{source}"'],
            "target_matchers": ['alertname =~ "' + "|".join(names) + '"'],
            "equal": list(equal),
        }
        for (source, equal), names in by_source.items()
    ]
    # What a process told that is down is not over, though nobody tells it any more.
    untold = {
        "source_matchers": ['alertname = "TargetDown"'],
        "target_matchers": ['alertname !~ "HostDown|TargetDown"'],
        "equal": ["host", "process"],
    }
    not_worked = [
        {
            "source_matchers": [
                'alertname =~ "TargetDown|ProcessHindered"',
                f'process = "{alert.work_of}"',
            ],
            "target_matchers": [f'alertname = "{alert.name}"'],
            "equal": ["host"],
        }
        for alert in ALERTS
        if alert.work_of
    ]
    return [*explained, untold, *not_worked]
