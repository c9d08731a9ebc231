"""Fourteen months of the simulated exchange, with the factors of their prices."""

from datetime import date

import pytest
from spark.frames import Frames
from support import nse_months
from support.nse_months import Months

# With ten actions that change the number of shares, of all three kinds.
SPAN = date(2016, 11, 1), date(2017, 12, 31)


@pytest.fixture(scope="package")
def months(frames: Frames) -> Months:
    return nse_months.months(frames, *SPAN)
