"""A document is read once, for its verdict and its rows alike."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from support.small_source import DAYS, FEED, Publisher, read

from indextracker.acquiring.acquisition import acquire
from indextracker.feeds import FEEDS, Feed
from indextracker.feeds.reading import read as rows_of
from indextracker.feeds.sources import ArchiveSource, judge
from indextracker.lake import Lake
from indextracker.system.documents import Document


def counting(read_of: list[str]) -> Feed:
    def count(document: Document, session: date) -> pa.Table:
        read_of.append(document.name)
        return read(document, session)

    return replace(FEED, read=count)


def test_a_document_is_read_once_on_its_way_to_bronze(tmp_path: Path) -> None:
    read_of: list[str] = []
    feed = counting(read_of)
    source = Publisher({DAYS[0]: b"good day", DAYS[1]: b"refused page"})
    acquire(Lake(str(tmp_path), "real"), feed, [*map(str, DAYS[:2])], source)
    assert sorted(read_of) == [feed.names(day)[0] for day in DAYS[:2]]


@pytest.mark.parametrize("name", ["taifex_futures", "taifex_daily_options", "twse_index"])
def test_what_is_judged_is_what_is_decoded(samples: Path, name: str) -> None:
    """The rows that come with the verdict are those of a document read from landing."""
    feed = FEEDS[name]
    days = {"taifex_futures": date(2024, 12, 16)}
    day = days.get(name, date(2023, 1, 30))
    archive = ArchiveSource(samples)
    answer = judge(feed, str(day), archive, datetime(2025, 1, 1, tzinfo=UTC))[0]
    assert answer.document is not None
    assert answer.rows is not None
    assert answer.rows.column_names == list(feed.table.column_names)
    assert answer.rows.equals(rows_of(feed, answer.document, day))
    assert set(answer.rows.column("document").to_pylist()) == {answer.document.sha256}
    assert set(answer.rows.column("session_date").to_pylist()) == {day}
