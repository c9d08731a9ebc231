"""The state of the page Files, and links to the page in other states."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from dash.development.base_component import Component
from pydantic import ConfigDict, Field

from indextracker_dashboard import links
from indextracker_dashboard.state import State, StateError

PATH = "/files"
# What names a folder and a slice of a table alike.
NAME = r"^([A-Za-z0-9][A-Za-z0-9_-]{0,62})?$"
_MOST = 2_000


@dataclass(frozen=True)
class FilesState(State):
    """What is looked at.

    Attributes:
        collection: Name of a collection; none at first.
        layout: Name of the layout that is looked at; by default the first of the collection.
        answers: What is answered of it, a line `about=answer` each.
        zone: Zone of times that name none.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", str_max_length=_MOST)

    collection: Annotated[str, Field(pattern=NAME)] = ""
    layout: Annotated[str, Field(max_length=100)] = ""
    answers: str = ""
    zone: Annotated[str, Field(max_length=60)] = "UTC"

    @property
    def answered(self) -> dict[str, str]:
        """What is answered, by what it is about.

        Raises:
            StateError: A line is no answer.
        """
        found: dict[str, str] = {}
        for line in filter(None, self.answers.split("\n")):
            about, sign, said = line.partition("=")
            if not (about and sign and said):
                raise StateError("answers are written as about=answer, each in a line of its own")
            found[about] = said
        return found


def answers_of(answered: Mapping[str, str | None]) -> str:
    """Answers as an address has them."""
    return "\n".join(f"{about}={said}" for about, said in sorted(answered.items()) if said)


def link(state: FilesState, shown: Any, *, classes: str = "", **changes: Any) -> Component:
    """A link to the page in another state.

    Args:
        state: The present one.
        shown: The text of the link.
        classes: Of its style.
        **changes: The fields that differ.
    """
    return links.to(PATH, replace(state, **changes), shown, classes=classes)
