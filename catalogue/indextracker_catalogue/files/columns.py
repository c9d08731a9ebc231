"""Columns that several tables of price files share."""

from __future__ import annotations

from indextracker_catalogue.model import Column
from indextracker_catalogue.timeline import Names

COLLECTIONS = Names("collection")
COLLECTION = Column("collection", "string", "Name that its owner gave to a set of price files.")
FILE = Column(
    "file",
    "string",
    "Path of the file in the folder of its collection; of a workbook with the sheet, of an archive "
    "with the member.",
    width=1024,
)
