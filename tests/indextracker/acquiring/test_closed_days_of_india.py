"""Sessions of NSE that were called off are found by what it sends in their place."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from support.closing import acquire_and_close

from indextracker.acquiring.deliveries import current
from indextracker.feeds import FEEDS, feeds_of
from indextracker.feeds.sources import ArchiveSource
from indextracker.feeds.sources.simulated import SimulatedSource
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.timeline import Years
from indextracker_simulator.india.exchange import Exchange
from indextracker_simulator.server import serving

OFF, AFTER = date(2024, 2, 13), date(2024, 2, 14)
MUHURAT = date(2021, 11, 4)
NOW = datetime(2024, 2, 20, 12, tzinfo=UTC)
SESSION_FEEDS = {
    name for name, feed in feeds_of(SUBJECTS["india"]).items() if feed.timeline != Years()
}


@pytest.fixture(scope="module")
def nse() -> Iterator[SimulatedSource]:
    now = datetime(2024, 2, 20, 12, tzinfo=ZoneInfo("Asia/Kolkata"))
    with (
        serving(Exchange(clock=lambda: now, called_off=[OFF])) as address,
        SimulatedSource(address) as source,
    ):
        yield source


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def states(lake: Lake, day: date) -> dict[str, str]:
    return {feed: answer.state for (feed, _), answer in current(lake, FEEDS, [str(day)]).items()}


@pytest.mark.parametrize("feed", ["nse_full_bhavcopy", "nse_udiff_bhavcopy"])
def test_a_day_without_prices_and_with_the_file_of_before_is_closed(
    lake: Lake, nse: SimulatedSource, feed: str
) -> None:
    """Whichever of the two is asked, the other is asked for that day alone."""
    found = acquire_and_close(lake, FEEDS[feed], [OFF, AFTER], nse, clock=lambda: NOW)
    assert {day: answer.state for day, answer in found.items()} == {
        OFF: "closed",
        AFTER: "accepted",
    }
    assert states(lake, OFF) == dict.fromkeys(SESSION_FEEDS, "closed")
    assert states(lake, AFTER) == {feed: "accepted"}
    assert str(found[OFF].reason).startswith("the exchange was closed: ")
    assert "holds '12-Feb-2024'" in str(found[OFF].reason)


def test_before_the_next_session_is_due_nothing_is_found(lake: Lake, nse: SimulatedSource) -> None:
    evening = datetime(2024, 2, 14, 12, 59, tzinfo=UTC)  # half past six in Mumbai is 13:00
    acquire_and_close(lake, FEEDS["nse_full_bhavcopy"], [OFF], nse, clock=lambda: evening)
    assert states(lake, OFF) == {"nse_full_bhavcopy": "missing"}


def test_an_evening_that_was_filed_under_the_next_day_took_place(
    lake: Lake, nse: SimulatedSource
) -> None:
    full = FEEDS["nse_full_bhavcopy"]
    found = acquire_and_close(lake, full, [MUHURAT], nse, clock=lambda: NOW)
    assert found[MUHURAT].state == "missing"
    assert states(lake, MUHURAT)["nse_legacy_bhavcopy"] == "accepted"


def test_an_archive_proves_nothing(lake: Lake, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    with ArchiveSource(tmp_path / "archive") as archive:
        full = FEEDS["nse_full_bhavcopy"]
        found = acquire_and_close(lake, full, [OFF], archive, clock=lambda: NOW)
    assert found[OFF].state == "missing"
