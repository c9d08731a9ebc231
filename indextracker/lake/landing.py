"""The landing zone: the publishers' bytes by their digest, never overwritten, never deleted.

What the bytes mean, and whether they are accepted, is not known here.
"""

from __future__ import annotations

import hashlib

from indextracker.system.places import Place


class DamagedDocumentError(ValueError):
    """Stored bytes no longer have the digest under which they are stored."""


class Landing:
    """Documents by sha256 in a place; a document is `<first two digits>/<digest>`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def put(self, body: bytes) -> str:
        """Keeps the bytes and returns their digest. Bytes already kept are left as they are."""
        digest = hashlib.sha256(body).hexdigest()
        name = _name(digest)
        if not self._place.exists(name):
            self._place.keep(name, body)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            FileNotFoundError: Nothing is kept under it.
            DamagedDocumentError: What is kept has changed.
        """
        body = self._place.read(_name(digest))
        if hashlib.sha256(body).hexdigest() != digest:
            raise DamagedDocumentError(f"landing/{digest} no longer has its digest")
        return body


def _name(digest: str) -> str:
    return f"{digest[:2]}/{digest}"
