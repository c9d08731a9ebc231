"""People's own price files: detected with evidence and questions, confirmed, and loaded.

For whoever shows them to people: `detect` and `write` make layouts, `document`, `unanswered` and
`preview` show one, `confirm` answers it, and `confirmed_in` gives those that are answered. Beside
these are `fetching`, which brings files of a bucket, `loading`, which brings files into a lake, and
`judging`, which tells what to look at there; processes that convert files do without them. No other
module knows a lake; none knows a vendor.
"""

from indextracker.files.confirmed import (
    LayoutError,
    Reading,
    answered,
    confirm,
    confirmed_in,
    document,
    is_confirmed,
    layouts_in,
    reading_of,
    unanswered,
    zone_of,
)
from indextracker.files.detecting import detect, write
from indextracker.files.layouts import Layout, as_yaml, grouped
from indextracker.files.model import Question, RefusedFileError
from indextracker.files.previewing import Preview, alike, preview
from indextracker.files.proposal import Proposal, as_object, propose

__all__ = [
    "Layout",
    "LayoutError",
    "Preview",
    "Proposal",
    "Question",
    "Reading",
    "RefusedFileError",
    "alike",
    "answered",
    "as_object",
    "as_yaml",
    "confirm",
    "confirmed_in",
    "detect",
    "document",
    "grouped",
    "is_confirmed",
    "layouts_in",
    "preview",
    "propose",
    "reading_of",
    "unanswered",
    "write",
    "zone_of",
]
