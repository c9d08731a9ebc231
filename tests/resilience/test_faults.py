"""With every fault that the simulated publishers know, their documents come back exactly.

Reruns bring what a fault kept away, and nothing wrong is ever taken for a document. Taiwan's are
those of the command; those of other subjects, whose documents alone differ, are of acquiring.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.commands import Commands
from support.lakehouse import (
    MONDAY,
    Contents,
    Reference,
    backfill,
    copied,
    differing,
    start,
    unended,
)
from support.market import source

from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS, Feed, feeds_of
from indextracker.feeds.sources.http import HttpSource
from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.shared.deliveries import COMPLETE, DELIVERIES
from indextracker_catalogue.timeline import Years
from indextracker_simulator.answers import ZIP, Answer
from indextracker_simulator.faults import KINDS, Fault, Faults
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.server import ExchangeServer, Served
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.session import Document

# What spoils an answer comes first: a document that arrives late is accepted and not asked again.
IN_TURN = sorted(KINDS, key=lambda kind: kind == "latency")
# Each run uses up a fault of each document that is missing, or of the list that it is found by.
MOST_RUNS = len(KINDS) + 2
# When the lists of the day are out, and the announcements, in India.
LATE_ON_MONDAY = datetime(2024, 12, 16, 23, 50, tzinfo=ZoneInfo("Asia/Kolkata"))
DOCUMENTS: dict[str, Document] = {
    "taifex_futures": "futures",
    "taifex_combination_trades": "combination",
    "taifex_volume_totals": "totals",
    "taifex_options": "options",
    "taifex_daily_futures": "daily_futures",
    "taifex_daily_options": "daily_options",
    "twse_index": "index_json",
    "finmind_trades": "etf",
}


class EveryFault(Faults):
    """Every fault befalls every document that it can befall, one after the other.

    Attributes:
        befell: Which befell a document of which type.
    """

    def __init__(self) -> None:
        super().__init__(0, {})
        self.befell: set[tuple[str, str]] = set()
        self._to_come: dict[str, list[Faults]] = {}
        self._turn = Lock()

    def draw(self, document: str, answer: Answer) -> Fault | None:
        with self._turn:
            if document not in self._to_come:
                self._to_come[document] = [
                    Faults(0, {kind: 1.0}, latency_seconds=0.05) for kind in IN_TURN
                ]
            to_come = self._to_come[document]
            while to_come:
                # None where this kind cannot befall such an answer.
                fault = to_come.pop(0).draw(document, answer)
                if fault:
                    self.befell.add((fault.kind, answer.content_type))
                    return fault
            return None


@dataclass(frozen=True)
class Troubled:
    """What came of backfills from an exchange at which everything goes wrong."""

    codes: list[int | None]
    served: list[Served]
    deliveries: list[dict[str, Any]]
    differing: list[str]
    unended: dict[str, int]


@pytest.fixture(scope="module")
def troubled(
    commands: Commands,
    exchange: Exchange,
    whole_friday: Reference,
    whole_monday: Reference,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Troubled]:
    codes: list[int | None] = []
    with ExchangeServer(exchange, faults=EveryFault()).in_background() as server:
        undisturbed = copied(whole_friday.home, tmp_path_factory.mktemp("faults") / "home")
        home = type(undisturbed)(undisturbed.folder, f"simulated:{server.url}")
        before = answers(home.lake)
        while len(codes) < MOST_RUNS and 0 not in codes:
            # Up to bronze, where all that comes from outside is judged and kept.
            run = start(commands, home, backfill(MONDAY, MONDAY, ("--to-layer", "bronze")))
            codes.append(run.wait())
        deliveries = [answer for answer in answers(home.lake) if answer not in before]
        yield Troubled(
            codes,
            list(server.journal),
            deliveries,
            differing(bronze(home.contents()), bronze(whole_monday.contents)),
            unended(home.dagster),
        )


def bronze(contents: Contents) -> Contents:
    """All that comes from outside; what is made of it follows from it."""
    return {path: held for path, held in contents.items() if path.startswith("bronze/")}


def answers(lake: Path) -> list[dict[str, Any]]:
    """The log of what publishers answered."""
    with Lake(str(lake), "simulated").sql([DELIVERIES]) as connection:
        rows = connection.sql("select * from deliveries order by fetched_at").to_arrow_table()
    found: list[dict[str, Any]] = rows.to_pylist()
    return found


def test_reruns_bring_what_faults_kept_away(troubled: Troubled) -> None:
    assert troubled.codes[-1] == 0
    assert set(troubled.codes[:-1]) == {2}
    assert troubled.differing == []
    assert troubled.unended == {}


def test_every_fault_befell_every_document_that_it_can_befall(troubled: Troubled) -> None:
    befallen: dict[str, set[str]] = {}
    for served in troubled.served:
        if served.fault:
            befallen.setdefault(served.path, set()).add(served.fault)
    zips = [kinds for path, kinds in befallen.items() if path.endswith(".zip")]
    assert zips == [set(KINDS) - {"half"}] * 4
    [index] = [kinds for path, kinds in befallen.items() if "MI_5MINS_INDEX" in path]
    assert index >= {"html", "truncate", "stale"}
    assert set().union(*befallen.values()) == set(KINDS)


def test_only_what_the_exchange_published_was_accepted(
    troubled: Troubled, exchange: Exchange
) -> None:
    accepted = [answer for answer in troubled.deliveries if answer["state"] == "accepted"]
    assert {str(answer["feed"]) for answer in accepted} >= {*DOCUMENTS}
    for answer in accepted:
        body = published(exchange, str(answer["feed"]), answer["session_date"])
        assert answer["sha256"] == hashlib.sha256(body).hexdigest(), answer


def published(exchange: Exchange, feed: str, session: date) -> bytes:
    """The document that an exchange without faults has for a session."""
    if FEEDS[feed].timeline == Years():
        body = exchange.holidays_json(session.year)
        assert body is not None
        return body
    document = exchange.published(DOCUMENTS[feed], session)
    assert document is not None
    return document.body


def test_what_was_not_accepted_says_why(troubled: Troubled) -> None:
    others = [answer for answer in troubled.deliveries if answer["state"] != "accepted"]
    states = {answer["state"] for answer in others}
    assert {"blocked", "refused"} <= states <= {"blocked", "refused", "missing", "not_yet"}
    for answer in others:
        reason = str(answer["reason"] or "")
        assert len(reason.split()) > 3, answer


@pytest.mark.parametrize("subject", [name for name in SUBJECTS if name != "taiwan"])
def test_documents_of_other_subjects_come_through_every_fault(subject: str, tmp_path: Path) -> None:
    # Of a document of several requests one that brought a page is a line that says so.
    feeds = [
        feed for feed in feeds_of(SUBJECTS[subject]).values() if not feed.request(MONDAY).parts
    ]
    faults = EveryFault()
    calm = Lake(str(tmp_path / "calm"), "simulated")
    lake = Lake(str(tmp_path / "lake"), "simulated")
    nse = Nse(clock=lambda: LATE_ON_MONDAY)
    publishers = nse, Newsroom(exchange=nse)
    with source(*publishers) as http:
        states = acquired(calm, feeds, http)
    assert {*states.values()} <= {*COMPLETE}
    runs = 0
    with source(*publishers, faults=faults) as http:
        while acquired(lake, feeds, http) != states:
            runs += 1
            assert runs < MOST_RUNS
    assert runs > 1
    for feed in feeds:
        assert digest(lake, feed.table) == digest(calm, feed.table), feed.name
    assert taken(lake) == taken(calm)
    of_zips = {kind for kind, content_type in faults.befell if content_type == ZIP}
    assert of_zips == (set(KINDS) - {"half"} if subject == "india" else set())
    assert {kind for kind, _ in faults.befell} >= {"drop", "reset", "unavailable", "html"}


def acquired(lake: Lake, feeds: Collection[Feed], http: HttpSource) -> dict[str, str]:
    """The state of each feed's document of the Monday, or of an hour of it, once it was asked."""
    found = {}
    for feed in feeds:
        key = feed.timeline.key_of(LATE_ON_MONDAY - timedelta(hours=4))
        answer = acquire(lake, feed, [key], http, clock=lambda: LATE_ON_MONDAY)[key]
        found[feed.name] = answer.state
    return found


def taken(lake: Lake) -> set[tuple[str, str]]:
    """The documents that were accepted, by feed."""
    return {(a["feed"], a["sha256"]) for a in answers(Path(lake.root)) if a["state"] == "accepted"}
