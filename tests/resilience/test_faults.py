"""With every fault that the simulated publishers know, their documents come back exactly.

Asking again brings what a fault kept away, and nothing wrong is ever taken for a document. The
command is run with one fault for each document; with every kind of them, documents are acquired in
this process.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.commands import Commands
from support.lakehouse import FRIDAY, LIGHT, Reference, backfill, new_home, start, unended
from support.market import source

from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import Feed, feeds_of
from indextracker.feeds.sources.http import HttpSource
from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_catalogue import SUBJECTS, TABLES
from indextracker_catalogue.shared.deliveries import COMPLETE, DELIVERIES
from indextracker_simulator.answers import ZIP, Answer
from indextracker_simulator.faults import KINDS, Fault, Faults
from indextracker_simulator.india.exchange import Exchange as Nse
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange

# What spoils an answer comes first: a document that arrives late is accepted and not asked again.
IN_TURN = sorted(KINDS, key=lambda kind: kind == "latency")
# Each round uses up a fault of each document that is missing, or of the list that it is found by.
MOST_ROUNDS = len(KINDS) + 2
# A Monday, and when its lists of the day are out, and the announcements, in India.
MONDAY = datetime(2024, 12, 16, 19, 50, tzinfo=ZoneInfo("Asia/Kolkata"))
LATE_ON_MONDAY = datetime(2024, 12, 16, 23, 50, tzinfo=ZoneInfo("Asia/Kolkata"))


class EveryFault(Faults):
    """Every fault befalls every document that it can befall, one after the other.

    Attributes:
        befell: Which befell which document of which type.
    """

    def __init__(self) -> None:
        super().__init__(0, {})
        self.befell: dict[tuple[str, str], set[str]] = {}
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
                    self.befell.setdefault((document, answer.content_type), set()).add(fault.kind)
                    return fault
            return None


@dataclass(frozen=True)
class Troubled:
    """What came of documents that were asked of publishers at whom everything goes wrong.

    Attributes:
        subject: Whose documents.
        calm: The lake that was filled without faults.
        lake: The one that was filled with them.
        rounds: In how many the documents came.
    """

    subject: str
    feeds: list[Feed]
    calm: Lake
    lake: Lake
    faults: EveryFault
    rounds: int


@pytest.fixture(
    scope="module", params=[name for name, subject in SUBJECTS.items() if feeds_of(subject)]
)
def troubled(
    request: pytest.FixtureRequest, exchange: Exchange, tmp_path_factory: pytest.TempPathFactory
) -> Troubled:
    subject: str = request.param
    folder = tmp_path_factory.mktemp(subject)
    calm, lake = (Lake(str(folder / name), "simulated") for name in ("calm", "lake"))
    nse = Nse(clock=lambda: LATE_ON_MONDAY)
    publishers = exchange, nse, Newsroom(exchange=nse)
    # Taiwan's lists are of 30 sessions back from today, by whose clock the exchange is.
    now = datetime.now(UTC) if subject == "taiwan" else LATE_ON_MONDAY
    # Of a document of several requests one that brought a page is a line that says so.
    feeds = [
        feed
        for feed in feeds_of(SUBJECTS[subject]).values()
        if not feed.request(MONDAY.date()).parts
    ]
    with source(*publishers) as http:
        states = acquired(calm, feeds, http, now)
    assert {*states.values()} <= {*COMPLETE}
    faults, rounds = EveryFault(), 1
    with source(*publishers, faults=faults) as http:
        while acquired(lake, feeds, http, now) != states:
            rounds += 1
            assert rounds <= MOST_ROUNDS
    return Troubled(subject, feeds, calm, lake, faults, rounds)


def acquired(
    lake: Lake, feeds: Collection[Feed], http: HttpSource, now: datetime
) -> dict[str, str]:
    """The state of each feed's document of the Monday, or of an hour of it, once it was asked."""
    found = {}
    for feed in feeds:
        key = feed.timeline.key_of(MONDAY)
        answer = acquire(lake, feed, [key], http, clock=lambda: now)[key]
        found[feed.name] = answer.state
    return found


def test_asking_again_brings_what_faults_kept_away(troubled: Troubled) -> None:
    assert troubled.rounds > 1
    for feed in troubled.feeds:
        assert digest(troubled.lake, feed.table) == digest(troubled.calm, feed.table), feed.name


def test_every_fault_befell_every_document_that_it_can_befall(troubled: Troubled) -> None:
    befell = troubled.faults.befell
    zips = {document: kinds for (document, of), kinds in befell.items() if of == ZIP}
    assert len(zips) == {"taiwan": 4, "india": 2}.get(troubled.subject, 0)
    assert all(kinds == set(KINDS) - {"half"} for kinds in zips.values()), zips
    assert set().union(*befell.values()) >= {"drop", "reset", "unavailable", "html"}
    if troubled.subject == "taiwan":
        [index] = [kinds for (document, _), kinds in befell.items() if "MI_5MINS_INDEX" in document]
        assert index >= {"html", "truncate", "stale"}
        assert set().union(*befell.values()) == set(KINDS)


def test_only_what_the_publishers_have_was_accepted(troubled: Troubled) -> None:
    taken, published = (
        {(a["feed"], a["sha256"]) for a in answers(lake) if a["state"] == "accepted"}
        for lake in (troubled.lake, troubled.calm)
    )
    assert taken == published
    assert taken


def test_what_was_not_accepted_says_why(troubled: Troubled) -> None:
    others = [answer for answer in answers(troubled.lake) if answer["state"] not in COMPLETE]
    states = {answer["state"] for answer in others}
    assert "blocked" in states
    assert states <= {"blocked", "refused", "missing", "not_yet"}
    if troubled.subject == "taiwan":
        assert "refused" in states
    for answer in others:
        assert len(str(answer["reason"] or "").split()) > 3, answer


def answers(lake: Lake) -> list[dict[str, Any]]:
    """The log of what publishers answered."""
    found: list[dict[str, Any]] = lake.rows(DELIVERIES).to_table().to_pylist()
    return found


def test_a_backfill_ends_with_2_while_documents_are_missing_and_then_with_0(
    commands: Commands, exchange: Exchange, light_friday: Reference, tmp_path: Path
) -> None:
    """Each document's first answer is a page, or ends early."""
    arguments = backfill(FRIDAY, FRIDAY, LIGHT, "--to-layer", "bronze")
    with serving(exchange, faults=Faults(0, {"html": 0.5, "truncate": 0.5}, most=1)) as address:
        home = new_home(tmp_path / "home", f"simulated:{address}")
        codes = []
        for _ in range(2):
            run = start(commands, home, arguments)
            codes.append(run.wait())
            assert unended(home.dagster) == {}
    assert codes == [2, 0], run.said()
    for feed in ("finmind_trades", "taifex_daily_futures"):
        path = f"bronze/{feed}"
        assert (
            digest(Lake(str(home.lake), "simulated"), TABLES[path]) == light_friday.contents[path]
        )
