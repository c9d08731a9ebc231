"""What one browser is told: what it wants to see of the day, first all of it and then what changed.

It keeps no more than what the browser was told last, so that a slow one misses what came between
and nobody waits for it.
"""

from __future__ import annotations

from typing import Any

from indextracker.live.day import Day, Symbol
from indextracker.live.minutes import price

# As many symbols as fit a screen, where none are named.
LISTED = 12


class Watcher:
    """A browser.

    Args:
        day: What there is to see.
        watch: The symbols whose quotes it wants; those with most quotes by default.
        symbol: The one whose bars it wants; the first of the others by default.
        scale_minutes: Of these bars; a divisor of an hour.
    """

    def __init__(
        self, day: Day, watch: tuple[str, ...] = (), symbol: str = "", scale_minutes: int = 1
    ) -> None:
        self._day = day
        self._watch, self._symbol, self._scale = [*watch], symbol, scale_minutes
        self._is_open, self._names_symbol = not watch, bool(symbol)
        self._is_settled = False
        self._has = -1
        self._names = -1

    def told(self) -> dict[str, Any]:
        """What changed since it was asked last; all at first.

        Returns:
            `whole`: whether it is all. Then what changed of these: `watch`, the symbols by name,
            and `symbol`; `symbols`, all that there are; `quotes` by symbol; `bars`, lists of the
            start in seconds, open, high, low, close, mean, vwap, volume and quotes; `alerts`.
        """
        day = self._day
        with day.lock:
            since, self._has = self._has, day.change
            found: dict[str, Any] = {"whole": since < 0}
            if self._listed() or since < 0:
                since = -1
                found |= {"watch": [*self._watch], "symbol": self._symbol}
            if len(day.symbols) != self._names:
                self._names = len(day.symbols)
                found["symbols"] = sorted(day.symbols)
            wanted = [name for name in {*self._watch, self._symbol} if name in day.symbols]
            found["quotes"] = {
                name: _quote(day.symbols[name])
                for name in wanted
                if day.symbols[name].changed_at > since
            }
            if self._symbol in day.symbols:
                bars = day.symbols[self._symbol].bars(self._scale, since)
                found["bars"] = [[start * 60, *bar] for start, bar in bars.items()]
            if day.alerts_changed_at > since:
                found["alerts"] = day.alerts
        return found

    def wait(self, seconds: float) -> None:
        """Waits until something changed since it was told, but no longer than that."""
        with self._day.lock:
            self._day.lock.wait_for(lambda: self._day.change != self._has, seconds)

    def _listed(self) -> bool:
        """Whether there are others to watch than before, where none are named.

        As long as the day is read those with most quotes are not known; later ones are added.
        """
        before = [*self._watch], self._symbol
        if self._is_open and (not self._is_settled or len(self._watch) < LISTED):
            kept = self._watch if self._is_settled else []
            more = [one for one in self._day.busiest(LISTED) if one not in kept]
            self._watch = kept + more[: LISTED - len(kept)]
        if not self._names_symbol and self._watch and not (self._is_settled and self._symbol):
            self._symbol = self._watch[0]
        self._is_settled = bool(self._watch) and not self._day.stale
        return before != (self._watch, self._symbol)


def _quote(symbol: Symbol) -> dict[str, Any]:
    """The last quote of a symbol, and what is said of it beside."""
    last = symbol.last
    shown = [symbol.minutes[minute] for minute in symbol.shown()]
    return {
        "price": price(last.last),
        "at": last.at_us // 1000,
        "size": last.size,
        "volume": sum(one.volume for one in shown) if last.day_volume is None else last.day_volume,
        "previous_close": symbol.about.previous_close,
        "first": price(shown[0].first),
        "name": symbol.about.name,
        "currency": symbol.about.currency,
    }
