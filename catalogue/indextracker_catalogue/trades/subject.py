"""Trade events as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Subject
from indextracker_catalogue.timeline import Hours

SUBJECT = Subject(
    name="trades",
    title="Sales and purchases as they are reported",
    timeline=Hours(),
    zone="UTC",
)
