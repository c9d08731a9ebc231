"""The catalogue: every Delta table of the lakehouse, declared once.

A subject's tables stand in the module of its name. The catalogue collects them from there, so a
new table is added by writing it down and nowhere else.
"""

from __future__ import annotations

from indextracker_catalogue import taiwan
from indextracker_catalogue.model import Audit, Check, Column, Layer, Severity, Storage, Table
from indextracker_catalogue.shared import builds, deliveries

SUBJECTS = (deliveries, builds, taiwan)

TABLES: dict[str, Table] = {
    value.path: value
    for subject in SUBJECTS
    for value in vars(subject).values()
    if isinstance(value, Table)
}
AUDITS: tuple[Audit, ...] = tuple(
    value for subject in SUBJECTS for value in vars(subject).values() if isinstance(value, Audit)
)

__all__ = ["AUDITS", "TABLES", "Audit", "Check", "Column", "Layer", "Severity", "Storage", "Table"]
