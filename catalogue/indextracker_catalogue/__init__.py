"""The catalogue: every Delta table of the lakehouse, declared once.

A subject's tables are declared in the folder of its name and collected from there, so nothing else
is edited to add one.
"""

from __future__ import annotations

from indextracker_catalogue.model import (
    Audit,
    Check,
    Column,
    Layer,
    Schedule,
    Severity,
    Subject,
    Table,
)
from indextracker_catalogue.secrets import Secret
from indextracker_catalogue.subjects import (
    AUDITS,
    SECRETS,
    SUBJECTS,
    TABLES,
    rejects_tables,
    subject_of,
    tables_of,
    timelines_of,
)
from indextracker_catalogue.timeline import (
    Days,
    Hours,
    Key,
    Names,
    Sessions,
    Timeline,
    Whole,
    Years,
)

__all__ = [
    "AUDITS",
    "SECRETS",
    "SUBJECTS",
    "TABLES",
    "Audit",
    "Check",
    "Column",
    "Days",
    "Hours",
    "Key",
    "Layer",
    "Names",
    "Schedule",
    "Secret",
    "Sessions",
    "Severity",
    "Subject",
    "Table",
    "Timeline",
    "Whole",
    "Years",
    "rejects_tables",
    "subject_of",
    "tables_of",
    "timelines_of",
]
