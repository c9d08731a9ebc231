"""Sources of documents, and the verdict on their answers.

A source answers with the candidates for a session's document: an archive with the files of its
name, a publisher with one answer. A feed decides whether a document is complete; storing documents
and logging answers do not belong here.
"""

from __future__ import annotations

from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.sources.http import HttpSource
from indextracker.feeds.sources.judging import judge
from indextracker.feeds.sources.model import Answer, InTurn, Source
from indextracker.feeds.sources.simulated import SimulatedSource

__all__ = [
    "Answer",
    "ArchiveSource",
    "HttpSource",
    "InTurn",
    "SimulatedSource",
    "Source",
    "judge",
]
