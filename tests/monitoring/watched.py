"""A lakehouse that is watched: its Dagster, processes with figures, Prometheus, Alertmanager, mail.

All are the real ones, at a pace of a second, on ports of their own. What lies in lake and Dagster
is put there by hand: no run takes place.
"""

from __future__ import annotations

import json
import os
import re
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.compute as pc
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
from dagster._daemon.types import DaemonHeartbeat
from deltalake import write_deltalake
from monitoring import small_location
from monitoring.small_location import TABLE
from support import mail
from support.live import put
from support.servers import free_port

from indextracker.acquiring.deliveries import Delivery, record
from indextracker.acquiring.windows import watched
from indextracker.alerts.rules import Mail
from indextracker.feeds import FEEDS
from indextracker.metrics import Metrics, serving
from indextracker.monitoring import files, routes
from indextracker.monitoring.asking import answered
from indextracker.monitoring.deadlines import deadline
from indextracker.monitoring.monitor import Monitor, monitor
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.streams.consuming import Consumer
from indextracker.streams.opening import open_stream
from indextracker.streams.putting import Putter
from indextracker.system.installation import shipped
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_cli import consuming, producing
from indextracker_spark.events.markets import EVENTS

PASSWORD = "s3cret-of-somebody"
PACE = "1s"
SUBJECT = SUBJECTS["taiwan"]
QUOTE = {
    "symbol": "AAPL",
    "source": "yahoo",
    "previous_close": 90.0,
    "currency": "USD",
    "price": 91.0,
    "day_volume": 1000,
    "short_name": "Apple Inc.",
}


class Post:
    """A mail server that takes mails by STARTTLS after a login, and what came."""

    def __init__(self, folder: Path) -> None:
        with mail.serving(folder) as other:  # of which the certificate is wanted
            self.certificates = other.certificates
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates, folder / "key.pem")
        self.mails: list[EmailMessage] = []
        self.encrypted: list[bool] = []
        self.passwords: list[bytes] = []
        self._controller = Controller(
            self,
            hostname=mail.HOST,
            port=free_port(),
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            # Alertmanager's own way of it expects other words than those that aiosmtpd says.
            auth_exclude_mechanism=["LOGIN"],
            authenticator=self._authenticated,
        )
        self.address = f"{mail.HOST}:{self._controller.port}"

    def _authenticated(self, server: SMTP, *about: Any) -> AuthResult:
        self.passwords.append(about[-1].password)
        return AuthResult(success=True)

    async def handle_DATA(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        told = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(told, EmailMessage)
        self.encrypted.append(session.ssl is not None)
        self.mails.append(told)
        return "250 accepted"

    def __enter__(self) -> Post:
        self._controller.start()
        return self

    def __exit__(self, *about: object) -> None:
        self._controller.stop()


@contextmanager
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that takes what Slack takes, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer((mail.HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://{mail.HOST}:{server.server_port}/hook", came
        server.shutdown()


@dataclass
class Watched:
    """What is watched, and what watches.

    Attributes:
        platform: The lakehouse.
        instance: Its Dagster.
        monitor: What reads both.
        prometheus: Address of Prometheus.
        alertmanager: Address of Alertmanager.
        post: The mail server.
        posted: What came to the webhook.
    """

    platform: Platform
    instance: dg.DagsterInstance
    monitor: Monitor
    prometheus: str
    alertmanager: str
    post: Post
    posted: list[dict[str, Any]] = field(default_factory=list)

    def asked(self, query: str) -> list[dict[str, Any]]:
        """What Prometheus answers."""
        import requests

        answer = requests.get(
            f"{self.prometheus}/api/v1/query", params={"query": query}, timeout=10
        ).json()
        assert answer["status"] == "success", (query, answer)
        found: list[dict[str, Any]] = answer["data"]["result"]
        return found

    def firing(self) -> set[str]:
        """The alerts that fire, silenced or not."""
        return {one["metric"]["alertname"] for one in self.asked('ALERTS{alertstate="firing"}')}

    def subjects(self) -> list[str]:
        """The subjects of the mails that came."""
        return [str(one["Subject"]) for one in self.post.mails]

    def silenced(self) -> set[str]:
        """The alerts that fire and of which nobody is told, since another explains them."""
        found = answered(f"{self.alertmanager}/api/v2/alerts?inhibited=true&active=false")
        return {one["labels"]["alertname"] for one in found}

    def without(self, feed: str) -> str:
        """Has the log not know a document that was due; returns its key."""
        now = self.platform.clock()
        due = [
            key
            for key in awaited(self.platform)[feed]
            if deadline(SUBJECT, FEEDS[feed], key) + timedelta(minutes=10) < now
        ]
        lake = self.platform.lake
        is_meant = (pc.field("feed") == feed) & (pc.field("key") == due[-1])
        kept = lake.rows(DELIVERIES).to_table(filter=~is_meant)
        write_deltalake(lake.path(DELIVERIES), kept, mode="overwrite")
        self.read_anew("documents")
        return due[-1]

    def accept(self, feed: str, key: str) -> None:
        """Notes a document as accepted."""
        record(self.platform.lake, [accepted(feed, key)])

    def read_anew(self, part: str) -> None:
        """Has the monitor read a part now."""
        next(one for one in self.monitor.parts if one.name == part).renew()

    def tick(self, sensor: str) -> None:
        """Notes a tick of a sensor, as the daemon does."""
        asked = "{ sensors { name sensorState { id selectorId } } }"
        query = f"{{ repositoriesOrError {{ ... on RepositoryConnection {{ nodes {asked} }} }} }}"
        address = f"{self.platform.settings.dagster.webserver}/graphql"
        [found] = answered(address, {"query": query})["data"]["repositoriesOrError"]["nodes"]
        state = next(one["sensorState"] for one in found["sensors"] if one["name"] == sensor)
        self.instance.create_tick(
            TickData(
                state["id"].partition("::")[0],
                sensor,
                InstigatorType.SENSOR,
                TickStatus.SKIPPED,
                time.time(),
                selector_id=state["selectorId"],
            )
        )

    def live(self, *daemons: str, ago: timedelta = timedelta(hours=-1)) -> None:
        """Has daemons have lived so long ago; by default they go on for as long as a test may."""
        at = time.time() - ago.total_seconds()
        for daemon in daemons:
            self.instance.add_daemon_heartbeat(DaemonHeartbeat(at, daemon, "one", []))


def accepted(feed: str, key: str) -> Delivery:
    return Delivery(
        feed, key, "accepted", datetime.now(UTC), url="a", name="b", sha256="c" * 64, bytes=1000
    )


def awaited(platform: Platform) -> dict[str, list[str]]:
    """Of each feed the keys whose documents can be had now."""
    now = platform.clock()
    return {
        name: watched(feed, platform.calendar_of(feed.timeline), now)
        for name, feed in FEEDS.items()
        if not feed.timeline.at_once
    }


@contextmanager
def watching(folder: Path) -> Iterator[Watched]:
    """A lakehouse to which nothing is missing, and what watches it."""
    webserver = free_port()
    settings = Settings(
        source="simulated:http://127.0.0.1:9",
        lake=str(folder / "lake"),
        warehouse=str(folder / "warehouse.duckdb"),
        dagster_home=str(folder / "dagster"),
        stream=str(folder / "streams"),
        dagster_webserver=f"http://127.0.0.1:{webserver}",
    )
    platform = Platform(settings)
    record(
        platform.lake,
        [accepted(feed, key) for feed, keys in awaited(platform).items() for key in keys],
    )
    home = Path(settings.dagster.home)
    home.mkdir()
    # By its path: the environment of the tests names none.
    ours = shipped("deployment/local/dagster.yaml").read_text(encoding="utf-8")
    placed = re.sub(r"base_dir:\s+env: DAGSTER_HOME", f"base_dir: {home}", ours)
    (home / "dagster.yaml").write_text(placed, encoding="utf-8")
    with ExitStack() as held:
        log = held.enter_context((folder / "processes.log").open("wb"))

        def begin(*command: object) -> None:
            process = subprocess.Popen(
                list(map(str, command)),
                cwd=folder,
                env=os.environ | {"DAGSTER_HOME": str(home)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            held.callback(process.wait, 30)
            held.callback(process.terminate)

        instance = held.enter_context(dg.DagsterInstance.from_config(str(home)))
        _fill(instance)
        begin(
            *(sys.executable, "-m", "dagster_webserver", "-h", "127.0.0.1", "-p", webserver),
            *("-f", small_location.__file__),
        )
        watched_by = monitor(platform)
        own = Metrics()
        own.registry.register(watched_by)
        own.is_hindered_by(watched_by.hindrance)
        ports = {"monitor": _port(held.enter_context(serving(own, 0)))}
        ports |= held.enter_context(_processes(platform))
        post = held.enter_context(Post(folder))
        address, posted = held.enter_context(hook())
        etc = folder / "etc"
        etc.mkdir()
        alertmanager, prometheus = free_port(), free_port()
        _configure(etc, ports, post, address, alertmanager)
        begin(
            "prometheus-alertmanager",
            f"--config.file={etc / routes.CONFIG}",
            f"--storage.path={folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{alertmanager}",
            "--cluster.listen-address=",
            "--log.level=debug",
        )
        begin(
            "prometheus",
            f"--config.file={etc / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{prometheus}",
        )
        made = Watched(
            platform,
            instance,
            watched_by,
            f"http://127.0.0.1:{prometheus}",
            f"http://127.0.0.1:{alertmanager}",
            post,
            posted,
        )
        made.live(*instance.get_required_daemon_types())
        held.enter_context(watched_by.running())
        yield made


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])


def _fill(instance: dg.DagsterInstance) -> None:
    """A table that was materialised, its checks, and runs."""
    instance.report_runless_asset_event(dg.AssetMaterialization(TABLE))
    for name in ("fresh", "key_not_null"):
        instance.report_runless_asset_event(
            dg.AssetCheckEvaluation(asset_key=TABLE, check_name=name, passed=True)
        )
    for job, status in (("refine", "STARTED"), ("acquire", "SUCCESS")):
        instance.add_run(dg.DagsterRun(job, status=dg.DagsterRunStatus[status]))


@contextmanager
def _processes(platform: Platform) -> Iterator[dict[str, int]]:
    """A consumer, a producer and a dashboard; yields the ports of their figures."""
    from indextracker import Lakehouse
    from indextracker_dashboard.data import Data
    from indextracker_dashboard.serving import Server, running

    stream = open_stream(platform.settings, "markets")
    stop = threading.Event()
    consumer = Consumer(stream, platform.lake, EVENTS, [])
    consumed = consuming._metrics({"markets": consumer})
    consumed.is_hindered_by(lambda: consumer.state)
    thread = threading.Thread(target=consumer.run, args=(stop,))
    put(stream, QUOTE | {"time": datetime.now(UTC).isoformat().replace("+00:00", "Z")})
    putter = Putter(stream)
    dashboard = Server(Data(partial(Lakehouse, platform.lake.root)), platform.settings.dashboard, 0)
    with (
        putter,
        running(dashboard),
        serving(consumed, 0) as of_consumer,
        serving(producing._metrics(putter, None), 0) as of_producer,
        serving(dashboard.metrics, 0) as of_dashboard,
    ):
        thread.start()
        with suppress(Exception):
            answered(f"{dashboard.address}/healthz")
        yield {
            "consumer": _port(of_consumer),
            "producer": _port(of_producer),
            "dashboard": _port(of_dashboard),
        }
        stop.set()
        thread.join()


def _configure(
    etc: Path, ports: dict[str, int], post: Post, address: str, alertmanager: int
) -> None:
    """Writes what is made for people, at another pace and for this machine's own addresses."""
    secrets = {routes.PASSWORD: PASSWORD, routes.ADDRESS: address}
    for name, secret in secrets.items():
        (etc / name).write_text(secret, encoding="utf-8")
    config = routes.config(
        ("desk@example.org", "webhook"),
        Mail(server=post.address, sender="alerts@example.org", user="alerts"),
        secrets_in=etc,
        certificates=post.certificates,
    )
    config["route"] |= {"group_wait": PACE, "group_interval": PACE}
    written: dict[str, Any] = {
        routes.CONFIG: config,
        "prometheus.yml": files.prometheus(f"127.0.0.1:{alertmanager}", every=PACE),
        "targets.yml": files.targets(ports),
    }
    for name, content in written.items():
        (etc / name).write_text(yaml.safe_dump(content), encoding="utf-8")
    (etc / "rules.yml").write_bytes(shipped(f"{files.FOLDER}/rules.yml").read_bytes())
