"""Archives that keep documents in zips: of a year, of zips, of both, and damaged ones."""

import io
import threading
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import BinaryIO

import pytest
from support import nse_files as files

from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource, judge
from indextracker.feeds.sources.model import Answer
from indextracker.system import places

LEGACY, FULL = FEEDS["nse_legacy_bhavcopy"], FEEDS["nse_full_bhavcopy"]
LATER = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = [date(2020, 1, day) for day in (1, 2, 3)]


def legacy(session: date, *symbols: str) -> bytes:
    lines = [files.legacy_line(symbol, "EQ", session) for symbol in symbols or ("ALFA",)]
    return files.text(files.LEGACY_HEADER, *lines)


def name_of(session: date) -> str:
    return f"cm{session:%d%b%Y}bhav.csv".replace("Jan", "JAN")


def zip_of(entries: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as writer:
        for name, body in entries.items():
            writer.writestr(name, body)
    return archive.getvalue()


def found(archive: ArchiveSource, session: date) -> Answer:
    return judge(LEGACY, str(session), archive, LATER)[0]


def symbols(answer: Answer) -> list[str]:
    assert answer.rows is not None
    listed: list[str] = answer.rows["symbol"].to_pylist()
    return listed


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_daily_files_are_found_in_zips_and_in_zips_of_zips(tmp_path: Path, method: int) -> None:
    first, second, third = DAYS
    daily = files.zipped(name_of(second), legacy(second, "BETA"))
    month = zip_of({f"cm/{name_of(second)}.zip": daily}, method)
    year = zip_of({name_of(first): legacy(first), "months/JAN.zip": month}, method)
    (tmp_path / "years").mkdir()
    (tmp_path / "years/2020.zip").write_bytes(year)
    (tmp_path / name_of(third)).write_bytes(legacy(third, "GAMMA"))
    archive = ArchiveSource(tmp_path)
    answers = [found(archive, session) for session in DAYS]
    assert [(answer.state, answer.url) for answer in answers] == [
        ("accepted", "archive:years/2020.zip/cm01JAN2020bhav.csv"),
        ("accepted", "archive:years/2020.zip/months/JAN.zip/cm/cm02JAN2020bhav.csv.zip"),
        ("accepted", "archive:cm03JAN2020bhav.csv"),
    ]
    assert [symbols(answer) for answer in answers] == [["ALFA"], ["BETA"], ["GAMMA"]]
    assert archive.holds([LEGACY], ["2020-01-01", "2020-01-02", "2020-01-06"]) == [
        "2020-01-01",
        "2020-01-02",
    ]


def test_the_date_inside_decides_in_a_zip_too(tmp_path: Path) -> None:
    wrong, right = DAYS[:2]
    body = zip_of({name_of(wrong): legacy(right), f"moved/{name_of(right)}": legacy(right)})
    (tmp_path / "2020.zip").write_bytes(body)
    archive = ArchiveSource(tmp_path)
    assert found(archive, wrong).state == "missing"
    assert found(archive, right).state == "accepted"


def test_a_zip_of_a_documents_name_is_the_document_alone(tmp_path: Path) -> None:
    session = DAYS[0]
    (tmp_path / f"{name_of(session)}.zip").write_bytes(
        files.zipped(name_of(session), legacy(session))
    )
    answers = list(ArchiveSource(tmp_path).answers(LEGACY, session))
    assert [answer.url for answer in answers] == ["archive:cm01JAN2020bhav.csv.zip"]


def test_a_zip_beside_what_was_in_it_says_the_same(tmp_path: Path) -> None:
    session = DAYS[0]
    body = legacy(session, "ALFA", "BETA")
    (tmp_path / f"{name_of(session)}.zip").write_bytes(files.zipped(name_of(session), body))
    (tmp_path / "2020.zip").write_bytes(zip_of({name_of(session): body}))
    archive = ArchiveSource(tmp_path)
    [answer] = judge(LEGACY, str(session), archive, LATER)
    assert len(list(archive.answers(LEGACY, session))) == 2
    [known] = judge(LEGACY, str(session), archive, LATER, answer.sha256)
    assert (known.state, known.rows) == ("accepted", None)
    (tmp_path / "other.zip").write_bytes(zip_of({name_of(session): legacy(session, "ALFA")}))
    assert len(judge(LEGACY, str(session), ArchiveSource(tmp_path), LATER)) == 2


def test_names_of_public_stores_and_of_windows(tmp_path: Path) -> None:
    first, second = DAYS[:2]
    stored = zip_of({"2020\\cm01Jan2020bhav.csv": legacy(first)})
    (tmp_path / "all.ZIP").write_bytes(stored)
    (tmp_path / "cm02jan2020bhav.csv.zip").write_bytes(
        files.zipped("cm02jan2020bhav.csv", legacy(second))
    )
    full = files.text(files.FULL_HEADER, files.full_line("ALFA", "EQ", first))
    (tmp_path / "sec_bhavdata_full_01Jan2020bhav.csv").write_bytes(full)
    archive = ArchiveSource(tmp_path)
    assert [found(archive, session).state for session in (first, second)] == ["accepted"] * 2
    assert judge(FULL, str(first), archive, LATER)[0].state == "accepted"


def test_a_damaged_zip_hides_no_other_and_is_named_for_what_is_missing(tmp_path: Path) -> None:
    first, second, third = DAYS
    whole = zip_of({name_of(first): legacy(first)})
    year = zip_of({"1.zip": whole[:-10], "2.zip": whole, name_of(second): legacy(second)})
    (tmp_path / "2020.zip").write_bytes(year)
    archive = ArchiveSource(tmp_path)
    assert [found(archive, session).state for session in (first, second)] == ["accepted"] * 2
    answer = found(archive, third)
    assert answer.state == "blocked"
    assert "1.zip is a damaged or cut off zip" in (answer.reason or "")
    assert "'2020.zip/1.zip'" in (answer.reason or "")


def test_an_entry_that_is_damaged_is_refused(tmp_path: Path) -> None:
    first, second = DAYS[:2]
    body = bytearray(
        zip_of({name_of(first): legacy(first), name_of(second): legacy(second)}, zipfile.ZIP_STORED)
    )
    body[body.index(b"ALFA")] ^= 1
    (tmp_path / "2020.zip").write_bytes(bytes(body))
    archive = ArchiveSource(tmp_path)
    answer = found(archive, first)
    assert answer.state == "refused"
    assert "its directory announces" in (answer.reason or "")
    assert found(archive, second).state == "accepted"


def test_a_zip_of_a_year_is_read_in_parts_and_listed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a zip of 4 MB a document of 4 KB costs a few KB, whoever asks for it first."""
    filler = {f"other{n}.bin": bytes(range(256)) * 4_000 for n in range(4)}
    entries = {name_of(session): legacy(session, *map(str, range(99))) for session in DAYS}
    (tmp_path / "2020.zip").write_bytes(zip_of(filler | entries, zipfile.ZIP_STORED))
    read: list[int] = []
    listings: list[str] = []
    opened, listed = places.Folder.open, places.Folder.files

    def counting(folder: places.Folder, name: str) -> BinaryIO:
        class Counting(io.FileIO):
            def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
                read.append(super().readinto(buffer) or 0)
                return read[-1]

        return io.BufferedReader(Counting(opened(folder, name).name), 4096)

    def listing(folder: places.Folder, unreadable: places.Unreadable) -> list[places.File]:
        listings.append(folder.address)
        return listed(folder, unreadable)

    monkeypatch.setattr(places.Folder, "open", counting)
    monkeypatch.setattr(places.Folder, "files", listing)
    archive = ArchiveSource(tmp_path)
    answers: list[Answer] = []
    threads = [
        threading.Thread(target=lambda day=day: answers.append(found(archive, day))) for day in DAYS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(symbols(answer)) for answer in answers] == [99] * 3
    assert len(listings) == 1
    assert sum(read) < 200_000
