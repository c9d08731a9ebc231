"""What the simulator's tests share: one exchange, a week of its sessions, its truth."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from indextracker_simulator.taiwan.exchange import Exchange, Session
from indextracker_simulator.taiwan.truth import truth

if TYPE_CHECKING:
    import pyarrow as pa

# Friday to Thursday around the third Wednesday of December 2024.
WEEK = tuple(date(2024, 12, day) for day in (13, 16, 17, 18, 19))
THIRD_WEDNESDAY = WEEK[3]


@pytest.fixture(scope="session")
def exchange() -> Exchange:
    return Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def week(exchange: Exchange) -> list[Session]:
    return [exchange.session(day) for day in WEEK]


@pytest.fixture(scope="session")
def whole(exchange: Exchange) -> dict[str, pa.Table]:
    """The truth of the third Wednesday, 2024-12-18."""
    return truth(exchange, THIRD_WEDNESDAY)
