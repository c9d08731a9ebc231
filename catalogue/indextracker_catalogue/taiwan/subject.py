"""TAIEX and its derivatives as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Subject

SUBJECT = Subject(name="taiwan", title="TAIEX and its derivatives")
