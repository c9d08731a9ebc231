"""The state of a key and feed as people see it: by the answer that counts, else by the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from indextracker.acquiring.deliveries import NEVER_ASKED, Delivery
from indextracker.feeds import FEEDS
from indextracker_catalogue import Key

# Beside the states of documents: what is due and nobody asked for.
UNASKED = "unasked"


@dataclass(frozen=True)
class State:
    """What is known of one key and feed."""

    state: str
    reason: str


def state_of(feed: str, key: Key, answer: Delivery | None, now: datetime) -> State:
    """The state of a key and feed.

    Args:
        feed: Name of the feed.
        key: A key of its time line.
        answer: The answer that counts, as of `deliveries.current`; None where there is none.
        now: The present, as an aware instant.
    """
    if answer is not None:
        return State(answer.state, answer.reason or "")
    asked = FEEDS[feed]
    due = asked.due(key)
    if now >= due:
        return State(UNASKED, NEVER_ASKED)
    if asked.timeline.type == "date":
        return State("not_yet", f"published by {asked.due_at:%H:%M} of the day")
    return State("not_yet", f"published by {due:%Y-%m-%d %H:%M} UTC")
