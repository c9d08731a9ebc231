"""A bucket keeps what a folder keeps: whole, once, and by the same names."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from dagster_aws.s3 import S3Resource
from support import nse_files as files
from support.faulty import between
from support.stores import BUCKET, KEYS, Store

from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.lake import Landing
from indextracker.lake.landing import DamagedDocumentError
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker.system.documents import Document
from indextracker.system.places import REQUEST_TRIES, Folder, Place, StoreError, place
from indextracker_assets.resources import lake_place

BODY = b"as published" * 10_000
DIGEST = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(params=["folder", "bucket"])
def somewhere(request: pytest.FixtureRequest, tmp_path: Path, prefix: str) -> Place:
    return place(str(tmp_path / "place") if request.param == "folder" else prefix)


def test_what_is_kept_is_read(somewhere: Place) -> None:
    assert not somewhere.exists("a/b")
    somewhere.keep("a/b", BODY)
    somewhere.below("a").keep("c", b"")
    assert somewhere.exists("a/b")
    assert somewhere.read("a/b") == somewhere.below("a").read("b") == BODY
    assert somewhere.read("a/c") == b""
    before = datetime.now(UTC) - timedelta(minutes=5)
    found = somewhere.files()
    assert {(file.name, file.bytes) for file in found} == {("a/b", len(BODY)), ("a/c", 0)}
    assert all(before < file.modified_at for file in found)
    assert [file.name for file in somewhere.below("a").files() if file.bytes] == ["b"]


def test_what_is_kept_stays(somewhere: Place) -> None:
    somewhere.keep("mark", b"first")
    somewhere.keep("mark", b"second")
    assert somewhere.read("mark") == b"first"
    assert [file.name for file in somewhere.files()] == ["mark"]


def test_a_file_is_taken_from_where_it_lay(somewhere: Place, tmp_path: Path) -> None:
    file = tmp_path / "written"
    for body in (BODY, b"another"):
        file.write_bytes(body)
        somewhere.take("a/b", file)
        assert not file.exists()
    assert somewhere.read("a/b") == BODY
    assert [one.name for one in somewhere.files()] == ["a/b"]


def test_a_file_of_another_disk_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, link = tmp_path / "written", os.link
    file.write_bytes(BODY)

    def linked(source: Path, target: Path) -> None:
        if Path(source) == file:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        link(source, target)

    monkeypatch.setattr(os, "link", linked)
    there = place(str(tmp_path / "place"))
    there.take("a/b", file)
    assert (there.read("a/b"), file.exists()) == (BODY, False)


def test_of_many_at_once_one_is_kept(somewhere: Place) -> None:
    bodies = [bytes([number]) * 1000 for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda body: somewhere.keep("mark", body), bodies))
    assert somewhere.read("mark") in bodies
    assert [file.name for file in somewhere.files()] == ["mark"]


def test_what_is_not_there_is_said(somewhere: Place) -> None:
    with pytest.raises(FileNotFoundError, match="nothing"):
        somewhere.read("nothing")
    with pytest.raises(FileNotFoundError, match=somewhere.address):
        somewhere.files()


def test_names_that_begin_alike_are_different_places(somewhere: Place) -> None:
    somewhere.below("lake").keep("a", b"1")
    somewhere.below("lake-2").keep("b", b"2")
    assert [file.name for file in somewhere.below("lake").files()] == ["a"]


def test_trying_leaves_nothing(somewhere: Place) -> None:
    somewhere.try_writing()
    with pytest.raises(FileNotFoundError):
        somewhere.files()


def test_what_is_removed_is_gone_and_nothing_else(somewhere: Place) -> None:
    somewhere.remove()  # nothing is there
    somewhere.below("lake").keep("a/b", BODY)
    somewhere.below("lake-2").keep("b", BODY)
    somewhere.below("lake").remove()
    assert [file.name for file in somewhere.files()] == ["lake-2/b"]


def test_more_than_a_page_is_listed_and_removed(prefix: str, store: Store) -> None:
    many = place(prefix)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: many.keep(f"{number:04}", b"x"), range(1_010)))
    assert sorted(file.name for file in many.files()) == [f"{n:04}" for n in range(1_010)]
    many.remove()
    assert not store.names(prefix.removeprefix(f"s3://{BUCKET}/"))


def test_runs_of_dagster_reach_the_landing_zone_by_its_resource(
    store: Store, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[S3Resource] = []
    client = S3Resource.get_client
    monkeypatch.setattr(S3Resource, "get_client", lambda self: asked.append(self) or client(self))
    landing = Platform(Settings(lake=prefix), place=lake_place).lake.landing
    digest = landing.put(Document.of("Daily.zip", BODY))
    assert [one.max_attempts for one in asked] == [REQUEST_TRIES]
    assert place(prefix).read(f"landing/{digest[:2]}/{digest}") == BODY


def test_a_bucket_that_is_not_there_is_a_sentence(store: Store) -> None:
    nowhere = place("s3://no-such-bucket/lake")
    for use in (nowhere.files, nowhere.try_writing, lambda: nowhere.keep("a", b"")):
        with pytest.raises(StoreError, match=r"no-such-bucket.*NoSuchBucket.*bucket's name"):
            use()


# faults


@pytest.fixture
def faulty(store: Store, prefix: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple]:
    with between(store.address) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.address)
        yield place(prefix), way


@pytest.mark.parametrize(
    "fault", ["500", "503", "reset", "lost answer", "slow", "torn upload", "torn answer"]
)
def test_a_fault_is_overcome(faulty: tuple, fault: str) -> None:
    kept, way = faulty
    way.plan = lambda method, path, number: fault if number in (1, 3) else None
    landing = Landing(kept)
    assert landing.put(Document.of("Daily.zip", BODY)) == DIGEST
    assert landing.get(DIGEST).read() == BODY
    way.plan = lambda method, path, number: None
    assert [(file.name, file.bytes) for file in kept.files()] == [
        (f"{DIGEST[:2]}/{DIGEST}", len(BODY))
    ]
    assert way.faults[fault] >= 1


def test_a_torn_answer_goes_on_where_it_broke_off(
    faulty: tuple, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, way = faulty
    kept.keep("document", BODY)
    monkeypatch.setattr("indextracker.system.places.PIECE_BYTES", 1_000)
    asked: list[int] = []
    way.plan = lambda method, path, number: (
        asked.append(number) or ("torn answer" if number < 4 else None)
    )
    assert kept.read("document") == BODY
    assert len(asked) >= 2


def test_a_large_document_is_kept_from_its_file(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indextracker.system.documents.IN_MEMORY_BYTES", 1_000)
    landing = Landing(place(prefix))
    document = Document.taken("Daily.zip", (BODY[i : i + 700] for i in range(0, len(BODY), 700)))
    assert landing.put(document) == DIGEST
    assert landing.get(DIGEST, "Daily.zip") == document
    assert landing.get(DIGEST).read() == BODY


def test_a_torn_upload_leaves_nothing(
    faulty: tuple, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, way = faulty
    monkeypatch.setattr("indextracker.system.places.REQUEST_TRIES", 2)
    way.plan = lambda method, path, number: "torn upload" if method == "PUT" else None
    with pytest.raises(StoreError) as told:
        kept.keep("document", BODY)
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in str(told.value)
    assert not kept.exists("document")
    way.plan = lambda method, path, number: None
    kept.keep("document", BODY)
    assert kept.read("document") == BODY


def test_what_may_not_be_read_is_not_missing(faulty: tuple) -> None:
    kept, way = faulty
    way.plan = lambda method, path, number: "403"
    for use in (lambda: kept.exists("a"), lambda: kept.read("a"), kept.files):
        with pytest.raises(StoreError, match="what these credentials may do"):
            use()


def test_a_damaged_document_is_not_handed_out(store: Store, prefix: str) -> None:
    landing = Landing(place(prefix))
    landing.put(Document.of("Daily.zip", BODY))
    key = f"{prefix.removeprefix(f's3://{BUCKET}/')}/{DIGEST[:2]}/{DIGEST}"
    store.client().put_object(Bucket=BUCKET, Key=key, Body=BODY[:-1])
    with pytest.raises(DamagedDocumentError, match=DIGEST):
        landing.get(DIGEST)


# archives


def test_an_archive_in_a_bucket_is_as_one_in_a_folder(prefix: str, tmp_path: Path) -> None:
    """The largest of a name first, at any depth, by names below the archive alone."""
    feed, session = FEEDS["taifex_futures"], date(2024, 12, 16)
    [name, *_] = feed.names(session)
    root = tmp_path / prefix.rpartition("/")[2]
    for archive in (Folder(root), place(prefix)):
        archive.keep(f"2024/{name}", b"x" * 500)
        archive.keep(f"2024/dawn/{name}", b"y" * 50)
        archive.keep(f"2024/{name}.part", b"z" * 5000)
    found = [
        [(answer.url, answer.document) for answer in source.answers(feed, session)]
        for source in (ArchiveSource(root), ArchiveSource(prefix))
    ]
    assert found[0] == found[1]
    assert found[1] == [
        (f"archive:2024/{name}", Document.of(name, b"x" * 500)),
        (f"archive:2024/dawn/{name}", Document.of(name, b"y" * 50)),
    ]
    assert ArchiveSource(prefix).place == f"archive:{root.name}"


def test_a_zip_of_documents_in_a_bucket_is_read_by_parts(prefix: str, tmp_path: Path) -> None:
    feed, session = FEEDS["nse_legacy_bhavcopy"], date(2020, 1, 9)
    inner = files.zipped("cm09JAN2020bhav.csv", b"x" * 500)
    year = files.zipped("cm09JAN2020bhav.csv.zip", inner)
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as zipped:
        zipped.writestr("filler.bin", bytes(3 << 20))
        zipped.writestr("2020.zip", year)
    for archive in (Folder(tmp_path / "years"), place(prefix)):
        archive.keep("all.zip", outer.getvalue())
        source = ArchiveSource(archive.address)
        [answer] = source.answers(feed, session)
        assert answer.url == "archive:all.zip/2020.zip/cm09JAN2020bhav.csv.zip"
        assert answer.document == Document.of("cm09JAN2020bhav.csv.zip", inner)
    with place(prefix).open("all.zip") as opened:
        opened.seek(-22, io.SEEK_END)
        assert opened.read() == outer.getvalue()[-22:]
    with pytest.raises(FileNotFoundError):
        place(prefix).open("other.zip")


def test_an_archive_of_nothing_is_an_error(prefix: str) -> None:
    with pytest.raises(NotADirectoryError, match=f"nothing below {prefix}"):
        next(ArchiveSource(prefix).answers(FEEDS["taifex_futures"], date(2024, 12, 16)))
