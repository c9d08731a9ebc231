"""Collections of people's own price files for the reader."""

from __future__ import annotations

from indextracker.reader.model import Collections
from indextracker_catalogue import files as f

COLLECTIONS = Collections(prices=f.FILE_PRICES)
