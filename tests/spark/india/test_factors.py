"""What prices are multiplied by in each time between the corporate actions of an instrument."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from spark.frames import Frames

from indextracker_catalogue import india as t
from indextracker_spark.india.factors import equity_factors
from indextracker_spark.job import conform

DAYS = [date(2024, 10, 7) + timedelta(days=number) for number in range(5)]
Time = tuple[str, int, int, float | None]


def times(frames: Frames, factors: Sequence[float | None], *names: str) -> list[Time]:
    """The times of an instrument with a factor in each session, by places in the week."""
    security = {"instrument_id": "of then", "series": "EQ"}
    symbols = names or ("ALFA",) * len(DAYS)
    rows: list[dict[str, Any]] = [
        security | {"session_date": day, "symbol": symbol, "factor": factor}
        for day, symbol, factor in zip(DAYS, symbols, factors, strict=True)
    ]
    blocks = [row | {"series": "BL"} for row in rows]
    spells: list[dict[str, Any]] = [
        {
            "instrument_id": "A",
            **{name: row[name] for name in ("symbol", "series")},
            **dict.fromkeys(("valid_from", "valid_to"), row["session_date"]),
        }
        for row in (*rows, *blocks)
    ]
    found = equity_factors(
        frames.of(t.EQUITIES_ADJUSTED, [*rows, *blocks]), frames.of(t.INSTRUMENTS, spells)
    )
    made = conform(found, t.EQUITY_FACTORS).toArrow().sort_by("valid_from").to_pylist()
    return [
        (
            row["instrument_id"],
            DAYS.index(row["valid_from"]),
            DAYS.index(row["valid_to"]),
            row["factor"],
        )
        for row in made
    ]


def test_without_an_action_there_is_one_time(frames: Frames) -> None:
    assert times(frames, [1.0] * 5) == [("A", 0, 4, 1.0)]


def test_a_time_has_the_factors_of_all_later_actions(frames: Frames) -> None:
    """Under new symbols, and by the instruments as they are known now."""
    names = ("ALFA", "ALFA", "BETA", "BETA", "BETA")
    assert times(frames, [1.0, 0.5, 1.0, 0.2, 1.0], *names) == [
        ("A", 0, 0, pytest.approx(0.1)),
        ("A", 1, 2, 0.2),
        ("A", 3, 4, 1.0),
    ]


def test_nothing_is_known_before_a_factor_that_is_not(frames: Frames) -> None:
    assert times(frames, [0.5, 1.0, None, 1.0, 0.5]) == [
        ("A", 0, 1, None),
        ("A", 2, 3, 0.5),
        ("A", 4, 4, 1.0),
    ]
