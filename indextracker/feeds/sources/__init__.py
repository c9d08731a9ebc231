"""Where documents come from, and what came of asking for a session's.

A source answers with the candidates for a session's document: an archive with the files that bear
its name, a publisher with one answer. What makes a document complete is known to its feed; storing
documents and logging answers is the lake's work.
"""

from __future__ import annotations

from indextracker.feeds.sources.archive import ArchiveSource
from indextracker.feeds.sources.http import HttpSource
from indextracker.feeds.sources.judging import judge
from indextracker.feeds.sources.model import Answer, Source
from indextracker.feeds.sources.simulated import SimulatedSource

__all__ = [
    "Answer",
    "ArchiveSource",
    "HttpSource",
    "SimulatedSource",
    "Source",
    "judge",
]
