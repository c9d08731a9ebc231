"""Decides alerts: a state that events go through in their order, the same for the same events.

Prices and volumes are judged in the time of the events, silence in that of their arrival. Nothing
here knows a clock, a table or a receiver.
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from indextracker.alerts.rules import Moves, Rule, Stale, Volume

_SECOND_US = 1_000_000
_MINUTE_US = 60 * _SECOND_US
_DAY_US = 24 * 60 * _MINUTE_US
# A symbol without an event for so long begins anew: its session, and what was known of it. So what
# came earlier need not be read again at a restart.
PAUSE_US = 60 * _MINUTE_US
# Per cent that binary numbers may be off: 1.111 is one per cent more than 1.1.
_OFF = 1e-9

# What of an event is looked at.
FIELDS = (
    *("symbol", "time", "line", "price", "size", "day_volume"),
    *("previous_close", "change", "open_price"),
)
# And of its row.
COLUMNS = (*FIELDS, "arrived_at", "shard", "sequence", "position")


class Event(NamedTuple):
    """An event of a symbol, as rules look at it; times are microseconds since 1970.

    Attributes:
        symbol: What is quoted.
        at_us: Time of the price.
        line: Orders trades of one instant; None of a quote.
        price: The price.
        size: Units of a trade; None of a quote.
        day_volume: Units traded so far that day, where it is told.
        previous_close: Close of the day before, where it or the change since is told.
        open_price: First price of the day, where it is told.
        arrived_us: When it arrived.
        place: Where it stands in its stream; no other event has it.
    """

    symbol: str
    at_us: int
    line: int | None
    price: float
    size: int | None
    day_volume: int | None
    previous_close: float | None
    open_price: float | None
    arrived_us: int
    place: str


@dataclass(frozen=True)
class Alert:
    """What met a rule; the columns of the table of alerts say what its fields are."""

    alert_id: str
    rule: str
    symbol: str
    kind: str
    window_begin: datetime
    window_end: datetime
    price: float | None
    reference_price: float | None
    change_percent: float | None
    volume: int | None
    message: str


class Told(NamedTuple):
    """The last alert of a rule and symbol: the end of its window, and its id."""

    end_us: int
    alert_id: str


class Decider:
    """The state of rules, by symbol.

    Of one symbol, an event that is older than the newest one, or the same trade again, decides
    nothing and counts in no window.

    Args:
        rules: The rules.

    Attributes:
        told: The last alert of each rule and symbol. After events of before a restart it is to be
            replaced by what really was told.
        without_close: The rules that compare with the previous close and had an event without one.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.told: dict[tuple[str, str], Told] = {}
        self.without_close: set[str] = set()
        self._rules = [rule for rule in rules if not isinstance(rule, Stale)]
        self._silences = [
            _Silence(rule, pattern)
            for rule in rules
            if isinstance(rule, Stale)
            for pattern in rule.symbols
        ]
        self._symbols: dict[str, _Symbol] = {}
        self._watched: dict[str, bool] = {}

    @property
    def looks_back(self) -> timedelta:
        """The arrival of how much before an event may change what it decides."""
        spans = [PAUSE_US]
        for rule in (*self._rules, *(silence.rule for silence in self._silences)):
            match rule:
                case Moves(against="open"):
                    spans.append(_DAY_US)
                case Moves(rolling_minutes=int(minutes)) | Volume(mean_minutes=minutes):
                    spans.append((minutes + 1) * _MINUTE_US)
                case Stale(silent_seconds=seconds):
                    spans.append(seconds * _SECOND_US)
        return timedelta(microseconds=max(spans) + PAUSE_US)

    def watches(self, symbol: str) -> bool:
        """Whether there is a rule for a symbol."""
        if symbol not in self._watched:
            self._watched[symbol] = any(rule.matches(symbol) for rule in self._rules) or any(
                silence.matches(symbol) for silence in self._silences
            )
        return self._watched[symbol]

    def decide(self, events: Iterable[Event]) -> list[Alert]:
        """The alerts of events, in the order of these.

        Args:
            events: What follows the events that it was given before: by arrival, those of a symbol
                as they stand in the stream.
        """
        return [alert for event in events for alert in self._seen(event)]

    def pass_time(self, until: datetime) -> list[Alert]:
        """The alerts on what is silent.

        Args:
            until: All that arrived before was given to `decide`.
        """
        until_us = micros(until)
        return [
            alert
            for silence in self._silences
            if silence.is_over(until_us)
            for alert in self._silent(silence)
        ]

    def _seen(self, event: Event) -> Iterator[Alert]:
        symbol = self._symbols.get(event.symbol)
        if symbol is None or event.arrived_us - symbol.arrived_us > PAUSE_US:
            symbol = self._symbols[event.symbol] = self._new(event.symbol)
        for silence in symbol.silences:
            if silence.is_over(event.arrived_us):
                yield from self._silent(silence)
            silence.heard(event.arrived_us)
        if not symbol.takes(event):
            return
        for rule, watch in symbol.watches:
            found = watch.seen(symbol, event)
            if found and (alert := self._alert(rule, event, found)):
                yield alert

    def _new(self, name: str) -> _Symbol:
        watches = [(rule, self._watch(rule)) for rule in self._rules if rule.matches(name)]
        return _Symbol(watches, [silence for silence in self._silences if silence.matches(name)])

    def _watch(self, rule: Moves | Volume) -> _Watch:
        if isinstance(rule, Volume):
            return _Busy(rule)
        if rule.against == "rolling":
            return _Rolling(rule)
        return _Opened(rule) if rule.against == "open" else _Closed(rule, self.without_close)

    def _silent(self, silence: _Silence) -> Iterator[Alert]:
        rule, last_us = silence.rule, silence.last_us or 0
        end_us = last_us + silence.span_us
        alert_id = _alert_id(rule, silence.pattern, str(last_us))
        if self._is_due(rule, silence.pattern, end_us, alert_id):
            message = (
                f"no event of {silence.pattern} for {rule.silent_seconds} s, the last one arrived "
                f"at {instant(last_us):%Y-%m-%d %H:%M:%S} UTC"
            )
            begin, end = instant(last_us), instant(end_us)
            none = (None,) * 4
            yield Alert(alert_id, rule.name, silence.pattern, rule.kind, begin, end, *none, message)

    def _alert(self, rule: Moves | Volume, event: Event, found: _Found) -> Alert | None:
        alert_id = _alert_id(rule, event.symbol, event.place)
        if not self._is_due(rule, event.symbol, event.at_us, alert_id):
            return None
        return Alert(
            alert_id=alert_id,
            rule=rule.name,
            symbol=event.symbol,
            kind=rule.kind,
            window_begin=instant(found.begin_us),
            window_end=instant(event.at_us),
            price=event.price,
            reference_price=found.reference,
            change_percent=found.change_percent,
            volume=found.volume,
            message=found.message,
        )

    def _is_due(self, rule: Rule, symbol: str, end_us: int, alert_id: str) -> bool:
        """Whether an alert is no repeat and not held back by the one before, which it follows."""
        before = self.told.get((rule.name, symbol))
        rests_us = rule.cooldown_minutes * _MINUTE_US
        if before and (
            before.alert_id == alert_id or before.end_us <= end_us < before.end_us + rests_us
        ):
            return False
        self.told[rule.name, symbol] = Told(end_us, alert_id)
        return True


def events_of(rows: pa.Table, watches: Callable[[str], bool]) -> Iterator[Event]:
    """The events of some rows in their order: of arrival, and in a shard as they stand there.

    Args:
        rows: With `COLUMNS`; what cannot be read has no symbol.
        watches: Which symbols are asked for.
    """
    wanted = [name for name in pc.unique(rows["symbol"]).to_pylist() if name and watches(name)]
    rows = rows.filter(pc.is_in(rows["symbol"], pa.array(wanted, pa.string())))
    # Numbers of records are whole numbers in text, with more digits than any type of Arrow has.
    rows = rows.append_column("digits", pc.utf8_length(rows["sequence"]))
    order = ("arrived_at", "shard", "digits", "sequence", "position")
    rows = rows.sort_by([(name, "ascending") for name in order])
    fields = (rows[name].to_pylist() for name in FIELDS)
    arrived_us = rows["arrived_at"].cast(pa.int64()).to_pylist()
    places = (rows[name].to_pylist() for name in ("shard", "sequence", "position"))
    for values, at_us, *place in zip(zip(*fields, strict=True), arrived_us, *places, strict=True):
        yield event_of(dict(zip(FIELDS, values, strict=True)), at_us, "/".join(map(str, place)))


def event_of(fields: Mapping[str, Any], arrived_us: int, place: str) -> Event:
    """The event of a row that can be read.

    Args:
        fields: Its `FIELDS`, as text.
        arrived_us: When it arrived.
        place: Where it stands in its stream.
    """
    price = float(fields["price"])
    change, close = _number(fields["change"]), _number(fields["previous_close"])
    return Event(
        fields["symbol"],
        micros(datetime.fromisoformat(fields["time"])),
        _whole(fields["line"]),
        price,
        _whole(fields["size"]),
        _whole(fields["day_volume"]),
        price - change if close is None and change is not None else close,
        _number(fields["open_price"]),
        arrived_us,
        place,
    )


def micros(moment: datetime) -> int:
    """The microseconds since 1970 of an instant."""
    return round(moment.timestamp() * _SECOND_US)


def instant(at_us: int) -> datetime:
    """The instant of microseconds since 1970, in UTC."""
    return _EPOCH + timedelta(microseconds=at_us)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Found(NamedTuple):
    """What a rule found in an event."""

    begin_us: int
    message: str
    reference: float | None = None
    change_percent: float | None = None
    volume: int | None = None


class _Symbol:
    """What is known of a symbol, for all rules."""

    def __init__(
        self, watches: Sequence[tuple[Moves | Volume, _Watch]], silences: Sequence[_Silence]
    ) -> None:
        self.watches = watches
        self.silences = silences
        self.arrived_us = 0
        # Since when it has had no pause, and since when this day of UTC.
        self.awake_us = self.opened_us = 0
        self.open_price = 0.0
        self.units = 0
        self._at = (-1, -1)
        self._day_volume: int | None = None

    def takes(self, event: Event) -> bool:
        """Whether an event follows the newest one, which it is then."""
        self.arrived_us = max(self.arrived_us, event.arrived_us)
        at = (event.at_us, -1 if event.line is None else event.line)
        newest_us = self._at[0]
        if at <= self._at if event.line is not None else at[0] < newest_us:
            return False
        paused = event.at_us - newest_us > PAUSE_US
        if paused:
            self.awake_us, self._day_volume = event.at_us, None
        if paused or event.at_us // _DAY_US != newest_us // _DAY_US:
            self.opened_us, self.open_price = event.at_us, event.price
        if event.open_price is not None:
            self.open_price = event.open_price
        self.units = self._traded(event)
        self._at = max(self._at, at)
        return True

    def _traded(self, event: Event) -> int:
        """Units of a trade; of a quote, by how much the day's grew since the quote before."""
        if event.size is not None or event.day_volume is None:
            return event.size or 0
        before, self._day_volume = self._day_volume, event.day_volume
        return 0 if before is None else max(event.day_volume - before, 0)


class _Watch(Protocol):
    """A rule's own state of a symbol."""

    def seen(self, symbol: _Symbol, event: Event) -> _Found | None:
        """What it finds in an event that follows those before."""
        ...


class _Closed:
    """Against the previous close that the event tells."""

    def __init__(self, rule: Moves, without: set[str]) -> None:
        self._rule = rule
        self._without = without

    def seen(self, symbol: _Symbol, event: Event) -> _Found | None:
        if event.previous_close is None:
            self._without.add(self._rule.name)
            return None
        return _move(
            self._rule, event, event.previous_close, symbol.opened_us, "from the previous close"
        )


class _Opened:
    """Against the first price of the day."""

    def __init__(self, rule: Moves) -> None:
        self._rule = rule

    def seen(self, symbol: _Symbol, event: Event) -> _Found | None:
        return _move(self._rule, event, symbol.open_price, symbol.opened_us, "from the open")


class _Rolling:
    """Against the lowest and the highest price of the last minutes.

    Of each only what may still become the extreme is kept: a price, and then higher ones that came
    later; the other way round of the highest.
    """

    def __init__(self, rule: Moves) -> None:
        self._rule = rule
        self._span_us = (rule.rolling_minutes or 0) * _MINUTE_US
        self._lows: deque[tuple[int, float]] = deque()
        self._highs: deque[tuple[int, float]] = deque()

    def seen(self, symbol: _Symbol, event: Event) -> _Found | None:  # noqa: ARG002
        lows, highs, price = self._lows, self._highs, event.price
        while lows and lows[-1][1] >= price:
            lows.pop()
        while highs and highs[-1][1] <= price:
            highs.pop()
        for kept in (lows, highs):
            kept.append((event.at_us, price))
            while kept[0][0] < event.at_us - self._span_us:
                kept.popleft()
        within = f"within {self._rule.rolling_minutes} minutes, from"
        moves = (
            _move(self._rule, event, extreme, at_us, within)
            for at_us, extreme in (lows[0], highs[0])
        )
        found = [move for move in moves if move]
        return max(found, key=lambda move: abs(move.change_percent or 0), default=None)


class _Busy:
    """The units of each of the last minutes, and of the running one."""

    def __init__(self, rule: Volume) -> None:
        self._rule = rule
        self._minutes: deque[tuple[int, int]] = deque()
        self._before = self._now = self._minute = 0

    def seen(self, symbol: _Symbol, event: Event) -> _Found | None:
        minute, span = event.at_us // _MINUTE_US, self._rule.mean_minutes
        if minute != self._minute:
            self._minutes.append((self._minute, self._now))
            self._before += self._now
            self._minute, self._now = minute, 0
        while self._minutes and self._minutes[0][0] < minute - span:
            self._before -= self._minutes.popleft()[1]
        self._now += symbol.units
        mean = self._before / span
        # Of a session that is younger no mean is known.
        if symbol.awake_us // _MINUTE_US > minute - span or not mean:
            return None
        if self._now < self._rule.times * mean:
            return None
        begin_us = minute * _MINUTE_US
        message = (
            f"{event.symbol}: {self._now:,} units in the minute of {instant(begin_us):%H:%M} UTC, "
            f"{self._now / mean:,.1f} times the mean of the {span} minutes before"
        )
        return _Found(begin_us, message, volume=self._now)


class _Silence:
    """When the last event of a symbol or pattern arrived."""

    def __init__(self, rule: Stale, pattern: str) -> None:
        self.rule = rule
        self.pattern = pattern
        self.span_us = rule.silent_seconds * _SECOND_US
        self.last_us: int | None = None

    def matches(self, symbol: str) -> bool:
        return fnmatchcase(symbol, self.pattern)

    def heard(self, arrived_us: int) -> None:
        self.last_us = max(self.last_us or 0, arrived_us)

    def is_over(self, at_us: int) -> bool:
        """Whether it had been silent for too long at a moment; never before its first event."""
        return self.last_us is not None and at_us - self.last_us > self.span_us


def _move(rule: Moves, event: Event, reference: float, since_us: int, what: str) -> _Found | None:
    if reference <= 0:
        return None
    change = (event.price - reference) / reference * 100
    if abs(change) + _OFF < rule.percent or rule.direction == ("down" if change > 0 else "up"):
        return None
    verb = "rose" if change > 0 else "fell"
    message = (
        f"{event.symbol} {verb} by {abs(change):.2f} % {what} {reference:,.10g} to "
        f"{event.price:,.10g}"
    )
    return _Found(since_us, message, reference, change)


def _alert_id(rule: Rule, symbol: str, place: str) -> str:
    return hashlib.sha256(f"{rule.name}\n{symbol}\n{place}".encode()).hexdigest()


def _number(text: str | None) -> float | None:
    """A number that no event needs: None where it is none."""
    try:
        found = float(text) if text else math.nan
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def _whole(text: str | None) -> int | None:
    return None if text is None else int(text)
