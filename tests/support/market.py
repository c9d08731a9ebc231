"""A lake filled from the simulated exchange, and its comparison with what happened there."""

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
from pydantic import SecretStr

from indextracker.acquiring.acquisition import acquire
from indextracker.building.jobs import JOBS, run
from indextracker.building.reference_tables import REFERENCES
from indextracker.engines import Engine
from indextracker.feeds import PUBLISHERS, feeds_of
from indextracker.feeds.reading import read
from indextracker.feeds.sources.http import HttpSource
from indextracker.lake import Lake
from indextracker.reference import taiwan as reference
from indextracker_catalogue import SUBJECTS, TABLES, subject_of
from indextracker_catalogue.timeline import Years
from indextracker_simulator.answers import Publishers
from indextracker_simulator.faults import Faults
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.truth import truth
from support.keys import keys

MONDAY = date(2024, 12, 16)  # its file begins with Friday night
ORDINARY = date(2024, 12, 12)
THIRD_WEDNESDAY = date(2024, 12, 18)
AFTER_NEW_YEAR = date(2023, 1, 30)  # the third Wednesday was closed: the expiry moved here
BEFORE_TYPHOON = date(2024, 7, 23)  # 24 and 25 July were closed; nobody knew on the 23rd
AFTER_TYPHOON = date(2024, 7, 26)
SESSIONS = (AFTER_NEW_YEAR, BEFORE_TYPHOON, AFTER_TYPHOON, ORDINARY, MONDAY, THIRD_WEDNESDAY)

MARKETS = ("index", "futures", "spread", "option", "etf")
TRUE_TABLES = (
    "silver/index_levels",
    "silver/futures_trades",
    "silver/futures_spreads",
    "silver/option_trades",
    "silver/etf_trades",
    "silver/daily_report",
    "silver/contracts",
    "silver/rejects",
    *(f"gold/{market}_bars" for market in MARKETS),
    *(f"gold/{market}_sessions" for market in MARKETS),
    "gold/reconciliation",
)

EXAMPLES = 3

# What the simulator calls the slip in a line, and how the lakehouse's reason for it begins.
REASONS = {
    "cells": "the line does not split",
    "expiry": "unreadable expiry",
    "price": "unreadable price",
    "volume": "(unreadable volume|volume no multiple)",
    "strike": "unreadable strike",
    "option type": "neither call nor put",
    "side": "unreadable side",
}


TAIWAN = SUBJECTS["taiwan"]
JOBS_OF_TAIWAN = [name for name, job in JOBS.items() if subject_of(job.writes) is TAIWAN]


class Market:
    """The simulated exchange and a lake of some of its sessions."""

    def __init__(self, root: Path, engine: Engine, exchange: Exchange) -> None:
        self.exchange = exchange
        self.engine = engine
        self.root = root
        self.lake = Lake(str(root), "simulated")
        self._truths: dict[date, dict[str, pa.Table]] = {}

    def fill(self, sessions: Sequence[date]) -> None:
        """Brings the sessions the whole way from the exchange's HTTP server to gold."""
        with source(self.exchange) as http:
            for feed in feeds_of(TAIWAN).values():
                asked = sorted({feed.timeline.key_of(session) for session in sessions})
                answers = acquire(self.lake, feed, asked, http)
                refused = [answer for answer in answers.values() if not answer.accepted]
                assert not refused, refused
        self.renew_references()
        self.lake.ensure(JOBS[name].writes for name in JOBS_OF_TAIWAN)
        self.run(JOBS_OF_TAIWAN, sessions)

    def renew_references(self) -> None:
        for table, declared in REFERENCES.items():
            self.lake.replace(table, declared.made())

    def renew_bronze(self, session: date) -> None:
        """Decodes the landed documents of a session again."""
        for feed in (one for one in feeds_of(TAIWAN).values() if one.timeline != Years()):
            with self.lake.sql([feed.table], {feed.timeline: [str(session)]}) as connection:
                ((digest,),) = connection.execute(
                    f"select distinct document from {feed.table.name}"
                ).fetchall()
            rows = read(feed, self.lake.landing.get(digest), session)
            self.lake.replace(feed.table, rows, [str(session)])

    def run(self, jobs: Iterable[str], sessions: Sequence[date]) -> None:
        for job in jobs:
            run(JOBS[job], self.lake, self.engine, keys(sessions))

    def truth(self, table: str, session: date) -> pa.Table:
        """What the exchange says the table must hold of a session."""
        if session not in self._truths:
            self._truths[session] = truth(self.exchange, session)
        rows = self._truths[session][TABLES[table].name]
        return _readable(_identified(rows))

    def differences(self, table: str, session: date) -> list[str]:
        """A few rows that only the lake or only the truth has; none where both are equal."""
        true = self.truth(table, session)
        columns = ", ".join(true.column_names)
        with self.lake.sql([TABLES[table]], {TABLES[table].timeline: [str(session)]}) as connection:
            found = connection.sql(f"select {columns} from {TABLES[table].name}").to_arrow_table()
        return _differences(_readable(found), true)

    def copied(self, root: Path) -> "Market":
        """Another lake with the same data, whose writes do not touch this one.

        No file of a Delta table or of the landing zone is ever changed, so they are linked.
        """
        shutil.copytree(self.root, root, copy_function=_link)
        copy = Market(root, self.engine, self.exchange)
        copy._truths = self._truths
        return copy


@contextmanager
def source(*exchanges: Publishers, faults: Faults | None = None) -> Iterator[HttpSource]:
    """Exchanges behind HTTP on this machine, asked without a pause."""
    with serving(*exchanges, faults=faults) as address:
        publishers = [
            replace(publisher, base_url=address, min_interval_seconds=0.0, quota=None)
            for publisher in PUBLISHERS.values()
        ]
        secrets = {p.access.secret.name: SecretStr("key-of-tests") for p in publishers if p.access}
        with HttpSource(
            publishers, user_agent="test", secrets=secrets, through_proxy=False, backoff_seconds=0.0
        ) as http:
            yield http


def _differences(found: pa.Table, true: pa.Table) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.register("lake", found)
        connection.register("truth", true)
        columns = ", ".join(true.column_names)
        return [
            f"only in the {side}: {row}"
            for side, other in (("lake", "truth"), ("truth", "lake"))
            for row in connection.execute(
                f"select {columns} from {side} except all select {columns} from {other}"
                f" limit {EXAMPLES}"
            ).fetchall()
        ]


def _identified(rows: pa.Table) -> pa.Table:
    """Replaces the publisher's names of indices by our ids; an unknown name stays."""
    if "index_name" not in rows.column_names:
        return rows
    ids = {row["index_name"]: row["index_id"] for row in reference.INDICES.read()}
    names = rows["index_name"].to_pylist()
    return rows.set_column(
        rows.column_names.index("index_name"),
        "index_id",
        pa.array([ids.get(name, name) for name in names]),
    )


def _readable(rows: pa.Table) -> pa.Table:
    """Of rejects, trims the cells of the text and keeps the kind of the reason alone."""
    if "reason" not in rows.column_names:
        return rows
    texts = [
        ",".join(cell.strip() for cell in text.split(",")) for text in rows["text"].to_pylist()
    ]
    kinds = [_kind(reason) for reason in rows["reason"].to_pylist()]
    return (
        rows.drop_columns(["text", "reason"])
        .append_column("text", [texts])
        .append_column("reason", [kinds])
    )


def _kind(reason: str) -> str:
    for kind, beginning in REASONS.items():
        if reason == kind or re.match(beginning, reason):
            return kind
    return reason


def _link(source_file: str, copy: str) -> None:
    Path(copy).hardlink_to(source_file)
