"""Acquisition: what is stored and requested, and the state after a kill."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support import small_source
from support.small_source import DAYS, FEED, NOW, Publisher, ask, read, words

from indextracker.acquiring import acquisition
from indextracker.acquiring.acquisition import DOCUMENTS_PER_COMMIT, acquire
from indextracker.acquiring.deliveries import Delivery, current, record
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.system.documents import Document
from indextracker.system.locks import Locks
from indextracker_catalogue import Column
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.timeline import Hours, Key


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def test_an_accepted_document_is_kept_decoded_and_logged(lake: Lake) -> None:
    answers = ask(lake, Publisher({DAYS[0]: b"good day"}), DAYS[:1])
    answer = answers[DAYS[0]]
    assert answer.sha256
    assert lake.landing.get(answer.sha256).read() == b"good day"
    assert words(lake) == {DAYS[0]: ["good", "day"]}
    assert answer == Delivery(
        feed="twse_index",
        key="2024-12-26",
        url="publisher:MI_5MINS_INDEX_20241226.json",
        name="MI_5MINS_INDEX_20241226.json",
        sha256=answer.sha256,
        bytes=8,
        published_at=NOW,
        fetched_at=NOW,
        state="accepted",
        reason=None,
    )
    assert current(lake, [FEED.name]) == {(FEED.name, "2024-12-26"): answer}


def test_each_hour_of_a_day_has_a_document(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = (Column("hour", "timestamp", "The hour."), *FEED.table.columns[1:])
    key = ("hour", "line", "index_name")
    table = replace(FEED.table, name="toys", timeline=Hours(), columns=columns, key=key)
    hourly = replace(FEED, name="toys", table=table, readable_from="", whole_from=None)
    monkeypatch.setitem(FEEDS, "toys", hourly)
    nine, ten = (datetime(2024, 12, 26, hour, tzinfo=UTC) for hour in (9, 10))
    asked = ["2024-12-26T09", "2024-12-26T10"]
    publisher = Publisher({nine: b"good nine", ten: b"refused noise"})
    answers = acquire(lake, hourly, asked, publisher, clock=lambda: NOW)
    assert {key: (one.key, one.session_date, one.state) for key, one in answers.items()} == {
        "2024-12-26T09": ("2024-12-26T09", nine.date(), "accepted"),
        "2024-12-26T10": ("2024-12-26T10", nine.date(), "refused"),
    }
    assert lake.row_counts(table, asked) == {
        "2024-12-26T09": 2,
        "2024-12-26T10": 0,
    }
    publisher.documents[ten] = b"good ten"
    publisher.asked.clear()
    answers = acquire(lake, hourly, asked, publisher, clock=lambda: NOW + timedelta(hours=1))
    assert publisher.asked == [ten]
    assert [answer.accepted for answer in answers.values()] == [True, True]
    assert lake.row_counts(table, asked) == {
        "2024-12-26T09": 2,
        "2024-12-26T10": 2,
    }
    assert current(lake, ["toys"], asked[1:]) == {("toys", asked[1]): answers[asked[1]]}


def test_a_refusal_stops_no_other_session(lake: Lake) -> None:
    documents = {DAYS[0]: b"good", DAYS[1]: b"refused a web page", DAYS[3]: b"good too"}
    answers = ask(lake, Publisher(documents))
    assert [(answers[day].state, answers[day].accepted) for day in DAYS] == [
        ("accepted", True),
        ("refused", False),
        ("missing", False),
        ("accepted", True),
    ]
    assert answers[DAYS[1]].reason == "a web page"
    assert set(words(lake)) == {DAYS[0], DAYS[3]}


def test_refused_bytes_are_kept(lake: Lake) -> None:
    answer = ask(lake, Publisher({DAYS[0]: b"partial the night alone"}), DAYS[:1])[DAYS[0]]
    assert (answer.state, answer.bytes) == ("partial", 23)
    assert answer.sha256
    assert lake.landing.get(answer.sha256).read() == b"partial the night alone"
    assert words(lake) == {}


def stumbling(document: Document, session: date) -> pa.Table:
    """A reader with a fault, which does not expect every word."""
    body = document.read().decode()
    return {"good": read}[body.partition(" ")[0]](document, session)


def test_a_fault_of_a_reader_keeps_the_bytes_and_stops_no_other_session(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    publisher = Publisher({DAYS[0]: b"odd", DAYS[1]: b"good", DAYS[3]: b"good too"})
    with monkeypatch.context() as patch:
        patch.setattr(small_source, "FEED", replace(FEED, read=stumbling))
        answers = ask(lake, publisher)
    assert [answers[day].state for day in DAYS] == ["refused", "accepted", "missing", "accepted"]
    assert set(words(lake)) == {DAYS[1], DAYS[3]}
    failed = answers[DAYS[0]]
    assert failed.sha256
    assert lake.landing.get(failed.sha256).read() == b"odd"
    name = FEED.names(DAYS[0])[0]
    assert failed.reason
    assert failed.reason.startswith(
        f"{name} was not read, by a fault of this program and not of the document: KeyError"
    )
    assert "in test_acquisition.py, line" in failed.reason
    assert "Traceback" in caplog.text
    # Once the fault is mended, the document is requested again.
    publisher.documents[DAYS[0]] = b"good after all"
    assert ask(lake, publisher)[DAYS[0]].accepted
    assert publisher.asked == [DAYS[0], DAYS[2]]


def test_an_answer_without_bytes_is_logged(lake: Lake) -> None:
    answer = ask(lake, Publisher({}), DAYS[:1])[DAYS[0]]
    assert (answer.state, answer.sha256, answer.bytes) == ("missing", None, None)
    assert lake.total_rows(DELIVERIES) == 1


def test_accepted_sessions_are_not_asked_for_again(lake: Lake) -> None:
    publisher = Publisher({DAYS[0]: b"good", DAYS[1]: b"partial dawn"})
    first = ask(lake, publisher)
    assert sorted(publisher.asked) == DAYS
    # The publisher has changed its mind: what was accepted stays as it was.
    publisher.documents = {DAYS[0]: b"refused", DAYS[1]: b"good by now"}
    second = ask(lake, publisher, hours=1)
    assert sorted(publisher.asked) == DAYS[1:]
    assert second[DAYS[0]] == first[DAYS[0]]
    assert second[DAYS[1]].state == "accepted"
    assert words(lake) == {DAYS[0]: ["good"], DAYS[1]: ["good", "by", "now"]}
    assert lake.total_rows(DELIVERIES) == 4 + 3


def test_nothing_is_asked_where_all_is_there(lake: Lake) -> None:
    publisher = Publisher(dict.fromkeys(DAYS, b"good"))
    first = ask(lake, publisher)
    assert ask(lake, publisher, hours=1) == first
    assert publisher.asked == []
    assert lake.total_rows(DELIVERIES) == len(DAYS)


def test_every_answer_is_logged_and_the_last_counts(lake: Lake) -> None:
    publisher = Publisher({})
    for hours, body in enumerate((b"partial dawn", b"blocked too often", b"refused html")):
        publisher.documents = {DAYS[0]: body}
        answer = ask(lake, publisher, DAYS[:1], hours)[DAYS[0]]
        assert answer.state == body.decode().split()[0]
        assert current(lake, [FEED.name])[FEED.name, str(DAYS[0])] == answer
    assert lake.total_rows(DELIVERIES) == 3


def test_a_closed_day_stays_closed_until_it_has_a_document(lake: Lake) -> None:
    publisher = Publisher({DAYS[0]: b"partial the night before"})
    closed = replace(
        ask(lake, publisher, DAYS[:1])[DAYS[0]],
        state="closed",
        reason="typhoon",
        fetched_at=NOW + timedelta(minutes=1),
    )
    record(lake, [closed])
    assert ask(lake, publisher, DAYS[:1], hours=1)[DAYS[0]] == closed
    publisher.documents = {DAYS[0]: b"good after all"}
    assert ask(lake, publisher, DAYS[:1], hours=2)[DAYS[0]].accepted


def test_a_session_lost_from_bronze_is_restored_from_its_bytes(lake: Lake) -> None:
    publisher = Publisher(dict.fromkeys(DAYS, b"good day"))
    ask(lake, publisher)
    whole = words(lake)
    lake.replace(FEED.table, arrow_schema(FEED.table).empty_table(), [*map(str, DAYS[1:3])])
    assert set(words(lake)) == {DAYS[0], DAYS[3]}
    ask(lake, publisher, hours=1)
    assert words(lake) == whole
    assert publisher.asked == []


def test_a_fault_of_a_reader_of_what_was_accepted_refuses_it_and_restores_the_others(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = Publisher({DAYS[0]: b"good", DAYS[1]: b"good day", DAYS[2]: b"good too"})
    ask(lake, publisher)
    whole = words(lake)
    lake.replace(FEED.table, arrow_schema(FEED.table).empty_table(), [*map(str, DAYS[:2])])

    def reader(document: Document, session: date) -> pa.Table:
        if document.read() == b"good":
            raise KeyError("unexpected")
        return read(document, session)

    with monkeypatch.context() as patch:
        patch.setattr(small_source, "FEED", replace(FEED, read=reader))
        answers = ask(lake, publisher, hours=1)
    assert [answers[day].state for day in DAYS] == ["refused", "accepted", "accepted", "missing"]
    assert "by a fault of this program" in (answers[DAYS[0]].reason or "")
    assert set(words(lake)) == {*DAYS[1:3]}
    # Once the fault is mended, the bytes are read again.
    assert ask(lake, publisher, hours=2)[DAYS[0]].accepted
    assert words(lake) == whole
    assert publisher.asked == [DAYS[3]]


def test_what_a_publisher_does_not_have_before_its_hour_is_not_yet(lake: Lake) -> None:
    noon = datetime.combine(DAYS[0], datetime.min.time(), UTC) + timedelta(hours=4)
    [answer] = acquire(lake, FEED, ["2024-12-26"], Publisher({}), clock=lambda: noon).values()
    assert answer.state == "not_yet"
    assert "2024-12-26 18:30" in str(answer.reason)


def test_a_long_range_is_committed_in_pieces(lake: Lake) -> None:
    days = [DAYS[0] + timedelta(days=number) for number in range(2 * DOCUMENTS_PER_COMMIT + 1)]
    told: list[date] = []
    acquire(
        lake,
        FEED,
        [*map(str, days)],
        Publisher(dict.fromkeys(days, b"good")),
        clock=lambda: NOW,
        progress=lambda answer: told.append(answer.session_date),
    )
    assert sorted(told) == days
    assert sorted(words(lake)) == days
    log = Path(lake.path(FEED.table), "_delta_log")
    assert len(list(log.glob("*.json"))) == 1 + 3


def test_a_crash_before_the_log_repeats_harmlessly(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes and bronze are written, the log is not: a rerun does all of it again."""
    publisher = Publisher({DAYS[0]: b"good day", DAYS[1]: b"refused page"})

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(acquisition, "record", crash)
        ask(lake, publisher, DAYS[:2])
    assert words(lake) == {DAYS[0]: ["good", "day"]}
    assert current(lake, [FEED.name]) == {}
    landed = sorted(path for path in Path(lake.root, "landing").rglob("*") if path.is_file())
    assert len(landed) == 2

    answers = ask(lake, publisher, DAYS[:2], hours=1)
    assert [answers[day].state for day in DAYS[:2]] == ["accepted", "refused"]
    assert words(lake) == {DAYS[0]: ["good", "day"]}
    assert lake.total_rows(FEED.table) == 2
    assert sorted(p for p in Path(lake.root, "landing").rglob("*") if p.is_file()) == landed


def test_a_crash_before_bronze_leaves_no_word_of_acceptance(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    publisher = Publisher({DAYS[0]: b"good"})
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Lake, "commit", crash)
        ask(lake, publisher, DAYS[:1])
    assert current(lake, [FEED.name]) == {}
    assert ask(lake, publisher, DAYS[:1])[DAYS[0]].accepted
    assert words(lake) == {DAYS[0]: ["good"]}


def test_what_others_logged_is_left_alone(lake: Lake) -> None:
    ask(lake, Publisher({DAYS[0]: b"good"}), DAYS[:1])
    other = replace(current(lake, [FEED.name])[FEED.name, str(DAYS[0])], feed="other")
    record(lake, [other])
    ask(lake, Publisher({}), DAYS[1:2])
    assert set(current(lake, [FEED.name, "other"])) == {
        (FEED.name, str(DAYS[0])),
        (FEED.name, str(DAYS[1])),
        ("other", str(DAYS[0])),
    }


# processes


def test_a_publisher_is_asked_by_one_process_at_a_time(lake: Lake) -> None:
    """Who waits finds what the other has brought, and asks for nothing."""
    publisher = Publisher(dict.fromkeys(DAYS, b"good"))
    waits = threading.Event()
    answers: dict[Key, Delivery] = {}

    def second() -> None:
        asked = [*map(str, DAYS)]
        answers.update(acquire(lake, FEED, asked, publisher, announce=lambda _: waits.set()))

    thread = threading.Thread(target=second)
    with Locks.beside(lake.root).publisher("twse"):
        thread.start()
        assert waits.wait(60)
        assert publisher.asked == []
        first = ask(lake, publisher)
        publisher.asked.clear()
    thread.join(60)
    assert answers == {str(day): answer for day, answer in first.items()}
    assert publisher.asked == []


CHILD = """
import sys
from pathlib import Path
from indextracker.system import failpoints
from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Lake

archive, lake, place, *days = sys.argv[1:]
failpoints.arm(place)
acquire(
    Lake(lake, "real"),
    FEEDS["twse_index"],
    days,
    ArchiveSource(Path(archive)),
)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "place",
    [
        "landing-before:2",
        "landing-after:3",
        "bronze-before",
        "bronze-after:2",
        "deliveries-after",
        "deliveries-after:2",
    ],
)
def test_killed_anywhere_a_rerun_brings_the_same(tmp_path: Path, place: str) -> None:
    """Twelve sessions make two commits; the last is refused each time."""
    feed = FEEDS["twse_index"]
    days = [DAYS[0] + timedelta(days=number) for number in range(12)]
    archive = tmp_path / "archive"
    archive.mkdir()
    for day in days:
        name = feed.names(day)[0]
        (archive / name).write_text(report(day) if day != days[-1] else "<html>")
    lake = tmp_path / "lake"
    command = [sys.executable, "-c", CHILD, str(archive), str(lake), place, *map(str, days)]
    killed = subprocess.run(command, timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL

    def acquired(root: Path) -> tuple[list[dict[str, object]], dict[Key, str]]:
        lake = Lake(str(root), "real")
        answers = acquire(lake, feed, [*map(str, days)], ArchiveSource(archive))
        rows = lake.rows(feed.table).to_table()
        keys = [("session_date", "ascending"), ("line", "ascending"), ("index_name", "ascending")]
        return rows.sort_by(keys).to_pylist(), {
            key: answer.state for key, answer in answers.items()
        }

    rows, states = acquired(lake)
    assert (rows, states) == acquired(tmp_path / "undisturbed")
    assert list(states.values()) == ["accepted"] * 11 + ["blocked"]
    assert len(rows) == 11 * 3


def report(day: date) -> str:
    """A small report of a session."""
    hours = ("09:00:00", "09:00:05", "13:30:00")
    answer = {
        "stat": "OK",
        "date": f"{day:%Y%m%d}",
        "fields": ["時間", "發行量加權股價指數"],
        "data": [[hour, f"{14_000 + day.day}.5"] for hour in hours],
    }
    return json.dumps(answer)
