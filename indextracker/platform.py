"""The parts that a run works with, made from the settings when first asked for."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from indextracker.calendars import Calendar, calendar
from indextracker.engines import Engine, engine
from indextracker.feeds.simulated import SimulatedSource
from indextracker.feeds.sources import ArchiveSource, Source
from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.warehouse import DuckDBWarehouse


class Platform:
    """Lake, source, engine, warehouse and calendar of one process.

    What has to be started is started at its first use and serves until `close`.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def lake(self) -> Lake:
        """The lake; opening it refuses another world's."""
        return Lake(self.settings.lake, self.settings.world)

    @cached_property
    def source(self) -> Source:
        """Where documents come from."""
        kind, _, place = self.settings.source.partition(":")
        return SimulatedSource() if kind == "simulated" else ArchiveSource(Path(place))

    @cached_property
    def engine(self) -> Engine:
        """What runs Spark code."""
        return engine(self.settings)

    @cached_property
    def warehouse(self) -> DuckDBWarehouse:
        """Where `raw` and the marts are."""
        return DuckDBWarehouse(
            self.settings.warehouse, self.settings.warehouse_private, self.settings.world
        )

    @cached_property
    def calendar(self) -> Calendar:
        """The sessions of the first exchange."""
        return calendar("XTAI")

    def close(self) -> None:
        """Stops what was started."""
        for name in ("engine", "source"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
