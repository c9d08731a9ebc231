"""Analytics as a subject of the lakehouse."""

from __future__ import annotations

from indextracker_catalogue.model import Subject
from indextracker_catalogue.taiwan.columns import XTAI

# It has no documents of its own: what it is computed from are the tables of TAIEX and its
# derivatives, session by session.
SUBJECT = Subject(
    name="analytics",
    title="What the index and everything that hangs on it say about each other",
    timeline=XTAI,
    zone="Asia/Taipei",
)
