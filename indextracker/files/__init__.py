"""People's own price files: what they hold is detected, with evidence and questions.

Bytes in, a proposal out. Nothing here knows a vendor, a lake or a warehouse, and nothing is loaded.
"""

from indextracker.files.detecting import detect, write
from indextracker.files.layouts import Layout, as_yaml, grouped
from indextracker.files.model import Question, RefusedFileError
from indextracker.files.proposal import Proposal, as_object, propose

__all__ = [
    "Layout",
    "Proposal",
    "Question",
    "RefusedFileError",
    "as_object",
    "as_yaml",
    "detect",
    "grouped",
    "propose",
    "write",
]
