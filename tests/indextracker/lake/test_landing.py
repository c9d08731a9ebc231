"""The landing zone keeps bytes whole, once, forever."""

import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from indextracker.lake import Landing
from indextracker.lake.landing import DamagedDocumentError
from indextracker.system.documents import Document
from indextracker.system.places import Folder

BODY = b"as published" * 1_000
DIGEST = hashlib.sha256(BODY).hexdigest()
DOCUMENT = Document.of("Daily.zip", BODY)

# A writer that is killed in the middle: what it wrote is not yet on the disk.
KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
from indextracker.lake import Landing
from indextracker.system.documents import Document
from indextracker.system.places import Folder
os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
Landing(Folder(Path(sys.argv[1]))).put(Document.of("killed", sys.stdin.buffer.read()))
"""


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(Folder(tmp_path))


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("body", [BODY, b""], ids=["bytes", "no bytes"])
def test_what_is_put_is_got(landing: Landing, body: bytes) -> None:
    digest = landing.put(Document.of("Daily.zip", body))
    assert digest == hashlib.sha256(body).hexdigest()
    assert landing.get(digest).read() == body


def test_a_document_lies_under_its_digest(landing: Landing, tmp_path: Path) -> None:
    landing.put(DOCUMENT)
    assert (tmp_path / DIGEST[:2] / DIGEST).read_bytes() == BODY


def test_kept_bytes_are_not_written_again(landing: Landing, tmp_path: Path) -> None:
    landing.put(DOCUMENT)
    before = (tmp_path / DIGEST[:2] / DIGEST).stat()
    assert landing.put(DOCUMENT) == DIGEST
    after = (tmp_path / DIGEST[:2] / DIGEST).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_damaged_document_is_not_handed_out(landing: Landing, tmp_path: Path) -> None:
    landing.put(DOCUMENT)
    (tmp_path / DIGEST[:2] / DIGEST).write_bytes(BODY[:-1])
    with pytest.raises(DamagedDocumentError, match=DIGEST):
        landing.get(DIGEST)


def test_nothing_is_kept_under_another_digest(landing: Landing) -> None:
    with pytest.raises(FileNotFoundError):
        landing.get(DIGEST)


def test_writers_at_once_leave_one_document(landing: Landing, tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        digests = set(pool.map(landing.put, [DOCUMENT] * 64))
    assert digests == {DIGEST}
    assert files(tmp_path) == [DIGEST]
    assert landing.get(DIGEST).read() == BODY


def test_a_killed_writer_leaves_no_half_document(landing: Landing, tmp_path: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WRITER, str(tmp_path)], input=BODY, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert DIGEST not in files(tmp_path)
    with pytest.raises(FileNotFoundError):
        landing.get(DIGEST)
    landing.put(DOCUMENT)
    assert landing.get(DIGEST).read() == BODY


def test_a_full_disk_leaves_nothing(
    landing: Landing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        landing.put(DOCUMENT)
    assert files(tmp_path) == []
