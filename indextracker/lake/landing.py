"""The landing zone: the publishers' bytes by their digest, never overwritten, never deleted.

What the bytes mean, and whether they are accepted, is not known here.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from indextracker.failpoints import failpoint


class DamagedDocumentError(ValueError):
    """Stored bytes no longer have the digest under which they are stored."""


class Landing:
    """Documents by sha256 in a folder; a document is `<first two digits>/<digest>`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, body: bytes) -> str:
        """Keeps the bytes and returns their digest. Bytes already kept are left as they are."""
        digest = hashlib.sha256(body).hexdigest()
        place = self._place(digest)
        if place.exists():
            return digest
        place.parent.mkdir(parents=True, exist_ok=True)
        # Written aside, synced and renamed: a kill leaves a whole document or none.
        handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".landing-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            failpoint("landing-written")
            Path(aside).replace(place)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            FileNotFoundError: Nothing is kept under it.
            DamagedDocumentError: What is kept has changed.
        """
        body = self._place(digest).read_bytes()
        if hashlib.sha256(body).hexdigest() != digest:
            raise DamagedDocumentError(f"landing/{digest} no longer has its digest")
        return body

    def _place(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest
