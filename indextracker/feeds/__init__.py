"""The feeds: what publishers offer per session, how to know that it is data, how to decode it.

A publisher has a module of its own here, which declares its `Publisher` and its `Feed`s; they are
collected below, so a feed is added by declaring it. `sources` asks for the documents. Keeping and
storing what comes back is the lake's work.
"""

from __future__ import annotations

from indextracker.feeds.closures import ClosureFinder
from indextracker.feeds.model import Feed, Publisher, Refusal, State
from indextracker.feeds.taiwan import closures, finmind, taifex, twse, twse_holidays

MODULES = (taifex, twse, twse_holidays, finmind, closures)

FEEDS: dict[str, Feed] = {
    value.name: value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Feed)
}
PUBLISHERS: dict[str, Publisher] = {
    value.name: value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Publisher)
}
CLOSURE_FINDERS: tuple[ClosureFinder, ...] = tuple(
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, ClosureFinder)
)

__all__ = ["CLOSURE_FINDERS", "FEEDS", "PUBLISHERS", "Feed", "Publisher", "Refusal", "State"]
