"""The catalogue: every Delta table of the lakehouse, declared once.

A subject's tables stand in the folder of its name. `subjects` collects them from there, so a new
table is added by writing it down and nowhere else.
"""

from __future__ import annotations

from indextracker_catalogue.model import (
    Audit,
    Check,
    Column,
    Layer,
    Severity,
    Storage,
    Subject,
    Table,
)
from indextracker_catalogue.subjects import (
    AUDITS,
    SUBJECTS,
    TABLES,
    subject_of,
    tables_of,
)

__all__ = [
    "AUDITS",
    "SUBJECTS",
    "TABLES",
    "Audit",
    "Check",
    "Column",
    "Layer",
    "Severity",
    "Storage",
    "Subject",
    "Table",
    "subject_of",
    "tables_of",
]
