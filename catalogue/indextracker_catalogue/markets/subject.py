"""Quotes and replayed trades of any market as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Subject
from indextracker_catalogue.timeline import Hours

SUBJECT = Subject(
    name="markets",
    title="Quotes and replayed trades as they come, and alerts on them",
    timeline=Hours(),
    zone="UTC",
)
