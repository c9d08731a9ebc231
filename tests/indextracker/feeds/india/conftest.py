"""The calendar of NSE, by which files of days without a session are of the session before."""

import pytest

from indextracker import calendars
from indextracker.calendars.exchanges import find_exchanges


@pytest.fixture(autouse=True)
def _nse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(calendars.EXCHANGES, "XNSE", find_exchanges(["india"])["XNSE"])
