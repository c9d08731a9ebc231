"""Walking forward: years of training, after which a year is tested, again and again.

What precedes the tested year by less than a purge is no part of its training: a strategy that looks
back so far would have been chosen by what it is then tested on. How a run is made is in `running`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True)
class Window:
    """A tested year, and the days by which the parameters for it are chosen.

    Attributes:
        train_first: First day of training.
        train_last: Its last day, before which the purge ends too.
        first: First day that is tested.
        last: Last day that is tested.
    """

    train_first: date
    train_last: date
    first: date
    last: date


class TooShortError(ValueError):
    """The days hold no year that could be tested after training."""


def windows(first: date, last: date, years: int) -> list[Window]:
    """The windows of some days: the first test begins so many years after the first day.

    A test ends with the calendar year, so that the years of several runs can be compared; the first
    and the last one may be shorter.

    Args:
        first: First day of the first training.
        last: Last day that is tested.
        years: Years of training.

    Raises:
        TooShortError: No day is left to be tested.
    """
    begins = _later(first, years)
    if begins > last:
        raise TooShortError(
            f"{first} to {last} holds no day after {years} years of training: begin earlier, or "
            "train for fewer years"
        )
    found = []
    while begins <= last:
        ends = min(date(begins.year, 12, 31), last)
        found.append(Window(_later(begins, -years), begins - timedelta(days=1), begins, ends))
        begins = ends + timedelta(days=1)
    return found


def _later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February
        return day.replace(year=day.year + years, day=28)
