"""The landing zone: the publishers' bytes by their digest, never overwritten, never deleted.

Judging and decoding the bytes do not belong here.
"""

from __future__ import annotations

from indextracker.system.documents import Document
from indextracker.system.places import Place


class DamagedDocumentError(ValueError):
    """Stored bytes no longer have the digest under which they are stored."""


class Landing:
    """Documents by sha256 in a place; a document is `<first two digits>/<digest>`."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def put(self, document: Document) -> str:
        """Keeps a document and returns its digest. Bytes already kept are left as they are."""
        name = name_of(document.sha256)
        if not self._place.exists(name):
            with document.open() as opened:
                self._place.keep(name, opened)
        return document.sha256

    def get(self, digest: str, name: str | None = None) -> Document:
        """The document of a digest, under its digest if it gets no other name.

        Raises:
            FileNotFoundError: Nothing is kept under it.
            DamagedDocumentError: What is kept has changed.
        """
        document = Document.taken(name or digest, self._place.pieces(name_of(digest)))
        if document.sha256 != digest:
            raise DamagedDocumentError(f"landing/{digest} no longer has its digest")
        return document


def name_of(digest: str) -> str:
    """Where a document is kept inside the landing zone."""
    return f"{digest[:2]}/{digest}"
