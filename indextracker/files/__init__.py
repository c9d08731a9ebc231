"""People's own price files: detected with evidence and questions, confirmed, and loaded.

For whoever shows them to people: `fetched` brings those of a bucket, `detect` and `write` make
layouts, `document`, `unanswered` and `preview` show one, `confirm` answers it, `confirmed_in` and
`load` bring files into a lake, and `oddities` tells what to look at. No module but `loading` and
`judging` knows a lake; none knows a vendor.
"""

from indextracker.files.confirmed import (
    LayoutError,
    Reading,
    answered,
    confirm,
    document,
    is_confirmed,
    layouts_in,
    reading_of,
    unanswered,
    zone_of,
)
from indextracker.files.detecting import detect, write
from indextracker.files.fetching import fetched
from indextracker.files.judging import Oddity, oddities
from indextracker.files.layouts import Layout, as_yaml, grouped
from indextracker.files.loading import Kept, Loaded, confirmed_in, kept, load
from indextracker.files.model import Question, RefusedFileError
from indextracker.files.previewing import Preview, alike, preview
from indextracker.files.proposal import Proposal, as_object, propose

__all__ = [
    "Kept",
    "Layout",
    "LayoutError",
    "Loaded",
    "Oddity",
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
    "fetched",
    "grouped",
    "is_confirmed",
    "kept",
    "layouts_in",
    "load",
    "oddities",
    "preview",
    "propose",
    "reading_of",
    "unanswered",
    "write",
    "zone_of",
]
