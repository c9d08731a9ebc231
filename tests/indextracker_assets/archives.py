"""Archives of simulated documents, some of them wrong or missing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from indextracker.platform import Platform
from indextracker_simulator.exchange import Exchange

MakePlatform = Callable[..., Platform]


class Archive:
    """A folder of the publishers' files, some of them wrong or missing."""

    def __init__(self, folder: Path, exchange: Exchange) -> None:
        self.folder = folder
        self.source = f"archive:{folder}"
        self._exchange = exchange

    def add(self, session: date, *, index: bool = True) -> None:
        """All documents of a session, or those of the futures alone."""
        self.put(f"Daily_{session:%Y_%m_%d}.zip", self._exchange.futures_zip(session))
        self.put(f"Daily_{session:%Y_%m_%d}_B.zip", self._exchange.totals_zip(session))
        if index:
            self.add_index(session)

    def add_index(self, session: date) -> None:
        body = self._exchange.index_json(session)
        self.put(f"MI_5MINS_INDEX_{session:%Y%m%d}.json", body)

    def put(self, name: str, body: bytes | None) -> None:
        assert body is not None
        (self.folder / name).write_bytes(body)
