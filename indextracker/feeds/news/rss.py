"""RSS documents: parsed to the items of a channel, or refused with a reason.

What items mean belongs to the modules of their publishers. An entity is a text that stands for
another, and a few lines of them can stand for gigabytes, or for a file of this machine: a document
that declares one is refused before anything is put in its place. A DOCTYPE alone is harmless, since
nothing outside of the document is ever read.
"""

from __future__ import annotations

import html
from typing import Final
from xml.parsers import expat

from indextracker.feeds.model import Refusal, quote

_ROOT: Final = "rss"
_ITEM: Final = ("rss", "channel", "item")
# An element of an item is in the fourth, and markup within one goes a few deeper. Without an end to
# it the path of each element would be walked: two million opened ones (8 MB) took an hour.
_DEEPEST: Final = 64

Item = dict[str, str]


def items(body: bytes, document: str) -> list[Item]:
    """The items of a channel, in their order: the text of each element by its name.

    Args:
        body: The document.
        document: Its name, for the reasons of refusals.

    Returns:
        Texts with single blanks between words; of an element that is there twice, the first.

    Raises:
        Refusal: refused for what is no XML, for XML that is no RSS, for elements within more than
            64 others, and for a declared entity.
    """
    found = _Channel(document)
    parser = expat.ParserCreate()
    parser.StartElementHandler = found.begin
    parser.EndElementHandler = found.end
    parser.CharacterDataHandler = found.text
    parser.SkippedEntityHandler = found.skipped
    parser.EntityDeclHandler = found.entity
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Refusal("refused", f"{document} is no readable XML ({error})") from error
    return found.items


class _Channel:
    """What a parser has told of a document so far."""

    def __init__(self, document: str) -> None:
        self.items: list[Item] = []
        self._document = document
        self._path: list[str] = []
        self._item: Item = {}
        self._pieces: list[str] = []

    def begin(self, name: str, _: object) -> None:
        if not self._path and name != _ROOT:
            raise Refusal(
                "refused", f"{self._document} begins with the element {quote(name)}, expected RSS"
            )
        if len(self._path) >= _DEEPEST:
            raise Refusal(
                "refused", f"{self._document} has elements within more than {_DEEPEST} others"
            )
        self._path.append(name)
        if tuple(self._path) == _ITEM:
            self._item = {}
        self._pieces = []

    def end(self, name: str) -> None:
        if tuple(self._path) == _ITEM:
            self.items.append(self._item)
        elif tuple(self._path[:-1]) == _ITEM:
            self._item.setdefault(name, " ".join("".join(self._pieces).split()))
        self._path.pop()

    def text(self, text: str) -> None:
        self._pieces.append(text)

    def skipped(self, name: str, _: object) -> None:
        """A letter by its name that only the program named by the DOCTYPE could tell."""
        self._pieces.append(html.unescape(f"&{name};"))

    def entity(self, name: str, *_: object) -> None:
        raise Refusal(
            "refused", f"{self._document} declares the entity {quote(name)}, which is never read"
        )
