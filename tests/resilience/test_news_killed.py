"""A backfill of a day's hours of news that is killed again and again ends with the same tables."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.commands import Commands
from support.homes import Home
from support.lakehouse import finish, new_home, start, unended

from indextracker.lake import Lake
from indextracker.lake.digest import digest
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.news.newsroom import Newsroom
from indextracker_simulator.server import serving

DAY = "2024-04-16"
HOURS = ("backfill", "news", "--from", DAY, "--to", DAY, "--feeds", "alphavantage_news")
# In the order in which a run passes them: each run gets further than the one before.
POINTS = ("landing-after", "bronze-after:2", "deliveries-after", "job-after:2", "builds-after:3")


@pytest.fixture(scope="module")
def newsroom() -> Iterator[str]:
    """One newsroom for both homes, long after the day."""
    now = datetime(2024, 5, 16, tzinfo=UTC)
    with serving(Newsroom(exchange=Exchange(clock=lambda: now))) as address:
        yield f"simulated:{address}"


def tables(home: Home) -> dict[str, str]:
    """What each table of the lake holds, but for the logs."""
    lake = Lake(str(home.lake), "simulated")
    return {t.path: digest(lake, t) for t in lake.tables() if t.writes != "append"}


def test_hours_that_are_killed_again_and_again_end_alike(
    commands: Commands, newsroom: str, tmp_path: Path
) -> None:
    arguments = [*HOURS, "--to-layer", "gold"]
    undisturbed = new_home(tmp_path / "undisturbed", newsroom)
    finish(commands, undisturbed, arguments)
    expected = tables(undisturbed)
    assert {"silver/news_articles", "gold/news_stories"} <= expected.keys()
    home = new_home(tmp_path / "home", newsroom)
    for point in POINTS:
        run = start(commands, home, arguments, INDEXTRACKER_FAILPOINT=point)
        assert run.wait() == -signal.SIGKILL, f"{point} was not passed\n{run.said()}"
    finish(commands, home, arguments)
    assert tables(home) == expected
    assert unended(home.dagster) == {}
