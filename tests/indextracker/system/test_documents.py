"""A document is a handle: small ones in memory, large ones in a file, and nobody sees which."""

from __future__ import annotations

import gc
import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from indextracker.system import documents
from indextracker.system.documents import Document, TooLargeError

BODY = bytes(range(256)) * 100


@pytest.fixture(params=["in memory", "in a file"])
def document(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Document:
    if request.param == "in a file":
        monkeypatch.setattr(documents, "IN_MEMORY_BYTES", 1_000)
    return Document.taken("Daily.zip", pieces(BODY))


def pieces(body: bytes, size: int = 700) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def open_files(folder: Path) -> int:
    """How many files of a folder this process has open, with a name or without one."""
    gc.collect()
    found = 0
    for opened in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # other threads close theirs meanwhile
            found += opened.readlink().is_relative_to(folder)
    return found


def test_a_document_is_what_came(document: Document) -> None:
    assert (document.name, document.size) == ("Daily.zip", len(BODY))
    assert document.sha256 == hashlib.sha256(BODY).hexdigest()
    assert document.read() == BODY
    assert document == Document.of("Daily.zip", BODY)
    assert str(BODY[:8]) not in repr(document)


def test_readers_do_not_meet(document: Document) -> None:
    with document.open() as one, document.open() as other:
        assert one.read(1_000) == BODY[:1_000]
        assert other.read(10) == BODY[:10]
        assert one.read() == BODY[1_000:]
        assert one.read() == b""
        assert other.seek(-5, os.SEEK_END) == len(BODY) - 5
        assert other.read() == BODY[-5:]
        other.seek(3)
        other.seek(2, os.SEEK_CUR)
        assert (other.tell(), other.read(2)) == (5, BODY[5:7])
    assert document.read() == BODY


def test_a_zip_is_read_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "IN_MEMORY_BYTES", 1_000)
    with zipfile.ZipFile(tmp_path / "some.zip", "w") as writer:
        writer.writestr("one.csv", BODY)
        writer.writestr("two.csv", b"second")
    document = Document.taken("some.zip", pieces((tmp_path / "some.zip").read_bytes()))
    with document.open() as opened, zipfile.ZipFile(opened) as archive:
        assert (archive.read("two.csv"), archive.read("one.csv")) == (b"second", BODY)


def test_what_is_too_large_is_left_when_it_is_known() -> None:
    asked: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            asked.append(1)
            yield bytes(100)

    with pytest.raises(TooLargeError, match=r"^Daily.zip is larger than 1000 bytes$"):
        Document.taken("Daily.zip", endless(), 1_000)
    assert len(asked) == 11
    assert Document.taken("Daily.zip", [bytes(1_000)], 1_000).size == 1_000


def test_a_file_goes_with_its_document(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(documents, "IN_MEMORY_BYTES", 1_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    document = Document.taken("Daily.zip", pieces(BODY))
    opened = document.open()
    assert open_files(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []  # it has no name: a kill leaves nothing behind
    del document
    assert opened.read() == BODY
    opened.close()
    del opened
    assert open_files(tmp_path) == 0


def test_a_document_that_does_not_come_whole_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(documents, "IN_MEMORY_BYTES", 1_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def torn() -> Iterator[bytes]:
        yield BODY
        assert open_files(tmp_path) == 1
        raise ConnectionError("torn")

    with pytest.raises(ConnectionError, match="torn"):
        Document.taken("Daily.zip", torn())
    assert open_files(tmp_path) == 0
