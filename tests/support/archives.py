"""Archives of simulated documents, some of them wrong or missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from indextracker.feeds import FEEDS
from indextracker.platform import Platform
from indextracker_simulator.taiwan.exchange import Exchange
from indextracker_simulator.taiwan.session import Document

MakePlatform = Callable[..., Platform]

# Feeds and what the simulated exchange calls their documents.
DOCUMENTS: dict[str, Document] = {
    "taifex_futures": "futures",
    "taifex_volume_totals": "totals",
    "taifex_combination_trades": "combination",
    "taifex_options": "options",
    "taifex_daily_futures": "daily_futures",
    "taifex_daily_options": "daily_options",
    "twse_index": "index_json",
    "finmind_trades": "etf",
}


class Archive:
    """A folder of the publishers' files, some of them wrong or missing."""

    def __init__(self, folder: Path, exchange: Exchange) -> None:
        self.folder = folder
        self.source = f"archive:{folder}"
        self._exchange = exchange

    def add(self, session: date) -> None:
        """All documents of a session."""
        for feed, document in DOCUMENTS.items():
            published = self._exchange.published(document, session)
            assert published
            self.put(self.name(feed, session), published.body)

    def name(self, feed: str, session: date) -> str:
        """What a document is called."""
        return FEEDS[feed].names(session)[0]

    def put(self, name: str, body: bytes) -> None:
        (self.folder / name).write_bytes(body)
