"""Ranges that somebody wrote: without a session, still to come, or none at all."""

from __future__ import annotations

from datetime import date

import pytest
from homes import Home

from indextracker.calendars import taiwan
from indextracker.cli.days import no_session


@pytest.mark.parametrize(
    ("first", "last", "sentence"),
    [
        ("2024-12-14", "2024-12-15", "2024-12-14 to 2024-12-15 are a weekend"),
        ("2024-12-15", "2024-12-15", "2024-12-15 is a Sunday"),
        ("2024-10-10", "2024-10-10", "2024-10-10 is a holiday of the exchange"),
        ("2022-01-29", "2022-02-01", "a weekend and holidays of the exchange"),
    ],
)
def test_a_range_without_a_session_says_why(first: str, last: str, sentence: str) -> None:
    days = date.fromisoformat(first), date.fromisoformat(last)
    assert sentence in no_session(taiwan(), *days)


def test_the_nearest_sessions_are_named() -> None:
    said = no_session(taiwan(), date(2024, 12, 14), date(2024, 12, 15))
    assert said.endswith("the nearest are 2024-12-13 and 2024-12-16")


def test_a_weekend_is_nothing_to_do(empty: Home) -> None:
    done = empty.run("backfill", "taiwan", "--from", "2024-12-14", "--to", "2024-12-15", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert '"sessions": {}' in done.stdout
    assert "a weekend" in done.stderr
    # Known before Dagster begins.
    assert not empty.dagster.exists()


def test_the_future_is_not_asked_for(empty: Home) -> None:
    day = taiwan().sessions(date.today(), taiwan().horizon)[-1].isoformat()  # noqa: DTZ011
    done = empty.run("backfill", "taiwan", "--from", day, "--to", day)
    assert done.returncode == 2
    assert f"the first session of the range is {day}" in done.stderr
    assert not empty.dagster.exists()
