"""Years of training, and the year that is tested after them."""

from datetime import date
from itertools import pairwise

import pytest

from indextracker.strategies.walk_forward import TooShortError, Window, windows


def test_each_year_follows_its_training() -> None:
    found = windows(date(2014, 3, 10), date(2018, 6, 29), 2)
    assert found == [
        Window(date(2014, 3, 10), date(2016, 3, 9), date(2016, 3, 10), date(2016, 12, 31)),
        Window(date(2015, 1, 1), date(2016, 12, 31), date(2017, 1, 1), date(2017, 12, 31)),
        Window(date(2016, 1, 1), date(2017, 12, 31), date(2018, 1, 1), date(2018, 6, 29)),
    ]


def test_tests_follow_each_other_without_a_gap_from_a_leap_day() -> None:
    found = windows(date(2012, 2, 29), date(2016, 12, 31), 1)
    assert found[0].first == date(2013, 2, 28)
    for before, after in pairwise(found):
        assert (after.first - before.last).days == 1
        assert after.train_last < after.first


def test_days_that_are_too_few_are_refused() -> None:
    with pytest.raises(TooShortError, match="no day after 3 years of training"):
        windows(date(2014, 1, 1), date(2016, 12, 30), 3)
