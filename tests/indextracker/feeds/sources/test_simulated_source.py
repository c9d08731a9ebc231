"""The simulated exchange as a source: a child process, or one that runs already."""

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support.closing import acquire_and_close

from indextracker.acquiring.acquisition import acquire
from indextracker.acquiring.windows import outstanding
from indextracker.building.earlier import known
from indextracker.calendars import calendar
from indextracker.feeds import FEEDS, Feed, feeds_of
from indextracker.feeds.sources import judge
from indextracker.feeds.sources import simulated as module
from indextracker.feeds.sources.simulated import SimulatedSource
from indextracker.lake import Lake
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue.timeline import Hours, Sessions, Years
from indextracker_simulator.faults import KINDS, FaultKind, Faults
from indextracker_simulator.server import ExchangeServer, serving
from indextracker_simulator.taiwan.exchange import Exchange

pytestmark = pytest.mark.slow

LATER = datetime(2025, 1, 1, tzinfo=UTC)
SESSION_FEEDS = [feed for feed in FEEDS.values() if isinstance(feed.timeline, Sessions)]
FUTURES = FEEDS["taifex_futures"]
OF_TAIWAN = feeds_of(SUBJECTS["taiwan"])


def dated(feed: Feed, session: date) -> date:
    """The day of its key that holds the session, or of its last one where it ended before."""
    if feed.timeline == Years():
        return date(session.year, 1, 1)
    if feed.timeline == Hours():
        return datetime(session.year, session.month, session.day, 13, tzinfo=UTC)
    end = feed.published_until
    return min(session, date.fromisoformat(end)) if end else session


def test_every_feed_is_served_and_the_child_ends(session: date) -> None:
    with SimulatedSource() as source:
        process = None
        for feed in FEEDS.values():
            day = dated(feed, session)
            (verdict,) = judge(feed, feed.timeline.key_of(day), source, LATER)
            if feed.of_today:  # of a day that is past there is none
                assert verdict.state == "never"
                continue
            assert (verdict.state, verdict.reason) == ("accepted", None)
            assert verdict.url.startswith(f"simulated:{feed.request(day).path}")
            assert verdict.rows is not None
            assert verdict.rows.num_rows > 1
            assert verdict.published_at or not feed.listing
            process = process or source._process
            assert judge(feed, feed.timeline.key_of(day), source, LATER) == [verdict]
        assert process is not None
        assert process.poll() is None
    assert process.returncode == 0


def test_an_unused_source_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "COMMAND", ("/nowhere/simulator",))
    with SimulatedSource():
        pass


@pytest.mark.parametrize(
    "program", ["import sys; sys.exit(3)", "import sys; print('hello'); sys.stdin.read()"]
)
def test_a_child_that_does_not_listen_is_an_error(
    monkeypatch: pytest.MonkeyPatch, session: date, program: str
) -> None:
    monkeypatch.setattr(module, "COMMAND", (sys.executable, "-c", program))
    monkeypatch.setattr(module, "START_SECONDS", 1.0)
    source = SimulatedSource()
    with pytest.raises(RuntimeError, match=r"did not start .*exit code [03]\)"):
        list(source.answers(FUTURES, session))
    source.close()


# one that runs already, whose time can be moved


class Time:
    """The time of an exchange and of those who ask it, in Taipei."""

    def __init__(self) -> None:
        self.now = LATER

    def __call__(self) -> datetime:
        return self.now

    def seconds(self) -> float:
        return self.now.timestamp()

    def move(self, day: date, hour: int, minute: int = 0) -> datetime:
        local = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
        self.now = local - timedelta(hours=8)
        return self.now


THURSDAY, FRIDAY, MONDAY = date(2024, 12, 12), date(2024, 12, 13), date(2024, 12, 16)


@pytest.fixture
def moved() -> Time:
    return Time()


@pytest.fixture
def source(moved: Time) -> Iterator[SimulatedSource]:
    """An exchange that is closed by a typhoon on a Friday, and lists the last 30 sessions."""
    exchange = Exchange(clock=moved, typhoons=[FRIDAY], window=30)
    with serving(exchange) as address, SimulatedSource(address, moved.seconds) as one:
        yield one


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def test_a_night_a_dawn_and_an_evening(source: SimulatedSource, moved: Time, lake: Lake) -> None:
    def state() -> str:
        [answer] = acquire(lake, FUTURES, [str(THURSDAY)], source, clock=moved).values()
        return answer.state

    moved.move(date(2024, 12, 11), 9)
    assert state() == "not_yet"
    moved.move(THURSDAY, 4)
    assert state() == "not_yet"
    moved.move(THURSDAY, 6)
    assert state() == "partial"
    assert lake.row_counts(FUTURES.table, [str(THURSDAY)]) == {str(THURSDAY): 0}
    moved.move(THURSDAY, 17)
    assert state() == "accepted"
    assert lake.row_counts(FUTURES.table, [str(THURSDAY)])[str(THURSDAY)] > 1_000
    moved.move(date(2025, 3, 12), 9)
    [gone] = acquire(lake, FUTURES, ["2024-12-11"], source, clock=moved).values()
    assert gone.state == "gone"
    assert "2024-12-11 is deleted" in str(gone.reason)


def test_a_typhoon_day_is_closed_when_the_next_session_is_listed(
    source: SimulatedSource, moved: Time, lake: Lake
) -> None:
    index = FEEDS["twse_index"]

    def states() -> dict[str, str]:
        return {
            feed.name: acquire_and_close(lake, feed, [FRIDAY], source, clock=moved)[FRIDAY].state
            for feed in (FUTURES, index)
        }

    moved.move(FRIDAY, 18, 30)
    assert states() == {"taifex_futures": "partial", "twse_index": "missing"}
    moved.move(date(2024, 12, 14), 6)
    assert states() == {"taifex_futures": "closed", "twse_index": "closed"}
    missing = outstanding(lake, source, known(lake, calendar), OF_TAIWAN.values(), moved())
    assert all(one.key != str(FRIDAY) for one in missing)


FAULTY = (FUTURES, FEEDS["taifex_daily_futures"], FEEDS["twse_index"])


@pytest.fixture(scope="module")
def exchange() -> Exchange:
    return Exchange(clock=lambda: LATER, window=30)


def rows(lake: Lake, feed: Feed) -> pa.Table:
    keys = ("session_date", "line", *(("index_name",) if feed.name == "twse_index" else ()))
    return lake.rows(feed.table).to_table().sort_by([(key, "ascending") for key in keys])


@pytest.fixture(scope="module")
def right(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """What is to come out: bronze of an exchange where nothing goes wrong."""
    lake = Lake(str(tmp_path_factory.mktemp("right") / "lake"), "simulated")
    with serving(exchange) as address, SimulatedSource(address) as source:
        for feed in FAULTY:
            acquire(lake, feed, [str(THURSDAY), str(MONDAY)], source)
    return {feed.name: rows(lake, feed) for feed in FAULTY}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_survived(
    exchange: Exchange, right: dict[str, pa.Table], lake: Lake, kind: FaultKind
) -> None:
    """Each document goes wrong a few times; nothing wrong is taken, and reruns bring all of it."""
    faults = Faults(7, {kind: 1.0}, most=4, latency_seconds=0.01)
    server = ExchangeServer(exchange, faults=faults)
    with server.in_background(), SimulatedSource(server.url) as source:
        for feed in FAULTY:
            for _ in range(10):
                answers = acquire(lake, feed, [str(THURSDAY), str(MONDAY)], source)
                if all(answer.accepted for answer in answers.values()):
                    break
            assert rows(lake, feed).equals(right[feed.name])
    assert any(served.fault == kind for served in server.journal)
