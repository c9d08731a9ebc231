"""Tables with a commit a second: their logs are cleaned, what writers noted there is not."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from support.good_rows import OPENED, rows

from indextracker.building import staleness
from indextracker.building.needs import needs_of
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker.lake.arrow import arrow_schema
from indextracker.lake.tail import OvertakenError, Tail
from indextracker.lake.upkeep import compact, forget, maintain
from indextracker.system import failpoints
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue import markets as m

TABLE = m.QUOTE_EVENTS
NEXT_DAY = OPENED + timedelta(days=1)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), "simulated")


def append(lake: Lake, *hours: datetime) -> None:
    events = [
        {"hour": hour, "event_date": hour.date(), "sequence": str(n)}
        for n, hour in enumerate(hours)
    ]
    lake.append(TABLE, rows(TABLE, *events))


def one_event() -> pa.Table:
    event = rows(TABLE, {"hour": OPENED, "event_date": OPENED.date()})
    return event.cast(arrow_schema(TABLE, stored=True))


def test_numbers_of_writers_survive_the_cleaning_of_the_log(lake: Lake, tmp_path: Path) -> None:
    """A day and a night of commits in one: all of the log but its end is older than it is kept."""
    tail = Tail(lake, TABLE)
    event = one_event()
    for number in range(1, 60):
        tail.append(event, {"shard/0": number, f"only {number}": 1})
    log = tmp_path / "lake" / TABLE.path / "_delta_log"
    long_ago = time.time() - 3 * 86_400
    for commit in log.iterdir():
        os.utime(commit, (long_ago, long_ago))
    compact(lake, TABLE)
    for number in range(60, 125):
        tail.append(event, {"shard/0": number})
    maintain(lake, TABLE, 30)
    assert not (log / f"{1:020}.json").exists()
    again = Tail(Lake(lake.root, "simulated"), TABLE)
    assert again.number("shard/0") == 124
    assert again.number("only 7") == 1
    assert again.number("never") is None
    assert lake.total_rows(TABLE) == 124


def test_days_that_are_forgotten_stay_as_they_were_built(lake: Lake) -> None:
    append(lake, OPENED, OPENED, NEXT_DAY)
    needs = needs_of(SUBJECTS["markets"], ["silver"])

    def stale() -> set[str]:
        return {*staleness.stale(lake, needs, known=calendar)["silver/quotes"]}

    assert stale() == {"2024-12-16T01", "2024-12-17T01"}
    staleness.record(lake, staleness.accepted(lake, needs, known=calendar))
    assert forget(lake, TABLE, NEXT_DAY.date()) == 2
    assert forget(lake, TABLE, NEXT_DAY.date()) == 0
    assert lake.total_rows(TABLE) == 1
    assert stale() == set()
    # One that comes late is all that there is of its hour.
    append(lake, OPENED, NEXT_DAY)
    assert stale() == {"2024-12-17T01"}
    assert forget(lake, TABLE, date(2024, 12, 1)) == 0
    assert forget(lake, TABLE, NEXT_DAY.date()) == 1


def test_a_consumer_goes_on_beside_what_is_forgotten(lake: Lake) -> None:
    tail = Tail(lake, TABLE)
    event = one_event()
    tail.append(event, {"shard/0": 1})
    assert forget(lake, TABLE, NEXT_DAY.date()) == 1
    with pytest.raises(OvertakenError):
        tail.append(event, {"shard/0": 2})
    tail.refresh()
    tail.append(event, {"shard/0": 2})
    assert Tail(lake, TABLE).number("shard/0") == 2
    assert lake.total_rows(TABLE) == 1


def forget_until_killed(root: str, name: str) -> None:
    failpoints.arm(name)
    forget(Lake(root, "simulated"), TABLE, NEXT_DAY.date())


@pytest.mark.parametrize(("name", "left"), [("forget-before", 2), ("forget-after", 1)])
def test_forgetting_is_done_or_not_when_it_is_killed(lake: Lake, name: str, left: int) -> None:
    append(lake, OPENED, NEXT_DAY)
    process = multiprocessing.get_context("spawn").Process(
        target=forget_until_killed, args=(lake.root, name)
    )
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert Lake(lake.root, "simulated").total_rows(TABLE) == left
    assert forget(lake, TABLE, NEXT_DAY.date()) == left - 1
    assert lake.total_rows(TABLE) == 1
