"""From answers to landing, bronze and the log: what is kept, what is asked again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from indextracker import acquisition
from indextracker.acquisition import SESSIONS_PER_COMMIT, acquire
from indextracker.deliveries import Delivery, current, record
from indextracker.feeds import FEEDS, Feed, Refusal
from indextracker.feeds.model import bronze_rows
from indextracker.feeds.sources import Answer, Source
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker_spark.tables.deliveries import DELIVERIES

DAYS = [date(2024, 12, day) for day in (26, 27, 30, 31)]
NOW = datetime(2025, 1, 10, tzinfo=UTC)


def verify(body: bytes, session: date) -> None:
    """A document is good, or says in its first word what it is instead."""
    state, _, reason = body.decode().partition(" ")
    if state != "good":
        raise Refusal(state, reason)  # type: ignore[arg-type] # the tests name known states


def decode(body: bytes, session: date, document: str) -> pa.Table:
    """A row per word."""
    words = body.decode().split()
    lines = pa.table(
        {
            "line": pa.array(range(1, len(words) + 1), pa.int64()),
            "index_name": pa.array(words),
            "time": pa.array(["09:00:00"] * len(words)),
            "level": pa.array(["1"] * len(words)),
            "text": pa.nulls(len(words), pa.string()),
        }
    )
    return bronze_rows(FEED.table, lines, session, document)


FEED: Feed = replace(FEEDS["twse_index"], verify=verify, decode=decode)


@dataclass
class Publisher(Source):
    """Answers from a dictionary, and remembers what it was asked for."""

    documents: dict[date, bytes]
    asked: list[date] = field(default_factory=list)
    place = "publisher"
    live = True

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        self.asked.append(session)
        if session in self.documents:
            name = feed.names(session)[0]
            yield Answer(f"publisher:{name}", name, self.documents[session], NOW)

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def ask(
    lake: Lake, publisher: Publisher, days: list[date] = DAYS, hours: int = 0
) -> dict[date, Delivery]:
    publisher.asked.clear()
    return acquire(lake, FEED, days, publisher, clock=lambda: NOW + timedelta(hours=hours))


def words(lake: Lake) -> dict[date, list[str]]:
    """What bronze holds."""
    found: dict[date, list[str]] = {}
    if lake.exists(FEED.table):
        rows = lake.rows(FEED.table).to_table().sort_by([("session_date", "ascending")])
        for row in rows.sort_by("line").to_pylist():
            found.setdefault(row["session_date"], []).append(row["index_name"])
    return found


def test_an_accepted_document_is_kept_decoded_and_logged(lake: Lake) -> None:
    answers = ask(lake, Publisher({DAYS[0]: b"good day"}), DAYS[:1])
    answer = answers[DAYS[0]]
    assert answer.sha256
    assert lake.landing.get(answer.sha256) == b"good day"
    assert words(lake) == {DAYS[0]: ["good", "day"]}
    assert answer == Delivery(
        feed="twse_index",
        session_date=DAYS[0],
        url="publisher:MI_5MINS_INDEX_20241226.json",
        name="MI_5MINS_INDEX_20241226.json",
        sha256=answer.sha256,
        bytes=8,
        published_at=NOW,
        fetched_at=NOW,
        state="accepted",
        reason=None,
    )
    assert current(lake, [FEED.name]) == {(FEED.name, DAYS[0]): answer}


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
    assert lake.landing.get(answer.sha256) == b"partial the night alone"
    assert words(lake) == {}


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
        assert current(lake, [FEED.name])[FEED.name, DAYS[0]] == answer
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
    lake.replace(FEED.table, arrow_schema(FEED.table).empty_table(), DAYS[1:3])
    assert set(words(lake)) == {DAYS[0], DAYS[3]}
    ask(lake, publisher, hours=1)
    assert words(lake) == whole
    assert publisher.asked == []


def test_what_a_publisher_lacks_before_its_hour_is_not_yet(lake: Lake) -> None:
    noon = datetime.combine(DAYS[0], datetime.min.time(), UTC) + timedelta(hours=4)
    answers = acquire(lake, FEED, DAYS[:1], Publisher({}), clock=lambda: noon)
    assert answers[DAYS[0]].state == "not_yet"
    assert "2024-12-26 18:30" in str(answers[DAYS[0]].reason)


def test_a_long_range_is_committed_in_pieces(lake: Lake) -> None:
    days = [DAYS[0] + timedelta(days=number) for number in range(2 * SESSIONS_PER_COMMIT + 1)]
    told: list[date] = []
    acquire(
        lake,
        FEED,
        days,
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
        patch.setattr(Lake, "replace", crash)
        ask(lake, publisher, DAYS[:1])
    assert current(lake, [FEED.name]) == {}
    assert ask(lake, publisher, DAYS[:1])[DAYS[0]].accepted
    assert words(lake) == {DAYS[0]: ["good"]}


def test_what_others_logged_is_left_alone(lake: Lake) -> None:
    ask(lake, Publisher({DAYS[0]: b"good"}), DAYS[:1])
    other = replace(current(lake, [FEED.name])[FEED.name, DAYS[0]], feed="other")
    record(lake, [other])
    ask(lake, Publisher({}), DAYS[1:2])
    assert set(current(lake, [FEED.name, "other"])) == {
        (FEED.name, DAYS[0]),
        (FEED.name, DAYS[1]),
        ("other", DAYS[0]),
    }
