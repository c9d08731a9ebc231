"""How quotes and replayed trades are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from indextracker_catalogue.markets import QUOTE_EVENTS
from indextracker_spark.events.decoding import Event, Events, needed, number, whole


def counts_at(event: Event) -> datetime:
    """The instant whose bar and hour hold a quote: one exactly at the close is in the last bar.

    Raises:
        ValueError: A field that silver needs cannot be read.
    """
    needed(event, "symbol", "source")
    number(event, "price")
    whole(event, "line", "size", "day_volume")
    moment = _instant(event, "time")
    closes_at = event.get("closes_at")
    if closes_at is not None and moment == _instant(event, "closes_at"):
        return moment.replace(microsecond=0) - timedelta(seconds=1)
    return moment


def _instant(event: Event, name: str) -> datetime:
    text = event.get(name) or ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is no time: {text[:40]!r}") from None
    if moment.tzinfo is not UTC:
        raise ValueError(f"{name} is not in UTC: {text[:40]!r}")
    return moment


EVENTS = Events(QUOTE_EVENTS, counts_at)
