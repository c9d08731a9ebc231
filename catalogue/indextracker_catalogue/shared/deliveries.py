"""The log of publishers' answers: one table for all subjects."""

from __future__ import annotations

from typing import Literal, get_args

from indextracker_catalogue.model import Column, Table
from indextracker_catalogue.timeline import Days

State = Literal[
    "accepted",
    "closed",
    "never",
    "not_yet",
    "partial",
    "blocked",
    "refused",
    "missing",
    "gone",
]
STATES: tuple[str, ...] = get_args(State)
# Nothing more is to be had of a key in one of these.
COMPLETE = ("accepted", "closed", "never")

DELIVERIES = Table(
    layer="bronze",
    name="deliveries",
    meaning=(
        "A log with one row per answer of a publisher, accepted or not. The state of a session "
        "and feed is derived from it and stored nowhere else."
    ),
    key=("feed", "session_date", "fetched_at"),
    key_nullable=("key",),
    timeline=Days("UTC"),
    dated_by="session_date",
    partitioned="year",
    writes="append",
    columns=(
        Column("feed", "string", "Feed that the document was requested for."),
        Column(
            "session_date",
            "date",
            "Session that was requested; else the first day of the key.",
        ),
        Column("url", "string", "Where the answer came from: an address or an archive's file."),
        Column("name", "string", "The publisher's name of the document."),
        Column("sha256", "string", "Digest of the bytes in the landing zone; null without bytes."),
        Column("bytes", "bigint", "Length of the answer; null without one.", "bytes"),
        Column(
            "published_at",
            "timestamp",
            "Time of publication as the publisher states it; null if it does not.",
        ),
        Column("fetched_at", "timestamp", "When the answer came."),
        Column("state", "string", f"One of {', '.join(STATES)}."),
        Column(
            "reason",
            "string",
            "Why it was not accepted, in a sentence; of an accepted one, which document it "
            "replaces, null where none.",
        ),
        Column(
            "key",
            "string",
            "What was requested, as a key of the feed's time line: a session, an hour or a year. "
            "Null in rows of before it was noted, where it follows from session_date.",
        ),
    ),
)
