"""The parts of a process, as the settings say."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from support.small_source import Publisher

from indextracker import engines as module
from indextracker.feeds import FEEDS
from indextracker.feeds.sources import ArchiveSource
from indextracker.feeds.sources.http import HttpSource
from indextracker.feeds.sources.simulated import SimulatedSource
from indextracker.platform import Platform
from indextracker.settings import Settings
from indextracker_catalogue import Days
from indextracker_simulator.server import serving
from indextracker_simulator.taiwan.exchange import Exchange

ETF = FEEDS["finmind_trades"]


def settings(tmp_path: Path, **given: object) -> Settings:
    return Settings.model_validate(
        {"lake": str(tmp_path / "lake"), "dagster_home": str(tmp_path / "home"), **given}
    )


def test_the_source_is_the_one_that_is_set(tmp_path: Path) -> None:
    kinds = {
        "simulated": SimulatedSource,
        "simulated:http://127.0.0.1:9": SimulatedSource,
        "live": HttpSource,
        f"archive:{tmp_path}": ArchiveSource,
    }
    for source, kind in kinds.items():
        platform = Platform(settings(tmp_path, source=source))
        assert isinstance(platform.source, kind)
        platform.close()


def test_live_publishers_are_told_who_asks_and_are_barred_without_a_token(tmp_path: Path) -> None:
    source = Platform(settings(tmp_path, source="live", user_agent="somebody/1")).source
    assert isinstance(source, HttpSource)
    assert source._http.headers["User-Agent"] == "somebody/1"
    assert source.barred(ETF) is not None
    token = SecretStr("abc")
    source = Platform(settings(tmp_path, source="live", finmind_token=token)).source
    assert source.barred(ETF) is None


def test_an_exchange_that_runs_already_is_asked_by_the_platforms_clock(tmp_path: Path) -> None:
    """Its list is asked for again when the time has moved, be it by years in an instant."""
    now = [datetime(2024, 12, 16, 10, 30, tzinfo=UTC)]
    with serving(Exchange(clock=lambda: now[0], window=30)) as address:
        given = settings(tmp_path, source=f"simulated:{address}")
        platform = Platform(given, clock=lambda: now[0])
        feed = FEEDS["taifex_futures"]
        first = platform.source.listing(feed)
        now[0] += timedelta(seconds=30)
        assert platform.source.listing(feed) is first
        now[0] += timedelta(days=1)
        second = platform.source.listing(feed)
        platform.close()
    assert max(day for day, entry in first.items() if entry.links) == date(2024, 12, 16)
    assert max(day for day, entry in second.items() if entry.links) == date(2024, 12, 17)


def test_locks_are_those_of_the_lake(tmp_path: Path) -> None:
    one = Platform(settings(tmp_path, dagster_home=str(tmp_path / "one")))
    other = Platform(settings(tmp_path, dagster_home=str(tmp_path / "other")))
    assert one.locks.folder == other.locks.folder == tmp_path / ".lake.locks"


def test_the_present_is_that_of_the_clock(tmp_path: Path) -> None:
    then = datetime(2021, 7, 26, tzinfo=UTC)
    platform = Platform(settings(tmp_path), clock=lambda: then)
    assert platform.clock() == then
    assert platform.calendar_of(Days("UTC")).horizon == "2023-12-31"
    assert abs(Platform(settings(tmp_path)).clock() - datetime.now(UTC)) < timedelta(minutes=1)


class Engine:
    """Counts how often it is closed."""

    def __init__(self) -> None:
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Engine]:
    """The engines that platforms make of their settings."""
    engines: list[Engine] = []

    def make(_: Settings) -> Engine:
        engines.append(Engine())
        return engines[-1]

    monkeypatch.setattr(module, "engine", make)
    return engines


def test_a_part_is_made_once_and_anew_after_it_was_closed(
    tmp_path: Path, made: list[Engine]
) -> None:
    platform = Platform(settings(tmp_path))
    platform.close()
    assert made == []
    assert platform.engine is platform.engine
    platform.close()
    platform.close()
    assert platform.engine is made[1]
    assert [engine.closed for engine in made] == [1, 0]


def test_what_was_given_is_used_and_left_to_whoever_gave_it(
    tmp_path: Path, made: list[Engine]
) -> None:
    engine, source = Engine(), Publisher({})
    platform = Platform(settings(tmp_path, source="live"), source=source, engine=engine)
    assert platform.engine is engine
    assert platform.source is source
    platform.close()
    assert engine.closed == 0
    assert made == []
