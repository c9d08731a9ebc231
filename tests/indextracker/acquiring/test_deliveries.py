"""The log of answers, and the one that counts."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support.small_source import one_line

from indextracker.acquiring.deliveries import Delivery, current, found_closures, record
from indextracker.feeds import FEEDS
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.reference.closures import Closure
from indextracker_catalogue import Key
from indextracker_catalogue.shared.deliveries import DELIVERIES, STATES

DAY, NEXT = "2024-12-31", "2025-01-02"
DAWN = datetime(2025, 1, 1, 5, 10, tzinfo=UTC)
ANSWER = Delivery(
    feed="ticks",
    key=DAY,
    url="http://publisher/ticks",
    name="ticks.zip",
    sha256="0" * 64,
    bytes=7,
    published_at=DAWN - timedelta(minutes=5),
    fetched_at=DAWN,
    state="accepted",
    reason=None,
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def answers(*states: str) -> list[Delivery]:
    """Answers of these states, an hour after each other."""
    return [
        replace(
            ANSWER,
            state=state,
            reason=None if state == "accepted" else f"{state}, answer {number}",
            fetched_at=DAWN + timedelta(hours=number),
        )
        for number, state in enumerate(states)
    ]


def test_an_answer_is_read_as_it_was_recorded(lake: Lake) -> None:
    record(lake, [ANSWER])
    assert current(lake, ["ticks"]) == {("ticks", DAY): ANSWER}
    assert ANSWER.accepted


def test_what_was_asked_before_keys_were_noted_counts_by_its_day(lake: Lake) -> None:
    """An accepted schedule of a year is not lost because its row has no key."""
    old = replace(ANSWER, feed="twse_holidays", key="2024")
    row = asdict(old) | {"session_date": date(2024, 1, 1), "key": None}
    lake.append(DELIVERIES, pa.Table.from_pylist([row], arrow_schema(DELIVERIES)))
    record(lake, [replace(answers("refused")[0], feed="twse_holidays", key="2024")])
    assert current(lake, ["twse_holidays"], ["2024"]) == {("twse_holidays", "2024"): old}
    assert old.session_date == date(2024, 1, 1)


@pytest.mark.parametrize("state", sorted(set(STATES) - {"accepted"}))
def test_one_state_alone_is_accepted(state: str) -> None:
    assert not replace(ANSWER, state=state, reason="it is so").accepted


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("splendid", None, "ticks 2024-12-31: 'splendid' is no known state"),
        ("partial", None, "ticks 2024-12-31: partial without a reason"),
        ("partial", "", "ticks 2024-12-31: partial without a reason"),
    ],
)
def test_an_answer_that_says_nothing_is_not_logged(
    state: str, reason: str | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        replace(ANSWER, state=state, reason=reason)


@pytest.mark.parametrize(
    ("states", "counts"),
    [
        (("partial",), 0),
        (("not_yet", "partial"), 1),  # the last
        (("partial", "not_yet"), 1),
        (("partial", "accepted"), 1),
        (("accepted", "missing"), 0),  # accepted outranks whatever follows
        (("accepted", "accepted"), 1),  # the last of equals
        (("closed", "partial"), 0),  # a typhoon day has a dawn file and no session
        (("partial", "closed", "missing"), 1),
        (("closed", "accepted"), 1),
        (("accepted", "closed"), 0),
        (("refused", "blocked", "gone"), 2),
    ],
)
def test_the_answer_that_counts(lake: Lake, states: tuple[str, ...], counts: int) -> None:
    given = answers(*states)
    for one in given:
        record(lake, [one])
    assert current(lake, ["ticks"], [DAY]) == {("ticks", DAY): given[counts]}


def test_of_answers_of_one_instant_the_one_published_last_counts(lake: Lake) -> None:
    later = replace(ANSWER, published_at=DAWN, sha256="1" * 64)
    record(lake, [later, ANSWER, replace(ANSWER, published_at=None)])
    assert current(lake, ["ticks"])["ticks", DAY] == later


def test_time_counts_and_not_the_order_of_writing(lake: Lake) -> None:
    given = answers("partial", "refused")
    record(lake, given[::-1])
    assert current(lake, ["ticks"])["ticks", DAY] == given[1]


def test_feeds_and_sessions_are_told_apart(lake: Lake) -> None:
    given = [
        replace(ANSWER, feed=feed, key=day, url=f"{feed} {day}")
        for feed in ("ticks", "totals")
        for day in (DAY, NEXT)
    ]
    record(lake, given)
    assert set(current(lake, ["ticks"])) == {("ticks", DAY), ("ticks", NEXT)}
    assert set(current(lake, ["ticks", "totals"], [NEXT])) == {("ticks", NEXT), ("totals", NEXT)}
    assert current(lake, ["totals"], [DAY]) == {("totals", DAY): given[2]}
    assert current(lake, []) == {}
    assert current(lake, ["ticks"], []) == {}


@pytest.mark.parametrize("keys", [None, [DAY]])
def test_of_a_lake_without_a_log_nothing_is_known(lake: Lake, keys: list[Key] | None) -> None:
    assert current(lake, ["ticks"], keys) == {}
    assert not Path(lake.root).exists()


def test_a_record_is_one_commit(lake: Lake) -> None:
    record(lake, answers("not_yet", "partial", "accepted"))
    record(lake, [])
    versions = sorted(Path(lake.path(DELIVERIES), "_delta_log").glob("*.json"))
    assert len(versions) == 2  # made, and appended to
    assert lake.total_rows(DELIVERIES) == 3


@pytest.mark.parametrize(
    ("answered", "listed", "expected"),
    [
        (DAWN, DAWN + timedelta(seconds=1), True),
        (DAWN, DAWN, False),
        (DAWN, DAWN - timedelta(seconds=1), False),
        (None, DAWN, False),
        (DAWN, None, False),
    ],
)
def test_an_answer_precedes_what_was_published_after_it(
    answered: datetime | None, listed: datetime | None, expected: bool
) -> None:
    assert replace(ANSWER, published_at=answered).precedes(listed) == expected


# closures found


def closed(feed: str, key: Key, **changed: object) -> Delivery:
    reason = "the exchange was closed"
    # Attributes of any type, by name.
    return replace(ANSWER, feed=feed, key=key, state="closed", reason=reason, **changed)  # type: ignore[arg-type]


def test_a_day_found_closed_is_a_closure_once(lake: Lake) -> None:
    feeds = ("taifex_futures", "twse_index")
    record(lake, [closed(feed, day) for day in (NEXT, DAY) for feed in feeds])
    assert found_closures(lake) == [
        Closure(
            exchange="XTAI",
            day=date.fromisoformat(day),
            announced_on=date.fromisoformat(day),
            scheduled=False,
            reason="the exchange was closed",
            source="http://publisher/ticks",
        )
        for day in (DAY, NEXT)
    ]


def test_a_day_with_a_document_is_none(lake: Lake) -> None:
    """Whichever feed it is of: what was found is refuted."""
    record(lake, [closed("twse_index", DAY), closed("taifex_futures", DAY)])
    feed = FEEDS["taifex_volume_totals"]
    lake.replace(feed.table, one_line(feed, date.fromisoformat(DAY)), [DAY])
    assert [closure.day for closure in found_closures(lake)] == [date.fromisoformat(DAY)]
    record(lake, [replace(ANSWER, feed=feed.name)])
    assert found_closures(lake) == []


def test_a_lake_without_a_log_has_found_none(lake: Lake) -> None:
    assert found_closures(lake) == []
