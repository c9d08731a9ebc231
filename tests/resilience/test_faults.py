"""With every fault that the simulated exchange knows, its sessions come back exactly.

Reruns bring what a fault kept away, and nothing wrong is ever taken for a document.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock
from typing import Any

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

from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.timeline import Years
from indextracker_simulator.answers import Answer
from indextracker_simulator.faults import KINDS, Fault, Faults
from indextracker_simulator.server import ExchangeServer, Served
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.session import Document

# What spoils an answer comes first: a document that arrives late is accepted and not asked again.
IN_TURN = sorted(KINDS, key=lambda kind: kind == "latency")
# Each run uses up a fault of each document that is missing, or of the list that it is found by.
MOST_RUNS = len(KINDS) + 2
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
    """Every fault befalls every document that it can befall, one after the other."""

    def __init__(self) -> None:
        super().__init__(0, {})
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
