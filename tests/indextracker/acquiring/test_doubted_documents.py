"""A document that cannot be whole, as other documents show: it is asked for again."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support import nse_files
from support.small_source import Publisher

from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.deliveries import Delivery
from indextracker.acquiring.remarks import Remark
from indextracker.building.filling import fill
from indextracker.feeds.india.bhavcopies import FULL_BHAVCOPY, LEGACY_BHAVCOPY
from indextracker.feeds.news.yahoo import HEADLINES
from indextracker.feeds.sources import ArchiveSource
from indextracker.feeds.zipped import REFUSAL, Part, packed
from indextracker.lake import Lake
from indextracker.readings.india.bhavcopies import EQUITIES_DAILY

SESSION = date(2022, 8, 5)
SHARES = [f"SHARE{number}" for number in range(9)]


class Archive:
    """Both files of a session in a folder, and the lake that they are loaded into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "archive"
        self.folder.mkdir()
        self.lake = Lake(str(folder / "lake"), "real")
        lines = [nse_files.legacy_line(symbol, "EQ", SESSION) for symbol in SHARES]
        [name] = LEGACY_BHAVCOPY.names(SESSION)[:1]
        body = nse_files.text(nse_files.LEGACY_HEADER, *lines)
        (self.folder / name).write_bytes(nse_files.zipped(name.removesuffix(".zip"), body))

    def put(self, shares: Sequence[str]) -> None:
        """The full bhavcopy, with the lines of some shares."""
        lines = [nse_files.full_line(symbol, "EQ", SESSION) for symbol in shares]
        body = nse_files.text(nse_files.FULL_HEADER, *lines)
        (self.folder / FULL_BHAVCOPY.names(SESSION)[0]).write_bytes(body)

    def load(self) -> tuple[Delivery, list[Remark]]:
        """Asks for both and builds the session; what counts of the full one, and what is told."""
        source, told, key = ArchiveSource(str(self.folder)), list[Remark](), str(SESSION)
        acquire(self.lake, LEGACY_BHAVCOPY, [key], source)
        found = acquire(self.lake, FULL_BHAVCOPY, [key], source, remark=told.append)
        self.lake.ensure([EQUITIES_DAILY.writes, *EQUITIES_DAILY.reads])
        fill(self.lake, EQUITIES_DAILY, [key])
        return found[key], told

    def delivering(self) -> int:
        """The securities whose delivery is known."""
        with self.lake.sql([EQUITIES_DAILY.writes]) as connection:
            query = "select count(deliverable_shares) from equities_daily"
            [(count,)] = connection.execute(query).fetchall()
        return int(count)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path)


def test_one_that_was_cut_between_lines_gives_way_to_the_whole_one(archive: Archive) -> None:
    archive.put(SHARES[:3])
    cut, told = archive.load()
    assert (cut.accepted, told, archive.delivering()) == (True, [], 3)
    archive.put(SHARES)
    whole, told = archive.load()
    assert [(one.kind, one.accepted_sha256) for one in told] == [("replaced", cut.sha256)]
    assert (whole.accepted, archive.delivering()) == (True, len(SHARES))


def test_it_stays_where_the_same_comes_again(archive: Archive) -> None:
    archive.put(SHARES[:3])
    first, _ = archive.load()
    again, told = archive.load()
    assert (again.sha256, told, archive.delivering()) == (first.sha256, [], 3)
    assert again.fetched_at > first.fetched_at


def test_a_whole_one_is_not_asked_for_again(archive: Archive) -> None:
    archive.put(SHARES[:-1])
    first, _ = archive.load()
    again, _ = archive.load()
    assert again == first


DAY = date(2024, 10, 31)
LIST = b"<rss><channel><item><title>INFY wins an order</title></item></channel></rss>"
WHOLE = packed([Part(f"{ticker}.NS.xml", LIST, None) for ticker in ("INFY", "SBIN")])
WITH_A_PAGE = packed(
    [
        Part("INFY.NS.xml", LIST, None),
        Part(f"SBIN.NS.xml{REFUSAL}", b"the answer is an HTML page, expected RSS", None),
    ]
)


def listed(lake: Lake, publisher: Publisher, hour: int, minute: int) -> Delivery:
    """What counts of the headlines of the day, asked for at a time of it in UTC."""
    publisher.asked.clear()
    now = datetime(2024, 10, 31, hour, minute, tzinfo=UTC)
    return acquire(lake, HEADLINES, [str(DAY)], publisher, clock=lambda: now)[str(DAY)]


def test_lists_with_a_page_among_them_are_asked_for_again_on_their_day(tmp_path: Path) -> None:
    lake, publisher = Lake(str(tmp_path / "lake"), "real"), Publisher({DAY: WITH_A_PAGE})
    assert listed(lake, publisher, 17, 15).accepted
    publisher.documents[DAY] = WHOLE
    whole = listed(lake, publisher, 18, 15)
    assert (whole.accepted, publisher.asked) == (True, [DAY])
    assert lake.documents(HEADLINES.table, [str(DAY)])[str(DAY)] == {whole.sha256}
    listed(lake, publisher, 18, 20)
    assert publisher.asked == []


def test_of_a_day_that_is_over_they_stay_as_they_are(tmp_path: Path) -> None:
    lake, publisher = Lake(str(tmp_path / "lake"), "real"), Publisher({DAY: WITH_A_PAGE})
    listed(lake, publisher, 17, 15)
    # Half past midnight in India.
    assert listed(lake, publisher, 19, 0).accepted
    assert publisher.asked == []
