"""A home of the command whose lake is in a bucket."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass

from support.homes import RANGE, Home
from support.stores import Store

from indextracker.lake import Lake
from indextracker.lake.digest import digest

# Few rows that go through every kind of table up to gold; and the tables that they fill.
FEED = ("--feeds", "finmind_trades")
SMALL = (*FEED, "--to-layer", "gold")
FILLED = ("bronze/finmind_trades", "silver/etf_trades", "gold/etf_bars", "gold/etf_sessions")


@dataclass(frozen=True, kw_only=True)
class BucketHome(Home):
    """Everything but the lake is in a folder of its own: another home is another machine.

    Attributes:
        address: Of the lake.
        way: How the store is reached; by its own address without.
    """

    store: Store
    address: str
    way: str | None = None

    @property
    def lake(self) -> str:
        return self.address

    def environment(self, **more: str) -> dict[str, str]:
        return super().environment(**self.store.environment(self.way), **more)

    def backfill(
        self, layer: str = "gold", subject: str = "taiwan", **more: str
    ) -> subprocess.CompletedProcess[str]:
        """A backfill of few rows, up to a layer; of Taiwan those of one feed."""
        feeds = FEED if subject == "taiwan" else ()
        asked = (*RANGE, *feeds, "--to-layer", layer)
        return self.run("backfill", subject, *asked, "--json", **more)

    def digests(self) -> dict[str, str]:
        """What each table of the lake holds, but for its logs."""
        return digests(self.lake)


def digests(lake: str) -> dict[str, str]:
    """What each table of a lake holds, but for its logs."""
    opened = Lake(lake, "simulated")
    return {
        table.path: digest(opened, table) for table in opened.tables() if table.writes != "append"
    }
