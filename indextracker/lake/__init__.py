"""The lake: the landing zone and the Delta tables below one root."""

from indextracker.lake.landing import Landing
from indextracker.lake.shapes import TableShapeError
from indextracker.lake.store import Lake, TableMissingError, WorldMismatchError
from indextracker.lake.versions import NoSuchVersionError, VacuumedError

__all__ = [
    "Lake",
    "Landing",
    "NoSuchVersionError",
    "TableMissingError",
    "TableShapeError",
    "VacuumedError",
    "WorldMismatchError",
]
