"""What is stale follows from two logs: what was accepted, and what tables were built from."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from indextracker.acquiring import deliveries
from indextracker.acquiring.deliveries import Delivery
from indextracker.building import staleness
from indextracker.lake import Lake

FIRST, SECOND = date(2024, 12, 31), date(2025, 1, 2)
TRADES, REJECTS, CONTROL = "silver/futures_trades", "silver/rejects", "gold/reconciliation"
NEEDS = {
    TRADES: [frozenset({"taifex_futures"})],
    REJECTS: [frozenset({"taifex_futures"}), frozenset({"twse_index"})],
    CONTROL: [frozenset({"taifex_futures", "taifex_daily_futures"})],
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def deliver(lake: Lake, feed: str, session: date, digest: str | None, hour: int = 0) -> None:
    deliveries.record(
        lake,
        [
            Delivery(
                feed=feed,
                session_date=session,
                url=None,
                name=None,
                sha256=digest,
                bytes=None,
                published_at=None,
                fetched_at=datetime(2025, 1, 3, hour, tzinfo=UTC),
                state="accepted" if digest else "blocked",
                reason=None if digest else "no answer",
            )
        ],
    )


def built(lake: Lake) -> None:
    """Builds all that is stale."""
    staleness.record(lake, staleness.stale(lake, NEEDS))


def test_an_empty_lake_has_nothing_stale(lake: Lake) -> None:
    assert staleness.stale(lake, NEEDS) == {TRADES: {}, REJECTS: {}, CONTROL: {}}


def test_what_was_never_built_is_stale_once_its_documents_are_there(lake: Lake) -> None:
    deliver(lake, "taifex_futures", FIRST, "a")
    deliver(lake, "twse_index", SECOND, "b")
    deliver(lake, "taifex_daily_futures", FIRST, None)
    assert staleness.stale(lake, NEEDS) == {
        TRADES: {FIRST: "taifex_futures=a"},
        REJECTS: {FIRST: "taifex_futures=a", SECOND: "twse_index=b"},
        CONTROL: {},
    }
    built(lake)
    assert not any(staleness.stale(lake, NEEDS).values())


def test_another_document_makes_stale_what_rests_on_it(lake: Lake) -> None:
    for session in (FIRST, SECOND):
        deliver(lake, "taifex_futures", session, "a")
    built(lake)
    deliver(lake, "taifex_futures", FIRST, "c", hour=1)
    deliver(lake, "twse_index", SECOND, "b", hour=1)
    assert staleness.stale(lake, NEEDS) == {
        TRADES: {FIRST: "taifex_futures=c"},
        REJECTS: {FIRST: "taifex_futures=c", SECOND: "taifex_futures=a,twse_index=b"},
        CONTROL: {},
    }
    assert staleness.stale(lake, NEEDS, [SECOND])[TRADES] == {}
    assert staleness.built(lake, [], [SECOND]) == {}
    assert staleness.built(lake, [TRADES], []) == {TRADES: {}}


def test_a_refusal_after_the_document_changes_nothing(lake: Lake) -> None:
    deliver(lake, "taifex_futures", FIRST, "a")
    built(lake)
    deliver(lake, "taifex_futures", FIRST, None, hour=1)
    assert not any(staleness.stale(lake, NEEDS).values())


def test_a_table_that_goes_back_is_stale_where_it_was_built_since(lake: Lake) -> None:
    deliver(lake, "taifex_futures", FIRST, "a")
    built(lake)
    then = datetime.now(UTC)
    deliver(lake, "taifex_futures", SECOND, "b")
    built(lake)
    staleness.restate(lake, TRADES, then)
    assert staleness.built(lake, [TRADES]) == {TRADES: {FIRST: "taifex_futures=a", SECOND: ""}}
    stale = staleness.stale(lake, NEEDS)
    assert stale[TRADES] == {SECOND: "taifex_futures=b"}
    assert stale[REJECTS] == {}
