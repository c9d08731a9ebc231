"""Bars, trades and contracts of instruments, whatever subject they are of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from indextracker import calendars
from indextracker.reader import rollups
from indextracker.reader.contracts import LEG, Front, Position, Wanted, wanted
from indextracker.reader.frames import Frame, all_gaps
from indextracker.reader.gaps import gaps
from indextracker.reader.model import Chains, Kind, Names
from indextracker.reader.names import UnknownNameError, known, meant
from indextracker.reader.spans import Day, Span, span
from indextracker.reader.tables import Tables, keys_in, newest
from indextracker_catalogue import Table
from indextracker_catalogue.shared.bars import SCALES_MINUTES

PARTS = ("night", "day")
SESSION, WHOLE = "session", "whole"


@dataclass(frozen=True)
class Asked:
    """What is asked for of an instrument, as `Lakehouse.bars` and `Lakehouse.trades` have it."""

    instrument: str
    contract: str | Front | Position | None = None
    strike: float | Decimal | str | None = None
    option_type: str | None = None
    first: Day | None = None
    last: Day | None = None
    sessions: int | Iterable[Day] | None = None
    part: str | None = None

    @property
    def is_spread(self) -> bool:
        """Whether its contract has two legs."""
        return isinstance(self.contract, str) and LEG in self.contract


class Markets:
    """Instruments of every kind.

    Args:
        tables: The lake's tables.
        kinds: Kinds of instruments that the subjects declare.
        chains: Their options.
        clock: The present.

    Attributes:
        tables: The lake's tables.
        clock: The present.
    """

    def __init__(
        self,
        tables: Tables,
        kinds: Sequence[Kind],
        chains: Sequence[Chains],
        clock: Callable[[], datetime],
    ) -> None:
        self.tables = tables
        self._kinds = kinds
        self._chains = chains
        # Nearly every question names an instrument; a table of names gains some, and loses none.
        self._found: dict[tuple[str, bool], tuple[Kind, str]] = {}
        self.clock = clock

    def bars(self, asked: Asked, minutes: int | None, per: str | None) -> Frame:
        """Bars of some minutes, or of whole sessions and more, as of `Lakehouse.bars`."""
        kind, name = self.kind_of(asked.instrument, spread=asked.is_spread)
        if (minutes is None) == (per is None):
            raise ValueError("give either `minutes` or `per`")
        if per is not None:
            return self._per(kind, name, asked, per)
        assert minutes is not None
        scale = rollups.source_scale(minutes)
        table = kind.bars
        of_part = _of_part(kind, asked.part)
        stored = minutes in SCALES_MINUTES
        columns = _without_sums(table) if stored else table.column_names

        def read(s: Span, where: pc.Expression) -> pa.Table:
            where &= pc.field("scale_minutes") == pa.scalar(scale, pa.int32())
            if of_part is not None:
                where &= of_part
            if stored:
                where &= _within(s, "bar_start", table)
            rows = self.tables.read(table, s.keys, where, columns)
            if not stored and rows.num_rows:
                offset = rollups.offset_of(table, s.keys[0])
                rows = rollups.to_minutes(rows, table, minutes, offset)
                if s.begin is not None or s.end is not None:
                    rows = rows.filter(_within(s, "bar_start", table))
            rows = rows.select(_without_sums(table))
            return _sorted(rows, "session_date", "bar_start", *table.key)

        return self._frame(kind, name, asked, table, read)

    def trades(self, asked: Asked) -> Frame:
        """What was printed, as of `Lakehouse.trades`."""
        kind, name = self.kind_of(asked.instrument, spread=asked.is_spread)
        of_part = _of_part(kind, asked.part)

        def read(s: Span, where: pc.Expression) -> pa.Table:
            if of_part is not None:
                where &= of_part
            where &= _within(s, kind.at, kind.trades)
            rows = self.tables.read(kind.trades, s.keys, where)
            return _sorted(rows, "session_date", "line", *kind.trades.key)

        return self._frame(kind, name, asked, kind.trades, read)

    def contracts(self, asked: Asked) -> Frame:
        """The contracts of an instrument, as of `Lakehouse.contracts`."""
        kind, name = self.kind_of(asked.instrument)
        if kind.codes is None:
            raise ValueError(f"{name} is of kind {kind.name}, which has no contracts")
        codes = kind.codes

        def read(s: Span, where: pc.Expression) -> pa.Table:
            rows = self.tables.read(codes, s.keys, where)
            return _sorted(rows, "session_date", "last_trading_date", "expiry", "expire_code")

        return self._frame(kind, name, asked, codes, read)

    def chain(self, asked: Asked, part: str) -> Frame:
        """The options of a session, as of `Lakehouse.chain`."""
        from indextracker.reader.chains import chain  # noqa: PLC0415 - not for who reads bars

        kind, name = self.kind_of(asked.instrument)
        for one in self._chains:
            if one.options is kind:
                break
        else:
            raise ValueError(f"{name} is of kind {kind.name}: a chain is of options")

        span, contracts = self._chosen(kind, name, asked, kind.sessions)
        found = chain(self.tables, one, span.keys, contracts.where, part)
        now = self.clock()
        missing = [
            gaps(self.tables, table, span, there, now, contracts.what)
            for table, there in ((kind.sessions, found.traded), (one.report, found.reported))
        ]
        return Frame(found.rows, all_gaps(missing))

    def kind_of(self, instrument: str, *, spread: bool = False) -> tuple[Kind, str]:
        """The kind of an instrument, and its name as it is written in the lake.

        Raises:
            UnknownNameError: There is no such instrument.
        """
        if (found := self._found.get((instrument, spread))) is None:
            found = self._found[instrument, spread] = self._look_up(instrument, spread)
        return found

    def _look_up(self, instrument: str, spread: bool) -> tuple[Kind, str]:
        kinds = [kind for kind in self._kinds if kind.is_spread == spread]
        every: list[str] = []
        # Published names first: those of the data alone take longer to be read.
        for place in range(max(len(kind.names) for kind in kinds)):
            for kind in kinds:
                names = self._names(kind.names[place]) if place < len(kind.names) else []
                every += names
                try:
                    return kind, known(instrument, names, "instrument")
                except UnknownNameError:
                    continue
        if not every and (then := self.tables.as_of):
            raise LookupError(f"the lake had no instruments at {then:%Y-%m-%d %H:%M:%S} UTC")
        raise UnknownNameError(f"there is no instrument {instrument!r}{meant(instrument, every)}")

    def instruments(self) -> dict[str, str]:
        """The names of all instruments, each with its kind."""
        return {
            name: kind.name
            for kind in self._kinds
            if not kind.is_spread
            for names in kind.names
            for name in self._names(names)
        }

    def _names(self, names: Names) -> list[str]:
        if not self.tables.was(names.table):
            return []
        where = None
        if names.only:
            column, value = names.only
            where = pc.field(column) == value
        rows = self.tables.read(names.table, None, where, [names.column])
        return [str(name) for name in rows[names.column].unique().to_pylist() if name]

    def span(
        self,
        table: Table,
        first: Day | None,
        last: Day | None,
        sessions: int | Iterable[Day] | None,
    ) -> Span:
        """The keys that are asked for; where none are, the newest one that the table has."""
        now = self.clock()
        calendar = calendars.calendar(table.timeline)
        if first is None and last is None and sessions is None:
            today = now.astimezone(calendar.zone).date()
            there = newest(self.tables.lake, table, today)
            if there is None:
                raise LookupError(f"{table.path} is empty: backfill first")
            return Span([there], [there])
        return span(calendar, now, first, last, sessions)

    def _frame(
        self,
        kind: Kind,
        name: str,
        asked: Asked,
        table: Table,
        read: Callable[[Span, pc.Expression], pa.Table],
    ) -> Frame:
        chosen, contracts = self._chosen(kind, name, asked, table)
        rows = read(chosen, contracts.where)
        found = keys_in(rows, table)
        what = contracts.what + (f" by {asked.part}" if asked.part else "")
        missing = gaps(self.tables, table, chosen, found, self.clock(), what)
        return Frame(rows, missing)

    def _chosen(self, kind: Kind, name: str, asked: Asked, table: Table) -> tuple[Span, Wanted]:
        span = self.span(table, asked.first, asked.last, asked.sessions)
        contracts = wanted(
            self.tables, kind, name, span.keys, asked.contract, asked.strike, asked.option_type
        )
        return span, contracts

    def _per(self, kind: Kind, name: str, asked: Asked, per: str) -> Frame:
        per = known(per, (SESSION, *rollups.PERIODS), "period")
        table = kind.sessions
        _of_part(kind, asked.part)
        part = asked.part or WHOLE
        plain = per == SESSION

        def read(s: Span, where: pc.Expression) -> pa.Table:
            where &= pc.field("session_part") == part
            columns = _without_sums(table) if plain else table.column_names
            return _sorted(self.tables.read(table, s.keys, where, columns), *table.key)

        frame = self._frame(kind, name, asked, table, read)
        if plain:
            return frame
        rolled = rollups.to_period(frame.rows, table, per)
        kept = [name for name in rolled.column_names if name not in kind.measures.sums]
        return Frame(_sorted(rolled.select(kept), *table.key), frame.gaps)


def _of_part(kind: Kind, part: str | None) -> pc.Expression | None:
    """The rows of a part of the session; None where all are."""
    if part is None:
        return None
    if kind.has_night:
        return pc.field("session_part") == part
    if part == "night":
        raise ValueError(f"instruments of kind {kind.name} have no night")
    return None


def _within(s: Span, column: str, table: Table) -> pc.Expression:
    """The rows within the instants of a span; all where it has none."""
    kind = pa.timestamp("us", tz="UTC")
    found = pc.scalar(True)
    if column in table.column_names and s.begin is not None:
        found &= pc.field(column) >= pa.scalar(s.begin, kind)
    if column in table.column_names and s.end is not None:
        found &= pc.field(column) < pa.scalar(s.end, kind)
    return found


def _without_sums(table: Table) -> list[str]:
    """The columns of bars but for the exact sums, which are for whoever rolls them up."""
    return [
        column.name
        for column in table.columns
        if not (column.type.startswith("decimal") and column.name.endswith("_sum"))
    ]


def _sorted(rows: pa.Table, *order: str) -> pa.Table:
    by = dict.fromkeys(name for name in order if name in rows.column_names)
    return rows.sort_by([(name, "ascending") for name in by])
