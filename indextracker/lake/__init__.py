"""The lake: the landing zone and the Delta tables below one root."""

from indextracker.lake.landing import Landing
from indextracker.lake.store import Lake, WorldMismatchError

__all__ = ["Lake", "Landing", "WorldMismatchError"]
