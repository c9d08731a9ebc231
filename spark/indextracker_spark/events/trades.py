"""How trade events are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from indextracker_catalogue.trades import TRADE_RECORDS
from indextracker_spark.events.decoding import Event, Events, needed, number

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_TIME = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_OPERATIONS = ("purchase", "sale")


def reported_at(event: Event) -> datetime:
    """The time of a report; it has no zone, and is taken to be in UTC.

    Raises:
        ValueError: A field that silver needs cannot be read.
    """
    needed(event, "person_name", "symbol", "exchange", "currency")
    if not _UUID.fullmatch(event.get("operation_id") or ""):
        raise ValueError("operation_id is no UUID")
    if (operation := event.get("operation")) not in _OPERATIONS:
        raise ValueError(f"operation is neither purchase nor sale: {operation!r}")
    if number(event, "price") <= 0:
        raise ValueError("price is not above zero")
    text = event.get("timestamp") or ""
    if not _TIME.fullmatch(text):
        raise ValueError(f"timestamp is no YYYY-MM-DD HH:MM:SS: {text[:40]!r}")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


EVENTS = Events(TRADE_RECORDS, reported_at)
