"""The reference files of NSE load and agree with each other; broken copies do not."""

import csv
import re
import shutil
from collections.abc import Callable, Collection
from datetime import date, time, timedelta
from importlib import resources
from pathlib import Path

import pytest

from indextracker.reference import india as reference
from indextracker.reference.closures import SpecialSession, read_closures, read_special_sessions

LOADERS: dict[str, Callable[..., Collection[object]]] = {
    "closures.csv": read_closures,
    "special_sessions.csv": read_special_sessions,
    "reviewed.csv": reference.REVIEWS.read,
}
HOURS_NOT_FOUND = ["2012-01-07", "2012-03-03", "2012-09-08", "2013-05-11", "2026-11-08"]
FULL_DAYS = ["2015-02-28", "2020-02-01", "2024-01-20", "2025-02-01", "2026-02-01"]


def length(row: SpecialSession) -> int:
    """The minutes of a session whose hours are known."""
    assert row.hours
    opens, closes = (clock.hour * 60 + clock.minute for clock in row.hours)
    return closes - opens


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """A writable copy of the reference files."""
    for name in LOADERS:
        with resources.as_file(resources.files(reference) / name) as file:
            shutil.copy(file, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize("name", LOADERS)
def test_every_file_loads_and_every_row_has_a_source(name: str) -> None:
    assert LOADERS[name](reference.FOLDER)
    with (resources.files(reference) / name).open("r", encoding="utf-8") as file:
        assert all(row["source"] for row in csv.DictReader(file))


@pytest.mark.parametrize(
    ("day", "announced_on"),
    [
        ("2014-04-24", "2014-04-03"),  # parliamentary elections
        ("2019-04-29", "2019-03-26"),
        ("2023-06-29", "2023-06-27"),  # Bakri Id, moved
        ("2024-01-22", "2024-01-19"),  # a Friday, for the Monday
        ("2024-05-20", "2024-04-08"),
        ("2024-11-20", "2024-11-08"),
        ("2026-01-15", "2026-01-12"),
    ],
)
def test_a_closure_outside_the_list_says_when_it_was_announced(day: str, announced_on: str) -> None:
    (closure,) = (row for row in reference.closures() if row.day.isoformat() == day)
    assert not closure.scheduled
    assert closure.announced_on == date.fromisoformat(announced_on)


def test_a_holiday_of_the_list_has_its_name_and_no_announcement() -> None:
    (holiday,) = (row for row in reference.closures() if row.day == date(2026, 3, 3))
    assert (holiday.reason, holiday.scheduled, holiday.announced_on) == ("Holi", True, None)


def test_muhurat_is_each_year_once_with_its_hours() -> None:
    muhurat = [row for row in reference.special_sessions() if "Muhurat" in row.reason]
    assert [row.day.year for row in muhurat] == list(range(2011, 2027))
    minutes = {row.day.year: length(row) for row in muhurat if row.hours}
    assert minutes == {year: 75 if year < 2014 else 60 for year in range(2011, 2026)}
    assert all(row.hours[0] >= time(13, 45) for row in muhurat if row.hours)


def test_without_hours_are_full_days_and_those_whose_source_says_so() -> None:
    without = {row.day.isoformat(): row for row in reference.special_sessions() if not row.hours}
    assert sorted(without) == sorted([*HOURS_NOT_FOUND, *FULL_DAYS])
    assert all("not found" in without[day].source for day in HOURS_NOT_FOUND)
    assert all("usual hours" in without[day].source for day in FULL_DAYS)


def test_every_kind_of_fact_says_until_when_it_was_reviewed() -> None:
    reviews = {review.kind: review for review in reference.REVIEWS.read()}
    assert set(reviews) == {"closures", "holidays", "special_sessions"}
    assert {(review.subject, review.exchange) for review in reviews.values()} == {("india", "XNSE")}
    listed = reviews["holidays"].reviewed_until
    assert (listed.month, listed.day) == (12, 31)
    assert reviews["holidays"].is_old(listed + timedelta(days=1))


def test_no_closure_is_later_than_its_review() -> None:
    reviews = {review.kind: review.reviewed_until for review in reference.REVIEWS.read()}
    for row in reference.closures():
        assert row.day <= reviews["holidays" if row.scheduled else "closures"]


@pytest.mark.parametrize(
    ("name", "line", "old", "new", "complaint"),
    [
        ("special_sessions.csv", 2, "18:00:00", "16:45:00", "must open before it closes"),
        ("special_sessions.csv", 2, "18:00:00", "", "closes is empty"),
        ("special_sessions.csv", 2, "16:45:00", "", "opens is empty"),
        ("special_sessions.csv", 2, "16:45:00", "4:45 pm", "is not a time of the form HH:MM:SS"),
        ("special_sessions.csv", 2, "2011-10-26", "2011-10-27", "is a closure in closures.csv"),
        ("special_sessions.csv", 1, "opens,closes", "hours,closes", "they must be exchange, date"),
        ("closures.csv", 2, ",true,", ",false,", "needs the date of its announcement"),
        ("reviewed.csv", 2, "closures", "elections", "'elections' is none of closures, holidays"),
    ],
)
def test_a_broken_copy_is_refused_with_file_and_line(
    copies: Path, *, name: str, line: int, old: str, new: str, complaint: str
) -> None:
    lines = (copies / name).read_text(encoding="utf-8").splitlines(keepends=True)
    assert old in lines[line - 1]
    lines[line - 1] = lines[line - 1].replace(old, new, 1)
    (copies / name).write_text("".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"^{re.escape(name)}, line {line}: .*{complaint}"):
        LOADERS[name](copies)
