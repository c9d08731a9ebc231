"""Asking again: newer documents, publishers that block, days that turn out to be closed."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support import small_source
from support.closing import acquire_and_close
from support.small_source import (
    DAYS,
    FEED,
    NOW,
    Files,
    Publisher,
    ask,
    log,
    one_line,
    read,
    remarks,
    words,
)

from indextracker.acquiring import acquisition
from indextracker.acquiring.acquisition import BLOCKS_BORNE, THREADS, acquire
from indextracker.acquiring.deliveries import Delivery, current, found_closures, record
from indextracker.acquiring.remarks import Remark
from indextracker.feeds import FEEDS, Refusal, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.feeds.taiwan import closures
from indextracker.lake import Lake
from indextracker.system.documents import Document
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.shared.deliveries import DELIVERIES
from indextracker_catalogue.timeline import Years


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


# newer documents


def evening(day: date, hours: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC) + timedelta(hours=hours)


def test_a_newer_document_takes_the_place_of_the_accepted_one(lake: Lake) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good day"}, listed={day: evening(day)})
    ask(lake, publisher, [day])
    publisher.listed[day] = evening(day, 1)
    publisher.documents[day] = b"good day indeed"
    answer = ask(lake, publisher, [day], hours=1)[day]
    assert publisher.asked == [day]
    assert (answer.accepted, answer.published_at) == (True, evening(day, 1))
    assert words(lake) == {day: ["good", "day", "indeed"]}
    assert current(lake, [FEED.name])[FEED.name, str(day)] == answer
    # And now nothing newer is listed.
    ask(lake, publisher, [day], hours=2)
    assert publisher.asked == []


def test_a_correction_of_the_same_length_counts(lake: Lake) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good day"}, listed={day: evening(day)})
    ask(lake, publisher, [day])
    publisher.listed[day] = evening(day, 1)
    publisher.documents[day] = b"good dax"
    ask(lake, publisher, [day], hours=1)
    assert words(lake) == {day: ["good", "dax"]}


def test_a_smaller_document_takes_the_place_of_a_larger_that_it_corrects(lake: Lake) -> None:
    """Only dawn files give way for their size, and those tell themselves that they are none."""
    day = DAYS[0]
    publisher = Publisher({day: b"good long day"}, listed={day: evening(day)})
    first = ask(lake, publisher, [day])[day]
    publisher.listed[day] = evening(day, 1)
    publisher.documents[day] = b"good day"
    second = ask(lake, publisher, [day], hours=1)[day]
    assert words(lake) == {day: ["good", "day"]}
    old, new = str(first.sha256)[:12], str(second.sha256)[:12]
    assert log(lake) == [
        (old, "accepted", None),
        (new, "accepted", f"replaces the document accepted on 2025-02-10 (sha256 {old})"),
    ]


@pytest.mark.parametrize(
    "body", [b"partial dawn", b"refused html", b"blocked now", b"missing by now", None]
)
def test_whatever_comes_in_place_of_a_newer_document_removes_nothing(
    lake: Lake, body: bytes | None
) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good day"}, listed={day: evening(day)})
    first = ask(lake, publisher, [day])
    publisher.listed[day] = evening(day, 1)
    publisher.documents = {day: body} if body else {}
    assert ask(lake, publisher, [day], hours=1) == first
    assert words(lake) == {day: ["good", "day"]}
    publisher.documents = {day: b"good day after all"}
    assert ask(lake, publisher, [day], hours=2)[day] != first
    assert words(lake) == {day: ["good", "day", "after", "all"]}


def test_the_same_bytes_published_again_change_nothing(lake: Lake) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good day"}, listed={day: evening(day)})
    first = ask(lake, publisher, [day])
    version = lake.open(FEED.table).version()
    publisher.listed[day] = evening(day, 1)
    second = ask(lake, publisher, [day], hours=1)
    assert second[day].sha256 == first[day].sha256
    assert lake.open(FEED.table).version() == version
    ask(lake, publisher, [day], hours=2)
    assert publisher.asked == []


def test_without_a_list_nothing_is_newer(lake: Lake) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good"}, listed={day: evening(day)})
    first = ask(lake, publisher, [day])
    publisher.listed[day] = evening(day, 1)
    publisher.no_list = Refusal("blocked", "the list is down")
    assert ask(lake, publisher, [day], hours=1) == first
    assert publisher.asked == []


def test_the_file_of_dawn_gives_way_to_the_whole_one(lake: Lake) -> None:
    """Though it looks whole: its list tells that it came before the session."""
    day = DAYS[0]
    publisher = Publisher({day: b"good night"}, listed={day: evening(day, -12)})
    early = ask(lake, publisher, [day])[day]
    assert (early.state, words(lake)) == ("partial", {})
    assert "2024-12-26 05:00 Asia/Taipei, before the session ended" in str(early.reason)
    publisher.listed[day] = evening(day)
    publisher.documents[day] = b"good night and day"
    assert ask(lake, publisher, [day], hours=1)[day].accepted
    assert words(lake) == {day: ["good", "night", "and", "day"]}


# asked for anew


def short(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


def test_asked_for_again_what_is_right_now_is_taken_though_it_is_smaller(lake: Lake) -> None:
    day = DAYS[0]
    before, after = b"good good good", b"good"
    publisher = Publisher({day: before})
    ask(lake, publisher, [day])
    publisher.documents[day] = after
    publisher.asked.clear()
    assert remarks(lake, publisher, hours=1) == []
    assert publisher.asked == []
    [told] = remarks(lake, publisher, hours=2, again=True)
    assert words(lake) == {day: ["good"]}
    reason = f"replaces the document accepted on 2025-02-10 (sha256 {short(before)})"
    assert log(lake) == [(short(before), "accepted", None), (short(after), "accepted", reason)]
    assert told == Remark(
        feed=FEED.name,
        key=str(day),
        kind="replaced",
        file="publisher:MI_5MINS_INDEX_20241226.json",
        sha256=hashlib.sha256(after).hexdigest(),
        accepted_sha256=hashlib.sha256(before).hexdigest(),
        text=f"publisher:MI_5MINS_INDEX_20241226.json (sha256 {short(after)}) {reason}",
    )
    assert current(lake, [FEED.name])[FEED.name, str(day)].sha256 == told.sha256


@pytest.mark.parametrize(
    "body", [b"partial dawn", b"refused html", b"blocked now", b"missing by now", None]
)
def test_a_refusal_of_what_was_asked_for_again_takes_nothing_away(
    lake: Lake, body: bytes | None
) -> None:
    day = DAYS[0]
    publisher = Publisher({day: b"good day"})
    first = ask(lake, publisher, [day])
    version = lake.open(FEED.table).version()
    publisher.documents = {day: body} if body else {}
    [told] = remarks(lake, publisher, hours=1, again=True)
    assert current(lake, [FEED.name], [str(day)]) == {(FEED.name, str(day)): first[day]}
    assert lake.open(FEED.table).version() == version
    state = body.decode().split()[0] if body else "missing"
    assert [row[1] for row in log(lake)] == ["accepted", state]
    assert (told.kind, told.accepted_sha256) == ("stays", first[day].sha256)
    assert told.text.startswith(f"asked for again, it is {state}: ")
    assert told.text.endswith(
        f"; the document accepted on 2025-02-10 (sha256 {short(b'good day')}) stays"
    )


def test_the_same_bytes_asked_for_again_change_nothing(lake: Lake) -> None:
    publisher = Publisher(dict.fromkeys(DAYS, b"good day"))
    ask(lake, publisher)
    version = lake.open(FEED.table).version()
    assert remarks(lake, publisher, hours=1, again=True) == []
    assert lake.open(FEED.table).version() == version
    assert log(lake)[-1] == (short(b"good day"), "accepted", None)


def test_a_closed_day_is_asked_for_again_too(lake: Lake) -> None:
    day = DAYS[0]
    publisher = Publisher({})
    [missing] = ask(lake, publisher, [day]).values()
    record(lake, [replace(missing, state="closed", reason="typhoon")])
    publisher.documents = {day: b"good after all"}
    assert remarks(lake, publisher, hours=1, again=True) == []
    assert current(lake, [FEED.name], [str(day)])[FEED.name, str(day)].accepted
    assert words(lake) == {day: ["good", "after", "all"]}


def test_a_publisher_that_blocks_is_not_asked_on_for_what_is_there(lake: Lake) -> None:
    days = [DAYS[0] + timedelta(days=number) for number in range(25)]
    publisher = Publisher(dict.fromkeys(days, b"good"))
    first = ask(lake, publisher, days)
    publisher.documents = dict.fromkeys(days, b"blocked by a firewall")
    publisher.asked.clear()
    told: list[Remark] = []
    again = acquire(
        lake,
        FEED,
        [*map(str, days)],
        publisher,
        again=True,
        clock=lambda: NOW + timedelta(hours=1),
        remark=told.append,
    )
    assert again == {str(day): answer for day, answer in first.items()}
    assert len(publisher.asked) <= BLOCKS_BORNE + THREADS - 1
    assert [remark.session_date for remark in told] == days
    assert "not asked, since 3 in a row were blocked: by a firewall" in told[-1].text


def test_a_replacement_that_was_not_logged_is_taken_back(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between bronze and the log: what is accepted is in bronze after the next round."""
    day = DAYS[0]
    publisher = Publisher({day: b"good long day"})
    ask(lake, publisher, [day])
    publisher.documents[day] = b"good day"

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(acquisition, "record", crash)
        remarks(lake, publisher, hours=1, again=True)
    assert words(lake) == {day: ["good", "day"]}
    ask(lake, publisher, [day], hours=2)
    assert words(lake) == {day: ["good", "long", "day"]}
    [told] = remarks(lake, publisher, hours=3, again=True)
    assert (told.kind, words(lake)) == ("replaced", {day: ["good", "day"]})


# archives that hold another document


def test_a_file_that_differs_from_the_accepted_document_is_told_and_not_taken(lake: Lake) -> None:
    day = DAYS[0]
    before, after = b"good long day", b"good day"
    assert remarks(lake, Files({day: [before]})) == []
    rows = lake.total_rows(DELIVERIES)
    [told] = remarks(lake, Files({day: [after]}), hours=1)
    assert (told.kind, told.file) == ("differs", "archive:1/MI_5MINS_INDEX_20241226.json")
    assert told.text == (
        f"archive:1/MI_5MINS_INDEX_20241226.json (sha256 {short(after)}) would be accepted and "
        f"differs from the accepted document (sha256 {short(before)}): use --again to take it"
    )
    assert (words(lake), lake.total_rows(DELIVERIES)) == ({day: before.decode().split()}, rows)
    [told] = remarks(lake, Files({day: [after]}), hours=2, again=True)
    assert (told.kind, words(lake)) == ("replaced", {day: ["good", "day"]})
    assert remarks(lake, Files({day: [after]}), hours=3) == []


@pytest.mark.parametrize(
    "files",
    [
        [b"good day"],
        [b"good day", b"good day"],  # twice
        [b"partial dawn", b"good day", b"refused html"],  # beside what is no document
        [b"partial another dawn"],  # no document at all
        [],
    ],
)
def test_what_is_no_other_document_is_no_difference(lake: Lake, files: list[bytes]) -> None:
    day = DAYS[0]
    assert remarks(lake, Files({day: [b"good day"]})) == []
    assert remarks(lake, Files({day: files}), hours=1) == []


def test_of_the_same_size_is_not_the_same(lake: Lake) -> None:
    assert remarks(lake, Files({DAYS[0]: [b"good day"]})) == []
    [told] = remarks(lake, Files({DAYS[0]: [b"good dax"]}), hours=1)
    assert told.sha256 == hashlib.sha256(b"good dax").hexdigest()


@pytest.mark.parametrize("again", [False, True])
def test_of_several_files_that_may_be_right_the_choice_is_told(lake: Lake, again: bool) -> None:
    """At once, and whenever the archive is looked at: the person decides."""
    day = DAYS[0]
    archive = Files({day: [b"partial dawn", b"good long day", b"good day"]})
    first = remarks(lake, archive)
    assert remarks(lake, archive, hours=1, again=again) == first
    assert words(lake) == {day: ["good", "long", "day"]}
    larger, smaller = short(b"good long day"), short(b"good day")
    [told] = first
    assert told.text == (
        f"archive:3/MI_5MINS_INDEX_20241226.json (sha256 {smaller}) and "
        f"archive:2/MI_5MINS_INDEX_20241226.json (sha256 {larger}) differ, and either would be "
        f"accepted; the accepted document is sha256 {larger}: remove the file that is wrong, "
        "then use --again"
    )
    archive.files[day].remove(b"good long day")
    [told] = remarks(lake, archive, hours=2, again=True)
    assert (told.kind, words(lake)) == ("replaced", {day: ["good", "day"]})


def test_candidates_refused_beside_the_document_are_named(lake: Lake) -> None:
    told: list[str] = []
    archive = Files({DAYS[0]: [b"partial the night alone", b"good day"]})
    acquire(lake, FEED, [str(DAYS[0])], archive, announce=told.append)
    [text] = told
    assert text == (
        "2024-12-26 twse_index: archive:1/MI_5MINS_INDEX_20241226.json was passed over: "
        "the night alone"
    )


def test_a_fault_of_a_reader_of_what_was_accepted_ends_no_comparison(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The accepted document is compared by its lines with those of another file."""
    files = Files({DAYS[0]: [b"good day"]})
    remarks(lake, files)
    files.files[DAYS[0]].append(b"good other day")

    def reader(document: Document, session: date) -> pa.Table:
        if document.read() == b"good day":
            raise KeyError("unexpected")
        return read(document, session)

    with monkeypatch.context() as patch:
        patch.setattr(small_source, "FEED", replace(FEED, read=reader))
        [told] = remarks(lake, files, hours=1)
    assert (told.kind, told.file) == ("differs", f"archive:2/{FEED.names(DAYS[0])[0]}")


def test_an_archive_that_is_gone_differs_from_nothing(lake: Lake, tmp_path: Path) -> None:
    ask(lake, Publisher({DAYS[0]: b"good day"}), DAYS[:1])
    assert remarks(lake, ArchiveSource(tmp_path / "unmounted"), hours=1) == []


# publishers that block


def test_a_publisher_that_blocks_is_not_asked_on_and_on(lake: Lake) -> None:
    days = [DAYS[0] + timedelta(days=number) for number in range(25)]
    publisher = Publisher(dict.fromkeys(days, b"blocked by a firewall"))
    answers = ask(lake, publisher, days)
    assert {answer.state for answer in answers.values()} == {"blocked"}
    assert len(publisher.asked) <= BLOCKS_BORNE + THREADS - 1
    skipped = answers[days[-1]]
    assert (skipped.sha256, skipped.name) == (None, None)
    assert skipped.reason == "not asked, since 3 in a row were blocked: by a firewall"
    publisher.documents = dict.fromkeys(days, b"good")
    assert all(answer.accepted for answer in ask(lake, publisher, days, hours=1).values())


def test_an_archive_is_asked_on_for_every_session(lake: Lake) -> None:
    """Pages of a firewall that were saved under the names of documents."""
    days = [DAYS[0] + timedelta(days=number) for number in range(8)]
    files = {day: [b"blocked by a firewall"] for day in days[:-1]} | {days[-1]: [b"good"]}
    answers = acquire(lake, FEED, [*map(str, days)], Files(files), clock=lambda: NOW)
    assert [answer.state for answer in answers.values()] == ["blocked"] * 7 + ["accepted"]
    assert {answer.reason for answer in answers.values()} == {"by a firewall", None}


def test_without_access_each_session_says_how_to_get_it(lake: Lake) -> None:
    publisher = Publisher({}, no_access=Refusal("blocked", "get a token"))
    days = [DAYS[0] + timedelta(days=number) for number in range(12)]
    reasons = {answer.reason for answer in ask(lake, publisher, days).values()}
    assert reasons == {"get a token"}


# closed days


def ask_and_close(
    lake: Lake, publisher: Publisher, days: list[date], hours: int = 0
) -> dict[date, Delivery]:
    now = NOW + timedelta(hours=hours)
    return acquire_and_close(lake, FEED, days, publisher, clock=lambda: now)


SESSION_FEEDS = [
    name for name, feed in feeds_of(SUBJECTS["taiwan"]).items() if feed.timeline != Years()
]


def test_a_day_that_both_exchanges_pass_over_is_closed_for_every_feed(lake: Lake) -> None:
    before, typhoon, after = DAYS[:3]
    publisher = Publisher(
        {before: b"good", after: b"good"}, listed={before: evening(before), after: evening(after)}
    )
    answers = ask_and_close(lake, publisher, DAYS[:3])
    assert [answers[day].state for day in DAYS[:3]] == ["accepted", "closed", "accepted"]
    states = current(lake, FEEDS, [str(typhoon)])
    assert set(states) == {(feed, str(typhoon)) for feed in SESSION_FEEDS}
    assert {answer.state for answer in states.values()} == {"closed"}
    assert answers[typhoon].reason == (
        "the exchange was closed: publisher holds no MI_5MINS_INDEX_20241227.json or "
        "MI_5MINS_INDEX_20241227.csv, and taifex lists documents of 2024-12-30 and none of "
        "2024-12-27"
    )
    rows = lake.total_rows(DELIVERIES)
    assert ask_and_close(lake, publisher, DAYS[:3], hours=1) == answers
    assert lake.total_rows(DELIVERIES) == rows + 1  # asked again, and closed as before


def test_the_index_publisher_is_asked_before_a_day_is_closed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another feed's dawn file of a typhoon day: closed outranks partial."""
    monkeypatch.setattr(closures, "INDEX", FEED)
    before, typhoon, after = DAYS[:3]
    publisher = Publisher(
        {before: b"good", after: b"good", typhoon: b"partial the night alone"},
        listed={before: evening(before)},
    )
    other = replace(FEED, name="taifex_futures", publisher="taifex")

    def ask_other(hours: int) -> dict[date, Delivery]:
        publisher.asked.clear()
        now = NOW + timedelta(hours=hours)
        return acquire_and_close(lake, other, [typhoon], publisher, clock=lambda: now)

    assert ask_other(0)[typhoon].state == "partial"
    assert publisher.asked == [typhoon]
    publisher.listed[after] = evening(after, -12)
    # The index publisher cannot say yet: nothing is closed on one's word alone.
    assert ask_other(1)[typhoon].state == "partial"
    assert publisher.asked == [typhoon, typhoon]
    del publisher.documents[typhoon]
    answers = ask_other(2)
    assert answers[typhoon].state == "closed"
    assert current(lake, [FEED.name])[FEED.name, str(typhoon)].state == "closed"


@pytest.mark.parametrize(
    "listed",
    [
        {},  # nothing is listed
        {1: 9},  # it is listed
        {0: 9},  # nothing later is
        {0: 9, 2: None},  # a later one is, that is not out
        {2: 9},  # it is older than all that is kept
    ],
)
def test_what_proves_no_closure_closes_nothing(lake: Lake, listed: dict[int, int | None]) -> None:
    publisher = Publisher(
        {}, listed={DAYS[n]: hour and evening(DAYS[n]) for n, hour in listed.items()}
    )
    assert ask_and_close(lake, publisher, DAYS[1:2])[DAYS[1]].state == "missing"


@pytest.mark.parametrize(
    ("feed", "lines", "state"),
    [
        ("taifex_futures", 1, "missing"),  # another feed than the index has it: it took place
        ("finmind_trades", 0, "closed"),  # a vendor's list of nothing proves nothing
    ],
)
def test_a_session_with_a_document_is_not_closed(
    lake: Lake, feed: str, lines: int, state: str
) -> None:
    before, day, after = DAYS[:3]
    publisher = Publisher({before: b"good"})
    assert ask_and_close(lake, publisher, [before, day])[day].state == "missing"
    accepted = replace(current(lake, [FEED.name])[FEED.name, str(before)], feed=feed, key=str(day))
    lake.replace(FEEDS[feed].table, one_line(FEEDS[feed], day).slice(0, lines), [str(day)])
    record(lake, [accepted])
    publisher.listed = {before: evening(before), after: evening(after)}
    assert ask_and_close(lake, publisher, [day], hours=1)[day].state == state
    assert current(lake, [feed])[feed, str(day)] == accepted
    assert [closure.day for closure in found_closures(lake)] == ([day] if state == "closed" else [])


def test_a_document_of_nothing_is_decoded_once(lake: Lake) -> None:
    def nothing(document: Document, session: date) -> pa.Table:
        return read(document, session).slice(0, 0)

    feed = replace(FEED, read=nothing)
    publisher = Publisher({DAYS[0]: b"good"})
    for _ in range(3):
        answers = acquire(lake, feed, [str(DAYS[0])], publisher, clock=lambda: NOW)
        assert answers[str(DAYS[0])].accepted
    assert publisher.asked == DAYS[:1]
    assert lake.open(FEED.table).version() == 1  # made, and its slice replaced by nothing


def test_a_yearly_document_is_of_the_first_of_january(lake: Lake) -> None:
    table = replace(FEED.table, timeline=Years(), dated_by="session_date", partitioned="year")
    yearly = replace(FEED, name="twse_holidays", table=table, readable_from="2015")
    day = date(2025, 1, 1)
    publisher = Publisher({day: b"good year"}, listed={DAYS[0]: evening(DAYS[0])})
    answers = acquire(lake, yearly, ["2025", "2026"], publisher, clock=lambda: NOW)
    assert [answer.state for answer in answers.values()] == ["accepted", "not_yet"]
    assert words(lake) == {day: ["good", "year"]}
