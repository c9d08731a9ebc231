"""Faults of this program in what it makes of an answer: they refuse the answer, and end nothing.

Functions of feeds raise `Refusal` for whatever is wrong with a document. Whatever else they raise
is a fault of theirs: the bytes have to be kept all the same, and other documents to be asked for.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from indextracker.feeds.model import Refusal, quote

if TYPE_CHECKING:
    from collections.abc import Callable

_Found = TypeVar("_Found")

_log = logging.getLogger(__name__)


def or_refused(name: str, read: Callable[[], _Found]) -> _Found:
    """What a function of a feed finds in an answer.

    Args:
        name: Name of the document.
        read: Calls the function.

    Raises:
        Refusal: As the function raises it; refused, with the place of the fault, where it raises
            anything else. The traceback is logged.
    """
    try:
        return read()
    except Refusal:
        raise
    except Exception as error:
        _log.exception("%s was not read", name)
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = f"{type(error).__name__} {quote(str(error))}"
        raise Refusal(
            "refused",
            f"{name} was not read, by a fault of this program and not of the document: {said} in "
            f"{Path(place.filename).name}, line {place.lineno}. What came is kept; please report "
            "the fault, and request the document again once it is mended",
        ) from error
