"""A publisher made of a dictionary, and a feed whose documents are a few words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.remarks import Remark
from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.model import Listed
from indextracker.feeds.sources import Answer, Source
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.system.documents import Document
from indextracker_catalogue.shared.deliveries import DELIVERIES

DAYS = [date(2024, 12, day) for day in (26, 27, 30, 31)]
NOW = datetime(2025, 2, 10, tzinfo=UTC)


def read(document: Document, session: date) -> pa.Table:
    """A row per word of a document that is good, or says in its first word what it is instead."""
    body = document.read().decode()
    state, _, reason = body.partition(" ")
    if state != "good":
        raise Refusal(state, reason)  # type: ignore[arg-type] # the tests name known states
    words = body.split()
    return pa.table(
        {
            "line": pa.array(range(1, len(words) + 1), pa.int64()),
            "index_name": pa.array(words),
            "time": pa.array(["09:00:00"] * len(words)),
            "level": pa.array(["1"] * len(words)),
            "text": pa.nulls(len(words), pa.string()),
        }
    )


FEED: Feed = replace(FEEDS["twse_index"], read=read)


@dataclass
class Publisher(Source):
    """Answers from a dictionary, and remembers what it was asked for."""

    documents: dict[date, bytes]
    asked: list[date] = field(default_factory=list)
    listed: dict[date, datetime | None] = field(default_factory=dict)
    no_list: Refusal | None = None
    no_access: Refusal | None = None
    place = "publisher"
    live = True

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        self.asked.append(session)
        name = feed.names(session)[0]
        if self.no_access:
            yield Answer("publisher:", name, None, refusal=self.no_access)
        elif session in self.documents:
            published_at = self.listed.get(session) or NOW
            document = Document.of(name, self.documents[session])
            yield Answer(f"publisher:{name}", name, document, published_at)

    def listing(self, feed: Feed) -> dict[date, Listed]:
        if self.no_list:
            raise self.no_list
        return {
            day: Listed(published_at, {"document": "/document"} if published_at else {})
            for day, published_at in self.listed.items()
        }

    def barred(self, feed: Feed) -> Refusal | None:
        return self.no_access

    def close(self) -> None:
        """Nothing is open."""


@dataclass
class Files(Source):
    """An archive of some files for each session, which are its candidates in that order."""

    files: dict[date, list[bytes]]
    place = "archive:files"
    live = False

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        name = feed.names(session)[0]
        for number, body in enumerate(self.files.get(session, []), 1):
            yield Answer(f"archive:{number}/{name}", name, Document.of(name, body))


def one_line(feed: Feed, session: date) -> pa.Table:
    """A row of bronze without a cell, for feeds whose documents do not matter."""
    row = {"session_date": session, "line": 1, "document": "0" * 64}
    return pa.Table.from_pylist([row], arrow_schema(feed.table))


def ask(
    lake: Lake, publisher: Publisher, days: list[date] = DAYS, hours: int = 0
) -> dict[date, Delivery]:
    publisher.asked.clear()
    now = NOW + timedelta(hours=hours)
    found = acquire(lake, FEED, [*map(str, days)], publisher, clock=lambda: now)
    return {date.fromisoformat(key): answer for key, answer in found.items()}


def remarks(lake: Lake, source: Source, *, hours: int = 0, again: bool = False) -> list[Remark]:
    """What is remarked when the first day is asked for."""
    told: list[Remark] = []
    now = NOW + timedelta(hours=hours)
    acquire(lake, FEED, [str(DAYS[0])], source, again=again, clock=lambda: now, remark=told.append)
    return told


def log(lake: Lake) -> list[tuple[str | None, str, str | None]]:
    """The digests, in short, states and reasons of all answers, in order."""
    with lake.sql([DELIVERIES]) as connection:
        query = "select sha256[:12], state, reason from deliveries order by fetched_at"
        return connection.execute(query).fetchall()


def words(lake: Lake) -> dict[date, list[str]]:
    """What bronze holds."""
    found: dict[date, list[str]] = {}
    if lake.exists(FEED.table):
        rows = lake.rows(FEED.table).to_table().sort_by([("session_date", "ascending")])
        for row in rows.sort_by("line").to_pylist():
            found.setdefault(row["session_date"], []).append(row["index_name"])
    return found
