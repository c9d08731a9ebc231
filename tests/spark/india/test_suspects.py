"""Moves and corporate actions that do not fit each other."""

from datetime import date
from typing import Any

import pyarrow.compute as pc
import pytest
from spark.frames import Frames
from support.nse_months import Months

from indextracker_catalogue import india as t
from indextracker_catalogue.india.terms import (
    ACTION_WITHOUT_MOVE,
    FACTOR_UNKNOWN,
    MOVE_BEYOND_ACTION,
    MOVE_WITHOUT_ACTION,
)
from indextracker_spark.india.adjustments import equities_adjusted
from indextracker_spark.india.suspects import suspects
from indextracker_spark.job import conform

LISTED, SESSION = date(2024, 10, 1), date(2024, 10, 28)


@pytest.mark.parametrize(
    ("opened", "factor", "actions", "expected"),
    [
        (99.0, 1.0, None, None),
        (50.3, 1.0, None, MOVE_WITHOUT_ACTION),
        (150.0, 1.0, None, MOVE_WITHOUT_ACTION),
        (50.3, 1.0, "dividend", MOVE_WITHOUT_ACTION),
        (50.3, 1.0, "demerger", None),
        (50.3, 0.5, "bonus", None),
        (99.0, 0.5, "bonus", ACTION_WITHOUT_MOVE),
        (25.0, 0.5, "bonus", MOVE_BEYOND_ACTION),
        (99.0, 0.97, "rights", None),  # lost in the moves of a day
        (99.0, None, "rights", FACTOR_UNKNOWN),
        (60.0, None, None, FACTOR_UNKNOWN),
        (99.0, None, None, None),
    ],
)
def test_what_does_not_fit(
    frames: Frames, opened: float, factor: float | None, actions: str | None, expected: str | None
) -> None:
    security: dict[str, Any] = {"symbol": "ALFA", "series": "EQ", "instrument_id": "ALFA"}
    row = {"session_date": SESSION, "previous_close": 100.0, "open": opened, "shares": 1}
    issue = row | {"session_date": LISTED}
    adjusted = [one | security | {"factor": factor, "actions": actions} for one in (row, issue)]
    spell = security | {"valid_from": LISTED, "valid_to": SESSION}
    found = suspects(frames.of(t.EQUITIES_ADJUSTED, adjusted), frames.of(t.INSTRUMENTS, [spell]))
    classes = [
        (row["session_date"], row["class"])
        for row in conform(found, t.CORPORATE_ACTION_SUSPECTS).toArrow().to_pylist()
    ]
    assert classes == ([(SESSION, expected)] if expected else [])


def test_actions_that_nobody_announced_are_found_on_the_simulated_exchange(
    frames: Frames, months: Months
) -> None:
    """With all announcements nothing is a suspect."""
    make = frames.spark.createDataFrame
    known = make(months.instruments)
    assert suspects(make(months.adjusted), known).toArrow().num_rows == 0
    kept = months.announced.filter(pc.not_equal(months.announced["kind"], "bonus"))
    listed = frames.of(t.CORPORATE_ACTION_LISTS, [])
    silent = equities_adjusted(make(months.equities), make(kept), make(months.caps), known, listed)
    found = suspects(silent, known).toArrow()
    bonuses = months.adjusted.filter(pc.equal(months.adjusted["actions"], "bonus"))
    large = bonuses.filter(pc.less(bonuses["factor"], 0.7))
    assert {*found["class"].to_pylist()} == {MOVE_WITHOUT_ACTION}
    assert {*found["session_date"].to_pylist()} == {*large["session_date"].to_pylist()}
