"""Archives, and which of several candidates counts."""

import pickle
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import pytest

from indextracker.feeds import FEEDS, PUBLISHERS, Feed, Refusal, State, feeds_of
from indextracker.feeds.sources import Answer, ArchiveSource, InTurn, Source, judge
from indextracker.system import places
from indextracker.system.documents import Document
from indextracker_catalogue import SUBJECTS, TABLES
from indextracker_catalogue.shared.deliveries import STATES
from indextracker_catalogue.timeline import Sessions

FUTURES = FEEDS["taifex_futures"]
INDEX = FEEDS["twse_index"]
LATER = datetime(2025, 1, 1, tzinfo=UTC)
NIGHT = ("20241213,TX     ,202412     ,150000,23000,2,-,-,*",)

Zip = Callable[..., bytes]


class Listed(Source):
    """Answers with what it is given."""

    place = "listed"

    def __init__(self, *answers: Answer, live: bool = True) -> None:
        self.given = answers
        self.live = live
        self.asked = 0
        self.closed = False

    def answers(self, feed: Feed, session: date) -> Iterator[Answer]:
        for answer in self.given:
            self.asked += 1
            yield answer

    def close(self) -> None:
        self.closed = True


def given(url: str, body: bytes, published_at: datetime | None = None) -> Answer:
    return Answer(url, "x.zip", Document.of("x.zip", body), published_at)


def refused(state: State, reason: str = "why") -> Answer:
    return Answer("listed:x", "x", None, refusal=Refusal(state, reason))


# what is declared


def test_states_are_those_of_the_log() -> None:
    assert get_args(State) == STATES


@pytest.mark.parametrize("feed", FEEDS.values(), ids=FEEDS)
def test_feeds_are_declared_in_full(feed: Feed, session: date) -> None:
    assert TABLES[feed.table.path] is feed.table
    assert feed.table.name == feed.name
    assert feed.publisher in PUBLISHERS
    if isinstance(feed.timeline, Sessions):  # each in its own zone
        assert feed.due(str(session)).strftime("%Y-%m-%d %H:%M") == "2024-12-16 18:30"
    assert (feed.listing is None) == (feed.window_sessions is None)


def test_names_and_paths_are_the_publishers(session: date) -> None:
    found = {
        feed.name: (feed.names(session), feed.request(session).path)
        for feed in feeds_of(SUBJECTS["taiwan"]).values()
    }
    ticks = "/file/taifex/Dailydownload"
    index = "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241216&response=json"
    holidays = "/rwd/zh/holidaySchedule/holidaySchedule?response=json&date=20240101"
    trades = "dataset=TaiwanStockPriceTick&data_id=006204&start_date=2024-12-16"
    assert found == {
        "taifex_futures": (
            ("Daily_2024_12_16.zip",),
            f"{ticks}/DailydownloadCSV/Daily_2024_12_16.zip",
        ),
        "taifex_volume_totals": (
            ("Daily_2024_12_16_B.zip",),
            f"{ticks}/DailydownloadCSV_B/Daily_2024_12_16_B.zip",
        ),
        "taifex_combination_trades": (
            ("Daily_2024_12_16_C.zip",),
            f"{ticks}/DailydownloadCSV_C/Daily_2024_12_16_C.zip",
        ),
        "taifex_options": (
            ("OptionsDaily_2024_12_16.zip",),
            f"{ticks}/OptionsDailydownloadCSV/OptionsDaily_2024_12_16.zip",
        ),
        "taifex_daily_futures": (("futures_2024_12_16.csv",), "/cht/3/futDataDown"),
        "taifex_daily_options": (("options_2024_12_16.csv",), "/cht/3/optDataDown"),
        "twse_index": (
            ("MI_5MINS_INDEX_20241216.json", "MI_5MINS_INDEX_20241216.csv"),
            index,
        ),
        "twse_holidays": (("holidaySchedule_113.json", "holidaySchedule_113.csv"), holidays),
        "finmind_trades": (
            ("TaiwanStockPriceTick_006204_2024-12-16.json",),
            f"/api/v4/data?{trades}",
        ),
    }


# archives


def test_the_largest_file_of_a_name_comes_first(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    (tmp_path / "2024/dawn").mkdir(parents=True)
    (tmp_path / "2024/dawn/Daily_2024_12_16.zip").write_bytes(futures_zip(NIGHT))
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(b"")
    (tmp_path / "2024/Daily_2024_12_16.zip").write_bytes(futures_zip())
    with ArchiveSource(tmp_path) as archive:
        answers = list(archive.answers(FUTURES, session))
        answer = judge(FUTURES, str(session), archive, LATER)[0]
    assert [one.url for one in answers] == [
        "archive:2024/Daily_2024_12_16.zip",
        "archive:2024/dawn/Daily_2024_12_16.zip",
        "archive:Daily_2024_12_16.zip",
    ]
    assert (answer.state, answer.reason) == ("accepted", None)
    assert (answer.url, answer.name) == (answers[0].url, "Daily_2024_12_16.zip")
    assert answer.document is not None
    assert answer.document.read() == futures_zip()
    assert answer.published_at is None


def test_the_real_archive_prefers_the_complete_file(samples: Path, session: date) -> None:
    answer = judge(FUTURES, str(session), ArchiveSource(samples), LATER)[0]
    assert (answer.state, answer.url) == ("accepted", "archive:taifex/Daily_2024_12_16.zip")


def test_only_files_that_are_all_refused_decide(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/Daily_2024_12_16.zip").write_bytes(futures_zip(NIGHT))
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(bytes(100_000))
    answer = judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0]
    assert (answer.state, answer.url) == ("partial", "archive:a/Daily_2024_12_16.zip")
    assert answer.document is not None
    assert answer.document.read() == futures_zip(NIGHT)


def test_either_form_of_a_name_is_found(tmp_path: Path, index_csv: Callable[[], bytes]) -> None:
    (tmp_path / "MI_5MINS_INDEX_20230130.csv").write_bytes(index_csv())
    answer = judge(INDEX, str(date(2023, 1, 30)), ArchiveSource(tmp_path), LATER)[0]
    assert (answer.state, answer.name) == ("accepted", "MI_5MINS_INDEX_20230130.csv")


def test_an_absent_file_is_missing_and_named(tmp_path: Path, session: date) -> None:
    answer = judge(
        INDEX, str(session), ArchiveSource(tmp_path), datetime(2024, 12, 16, tzinfo=UTC)
    )[0]
    assert answer.state == "missing"
    assert answer.document is None
    assert answer.reason == (
        f"archive:{tmp_path.name} holds no MI_5MINS_INDEX_20241216.json or "
        "MI_5MINS_INDEX_20241216.csv"
    )
    assert str(tmp_path) not in (answer.url + answer.reason)


def test_an_archive_that_is_no_folder_is_an_error(tmp_path: Path, session: date) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        judge(FUTURES, str(session), ArchiveSource(tmp_path / "nowhere"), LATER)[0]


def test_a_file_that_cannot_be_a_document_is_not_read(
    tmp_path: Path, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places.Folder, "pieces", None)
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(bytes(11))
    answer = judge(
        replace(FUTURES, largest_bytes=10), str(session), ArchiveSource(tmp_path), LATER
    )[0]
    assert (answer.state, answer.document) == ("refused", None)
    assert "larger than 10 bytes" in (answer.reason or "")


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, futures_zip: Zip, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good/Daily_2024_12_16.zip").write_bytes(futures_zip())
    bad = tmp_path / "Daily_2024_12_16.zip"
    bad.write_bytes(bytes(100_000))
    pieces = places.Folder.pieces

    def read_unless_bad(folder: places.Folder, name: str) -> Iterator[bytes]:
        if name == bad.name:
            raise PermissionError(13, "Permission denied")
        return pieces(folder, name)

    monkeypatch.setattr(places.Folder, "pieces", read_unless_bad)
    archive = ArchiveSource(tmp_path)
    assert (
        judge(FUTURES, str(session), archive, LATER)[0].url == "archive:good/Daily_2024_12_16.zip"
    )
    (answer, _) = archive.answers(FUTURES, session)
    assert answer.refusal is not None
    assert (answer.refusal.state, answer.document) == ("blocked", None)


def test_a_file_of_nothing_and_a_folder_of_the_name_hide_nothing(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    name = "Daily_2024_12_16.zip"
    (tmp_path / name).mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / name).write_bytes(b"")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / name).symlink_to(tmp_path / "nowhere.zip")
    assert judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0].state == "missing"
    (tmp_path / "elsewhere.zip").write_bytes(futures_zip())
    (tmp_path / name / name).symlink_to(tmp_path / "elsewhere.zip")
    answer = judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0]
    assert (answer.state, answer.url) == ("accepted", f"archive:{name}/{name}")


def test_a_link_is_followed_and_one_in_a_circle_ends(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk/Daily_2024_12_16.zip").write_bytes(futures_zip())
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "linked").symlink_to(tmp_path / "disk")
    (archive / "circle").symlink_to(archive)
    assert [a.url for a in ArchiveSource(archive).answers(FUTURES, session)] == [
        "archive:linked/Daily_2024_12_16.zip"
    ]


def test_what_cannot_be_looked_at_hides_no_other_file(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(futures_zip())
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd/turn.zip").symlink_to("turn.zip")
    archive = ArchiveSource(tmp_path)
    assert judge(FUTURES, str(session), archive, LATER)[0].state == "accepted"
    answer = judge(INDEX, str(session), archive, LATER)[0]
    assert answer.state == "blocked"
    assert answer.reason == (
        f"MI_5MINS_INDEX_20241216.json is not in what can be read of archive:{tmp_path.name}: "
        "Too many levels of symbolic links, 'odd/turn.zip'"
    )


@pytest.mark.parametrize(
    "name",
    [
        "Daily_2024_12_16.zip.1",
        "Daily_2024_12_16 (1).zip",
        "Daily_2024_12_16(2).zip",
        "Daily_2024_12_16 - Copy.zip",
        "Copy of Daily_2024_12_16.zip",
        "Daily_2024_12_16 - 複製.zip",
        "Daily_2024_12_16複製.zip",
        "Daily_2024_12_16_new.zip",
        "DAILY_2024_12_16.ZIP",
        "Daily_2024_12_16.ZIP",
        "Daily_2024_12_16.zip.part",
        "Daily_2024_12_16.zip.crdownload",
        "Daily_2024_12_16.csv",
        "Daily_2024_12_16.rpt",
        "Daily_2024_12_16",
        "Daily-2024-12-16.zip",
        "daily 20241216.zip",
    ],
)
def test_a_file_of_a_similar_name_is_not_read_and_named(
    tmp_path: Path, futures_zip: Zip, session: date, name: str
) -> None:
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(futures_zip(NIGHT))
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / name).write_bytes(futures_zip())
    answer = judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0]
    assert answer.state == "partial"
    assert str(answer.reason).endswith(
        f"; passed over for their names: '2024/{name}': if one is the document, give it the name "
        "Daily_2024_12_16.zip"
    )
    (tmp_path / "Daily_2024_12_16.zip").unlink()
    answer = judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0]
    assert (answer.state, answer.document) == ("missing", None)
    assert f"'2024/{name}'" in str(answer.reason)


def test_what_belongs_to_another_feed_or_day_is_similar_to_nothing(
    tmp_path: Path, session: date
) -> None:
    for name in (
        "Daily_2024_12_16_B.zip",
        "Daily_2024_12_16_C (1).zip",
        "OptionsDaily_2024_12_16.zip.1",
        "futures_2024_12_16.csv",
        "Daily_2024_12_17 (1).zip",
        "Daily_2024_12.zip",
    ):
        (tmp_path / name).write_bytes(b"")
    archive = ArchiveSource(tmp_path)
    found = {name: archive.look_alikes(feed, session) for name, feed in FEEDS.items()}
    assert {name: files for name, files in found.items() if files} == {
        "taifex_combination_trades": ["Daily_2024_12_16_C (1).zip"],
        "taifex_options": ["OptionsDaily_2024_12_16.zip.1"],
    }


def test_a_yearly_and_a_vendors_name_have_similar_ones_too(tmp_path: Path, session: date) -> None:
    similar = {
        "twse_holidays": "holidaySchedule_113 (1).csv",
        "finmind_trades": "TaiwanStockPriceTick_006204_2024-12-16.json.2",
        "twse_index": "mi_5mins_index_20241216.JSON",
    }
    for name in similar.values():
        (tmp_path / name).write_bytes(b"")
    archive = ArchiveSource(tmp_path)
    assert {feed: archive.look_alikes(FEEDS[feed], session) for feed in similar} == {
        feed: [name] for feed, name in similar.items()
    }


def test_of_many_similar_files_some_are_named(tmp_path: Path, session: date) -> None:
    for number in range(1, 8):
        (tmp_path / f"Daily_2024_12_16 ({number}).zip").write_bytes(b"")
    reason = str(judge(FUTURES, str(session), ArchiveSource(tmp_path), LATER)[0].reason)
    assert reason.count("'Daily_2024_12_16 (") == 5
    assert "'Daily_2024_12_16 (5).zip' and 2 more: if one" in reason


def test_an_archive_tells_which_sessions_it_holds(tmp_path: Path) -> None:
    (tmp_path / "deep/er").mkdir(parents=True)
    for name in (
        "deep/er/Daily_2024_12_16.zip",
        "OptionsDaily_2024_12_18.zip",
        "MI_5MINS_INDEX_20241219.csv",
        "Daily_2024_12_20.zip.1",
    ):
        (tmp_path / name).write_bytes(b"")
    keys = [f"2024-12-{day}" for day in range(13, 25)]
    archive = ArchiveSource(tmp_path)
    feeds = [feed for feed in FEEDS.values() if feed.timeline == FUTURES.timeline]
    assert archive.holds(feeds, keys) == ["2024-12-16", "2024-12-18", "2024-12-19"]
    assert archive.holds([FUTURES, INDEX], keys) == ["2024-12-16", "2024-12-19"]


# verdicts


def test_all_files_of_an_archive_are_judged_and_each_content_once(
    futures_zip: Zip, session: date
) -> None:
    whole = futures_zip()
    answers = [
        given("archive:dawn", futures_zip(NIGHT)),
        given("archive:a", whole),
        given("archive:b", whole),
        given("archive:c", futures_zip(packing=zipfile.ZIP_STORED)),
    ]
    found = judge(FUTURES, str(session), Listed(*answers, live=False), LATER)
    assert [(answer.url, answer.state) for answer in found] == [
        ("archive:a", "accepted"),
        ("archive:dawn", "partial"),  # the last was packed otherwise, and has the same lines
    ]
    # Rows are read of the document alone: half a million of them each.
    assert [answer.rows is not None for answer in found] == [True, False]


def test_a_document_that_is_known_is_not_read_again(session: date) -> None:
    known = given("archive:x", b"accepted by rules of old")
    assert judge(FUTURES, str(session), Listed(known, live=False), LATER, known.sha256) == [known]
    assert judge(FUTURES, str(session), Listed(known, live=False), LATER)[0].state == "refused"


@pytest.mark.parametrize(
    ("key", "state"),
    [
        ("2018-12-28", "never"),
        ("2018-12-31", "missing"),
        ("2024-07-05", "missing"),
        ("2024-07-08", "never"),
    ],
)
def test_what_was_never_published_is_not_asked_for(key: str, state: State) -> None:
    source = Listed()
    feed = replace(
        FEEDS["finmind_trades"],
        readable_from="",
        published_from="2018-12-31",
        published_until="2024-07-05",
    )
    [answer] = judge(feed, key, source, LATER)
    told = f"finmind_trades is published of 2018-12-31 to 2024-07-05; none of {key} is asked for"
    assert (answer.state, answer.reason == told) == (state, state == "never")


def test_what_is_older_than_can_be_read_is_missing_and_not_asked_for() -> None:
    source = Listed()
    trades = FEEDS["finmind_trades"]
    answer = judge(trades, str(date(2018, 12, 28)), source, LATER)[0]
    assert (answer.state, answer.document, source.asked) == ("missing", None, 0)
    assert answer.reason is not None
    assert "finmind_trades can be read from 2019-01-01 on" in answer.reason
    asked = judge(trades, str(date(2019, 1, 2)), source, LATER)[0]
    assert asked.reason is not None
    assert "can be read from" not in asked.reason


def test_the_first_accepted_answer_ends_the_asking(futures_zip: Zip, session: date) -> None:
    published_at = datetime(2024, 12, 16, 8, 48, tzinfo=UTC)
    good = given("listed:good", futures_zip(), published_at)
    source = Listed(refused("blocked"), good, refused("partial"))
    answer = judge(FUTURES, str(session), source, LATER)[0]
    assert source.asked == 2
    assert (answer, answer.state) == (good, "accepted")


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (("missing", "refused", "partial"), "partial"),
        (("missing", "blocked", "refused"), "refused"),
        (("missing", "blocked"), "blocked"),
        (("missing", "gone"), "gone"),
    ],
)
def test_the_nearest_to_a_document_counts(
    session: date, states: tuple[State, ...], expected: State
) -> None:
    source = Listed(*(refused(state, f"it is {state}") for state in states))
    answer = judge(FUTURES, str(session), source, LATER)[0]
    assert (answer.state, answer.reason) == (expected, f"it is {expected}")


@pytest.mark.parametrize(
    ("now", "live", "state", "expected"),
    [
        (datetime(2024, 12, 16, 10, 29, tzinfo=UTC), True, "missing", "not_yet"),
        (datetime(2024, 12, 16, 10, 30, tzinfo=UTC), True, "missing", "missing"),
        (datetime(2024, 12, 10, tzinfo=UTC), True, "missing", "not_yet"),
        (datetime(2024, 12, 10, tzinfo=UTC), False, "missing", "missing"),
        (datetime(2024, 12, 10, tzinfo=UTC), True, "blocked", "blocked"),
        (datetime(2024, 12, 16, 1, tzinfo=UTC), True, "partial", "partial"),
    ],
)
def test_before_the_publishers_hour_nothing_is_missing(
    session: date, now: datetime, live: bool, state: State, expected: State
) -> None:
    answer = judge(FUTURES, str(session), Listed(refused(state), live=live), now)[0]
    assert answer.state == expected
    due = "due at 2024-12-16 18:30 Asia/Taipei" in (answer.reason or "")
    assert due == (expected == "not_yet")


@pytest.mark.parametrize(
    ("published_at", "live", "expected"),
    [
        (datetime(2024, 12, 15, 21, 14, tzinfo=UTC), True, "partial"),  # at dawn, in Taipei
        (datetime(2024, 12, 16, 3, 59, tzinfo=UTC), True, "partial"),
        (datetime(2024, 12, 16, 4, tzinfo=UTC), True, "accepted"),
        (None, True, "accepted"),
        (datetime(2024, 12, 15, 21, 14, tzinfo=UTC), False, "accepted"),  # an archive's
    ],
)
def test_what_came_before_the_session_ended_is_not_whole(
    futures_zip: Zip, session: date, published_at: datetime | None, live: bool, expected: State
) -> None:
    source = Listed(given("listed:x", futures_zip(), published_at), live=live)
    answer = judge(FUTURES, str(session), source, LATER)[0]
    assert (answer.state, answer.document) == (expected, source.given[0].document)
    if expected == "partial":
        assert "Asia/Taipei, before the session ended" in (answer.reason or "")


@pytest.mark.parametrize(
    ("now", "live", "expected"),
    [
        (datetime(2024, 12, 16, 10, 29, tzinfo=UTC), True, "partial"),
        (datetime(2024, 12, 16, 10, 30, tzinfo=UTC), True, "accepted"),
        (datetime(2024, 12, 16, 10, 29, tzinfo=UTC), False, "accepted"),
    ],
)
def test_what_does_not_tell_its_end_is_taken_only_once_due(
    futures_zip: Zip, session: date, now: datetime, live: bool, expected: State
) -> None:
    feed = replace(FUTURES, tells_end=False)
    source = Listed(given("listed:x", futures_zip()), live=live)
    answer = judge(feed, str(session), source, now)[0]
    assert answer.state == expected
    if expected == "partial":
        assert answer.reason == (
            "x.zip does not tell whether it is whole; it is due at 2024-12-16 18:30 Asia/Taipei"
        )


def test_what_holds_no_list_and_bars_nobody_says_so() -> None:
    assert Listed().listing(FUTURES) == {}
    assert Listed().barred(FEEDS["finmind_trades"]) is None


def test_an_error_of_the_program_is_no_refusal(session: date) -> None:
    with pytest.raises(ValueError, match="listed:x"):
        judge(FUTURES, str(session), Listed(Answer("listed:x", "x", None)), LATER)[0]


def test_a_source_is_closed_at_the_end_of_its_block() -> None:
    with Listed() as source:
        assert not source.closed
    assert source.closed


def test_a_refusal_survives_a_process_boundary() -> None:
    refusal = pickle.loads(pickle.dumps(Refusal("partial", "half of it")))
    assert (refusal.state, refusal.reason, str(refusal)) == (
        "partial",
        "half of it",
        "partial: half of it",
    )


def test_in_the_turn_of_a_publisher_no_other_is_asked() -> None:
    index, futures = date(2024, 12, 16), date(2024, 12, 17)

    class Lists(Listed):
        def listing(self, feed: Feed) -> dict[date, Any]:
            return {index if feed is INDEX else futures: "now"}

        def last_listing(self, feed: Feed) -> dict[date, Any]:
            return {index if feed is INDEX else futures: "before"}

    source = InTurn(Lists(given("x", b"")), "twse")
    assert [answer.url for answer in source.answers(INDEX, index)] == ["x"]
    with pytest.raises(RuntimeError, match="taifex_futures of taifex was asked for in the turn of"):
        source.answers(FUTURES, index)
    assert source.listing(INDEX) == {index: "now"}
    assert source.listing(FUTURES) == {futures: "before"}
    archive = InTurn(Lists(given("x", b""), live=False), "twse")
    assert [answer.url for answer in archive.answers(FUTURES, index)] == ["x"]
