"""What the tests of India's simulated exchange share: one exchange, whose clock stands still."""

from __future__ import annotations

from datetime import datetime

import pytest

from indextracker_simulator.india.calendar import INDIA
from indextracker_simulator.india.exchange import Exchange


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    """Without the lines that cannot be read."""
    return Exchange(clock=lambda: datetime(2026, 8, 21, 12, tzinfo=INDIA), unreadable=False)
