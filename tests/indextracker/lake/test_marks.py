"""Marks of tables that are appended to: each hour by its rows, whatever its files are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.good_rows import OPENED, put, rows

from indextracker.building import staleness
from indextracker.building.needs import needs_of
from indextracker.calendars import calendar
from indextracker.lake import Lake
from indextracker.lake.upkeep import compact
from indextracker_catalogue import SUBJECTS
from indextracker_catalogue import markets as m

LATER = OPENED + timedelta(hours=1)
NEXT_DAY = datetime(2024, 12, 17, 1, tzinfo=UTC)


def append(lake: Lake, *hours: datetime) -> None:
    events = [
        {"hour": hour, "event_date": hour.date(), "sequence": str(n)}
        for n, hour in enumerate(hours)
    ]
    lake.append(m.QUOTE_EVENTS, rows(m.QUOTE_EVENTS, *events))


def test_an_event_changes_the_mark_of_its_hour_alone(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    append(lake, OPENED, OPENED, LATER)
    append(lake, NEXT_DAY, LATER)
    before = lake.marks(m.QUOTE_EVENTS)
    assert before == {"2024-12-16T01": "2", "2024-12-16T02": "2", "2024-12-17T01": "1"}
    append(lake, OPENED)
    after = lake.marks(m.QUOTE_EVENTS)
    assert {key for key in after if after[key] != before[key]} == {"2024-12-16T01"}


def test_alerts_are_loaded_when_there_are_more_and_when_they_were_sent(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    needs = needs_of(SUBJECTS["markets"], ["warehouse"])

    def stale() -> set[str]:
        found = staleness.stale(lake, needs, known=calendar)["raw/alerts"]
        staleness.record(lake, {"raw/alerts": found})
        return {*found}

    put(lake, m.ALERTS, rows(m.ALERTS, {"alert_id": "a"}))
    assert stale() == {"2024-12-16T01"}
    assert stale() == set()
    sent = {"sent_to": "desk", "sent_at": LATER}
    lake.merge(m.ALERTS, rows(m.ALERTS, {"alert_id": "a"} | sent))
    assert stale() == {"2024-12-16T01"}
    later = {"hour": NEXT_DAY, "window_end": NEXT_DAY}
    put(lake, m.ALERTS, rows(m.ALERTS, {"alert_id": "b"} | later))
    assert stale() == {"2024-12-17T01"}


def test_compaction_makes_nothing_stale_and_a_late_event_its_hour(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), "simulated")
    append(lake, OPENED, LATER, NEXT_DAY)
    append(lake, OPENED)
    needs = needs_of(SUBJECTS["markets"], ["silver"])

    def stale() -> set[str]:
        return {*staleness.stale(lake, needs, known=calendar)["silver/quotes"]}

    staleness.record(lake, staleness.accepted(lake, needs, known=calendar))
    files = len(lake.open(m.QUOTE_EVENTS).file_uris())
    compact(lake, m.QUOTE_EVENTS)
    assert len(lake.open(m.QUOTE_EVENTS).file_uris()) < files
    assert stale() == set()
    append(lake, LATER)
    assert stale() == {"2024-12-16T02"}
