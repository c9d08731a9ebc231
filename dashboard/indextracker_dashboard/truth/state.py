"""The state of the page of truth, and links to the page in other states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal

from dash.development.base_component import Component
from pydantic import Field

from indextracker_catalogue import SUBJECTS, Subject
from indextracker_dashboard import links
from indextracker_dashboard.state import State, StateError

PATH = "/truth"
VIEWS = {
    "documents": "Documents",
    "checks": "Checks",
    "figures": "Figures",
    "origin": "Where from",
}
COUNTS = ("15", "30", "60", "120")


@dataclass(frozen=True)
class TruthState(State):
    """What is looked at.

    Attributes:
        subject: Name of a subject.
        view: Which part of the page.
        until: The last day of the grid; today by default.
        count: How many keys of each time line it has.
        key: The session, hour, day or year that is looked at; by default the newest there is.
        feed: The feed of `key` that is looked at.
        comparison: Name of a comparison; by default, and for one of another subject, the first.
        group: Its group; by default all.
        outcome: Its outcome; by default all.
        table: The table whose documents are looked for, likewise.
    """

    subject: str = next(iter(SUBJECTS))
    view: Literal["documents", "checks", "figures", "origin"] = "documents"
    until: date | None = None
    count: Annotated[int, Field(ge=1, le=250)] = 30
    key: str = ""
    feed: str = ""
    comparison: str = ""
    group: str = ""
    outcome: str = ""
    table: str = ""

    @property
    def of(self) -> Subject:
        """The subject.

        Raises:
            StateError: There is none of that name.
        """
        try:
            return SUBJECTS[self.subject]
        except KeyError:
            known = ", ".join(SUBJECTS)
            raise StateError(f"there is no subject {self.subject!r}: there are {known}") from None


def link(
    state: TruthState, shown: Any, *, title: str = "", classes: str = "", **changes: Any
) -> Component:
    """A link to the page in another state.

    Args:
        state: The present one.
        shown: The text of the link.
        title: What it says beside its text.
        classes: Of its style.
        **changes: The fields that differ.
    """
    return links.to(PATH, replace(state, **changes), shown, title=title, classes=classes)
