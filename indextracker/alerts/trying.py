"""Tries rules on a stored session, as if its prints came now: nothing is kept, nobody is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from indextracker.alerts.deciding import Alert, Decider, Event, event_of
from indextracker.alerts.rules import Rules
from indextracker.lake import Lake
from indextracker.streams.producing.replaying import Wish, replay
from indextracker_catalogue import Subject
from indextracker_spark.events.markets import EVENTS

# What makes a pattern of a symbol.
_OF_PATTERNS = frozenset("*?[")
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Tried:
    """What rules would have decided.

    Attributes:
        alerts: The alerts, in order.
        events: How many events the rules looked at.
        without_close: The rules that compare with a previous close which events did not tell.
    """

    alerts: Sequence[Alert]
    events: int
    without_close: Sequence[str]


def tried(lake: Lake, rules: Rules, subject: Subject, session: date) -> Tried:
    """What rules decide on a session, each event arriving at the time of its price.

    Raises:
        NothingToReplayError: The session has no prints.
    """
    decider = Decider(rules.rules)
    alerts: list[Alert] = []
    count = 0
    for event in _events(lake, rules, decider, subject, session):
        alerts += decider.decide([event])
        count += 1
    return Tried(alerts, count, sorted(decider.without_close))


def _events(
    lake: Lake, rules: Rules, decider: Decider, subject: Subject, session: date
) -> Iterator[Event]:
    patterns = [pattern for rule in rules.rules for pattern in rule.symbols]
    is_named = not any(_OF_PATTERNS & set(pattern) for pattern in patterns)
    wish = Wish(symbols=sorted(set(patterns)) if is_named else ())
    number = 0
    for batch in replay(lake, subject, session, wish):
        for symbol, line in batch:
            number += 1
            if decider.watches(symbol):
                yield _event(number, line)


def _event(number: int, line: bytes) -> Event:
    # By the decoding of streams; the day of its arrival is nothing that rules look at.
    [row] = EVENTS.rows("replay", number, _NEVER, line)
    fields = dict(zip(EVENTS.table.column_names, row, strict=True))
    event = event_of(fields, 0, f"replay/{number}/0")
    return event._replace(arrived_us=event.at_us)
