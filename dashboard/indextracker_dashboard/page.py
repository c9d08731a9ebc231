"""What a page is: a path, a state that its address holds, controls, and a body drawn from both.

Frame, navigation and permalinks are of `app`; a page has none of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic

from dash import Dash
from dash.development.base_component import Component

from indextracker import Frame
from indextracker_dashboard.data import Data
from indextracker_dashboard.state import S, parsed

# Of some fields of a state what there is to choose from, perhaps with how each is called.
Offers = Mapping[str, Iterable[str] | Mapping[str, str]]


def _nothing_more(app: Dash, data: Data) -> None:
    del app, data


def _as_drawn(state: object, data: Data) -> Offers:
    del state, data
    return {}


@dataclass(frozen=True, eq=False)
class Page(Generic[S]):
    """A page.

    Its address holds its whole state. A control changes the address, and the address the body: a
    callback of a page that needs the state has `Input(STATE, "data")` and `page.read(data)`.

    Attributes:
        path: Where it is, such as `/candles`.
        title: Its name in the navigation.
        about: What it shows, in a sentence below its title.
        state: The class of its state.
        body: What it shows of a state. It may raise what the reader raises, and `StateError`: the
            frame shows the sentence.
        controls: What changes the state: components of `controls`, drawn once a visit.
        offers: What controls offer in a state, where that depends on it. The frame asks whenever
            the state changes, and is quiet about what `body` would say is wrong.
        tables: What can be downloaded of a state, by name.
        register: Adds callbacks of its own to the app, once.
        order: Its place in the navigation.
    """

    path: str
    title: str
    about: str
    state: type[S]
    body: Callable[[S, Data], Component]
    controls: Callable[[S, Data], Component] | None = None
    offers: Callable[[S, Data], Offers] = _as_drawn
    tables: Mapping[str, Callable[[S, Data], Frame]] = field(default_factory=dict)
    register: Callable[[Dash, Data], None] = _nothing_more
    order: int = 0

    def read(self, query: str) -> S:
        """The state that an address has.

        Raises:
            StateError: The page cannot read it.
        """
        return parsed(self.state, query)
