"""Follows the table of quotes as it grows, keeps the alerts that rules decide, and has them sent.

Alerts and how far the table was decided are one commit: each alert is decided once, whatever is
killed and when, and of two watchers that run by mistake one gets on. It is kept before it is sent,
and who accepted it is kept afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from logging import getLogger
from queue import Empty, SimpleQueue
from threading import Event
from time import monotonic
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.alerts.deciding import (
    COLUMNS,
    Alert,
    Decider,
    Told,
    events_of,
    instant,
    micros,
)
from indextracker.alerts.rules import Rules
from indextracker.alerts.sending import Accepted, Outbox, Receiver
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.following import ForgottenError, added
from indextracker.lake.tail import OvertakenError, Tail
from indextracker.streams.consuming import YIELD_SECONDS
from indextracker.streams.hindrances import Hindrances, passes
from indextracker.system.failpoints import failpoint
from indextracker_catalogue.markets import ALERTS, QUOTE_EVENTS

# Whoever appends wakes it; another process's commits are found so soon.
LOOKS_EVERY_SECONDS = 1.0
# While nothing alerts, how far it got is kept so often: what came since is decided again.
KEPT_EVERY_SECONDS, KEPT_EVERY_VERSIONS = 300.0, 300
# Commits of the table that are decided between two of its own.
_AT_ONCE = 100
_VERSION, _ARRIVED, _COMMITS = (
    f"{QUOTE_EVENTS.path}/{what}" for what in ("version", "arrived_us", "commits")
)

_DECIDING = "deciding"

_log = getLogger(__name__)


class Watcher:
    """Decides and sends alerts, in a thread of its own and one a receiver.

    Where nothing is known of an earlier one, what is in the table already alerts nobody.

    Args:
        lake: Where the tables are.
        rules: The rules.
        receiver: Who is meant by a name in them.
        complete_until: All that arrived before is in the table; None while that is not known, and
            then nothing is taken to be silent.
        clock: The present.

    Attributes:
        decided: How many alerts it has decided.
        outbox: What waits for receivers.
    """

    def __init__(
        self,
        lake: Lake,
        rules: Rules,
        receiver: Callable[[str], Receiver],
        complete_until: Callable[[], datetime | None],
        clock: Callable[[], datetime],
    ) -> None:
        lake.ensure([QUOTE_EVENTS])
        self.decided = 0
        self._lake = lake
        self._rules = rules
        self._complete_until = complete_until
        self._clock = clock
        self._tail = Tail(lake, ALERTS)
        self._accepted: SimpleQueue[Accepted] = SimpleQueue()
        self.outbox = Outbox(receiver, self._hear, clock)
        self._hindrances = Hindrances(f"alerts on {QUOTE_EVENTS.path}")
        self._woken = Event()
        # What has been decided, and is not accepted by all yet, by its id.
        self._unsent: dict[str, dict[str, Any]] = {}
        # And of these what is not kept yet.
        self._changed: dict[str, dict[str, Any]] = {}
        self._has_resumed = False
        self._position: _Position | None = None
        self._decider = Decider(rules.rules)

    @property
    def state(self) -> str:
        """What hinders it, and which receivers do not accept; empty while nothing does."""
        return "; ".join(filter(None, (str(self._hindrances), self.outbox.state)))

    def wake(self, _: object = None) -> None:
        """Has it look at the table at once; for any thread."""
        self._woken.set()

    def run(self, stop: Event) -> None:
        """Decides until it is told to stop; then it ends with what is being sent."""
        try:
            while not stop.is_set():
                self._woken.clear()
                try:
                    more = self.step()
                except Exception as error:
                    if not passes(error):
                        raise
                    pause = self._hindrances.failed(_DECIDING, error)
                    # To another watcher the lead is left.
                    stop.wait(YIELD_SECONDS if isinstance(error, OvertakenError) else pause)
                else:
                    self._hindrances.done(_DECIDING)
                    if not more:
                        self._woken.wait(LOOKS_EVERY_SECONDS)
        finally:
            self.outbox.stop()
            self._keep_accepted()

    def step(self) -> bool:
        """Decides what the table has got, keeps the alerts and gives them to the outbox.

        Returns:
            Whether there is more to decide.

        Raises:
            OvertakenError: Another watcher decided meanwhile; the next step goes on from there.
            DeltaError, OSError: A table could not be read or written; the next step begins anew
                from what is kept.
        """
        self._keep_accepted()
        # Asked before the table is: what arrived before has been committed by now.
        until = self._complete_until()
        try:
            position = self._position or self._begin()
            alerts, more = self._decide(position)
            if until and not more:
                alerts += self._decider.pass_time(until)
            if alerts or position.is_due:
                self._keep(alerts, position)
        except BaseException:
            # What was decided is not kept: it is decided again from where the table is.
            self._position = None
            raise
        return more

    def _begin(self) -> _Position:
        """Takes up where the last commit left off; the first one of all is made here."""
        self._tail.refresh()
        version, arrived_us = self._tail.number(_VERSION), self._tail.number(_ARRIVED)
        commits = self._tail.number(_COMMITS) or 0
        if version is None or arrived_us is None:
            now_us = micros(self._clock())
            position = _Position(self._lake.open(QUOTE_EVENTS).version(), now_us, commits)
            self._keep([], position)
        else:
            position = _Position(version, arrived_us, commits)
        self._decider = Decider(self._rules.rules)
        self._learn(position)
        self._decider.told = self._told()
        if not self._has_resumed:
            # Once: what another watcher decides later is its own to send.
            self._resume_sending()
            self._has_resumed = True
        self._position = position
        return position

    def _learn(self, position: _Position) -> None:
        """Brings the state to where it was, by the events that may still matter."""
        since = instant(position.arrived_us) - self._decider.looks_back
        arrived = pc.field("arrived_at") >= pa.scalar(since)
        try:
            rows = self._events(arrived, position.version)
        except LookupError:
            # The version is forgotten: what came later tells itself by its arrival.
            rows = self._events(arrived & (pc.field("arrived_at") <= position.arrived_at))
        self._decider.decide(events_of(rows, self._decider.watches))

    def _decide(self, position: _Position) -> tuple[list[Alert], bool]:
        """The alerts of the commits that follow, and whether there are more of these."""
        alerts: list[Alert] = []
        count = 0
        try:
            commits = added(self._lake, QUOTE_EVENTS, position.version, COLUMNS)
            for count, commit in enumerate(islice(commits, _AT_ONCE), 1):  # noqa: B007
                alerts += self._decider.decide(events_of(commit.rows, self._decider.watches))
                position.reach(commit.version, commit.rows)
        except ForgottenError as error:
            if count:
                return alerts, True
            _log.warning("%s: what has arrived since %s is decided", error, position.arrived_at)
            version = self._lake.open(QUOTE_EVENTS).version()
            rows = self._events(pc.field("arrived_at") > position.arrived_at, version)
            alerts += self._decider.decide(events_of(rows, self._decider.watches))
            position.reach(version, rows)
        return alerts, count == _AT_ONCE

    def _events(self, wanted: pc.Expression, version: int | None = None) -> pa.Table:
        """The events of symbols that there are rules for."""
        dataset = self._lake.rows(QUOTE_EVENTS, as_of=version)
        names = pc.unique(dataset.to_table(["symbol"], filter=wanted)["symbol"]).to_pylist()
        watched = [name for name in names if name and self._decider.watches(name)]
        of_rules = pc.field("symbol").isin(pa.array(watched, pa.string()))
        return dataset.to_table([*COLUMNS], filter=wanted & of_rules)

    def _keep(self, alerts: Sequence[Alert], position: _Position) -> None:
        """Commits alerts and the position, and gives them to the outbox."""
        now = self._clock()
        rows = [self._row(alert, now) for alert in alerts]
        # An append does not go over a merge that it has not seen, such as the last one of its own;
        # so it begins at the newest version, if no other watcher has got on there.
        self._tail.refresh()
        if (self._tail.number(_COMMITS) or 0) != position.commits:
            raise OvertakenError(f"another watcher decides on {QUOTE_EVENTS.path} too")
        numbers = {
            _VERSION: position.version,
            _ARRIVED: position.arrived_us,
            _COMMITS: position.commits + 1,
        }
        schema = arrow_schema(ALERTS, stored=True)
        self._tail.append(pa.Table.from_pylist(rows, schema), numbers)
        failpoint("alerts-kept")
        position.kept()
        self.decided += len(rows)
        for row in rows:
            self._send(row)

    def _row(self, alert: Alert, now: datetime) -> dict[str, Any]:
        rule = next(rule for rule in self._rules.rules if rule.name == alert.rule)
        hour = alert.window_end.replace(minute=0, second=0, microsecond=0)
        return {
            **asdict(alert),
            "hour": hour,
            "receivers": ",".join(self._rules.of(rule)) or None,
            "decided_at": now,
            "sent_to": None,
            "sent_at": None,
            "day": hour.date(),
        }

    def _send(self, row: dict[str, Any]) -> None:
        """Has those told who have not accepted it yet."""
        if waiting := _waiting(row):
            self._unsent[row["alert_id"]] = row
            told = {name: row[name] for name in ALERTS.column_names if name not in _OF_SENDING}
            self.outbox.put(told, waiting)

    def _hear(self, accepted: Accepted) -> None:
        self._accepted.put(accepted)
        self._woken.set()

    def _keep_accepted(self) -> None:
        """Commits who has accepted what."""
        while True:
            try:
                accepted = self._accepted.get_nowait()
            except Empty:
                break
            row = self._unsent[accepted.alert_id]
            row["sent_to"] = ",".join(filter(None, (row["sent_to"], accepted.receiver)))
            if not _waiting(row):
                row["sent_at"] = accepted.at
            self._changed[accepted.alert_id] = row
        if not self._changed:
            return
        failpoint("alerts-accepted")
        schema = arrow_schema(ALERTS, stored=True)
        self._lake.merge(ALERTS, pa.Table.from_pylist([*self._changed.values()], schema))
        for alert_id, row in self._changed.items():
            if row["sent_at"]:
                del self._unsent[alert_id]
        self._changed.clear()

    def _told(self) -> dict[tuple[str, str], Told]:
        """The last alert of each rule and symbol."""
        query = f"""
            select rule, symbol, epoch_us(window_end), alert_id from {ALERTS.name}
            qualify row_number() over (
                partition by rule, symbol order by decided_at desc, window_end desc
            ) = 1
        """
        with self._lake.sql([ALERTS]) as connection:
            rows = connection.execute(query).fetchall()
        return {(rule, symbol): Told(end_us, alert_id) for rule, symbol, end_us, alert_id in rows}

    def _resume_sending(self) -> None:
        """Sends what was decided before and not accepted by all."""
        wanted = pc.field("receivers").is_valid() & pc.field("sent_at").is_null()
        rows = self._lake.rows(ALERTS).to_table(filter=wanted)
        for row in rows.sort_by(
            [("decided_at", "ascending"), ("alert_id", "ascending")]
        ).to_pylist():
            self._send(row)


class _Position:
    """How far the table of quotes has been decided.

    Attributes:
        version: The version up to which it was.
        arrived_us: When the last event of it arrived, in microseconds since 1970.
        commits: How many commits have kept it.
    """

    def __init__(self, version: int, arrived_us: int, commits: int) -> None:
        self.version = version
        self.arrived_us = arrived_us
        self.commits = commits
        self._kept = version, monotonic()

    @property
    def arrived_at(self) -> datetime:
        return instant(self.arrived_us)

    def reach(self, version: int, rows: pa.Table) -> None:
        self.version = version
        if latest := pc.max(rows["arrived_at"].cast(pa.int64())).as_py():
            self.arrived_us = max(self.arrived_us, latest)

    def kept(self) -> None:
        self.commits += 1
        self._kept = self.version, monotonic()

    @property
    def is_due(self) -> bool:
        """Whether so much was decided that this is worth a commit without alerts."""
        version, at = self._kept
        new = self.version - version
        return new >= KEPT_EVERY_VERSIONS or (new > 0 and monotonic() - at > KEPT_EVERY_SECONDS)


# What tells of the sending itself, and is not told.
_OF_SENDING = {"receivers", "sent_to", "sent_at"}


def _waiting(row: dict[str, Any]) -> list[str]:
    """The receivers of an alert that have not accepted it."""
    sent_to = (row["sent_to"] or "").split(",")
    return [name for name in (row["receivers"] or "").split(",") if name and name not in sent_to]
