"""Tells receivers of alerts: by mail, to a webhook, by a topic of SNS; each until it accepts.

A receiver that fails is tried again after a pause, while the others, and the deciding, go on. What
was accepted is handed back, to be kept where the alerts are.
"""

from __future__ import annotations

import smtplib
import ssl
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from logging import getLogger
from threading import Condition, Thread
from typing import Any, Protocol

from pydantic import SecretStr

from indextracker.alerts.rules import Mail, Rules, is_mail, is_topic

# A receiver that does not answer is waited for so long.
TIMEOUT_SECONDS = 10.0
# Pauses after failures: each twice the one before.
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 60.0
# What SNS takes as a subject.
_MOST_SUBJECT = 100

_log = getLogger(__name__)

# An alert as the table has it, by column.
Row = Mapping[str, Any]


class UnsentError(RuntimeError):
    """A receiver did not accept an alert; the message says why, and holds no secret."""


class Receiver(Protocol):
    """Somebody to tell."""

    def send(self, alert: Row) -> None:
        """Tells of an alert.

        Raises:
            UnsentError: It was not accepted, or it is not known whether.
        """
        ...


class MailReceiver:
    """An address that is mailed to, by a server that knows STARTTLS.

    A mail that is sent again has the same Message-ID, by which mail programs know it.
    """

    def __init__(self, address: str, mail: Mail, password: SecretStr | None) -> None:
        self._address = address
        self._mail = mail
        self._password = password

    def send(self, alert: Row) -> None:
        """Mails it."""
        host, _, port = self._mail.server.rpartition(":")
        try:
            with smtplib.SMTP(host, int(port), timeout=TIMEOUT_SECONDS) as server:
                server.starttls(context=ssl.create_default_context())
                if self._mail.user:
                    password = self._password.get_secret_value() if self._password else ""
                    server.login(self._mail.user, password)
                server.send_message(self._message(alert))
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            raise UnsentError(f"{self._mail.server} answered {code}") from None
        except smtplib.SMTPResponseException as error:
            raise UnsentError(f"{self._mail.server} answered {error.smtp_code}") from None
        except (OSError, smtplib.SMTPException) as error:
            raise UnsentError(f"{self._mail.server}: {_why(error)}") from None

    def _message(self, alert: Row) -> EmailMessage:
        made = EmailMessage()
        made["From"], made["To"] = self._mail.sender, self._address
        made["Subject"] = _subject(alert)
        made["Date"] = alert["decided_at"]
        # Of the receiver too: some programs show one of two mails that are equal in it.
        domain = self._mail.sender.partition("@")[2]
        made["Message-ID"] = f"<{alert['alert_id']}.{self._address.replace('@', '.')}@{domain}>"
        made["Auto-Submitted"] = "auto-generated"
        made.set_content(_text(alert))
        return made


class WebhookReceiver:
    """An address that alerts are posted to as JSON; it is a secret."""

    def __init__(self, address: SecretStr) -> None:
        self._address = address

    def send(self, alert: Row) -> None:
        """Posts it; any answer of 2xx accepts."""
        import requests  # noqa: PLC0415 - for those alone who have one

        try:
            answer = requests.post(
                self._address.get_secret_value(),
                json={name: _plain(value) for name, value in alert.items()},
                # By which a receiver knows one that comes again.
                headers={"Idempotency-Key": alert["alert_id"]},
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Its text has the address.
            raise UnsentError(f"the webhook: {type(error).__name__}") from None
        if not answer.ok or answer.is_redirect:
            raise UnsentError(f"the webhook answered {answer.status_code}")


class TopicReceiver:
    """The subscribers of a topic of AWS's SNS."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def send(self, alert: Row) -> None:
        """Publishes it."""
        import boto3  # noqa: PLC0415 - half a second, for those alone who have a topic
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            boto3.client("sns", region_name=self._arn.split(":")[3]).publish(
                TopicArn=self._arn,
                Subject=_subject(alert).encode("ascii", "replace").decode()[:_MOST_SUBJECT],
                Message=_text(alert),
                MessageAttributes={
                    "alert_id": {"DataType": "String", "StringValue": alert["alert_id"]}
                },
            )
        except ClientError as error:
            raise UnsentError(f"SNS answered {error.response['Error']['Code']}") from None
        except BotoCoreError as error:
            raise UnsentError(f"SNS: {type(error).__name__}") from None


class NoReceiver:
    """One that alerts wait for and that cannot be told, as settings are now."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, alert: Row) -> None:  # noqa: ARG002
        """Says why not."""
        raise UnsentError(self._why)


def receiver(
    name: str, rules: Rules, mail_password: SecretStr | None, webhook: SecretStr | None
) -> Receiver:
    """Who is meant by a name in the rules, or in an alert that waits since other rules."""
    if is_mail(name):
        if rules.mail is None:
            return NoReceiver("the rules have no [mail]")
        if rules.mail.user and not mail_password:
            return NoReceiver("INDEXTRACKER_ALERT_MAIL_PASSWORD is not set")
        return MailReceiver(name, rules.mail, mail_password)
    if is_topic(name):
        return TopicReceiver(name)
    return (
        WebhookReceiver(webhook) if webhook else NoReceiver("INDEXTRACKER_ALERT_WEBHOOK is not set")
    )


@dataclass(frozen=True)
class Accepted:
    """An alert that a receiver has accepted, and when."""

    alert_id: str
    receiver: str
    at: datetime


class Outbox:
    """What waits for each receiver, told in a thread of each.

    Args:
        receiver: Who is meant by a name.
        accepted: Called in such a thread for what was accepted; it is quick.
        clock: The present.
    """

    def __init__(
        self,
        receiver: Callable[[str], Receiver],
        accepted: Callable[[Accepted], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._receiver = receiver
        self._accepted = accepted
        self._clock = clock
        self._lines: dict[str, _Line] = {}

    def put(self, alert: Row, receivers: Sequence[str]) -> None:
        """Has receivers told of an alert."""
        for name in receivers:
            if name not in self._lines:
                self._lines[name] = _Line(self._receiver(name), self._told(name))
            self._lines[name].put(alert)

    def stop(self) -> None:
        """Ends with what is being sent; what waits is still in the table."""
        for line in self._lines.values():
            line.stop()

    @property
    def state(self) -> str:
        """Who does not accept, and why; empty while all do."""
        return "; ".join(
            f"{line.waiting} {'alert waits' if line.waiting == 1 else 'alerts wait'} for {name}: "
            f"{line.failure}"
            for name, line in self._lines.items()
            if line.failure
        )

    @property
    def waiting(self) -> dict[str, float]:
        """How many alerts wait for each receiver."""
        return {name: line.waiting for name, line in self._lines.items()}

    @property
    def sent(self) -> dict[str, float]:
        """How many each has accepted."""
        return {name: line.sent for name, line in self._lines.items()}

    @property
    def failures(self) -> dict[str, float]:
        """How often each did not accept."""
        return {name: line.failures for name, line in self._lines.items()}

    def _told(self, name: str) -> Callable[[str], None]:
        return lambda alert_id: self._accepted(Accepted(alert_id, name, self._clock()))


class _Line:
    """What waits for one receiver, in order; what it refuses goes to the end."""

    def __init__(self, receiver: Receiver, accepted: Callable[[str], None]) -> None:
        self.failure = ""
        self.sent = self.failures = 0
        self._receiver = receiver
        self._accepted = accepted
        self._alerts: deque[Row] = deque()
        self._changed = Condition()
        self._is_over = False
        self._thread = Thread(target=self._work, daemon=True, name="alerts to a receiver")
        self._thread.start()

    @property
    def waiting(self) -> int:
        return len(self._alerts)

    def put(self, alert: Row) -> None:
        with self._changed:
            self._alerts.append(alert)
            self._changed.notify()

    def stop(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._is_over or self._alerts)
                if self._is_over:
                    return
            if self._send(self._alerts[0]):
                pause = FIRST_PAUSE_SECONDS
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_over, pause)
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _send(self, alert: Row) -> bool:
        try:
            self._receiver.send(alert)
        except UnsentError as error:
            self._failed(str(error))
            return False
        except Exception as error:  # noqa: BLE001 - its text may hold a secret, and others wait
            self._failed(type(error).__name__)
            return False
        self._alerts.popleft()
        self.failure = ""
        self.sent += 1
        self._accepted(alert["alert_id"])
        return True

    def _failed(self, why: str) -> None:
        if why != self.failure:
            _log.warning("an alert was not accepted: %s", why)
        self.failure = why
        self.failures += 1
        self._alerts.rotate(-1)


def _subject(alert: Row) -> str:
    """The rule and what happened, on one line."""
    return " ".join(f"{alert['rule']}: {alert['message']}".split())


def _text(alert: Row) -> str:
    lines = [
        f"{alert['message']}.",
        "",
        f"Rule: {alert['rule']}",
        f"Symbol: {alert['symbol']}",
        f"Window: {_plain(alert['window_begin'])} to {_plain(alert['window_end'])}",
        f"Decided: {_plain(alert['decided_at'])}",
        f"Alert: {alert['alert_id']}",
    ]
    return "\n".join(lines)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _why(error: Exception) -> str:
    """What went wrong, without the text of the server."""
    return getattr(error, "strerror", None) or type(error).__name__
