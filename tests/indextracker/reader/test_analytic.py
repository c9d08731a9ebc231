"""Analytics by name: chosen by their keys, in their order, and as they were known at an instant."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from support.good_rows import rows
from support.sources import PROJECT

from indextracker import Lakehouse
from indextracker.lake import Lake
from indextracker.reader import UnknownNameError
from indextracker.reader.analytics import FIGURES
from indextracker_catalogue import analytics as a

FRIDAY, MONDAY = date(2024, 12, 13), date(2024, 12, 16)


def utc(day: int, hour: int, minute: int) -> datetime:
    return datetime(2024, 12, day, hour, minute, tzinfo=UTC)


@pytest.fixture(scope="module")
def lakehouse(tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    """A basis of two contracts in minutes of Friday, of Monday's night, and of Monday."""
    lake = Lake(str(tmp_path_factory.mktemp("analytic") / "lake"), "simulated")
    minutes = (
        (FRIDAY, "202412", utc(13, 3, 0), 1.0),
        (MONDAY, "202412", utc(13, 8, 0), 2.0),
        (MONDAY, "202501", utc(16, 2, 0), 5.0),
        (MONDAY, "202412", utc(16, 2, 0), 3.0),
        (MONDAY, "202412", utc(16, 2, 1), 4.0),
    )
    names = ("session_date", "expiry", "bar_start", "basis")
    changes = ({"product": "TX"} | dict(zip(names, minute, strict=True)) for minute in minutes)
    lake.replace(a.BASIS, rows(a.BASIS, *changes), [str(FRIDAY), str(MONDAY)])
    return Lakehouse(lake.root, clock=lambda: utc(17, 0, 0))


def basis(lakehouse: Lakehouse, at: str, **of: object) -> list[float]:
    found: list[float] = lakehouse.analytic("basis", at=at, **of).rows["basis"].to_pylist()
    return found


def test_rows_come_in_the_order_of_their_key(lakehouse: Lakehouse) -> None:
    whole = lakehouse.analytic("basis", product="TX", first=FRIDAY, last=MONDAY)
    assert whole.rows["basis"].to_pylist() == [1.0, 2.0, 3.0, 4.0, 5.0]
    later = lakehouse.analytic("Basis", expiry=["202501", "202502"])
    assert later.rows["basis"].to_pylist() == [5.0]


@pytest.mark.parametrize(
    ("at", "known"),
    [
        # A bar is known at its end.
        ("2024-12-16T10:00:59+08:00", [2.0]),
        ("2024-12-16T10:01+08:00", [3.0, 5.0]),
        ("2024-12-16T10:02+08:00", [4.0, 5.0]),
        # Until the night has begun the session of the day is the newest one.
        ("2024-12-13T15:59+08:00", [1.0]),
        ("2024-12-13T16:01+08:00", [2.0]),
        ("2024-12-14T03:00+08:00", [2.0]),
    ],
)
def test_an_instant_has_what_was_known_then(
    lakehouse: Lakehouse, at: str, known: list[float]
) -> None:
    assert basis(lakehouse, at) == known


def test_what_was_not_known_yet_is_told_to_be_missing(lakehouse: Lakehouse) -> None:
    found = lakehouse.analytic("basis", at="2024-12-13T10:00+08:00")
    assert len(found) == 0
    [gap] = found.missing.rows.to_pylist()
    assert (gap["key"], gap["state"]) == (str(FRIDAY), "empty")


def test_what_cannot_be_asked_is_refused(lakehouse: Lakehouse) -> None:
    with pytest.raises(UnknownNameError, match="did you mean lead_lag"):
        lakehouse.analytic("leadlag")
    with pytest.raises(UnknownNameError, match="the key of basis"):
        lakehouse.analytic("basis", asset="TX")
    with pytest.raises(ValueError, match="give no span"):
        lakehouse.analytic("basis", at="2024-12-16T10:00+08:00", last=MONDAY)
    with pytest.raises(ValueError, match="no instants within a session"):
        lakehouse.analytic("lead_lag", at="2024-12-16T10:00+08:00")


@pytest.mark.parametrize("text", ["docs/reader.md", "indextracker/reader/lakehouse.py"])
def test_all_names_are_told(text: str) -> None:
    told = re.search(r"(?s)## Analytics\n.*?\n## |def analytic\(.*?Args:", read(text))
    assert told
    assert set(FIGURES.tables) <= set(re.findall(r"`(\w+)`", told[0]))


def read(text: str) -> str:
    return Path(PROJECT / text).read_text(encoding="utf-8")
