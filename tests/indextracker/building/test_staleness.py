"""What is stale follows from two logs: what was accepted, and what tables were built from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from indextracker.acquiring import deliveries
from indextracker.acquiring.deliveries import Delivery
from indextracker.building import staleness
from indextracker.building.staleness import Need, Way
from indextracker.calendars import Calendar
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_catalogue import TABLES, Column, Hours, Key, Sessions, Table, Timeline, Whole
from indextracker_catalogue.shared.builds import BUILDS

FIRST, SECOND = "2024-12-31", "2025-01-02"
TRADES, REJECTS, CONTROL = "silver/futures_trades", "silver/rejects", "gold/reconciliation"
XTAI = Sessions("XTAI")
FUTURES, INDEX = {"taifex_futures": 0}, {"twse_index": 0}
NEEDS = {
    TRADES: Need(XTAI, [Way(FUTURES)]),
    REJECTS: Need(XTAI, [Way(FUTURES), Way(INDEX)]),
    CONTROL: Need(XTAI, [Way(FUTURES | {"taifex_daily_futures": 0})]),
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def deliver(lake: Lake, feed: str, session: Key, digest: str | None, hour: int = 0) -> None:
    deliveries.record(
        lake,
        [
            Delivery(
                feed=feed,
                key=session,
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


# looking back

DAYS = [f"2024-12-{day:02}" for day in (9, 10, 11, 12, 13, 16, 17, 18)]
MEANS = {CONTROL: Need(XTAI, [Way({"taifex_futures": 5})])}


def december(timeline: Timeline) -> Calendar:
    assert timeline == XTAI
    return Calendar(XTAI, ZoneInfo("Asia/Taipei"), DAYS, "2024-12-01", "2024-12-31")


def test_a_changed_document_makes_stale_the_keys_that_look_back_to_it(lake: Lake) -> None:
    for day in DAYS:
        deliver(lake, "taifex_futures", day, "a")
    staleness.record(lake, staleness.stale(lake, MEANS, known=december))
    assert not any(staleness.stale(lake, MEANS, known=december).values())
    deliver(lake, "taifex_futures", DAYS[1], "c", hour=1)
    stale = staleness.stale(lake, MEANS, known=december)[CONTROL]
    assert list(stale) == DAYS[1:7]  # itself and the five after it; a weekend is none
    assert stale[DAYS[1]].startswith("taifex_futures-5=")
    some = staleness.stale(lake, MEANS, [DAYS[0], DAYS[6]], december)[CONTROL]
    assert some == {DAYS[6]: stale[DAYS[6]]}


def test_a_document_that_comes_late_makes_stale_what_was_built_without_it(lake: Lake) -> None:
    for day in DAYS[1:]:
        deliver(lake, "taifex_futures", day, "a")
    staleness.record(lake, staleness.stale(lake, MEANS, known=december))
    deliver(lake, "taifex_futures", DAYS[0], "a", hour=1)
    assert list(staleness.stale(lake, MEANS, known=december)[CONTROL]) == DAYS[:6]


# documents that a job does without

REPORTED = {
    CONTROL: Need(
        XTAI, [Way({"taifex_futures": 5, "twse_index": 2}, {}, frozenset({"twse_index"}))]
    )
}


def test_a_document_that_need_not_be_there_counts_where_it_is(lake: Lake) -> None:
    for day in DAYS:
        deliver(lake, "taifex_futures", day, "a")
    deliver(lake, "twse_index", DAYS[1], "b")
    possible = staleness.accepted(lake, REPORTED, DAYS, december)[CONTROL]
    assert list(possible) == DAYS
    staleness.record(lake, {CONTROL: possible})
    deliver(lake, "twse_index", DAYS[4], "c", hour=1)
    # Itself, and the two keys that look back on it.
    assert list(staleness.stale(lake, REPORTED, known=december)[CONTROL]) == DAYS[4:7]


# tables in one piece whose rows hold from a day on

HELD = Table(
    layer="silver",
    name="held",
    meaning="One row per owner and time.",
    key=("owner", "valid_from"),
    timeline=Whole(),
    holds=("owner",),
    columns=(
        Column("owner", "string", "Owner."),
        Column("name", "string", "Name."),
        Column("valid_from", "date", "First day."),
        Column("valid_to", "date", "Last day."),
    ),
)
OWNED = {CONTROL: Need(XTAI, [Way({"taifex_futures": 0}, {HELD: 0})])}


def hold(lake: Lake, *rows: tuple[str, str, int, int]) -> None:
    """Owners with their names, each from one of the days to another."""
    days = [date.fromisoformat(day) for day in DAYS]
    cells = (
        {"owner": owner, "name": name, "valid_from": days[first], "valid_to": days[last]}
        for owner, name, first, last in rows
    )
    lake.replace(HELD, pa.Table.from_pylist(list(cells), arrow_schema(HELD)))


def test_a_key_is_stale_where_what_has_begun_by_then_changed(lake: Lake) -> None:
    for day in DAYS:
        deliver(lake, "taifex_futures", day, "a")
    hold(lake, ("A", "Alfa", 0, 3), ("B", "Beta", 2, 5))
    staleness.record(lake, staleness.stale(lake, OWNED))

    def stale() -> list[Key]:
        return list(staleness.stale(lake, OWNED)[CONTROL])

    assert stale() == []
    hold(lake, ("B", "New Beta", 2, 5), ("A", "Alfa", 0, 3))  # what it is called is not its own
    assert stale() == []
    hold(lake, ("A", "Alfa", 0, 3), ("B", "Beta", 2, 6), ("D", "Delta", 7, 7))  # it went on
    assert stale() == [DAYS[7]]
    hold(lake, ("A", "Alfa", 0, 3), ("C", "Beta", 2, 5))
    assert stale() == DAYS[2:]
    hold(lake, ("A", "Alfa", 0, 1), ("A", "Alfa", 2, 3), ("B", "Beta", 2, 5))
    assert stale() == []


# tables that no feed fills

EVENTS = Table(
    layer="bronze",
    name="events",
    meaning="One row per event.",
    key=("hour", "number"),
    timeline=Hours(),
    writes="append",
    columns=(Column("hour", "timestamp", "Hour."), Column("number", "bigint", "Position.")),
)
NAMES = Table(
    layer="silver",
    name="names",
    meaning="One row per name.",
    key=("name",),
    timeline=Whole(),
    columns=(Column("name", "string", "Name."),),
)
COUNTS = {"gold/counts": Need(Hours(), [Way({}, {EVENTS: 0})])}


def happen(lake: Lake, *hours: Key) -> None:
    rows = [{"hour": Hours().value_of(hour), "number": n} for n, hour in enumerate(hours)]
    lake.append(EVENTS, pa.Table.from_pylist(rows, arrow_schema(EVENTS)))


def test_a_table_without_a_feed_is_built_from_the_rows_that_it_rests_on(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLES, "gold/counts", replace(EVENTS, layer="gold", name="counts"))
    assert staleness.stale(lake, COUNTS) == {"gold/counts": {}}
    happen(lake, "2024-12-16T09", "2024-12-16T10", "2024-12-17T09")
    stale = staleness.stale(lake, COUNTS)
    assert list(stale["gold/counts"]) == ["2024-12-16T09", "2024-12-16T10", "2024-12-17T09"]
    staleness.record(lake, stale)
    assert staleness.stale(lake, COUNTS) == {"gold/counts": {}}
    # Files lie by day; of what is appended each hour is told by its rows.
    happen(lake, "2024-12-17T10")
    assert list(staleness.stale(lake, COUNTS)["gold/counts"]) == ["2024-12-17T10"]
    happen(lake, "2024-12-16T09")
    assert list(staleness.stale(lake, COUNTS)["gold/counts"]) == ["2024-12-16T09", "2024-12-17T10"]


def test_rows_in_one_piece_are_told_by_what_they_hold(lake: Lake) -> None:
    def name(*names: str) -> str:
        rows = pa.Table.from_pylist([{"name": name} for name in names], arrow_schema(NAMES))
        lake.replace(NAMES, rows)
        return staleness.contents(lake, [NAMES])

    one = name("a", "b")
    assert name("b", "a") == one != name("a")
    staleness.record(lake, {NAMES.path: {"": one}})
    staleness.record(lake, {NAMES.path: {"": "else"}})
    assert staleness.built(lake, [NAMES.path]) == {NAMES.path: {"": "else"}}


def test_a_log_of_before_keys_were_noted_is_read(lake: Lake) -> None:
    old = replace(BUILDS, columns=BUILDS.columns[:-1])
    day = date.fromisoformat(FIRST)
    when = datetime(2025, 1, 3, tzinfo=UTC)
    rows = [{"table_path": TRADES, "session_date": day, "documents": "x=a", "built_at": when}]
    lake.append(old, pa.Table.from_pylist(rows, arrow_schema(old)))
    for _ in range(2):
        assert staleness.built(lake, [TRADES]) == {TRADES: {FIRST: "x=a"}}
        staleness.record(lake, {CONTROL: {FIRST: "x=b"}})
    assert staleness.built(lake, [TRADES, CONTROL], [FIRST])[CONTROL] == {FIRST: "x=b"}
