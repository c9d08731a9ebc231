"""Analytics for the reader: each table of the subject in gold, by its name."""

from __future__ import annotations

from indextracker.reader.model import Figures
from indextracker_catalogue import tables_of
from indextracker_catalogue.analytics import SUBJECT

FIGURES = Figures({table.name: table for table in tables_of(SUBJECT) if table.layer == "gold"})
