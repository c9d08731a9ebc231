"""What the lake knows of its own rows: states, answers, documents, and what checks find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from support.good_rows import rows

from indextracker import Lakehouse
from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.deliveries import record as log_answers
from indextracker.building.staleness import record as log_builds
from indextracker.lake import Lake
from indextracker.reader import NoSessionError, UnknownNameError
from indextracker.system.documents import Document
from indextracker_catalogue import taiwan as t

FEED = "taifex_futures"
TUESDAY, WEDNESDAY = "2024-12-17", "2024-12-18"
NOW = datetime(2024, 12, 18, 4, 30, tzinfo=UTC)
FIRST = Document.of("Daily_2024_12_17.zip", b"half of it")
SECOND = Document.of("Daily_2024_12_17.zip", b"all of it")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A Tuesday whose document came in two answers, and of which one line is no trade."""
    lake = Lake(str(tmp_path_factory.mktemp("provenance") / "lake"), "simulated")
    for document in (FIRST, SECOND):
        lake.landing.put(document)
    came = NOW - timedelta(hours=20)
    log_answers(
        lake,
        [
            Delivery(FEED, TUESDAY, "partial", came, "only the night", sha256=FIRST.sha256),
            Delivery(FEED, TUESDAY, "accepted", came + timedelta(hours=2), sha256=SECOND.sha256),
            Delivery("twse_holidays", "2024", "accepted", came, sha256="0" * 64),
        ],
    )
    day = {"session_date": date(2024, 12, 17)}
    lake.replace(
        t.TAIFEX_FUTURES, rows(t.TAIFEX_FUTURES, day | {"document": SECOND.sha256}), [TUESDAY]
    )
    lake.replace(
        t.REJECTS, rows(t.REJECTS, day | {"line": 7, "reason": "price 'x' is no number"}), [TUESDAY]
    )
    log_builds(
        lake,
        {
            "silver/futures_trades": {TUESDAY: f"{FEED}={SECOND.sha256},{FEED}-5=0123456789abcdef"},
            "silver/sessions": {"": "bronze/twse_holidays=feed"},
        },
    )
    return lake


@pytest.fixture
def lakehouse(lake: Lake) -> Iterator[Lakehouse]:
    return Lakehouse(lake.root, clock=lambda: NOW)


def test_each_feed_has_a_state_in_each_session(lakehouse: Lakehouse) -> None:
    found = lakehouse.states("taiwan", first=TUESDAY).arrow().to_pylist()
    cells = {(row["feed"], row["key"]): row for row in found}
    there = cells[FEED, TUESDAY]
    assert (there["state"], there["reason"], there["sha256"]) == ("accepted", None, SECOND.sha256)
    assert cells["taifex_options", TUESDAY]["state"] == "unasked"
    assert cells[FEED, WEDNESDAY]["state"] == "not_yet"  # it is noon in Taipei
    assert cells[FEED, WEDNESDAY]["reason"] == "published by 18:30 of the day"
    assert cells["twse_holidays", "2024"]["timeline"] == "years"
    assert len(cells) == len(found)


def test_what_a_publisher_deletes_says_for_how_long_it_is_kept(lakehouse: Lakehouse) -> None:
    found = lakehouse.states("taiwan", sessions=40).arrow().to_pylist()
    left = [row["days_left"] for row in found if row["feed"] == FEED]
    assert left[0] == 0
    assert left[-2:] == [29, 30]
    assert {row["days_left"] for row in found if row["feed"] == "twse_index"} == {None}


def test_a_number_of_keys_is_counted_on_each_time_line(lakehouse: Lakehouse) -> None:
    found = lakehouse.states("news", sessions=3).arrow()
    by_line: dict[str, set[str]] = {}
    for line, key in zip(found["timeline"].to_pylist(), found["key"].to_pylist(), strict=True):
        by_line.setdefault(line, set()).add(key)
    assert {len(keys) for keys in by_line.values()} == {3}
    assert "2024-12-18T04" in by_line["hours"]


def test_every_answer_is_told_with_where_its_bytes_are(lakehouse: Lakehouse) -> None:
    newest, before = lakehouse.answers(FEED, TUESDAY).arrow().to_pylist()
    assert (newest["state"], before["state"]) == ("accepted", "partial")
    assert before["reason"] == "only the night"
    for row, document in ((newest, SECOND), (before, FIRST)):
        assert row["sha256"] == document.sha256
        with document.open() as opened:
            assert Path(row["landing"]).read_bytes() == opened.read()


def test_a_table_leads_back_to_its_documents(lakehouse: Lakehouse) -> None:
    own, back = lakehouse.documents("silver/futures_trades", TUESDAY).arrow().to_pylist()
    assert (own["made_of"], own["sha256"], own["key"]) == (FEED, SECOND.sha256, TUESDAY)
    assert (back["made_of"], back["sha256"]) == (f"{FEED}-5", "0123456789abcdef")
    assert back["landing"] is None
    [bronze] = lakehouse.documents("bronze/taifex_futures", TUESDAY).arrow().to_pylist()
    assert bronze["sha256"] == SECOND.sha256
    [whole] = lakehouse.documents("silver/sessions").arrow().to_pylist()
    assert whole["made_of"] == "bronze/twse_holidays"
    assert len(lakehouse.documents("gold/futures_bars", TUESDAY)) == 0


def test_findings_name_the_rule_and_show_the_rows(lakehouse: Lakehouse) -> None:
    found = lakehouse.findings("taiwan", TUESDAY).arrow().to_pylist()
    [broken] = [row for row in found if row["rule"] == "no_rejects"]
    assert (broken["table"], broken["severity"], broken["bad_rows"]) == (
        "silver/rejects",
        "warn",
        1,
    )
    assert "line 7" in broken["examples"][0]
    assert {row["table"] for row in found} == {"bronze/taifex_futures", "silver/rejects"}


def test_what_is_misspelt_is_told(lakehouse: Lakehouse) -> None:
    with pytest.raises(UnknownNameError, match="did you mean taiwan"):
        lakehouse.states("taiwn")
    with pytest.raises(UnknownNameError, match="did you mean taifex_futures"):
        lakehouse.answers("taifex_future", TUESDAY)
    with pytest.raises(ValueError, match="2024-12"):
        lakehouse.answers(FEED, "2024-12")
    with pytest.raises(ValueError, match="no session, day or hour of taiwan"):
        lakehouse.findings("taiwan", "2024-13-01")
    with pytest.raises(NoSessionError, match="the nearest are"):
        lakehouse.states("taiwan", first="2024-12-14", last="2024-12-15")


def test_a_day_found_closed_is_no_session_for_who_opened_the_lake_before(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    came = NOW - timedelta(hours=20)
    log_answers(lake, [Delivery(FEED, TUESDAY, "accepted", came, sha256="0" * 64)])
    lakehouse = Lakehouse(lake.root, clock=lambda: NOW)

    def sessions() -> list[str]:
        found = lakehouse.sessions(first=TUESDAY, last=WEDNESDAY).rows["session_date"]
        return [str(day) for day in found.to_pylist()]

    assert sessions() == [TUESDAY, WEDNESDAY]
    log_answers(lake, [Delivery(FEED, WEDNESDAY, "closed", NOW, "a typhoon")])
    assert sessions() == [TUESDAY]
