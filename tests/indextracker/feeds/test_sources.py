"""Archives, and the verdict on several candidates."""

import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import get_args

import pytest

from indextracker.feeds import FEEDS, PUBLISHERS, Feed, Refusal, State
from indextracker.feeds import sources as module
from indextracker.feeds.sources import Answer, ArchiveSource, Source, judge
from indextracker_spark.tables import TABLES
from indextracker_spark.tables.deliveries import STATES

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
    assert feed.due(session) == datetime(2024, 12, 16, 10, 30, tzinfo=UTC)


def test_names_and_paths_are_the_publishers(session: date) -> None:
    found = {feed.name: (feed.names(session), feed.request(session).path) for feed in FEEDS.values()}
    assert found == {
        "taifex_futures": (
            ("Daily_2024_12_16.zip",),
            "/file/taifex/Dailydownload/DailydownloadCSV/Daily_2024_12_16.zip",
        ),
        "taifex_volume_totals": (
            ("Daily_2024_12_16_B.zip",),
            "/file/taifex/Dailydownload/DailydownloadCSV_B/Daily_2024_12_16_B.zip",
        ),
        "twse_index": (
            ("MI_5MINS_INDEX_20241216.json", "MI_5MINS_INDEX_20241216.csv"),
            "/rwd/zh/TAIEX/MI_5MINS_INDEX?date=20241216&response=json",
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
        verdict = judge(FUTURES, session, archive, LATER)
    assert [answer.url for answer in answers] == [
        "archive:2024/Daily_2024_12_16.zip",
        "archive:2024/dawn/Daily_2024_12_16.zip",
        "archive:Daily_2024_12_16.zip",
    ]
    assert (verdict.state, verdict.reason) == ("accepted", None)
    assert (verdict.url, verdict.name) == (answers[0].url, "Daily_2024_12_16.zip")
    assert verdict.body == futures_zip()
    assert verdict.published_at is None


def test_the_real_archive_prefers_the_complete_file(samples: Path, session: date) -> None:
    verdict = judge(FUTURES, session, ArchiveSource(samples), LATER)
    assert (verdict.state, verdict.url) == ("accepted", "archive:taifex/Daily_2024_12_16.zip")


def test_only_files_that_are_all_refused_decide(
    tmp_path: Path, futures_zip: Zip, session: date
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a/Daily_2024_12_16.zip").write_bytes(futures_zip(NIGHT))
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(bytes(100_000))
    verdict = judge(FUTURES, session, ArchiveSource(tmp_path), LATER)
    assert (verdict.state, verdict.url) == ("partial", "archive:a/Daily_2024_12_16.zip")
    assert verdict.body == futures_zip(NIGHT)


def test_either_form_of_a_name_is_found(tmp_path: Path, index_csv: Callable[[], bytes]) -> None:
    (tmp_path / "MI_5MINS_INDEX_20230130.csv").write_bytes(index_csv())
    verdict = judge(INDEX, date(2023, 1, 30), ArchiveSource(tmp_path), LATER)
    assert (verdict.state, verdict.name) == ("accepted", "MI_5MINS_INDEX_20230130.csv")


def test_an_absent_file_is_missing_and_named(tmp_path: Path, session: date) -> None:
    verdict = judge(INDEX, session, ArchiveSource(tmp_path), datetime(2024, 12, 16, tzinfo=UTC))
    assert verdict.state == "missing"
    assert verdict.body is None
    assert verdict.reason == (
        f"archive:{tmp_path.name} holds no MI_5MINS_INDEX_20241216.json or "
        "MI_5MINS_INDEX_20241216.csv"
    )
    assert str(tmp_path) not in (verdict.url + verdict.reason)


def test_an_archive_that_is_no_folder_is_an_error(tmp_path: Path, session: date) -> None:
    with pytest.raises(NotADirectoryError, match="nowhere"):
        judge(FUTURES, session, ArchiveSource(tmp_path / "nowhere"), LATER)


def test_a_file_that_cannot_be_a_document_is_not_read(
    tmp_path: Path, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_DOCUMENT_BYTES", 10)
    (tmp_path / "Daily_2024_12_16.zip").write_bytes(bytes(11))
    verdict = judge(FUTURES, session, ArchiveSource(tmp_path), LATER)
    assert (verdict.state, verdict.body) == ("refused", None)
    assert "larger than 10 bytes" in (verdict.reason or "")


def test_a_file_that_cannot_be_read_does_not_hide_the_others(
    tmp_path: Path, futures_zip: Zip, session: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "good").mkdir()
    (tmp_path / "good/Daily_2024_12_16.zip").write_bytes(futures_zip())
    bad = tmp_path / "Daily_2024_12_16.zip"
    bad.write_bytes(bytes(100_000))
    read = Path.read_bytes

    def read_unless_bad(path: Path) -> bytes:
        if path == bad:
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", read_unless_bad)
    archive = ArchiveSource(tmp_path)
    assert judge(FUTURES, session, archive, LATER).url == "archive:good/Daily_2024_12_16.zip"
    (answer, _) = archive.answers(FUTURES, session)
    assert answer.refusal is not None
    assert (answer.refusal.state, answer.body) == ("blocked", None)


# verdicts


def test_the_first_accepted_answer_ends_the_asking(futures_zip: Zip, session: date) -> None:
    published_at = datetime(2024, 12, 16, 8, 48, tzinfo=UTC)
    good = Answer("listed:good", "good", futures_zip(), published_at)
    source = Listed(refused("blocked"), good, refused("partial"))
    verdict = judge(FUTURES, session, source, LATER)
    assert source.asked == 2
    assert (verdict.feed, verdict.session, verdict.url) == (FUTURES.name, session, "listed:good")
    assert (verdict.state, verdict.published_at) == ("accepted", published_at)


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
    verdict = judge(FUTURES, session, source, LATER)
    assert (verdict.state, verdict.reason) == (expected, f"it is {expected}")


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
    verdict = judge(FUTURES, session, Listed(refused(state), live=live), now)
    assert verdict.state == expected
    due = "due at 2024-12-16 18:30 Asia/Taipei" in (verdict.reason or "")
    assert due == (expected == "not_yet")


def test_an_error_of_the_program_is_no_refusal(session: date) -> None:
    with pytest.raises(ValueError, match="listed:x"):
        judge(FUTURES, session, Listed(Answer("listed:x", "x", None)), LATER)


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
