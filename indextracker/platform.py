"""The parts that a run works with, made from the settings when they are first used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from indextracker.calendars import Calendar, TradingDays, calendar, trading_days, zone
from indextracker.lake import Lake
from indextracker.settings import Settings
from indextracker.system.places import Place, place
from indextracker.system.progress import SILENT, Progress
from indextracker.warehouse import Warehouse, warehouse
from indextracker_catalogue.timeline import Sessions, Timeline

if TYPE_CHECKING:
    # Loaded with the parts: `indextracker query` has no use for requests, nor for a feed.
    from indextracker.engines import Engine
    from indextracker.feeds.sources import Source
    from indextracker.system.locks import Locks


def now() -> datetime:
    """The present, as an aware instant."""
    return datetime.now(UTC)


class Platform:
    """Lake, source, engine, warehouse, calendars and clock of one process.

    Parts that have to be started are started at their first use and closed by `close`; a source or
    an engine that was passed in is left to the caller.

    Attributes:
        settings: What the parts are made from.
        clock: The present, for whatever depends on it: hours by which documents are due, schedules.
        progress: Told how far long steps are.

    Args:
        place: Makes a place of the lake's address.
        source: Where documents come from; by default what the settings name.
        engine: What runs Spark code; by default what the settings name.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Callable[[], datetime] = now,
        place: Callable[[str], Place] = place,
        progress: Progress = SILENT,
        source: Source | None = None,
        engine: Engine | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.progress = progress
        self._place = place
        self._source = source
        self._engine = engine

    @cached_property
    def lake(self) -> Lake:
        """The lake; opening it refuses another world's."""
        address = self.settings.lake.address
        return Lake(address, self.settings.world, self._place(address))

    @property
    def source(self) -> Source:
        """Where documents come from."""
        return self._source or self._own_source

    @property
    def engine(self) -> Engine:
        """What runs Spark code."""
        return self._engine or self._own_engine

    @cached_property
    def _own_source(self) -> Source:
        from indextracker.feeds import PUBLISHERS  # noqa: PLC0415
        from indextracker.feeds.sources import ArchiveSource  # noqa: PLC0415
        from indextracker.feeds.sources.http import HttpSource  # noqa: PLC0415 - requests is slow
        from indextracker.feeds.sources.simulated import SimulatedSource  # noqa: PLC0415

        kind, _, place = self.settings.source.address.partition(":")
        if kind == "archive":
            return ArchiveSource(place)
        if kind == "simulated":
            return SimulatedSource(place or None, lambda: self.clock().timestamp())
        return HttpSource(
            PUBLISHERS.values(),
            user_agent=self.settings.source.user_agent,
            secrets=self.settings.source.secrets,
            pace_folder=self.locks.folder,
        )

    @cached_property
    def locks(self) -> Locks:
        """What processes exclude each other by, whatever their DAGSTER_HOME."""
        from indextracker.system.locks import Locks  # noqa: PLC0415

        return Locks.beside(self.settings.lake.address)

    @cached_property
    def _own_engine(self) -> Engine:
        from indextracker.engines import engine  # noqa: PLC0415

        return engine(self.settings)

    @cached_property
    def warehouse(self) -> Warehouse:
        """Where `raw` and the marts are."""
        return warehouse(self.settings)

    def trading_days(self, timeline: Sessions) -> TradingDays:
        """The days and hours of an exchange, as far ahead as they are known at the present."""
        return trading_days(timeline.exchange, self.clock().astimezone(zone(timeline)).date())

    def calendar_of(self, timeline: Timeline) -> Calendar:
        """The keys of a time line, as far ahead as they are known at the present."""
        return calendar(timeline, self.clock().astimezone(zone(timeline)).date())

    def close(self) -> None:
        """Stops what was started."""
        for name in ("_own_engine", "_own_source"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()
