"""What all bronze tables of a stream have in common: one row per event, in order of its place."""

from __future__ import annotations

from indextracker_catalogue.model import Check, Column, Table
from indextracker_catalogue.timeline import Hours

HOUR = Column("hour", "timestamp", "Hour of UTC in which the event happened, by its beginning.")
PLACE = (
    Column("shard", "string", "Shard of the stream that the record is of."),
    Column("sequence", "string", "Number of the record in the shard."),
    Column("position", "int", "Place of the event in the record, from 0; -1 of a lost record."),
    Column("arrived_at", "timestamp", "When the stream accepted the record."),
    Column(
        "hour",
        "timestamp",
        "Hour of UTC in which the event happened, by its beginning; of what cannot be read, in "
        "which it arrived.",
    ),
    Column("event_date", "date", "Day of that hour."),
)
PROBLEM = "problem"
UNREADABLE = (
    Column("text", "string", "The line where it is no event; else null.", width=4096),
    Column(PROBLEM, "string", "Why it is none; else null.", width=1024),
)


def events_table(name: str, meaning: str, fields: tuple[Column, ...]) -> Table:
    """The bronze table of a stream's events.

    Args:
        name: Its name.
        meaning: What one event is.
        fields: The fields of an event, as text.
    """
    return Table(
        layer="bronze",
        name=name,
        meaning=meaning,
        key=("shard", "sequence", "position"),
        timeline=Hours(),
        day_column="event_date",
        writes="append",
        columns=(*PLACE, *fields, *UNREADABLE),
        checks=(
            Check(
                "an_event_or_why_not",
                "problem is null and text is not null",
                "What is no event says why.",
            ),
        ),
    )


def field(name: str, meaning: str) -> Column:
    """A field of an event, as the producer wrote it."""
    return Column(name, "string", f"{meaning}, as written.")
