"""Sending: to a mail server, a webhook and a topic, each until it accepts; no secret is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends
from pydantic import SecretStr
from support import mail
from support.waiting import eventually

from indextracker.alerts import sending
from indextracker.alerts.rules import Mail, Rules
from indextracker.alerts.sending import Accepted, Outbox, Receiver, Row, UnsentError, receiver

NOW = datetime(2024, 12, 16, 1, 2, 3, tzinfo=UTC)
DESK = "desk@example.org"
REGION = "eu-west-1"
SECRET = "s3cret-of-somebody"


def alert(name: str = "a" * 64) -> dict[str, Any]:
    return {
        "alert_id": name,
        "rule": "Früh, or late",
        "symbol": "AAPL",
        "window_begin": NOW,
        "window_end": NOW,
        "price": 1.5,
        "message": "AAPL rose by 1.01 % from the open 1 to 1.5",
        "decided_at": NOW,
    }


@pytest.fixture
def mails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[mail.MailServer]:
    with mail.serving(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificates))
        yield server


def by_mail(server: mail.MailServer, user: str = "") -> Receiver:
    rules = Rules(mail=Mail(server=server.address, sender="alerts@example.org", user=user))
    return receiver(DESK, rules, SecretStr(SECRET), None)


def test_a_mail_is_encrypted_and_has_the_same_id_each_time(mails: mail.MailServer) -> None:
    for _ in range(2):
        by_mail(mails, user="me").send(alert())
    assert mails.logins == [("me", SECRET)] * 2
    assert mails.plain == []
    first, again = mails.mails
    assert first["To"] == DESK
    assert first["Subject"] == "Früh, or late: AAPL rose by 1.01 % from the open 1 to 1.5"
    assert first["Message-ID"] == again["Message-ID"]
    assert alert()["alert_id"] in first["Message-ID"]
    assert "Symbol: AAPL" in first.get_content()
    by_mail(mails).send(alert("b" * 64))
    assert mails.mails[-1]["Message-ID"] != first["Message-ID"]


def test_what_a_mail_server_answers_is_told(
    mails: mail.MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails.refuses = f"451 not now, {SECRET}"
    with pytest.raises(UnsentError, match=rf"^{mails.address} answered 451$"):
        by_mail(mails).send(alert())
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(UnsentError, match="certificate verify failed"):
        by_mail(mails).send(alert())
    assert mails.mails == []


def test_who_cannot_be_mailed_to_says_why() -> None:
    with_user = Rules(mail=Mail(server="127.0.0.1:1", sender="a@example.org", user="me"))
    for rules, name, why in (
        (Rules(), DESK, "no .mail."),
        (with_user, DESK, "INDEXTRACKER_ALERT_MAIL_PASSWORD is not set"),
        (Rules(), "webhook", "INDEXTRACKER_ALERT_WEBHOOK is not set"),
    ):
        with pytest.raises(UnsentError, match=why):
            receiver(name, rules, None, None).send(alert())


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_webhook_gets_json_and_its_address_is_not_told() -> None:
    got: list[tuple[str, dict[str, Any]]] = []
    answers = [500, 302, 204]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.append((self.headers["Idempotency-Key"], json.loads(body)))
            self.send_response(answers[len(got) - 1])
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as address:
        hook = receiver("webhook", Rules(), None, SecretStr(f"{address}/{SECRET}"))
        for status in answers[:2]:
            with pytest.raises(UnsentError, match=f"^the webhook answered {status}$"):
                hook.send(alert())
        hook.send(alert())
    with pytest.raises(UnsentError) as caught:
        hook.send(alert())
    assert SECRET not in f"{caught.value} {caught.value.__cause__}"
    assert len(got) == 3
    key, told = got[-1]
    assert key == told["alert_id"] == alert()["alert_id"]
    assert told["window_end"] == "2024-12-16T01:02:03+00:00"


def test_a_topic_is_published_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "none")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        arn = boto3.client("sns", region_name=REGION).create_topic(Name="alerts")["TopicArn"]
        receiver(arn, Rules(), None, None).send(alert())
        topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[arn]
        [(_, message, subject, attributes, _)] = topic.sent_notifications
        assert subject.startswith("Fr?h, or late: AAPL rose")
        assert "Symbol: AAPL" in message
        assert attributes["alert_id"]["Value"] == alert()["alert_id"]
        with pytest.raises(UnsentError, match="SNS answered NotFound"):
            receiver(f"{arn}2", Rules(), None, None).send(alert())


class Told:
    """A receiver that accepts when it is let, and fails so many times before."""

    def __init__(self, fails: int = 0, *, breaks: bool = False) -> None:
        self.got: list[str] = []
        self.free = Event()
        self.free.set()
        self._fails, self._breaks = fails, breaks

    def send(self, alert: Row) -> None:
        self.free.wait()
        if self._fails:
            self._fails -= 1
            raise RuntimeError(SECRET) if self._breaks else UnsentError("it is not at home")
        self.got.append(alert["alert_id"])


def outbox(**receivers: Told) -> tuple[Outbox, list[Accepted]]:
    accepted: list[Accepted] = []
    return Outbox(receivers.__getitem__, accepted.append, lambda: NOW), accepted


def ids(accepted: Sequence[Accepted], name: str) -> list[str]:
    return [one.alert_id for one in accepted if one.receiver == name]


def test_receivers_are_told_in_order_whatever_the_others_do() -> None:
    slow, quick = Told(), Told()
    slow.free.clear()
    box, accepted = outbox(slow=slow, quick=quick)
    for name in "abc":
        box.put(alert(name), ["slow", "quick"])
    eventually(lambda: ids(accepted, "quick") == ["a", "b", "c"])
    assert box.waiting == {"slow": 3, "quick": 0}
    slow.free.set()
    eventually(lambda: ids(accepted, "slow") == ["a", "b", "c"])
    assert box.sent == {"slow": 3, "quick": 3}
    box.stop()


@pytest.mark.parametrize("breaks", [False, True])
def test_who_does_not_accept_is_tried_again(
    breaks: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE_SECONDS", 0.01)
    away = Told(fails=3, breaks=breaks)
    box, accepted = outbox(away=away)
    away.free.clear()
    box.put(alert("a"), ["away"])
    box.put(alert("b"), ["away"])
    assert box.state == ""
    away.free.set()
    eventually(lambda: len(accepted) == 2)
    assert sorted(away.got) == ["a", "b"]
    assert box.failures == {"away": 3}
    assert box.state == ""
    assert ("RuntimeError" if breaks else "it is not at home") in caplog.text
    assert SECRET not in caplog.text
    box.stop()


def test_a_state_says_who_does_not_accept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "FIRST_PAUSE_SECONDS", 60.0)
    box, _ = outbox(away=Told(fails=9))
    box.put(alert(), ["away"])
    eventually(lambda: box.state != "")
    assert box.state == "1 alert waits for away: it is not at home"
    box.stop()
