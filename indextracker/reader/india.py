"""Securities of NSE for the reader."""

from __future__ import annotations

from indextracker.reader.model import Equities
from indextracker_catalogue import india as i

EQUITIES = Equities(daily=i.EQUITIES_DAILY, factors=i.EQUITIES_ADJUSTED, instruments=i.INSTRUMENTS)
