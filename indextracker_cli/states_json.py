"""The states of a subject as `indextracker status --json` has them; overview.py has the screen."""

from __future__ import annotations

from collections.abc import Mapping

from indextracker.acquiring.states import State
from indextracker.monitoring.states import States
from indextracker.reference import old_reviews
from indextracker.settings import Settings


def told(states: States, settings: Settings) -> dict[str, object]:
    """The object of a subject, whose values are those of JSON."""

    def cells(found: Mapping[str, State]) -> dict[str, dict[str, str | None]]:
        return {
            feed: {"state": state.state, "reason": state.reason or None}
            for feed, state in found.items()
        }

    earlier = [states.earlier(one) for one in states.series]
    return {
        "world": settings.world,
        "lake": settings.lake.address,
        "today": states.today.isoformat(),
        "feeds": states.every_feed,
        "sessions": {
            key: cells({feed: states.of(feed, key) for feed in one.feeds})
            for one in states.series
            for key in one.keys
        },
        "years": {key: cells(found) for key, found in states.at_once.items()},
        "earlier": {
            "sessions": [key for one in earlier for key in one.keys],
            "complete": sum(one.complete for one in earlier),
        },
        "expiring": [
            {"days_left": left, "feed": feed, "session": key}
            for left, feeds in states.expiring.items()
            for feed, keys in feeds.items()
            for key in keys
        ],
        "layers": {
            layer.name: {
                "newest": layer.newest,
                "behind": layer.behind,
                "tables": {path: keys for path, keys in layer.tables.items() if keys},
            }
            for layer in states.layers
        },
        "rejects": states.rejects,
        "old_reviews": [
            {
                "exchange": review.exchange,
                "kind": review.kind,
                "reviewed_until": review.reviewed_until.isoformat(),
            }
            for review in old_reviews(states.today)
        ],
    }
