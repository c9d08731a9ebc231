"""One lake of the simulated exchange for all comparisons with its truth."""

from datetime import UTC, datetime

import pytest
from support import one_sail
from support.market import SESSIONS, Market

from indextracker_simulator.taiwan.exchange import Exchange


@pytest.fixture(scope="session")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """All sessions of interest, from the exchange's documents to gold."""
    exchange = Exchange(clock=lambda: datetime(2025, 6, 2, 12, tzinfo=UTC))
    filled = Market(tmp_path_factory.mktemp("market") / "lake", one_sail.engine(), exchange)
    filled.fill(SESSIONS)
    return filled
