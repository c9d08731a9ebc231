"""Sources of documents, and the verdict on their answers.

A source answers with the candidates for a session's document: an archive with the files of its
name, a publisher with one answer. A feed decides whether a document is complete; storing documents
and logging answers do not belong here. Sources over HTTP are imported from their own modules: what
asks for nothing does without requests.
"""

from __future__ import annotations

from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.sources.judging import judge
from indextracker.feeds.sources.model import Answer, InTurn, Source

__all__ = [
    "Answer",
    "ArchiveSource",
    "InTurn",
    "Source",
    "judge",
]
