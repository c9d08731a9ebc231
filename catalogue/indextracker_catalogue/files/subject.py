"""People's own price files as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Subject
from indextracker_catalogue.timeline import Days

# Its tables are of collections and of runs, which have names. Days are what a backfill of it asks
# for, which builds its marts.
SUBJECT = Subject(
    name="files",
    title="Price files of one's own, and strategies run over prices",
    timeline=Days("UTC"),
    zone="UTC",
)
